//! A rule's health: after a failure it is rebuilt and fed everything again, later and later if it goes on failing; what makes it
//! fail twice is withheld from it; and one that fails too often is out of service until somebody says otherwise.
//!
//! ```text
//!                                     ┌─────────────── replaced ◄───────────────┐
//!                                     ▼                                         │
//! untold ──fed everything──► told ──failed──► broken ──rebuilt──► untold        │
//!                                     │          ▲                              │
//!                      once too often │          └────────── released ────── quarantined
//!                                     └────────────────────────────────────────►
//! ```
//!
//! Of all this a quarantine alone is stored (`centre/quarantine.rs`); who is not in quarantine begins anew after a restart.
//!
//! Invariant: a rule is asked only when it is told, that is when it knows all but what is withheld.

use super::calls::Caller;
use crate::centre::noted::Said;
use crate::centre::outbox::Outbox;
use crate::model::adapter::GuestFailure;
use crate::model::limits::Limits;
use crate::model::quarantine::{OutOfService, Quarantine, Quarantined};
use crate::model::record::RecordKey;
use crate::model::rule::{AgentRef, Change, Rule, SessionRef};
use crate::model::{SavedState, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// After so many answers without a failure, earlier failures are forgotten.
const FORGIVEN_AFTER: u32 = 1_000;

/// Rebuilds in one go, to find what a rule can't take.
const REBUILDS: usize = 4;

/// The longest pause between two rebuilds.
const PAUSE_LIMIT_MS: u64 = 60_000;

/// When a rule is rebuilt that waits for somebody to say so.
const NEVER: Timestamp = Timestamp(u64::MAX);

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum About {
    Agent(AgentRef),
    Session(SessionRef),
    Queue(String),
    Other,
}

impl About {
    fn of(change: &Change) -> Self {
        match change {
            Change::Agent(agent) => Self::Agent(agent.agent),
            Change::AgentGone(agent) => Self::Agent(*agent),
            Change::Session(session) => Self::Session(session.session),
            Change::SessionGone(session) => Self::Session(*session),
            Change::Queue(queue) => Self::Queue(queue.queue.clone()),
            Change::Other(_) => Self::Other,
        }
    }
}

/// How many failures are borne within how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Patience {
    strikes: usize,
    window_ms: u64,
}

impl From<&Limits> for Patience {
    fn from(limits: &Limits) -> Self {
        Self { strikes: limits.quarantine_strikes.max(1) as usize, window_ms: limits.quarantine_window_ms }
    }
}

/// A rule in a chain.
pub(super) struct Slot {
    pub(super) caller: Caller,
    pub(super) health: Health,
}

/// What is known of a rule, whichever component it is: a checkpoint has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::centre) struct Health {
    /// What it remembered last.
    pub(super) memory: Option<SavedState>,
    /// Whether an outcome was told that may have changed its memory.
    pub(super) has_learned: bool,
    is_told: bool,
    is_broken: bool,
    failures: u32,
    answers: u32,
    retry_at: Timestamp,
    suspects: BTreeSet<About>,
    withheld: BTreeSet<About>,
    pub(super) patience: Patience,
    /// Failures that count, the oldest first.
    strikes: VecDeque<Timestamp>,
    /// Since when it is out of service and why, if it is. Of all this it alone outlasts a restart.
    quarantined: Option<Out>,
}

/// A rule is out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Out {
    of_service: OutOfService,
    /// Whether the pool's decisions were looked at again since.
    is_known: bool,
}

impl Slot {
    pub(super) fn new(caller: Caller, patience: Patience) -> Self {
        let health = Health {
            memory: None,
            has_learned: false,
            is_told: false,
            is_broken: false,
            failures: 0,
            answers: 0,
            retry_at: Timestamp(0),
            suspects: BTreeSet::new(),
            withheld: BTreeSet::new(),
            patience,
            strikes: VecDeque::new(),
            quarantined: None,
        };
        Self { caller, health }
    }

    /// Its place in the chain is another.
    pub(super) fn moved(&mut self, place: u16) {
        self.caller.place = place;
        self.caller.rule.placed(place);
    }

    /// Another rule; nothing is asked of it before it is [`Self::renewed`].
    pub(super) fn replaced(&mut self, rule: Box<dyn Rule>) {
        self.caller.rule = rule;
        self.health.is_told = false;
        self.health.is_broken = true;
        self.health.retry_at = NEVER;
    }

    /// The rule was replaced or rebuilt from outside: it knows nothing, and nothing is held against it.
    pub(super) fn renewed(&mut self) {
        self.health.is_told = false;
        self.health.is_broken = false;
        self.forgive();
    }

    /// What it knows is of another run: it is rebuilt with what it remembers, unless it is out of service.
    pub(super) fn restarted(&mut self, memory: Option<SavedState>) {
        let out = self.quarantined().cloned();
        self.renewed();
        self.health.memory = memory;
        self.health.is_broken = true;
        if let Some(out) = out {
            self.quarantined_before(out);
        }
    }

    /// The operator takes back a quarantine: it is rebuilt, and nothing is held against it. Answers whether there was one.
    pub(super) fn released(&mut self) -> bool {
        let was_quarantined = self.health.quarantined.is_some();
        if was_quarantined {
            self.forgive();
        }
        was_quarantined
    }

    fn forgive(&mut self) {
        self.health.failures = 0;
        self.health.retry_at = Timestamp(0);
        self.health.suspects.clear();
        self.health.withheld.clear();
        self.health.strikes.clear();
        self.health.quarantined = None;
    }

    /// Since when it is out of service and why, if it is.
    pub(super) fn quarantined(&self) -> Option<&OutOfService> {
        self.health.quarantined.as_ref().map(|out| &out.of_service)
    }

    /// The same, to be stored.
    pub(super) fn quarantine(&self) -> Option<Quarantine> {
        let out = self.quarantined()?.clone();
        Some(Quarantine { of: self.place(), digest: self.caller.rule.digest(), out })
    }

    /// What a quarantine of it is of.
    pub(super) fn place(&self) -> Quarantined {
        let Caller { pool, lane, rule, .. } = &self.caller;
        Quarantined::Rule { pool: pool.clone(), lane: *lane, rule: rule.name().to_owned() }
    }

    /// It was out of service before a restart, and is.
    pub(super) fn quarantined_before(&mut self, out: OutOfService) {
        self.health.is_broken = true;
        self.health.retry_at = NEVER;
        self.health.quarantined = Some(Out { of_service: out, is_known: true });
    }

    /// Something where it was put out of service since this was asked last.
    pub(super) fn lost(&mut self) -> Option<()> {
        let out = self.health.quarantined.as_mut()?;
        (!std::mem::replace(&mut out.is_known, true)).then_some(())
    }

    /// What it remembered before a restart: it is rebuilt with it before it is asked anything.
    pub(super) fn remembers(&mut self, memory: SavedState) {
        self.health.memory = Some(memory);
        self.health.is_broken = true;
    }

    /// Whether it may be asked.
    pub(super) fn is_ready(&self) -> bool {
        self.health.is_told && !self.health.is_broken
    }

    /// Why it is not asked, where it is not.
    pub(super) fn why_left_out(&self) -> Said<u32> {
        Said::LeftOut(match (&self.health.quarantined, self.is_ready()) {
            (Some(out), _) => out.of_service.why.clone(),
            (None, false) => "it has failed and is not rebuilt yet".to_owned(),
            (None, true) => "nobody is left to be judged, or what it failed at is withheld from it".to_owned(),
        })
    }

    pub(super) fn is_broken(&self) -> bool {
        self.health.is_broken
    }

    pub(super) fn needs_everything(&self, now: Timestamp) -> bool {
        !self.is_ready() && (!self.health.is_broken || self.health.retry_at <= now)
    }

    pub(super) fn withholds(&self, about: &About) -> bool {
        !self.health.withheld.is_empty() && self.health.withheld.contains(about)
    }

    /// Whether anything is withheld at all.
    pub(super) fn withholds_any(&self) -> bool {
        !self.health.withheld.is_empty()
    }

    /// Notes a failure. After any but a refusal the rule's sandbox is gone.
    pub(super) fn failed(&mut self, outbox: &mut Outbox, now: Timestamp, failure: &GuestFailure) {
        if matches!(failure, GuestFailure::Refused(_)) {
            return;
        }
        self.broke(outbox, now, failure);
    }

    /// Reports an answer that is none. It counts as much as no answer.
    pub(super) fn lied(&mut self, outbox: &mut Outbox, now: Timestamp, fault: &GuestFailure) {
        self.caller.found(outbox, fault.clone());
        self.broke(outbox, now, fault);
    }

    fn broke(&mut self, outbox: &mut Outbox, now: Timestamp, failure: &GuestFailure) {
        self.health.is_broken = true;
        self.health.is_told = false;
        self.health.answers = 0;
        let pause_ms = if self.health.failures == 0 { 0 } else { 1_000u64 << (self.health.failures - 1).min(10) };
        self.health.retry_at = now.plus_ms(pause_ms.min(PAUSE_LIMIT_MS));
        self.health.failures = self.health.failures.saturating_add(1);
        self.strike(outbox, now, failure);
    }

    fn strike(&mut self, outbox: &mut Outbox, now: Timestamp, failure: &GuestFailure) {
        let Patience { strikes: most, window_ms } = self.health.patience;
        while self.health.strikes.front().is_some_and(|at| at.plus_ms(window_ms) <= now) {
            self.health.strikes.pop_front();
        }
        self.health.strikes.push_back(now);
        if self.health.strikes.len() < most || self.health.quarantined.is_some() {
            return;
        }
        let why = format!("failed {most} times within {} s, the last time: {failure}", window_ms / 1000);
        self.health.quarantined = Some(Out { of_service: OutOfService::new(now, why), is_known: false });
        self.health.retry_at = NEVER;
        outbox.touch(RecordKey::Quarantine(self.place()));
        let name = self.caller.rule.name();
        let text = format!(
            "failed {most} times within {} s, and is out of service until another component takes its place or \
             `cordboard plugin release {name}`",
            window_ms / 1000
        );
        self.caller.report(outbox, GuestFailure::Limit(text));
    }

    /// Notes an answer.
    pub(super) fn answered(&mut self) {
        self.health.answers += 1;
        if self.health.answers >= FORGIVEN_AFTER {
            self.health.answers = 0;
            self.health.failures = 0;
        }
    }

    /// Tells a ready rule what has changed.
    pub(super) fn feed(&mut self, outbox: &mut Outbox, now: Timestamp, changes: &[Change], per_call: usize) {
        for slice in changes.chunks(per_call) {
            if let Err(failure) = self.feed_slice(outbox, slice) {
                // Whatever the failure: it does not know the world as it is.
                self.health.suspects.extend(slice.iter().map(About::of));
                return self.broke(outbox, now, &failure);
            }
        }
    }

    fn feed_slice(&mut self, outbox: &mut Outbox, slice: &[Change]) -> Result<(), GuestFailure> {
        if self.health.withheld.is_empty() {
            return self.caller.changed(outbox, slice);
        }
        let kept: Vec<Change> =
            slice.iter().filter(|change| !self.health.withheld.contains(&About::of(change))).cloned().collect();
        if kept.is_empty() { Ok(()) } else { self.caller.changed(outbox, &kept) }
    }

    /// Brings a rule up that is broken or knows nothing: rebuilds it if need be and tells it everything. Suspects come last and one
    /// by one; the one at which it fails again is withheld.
    pub(super) fn feed_everything(&mut self, outbox: &mut Outbox, now: Timestamp, whole: &[Change], per_call: usize) {
        let mut last = None;
        for _ in 0..REBUILDS {
            if self.health.is_broken
                && let Err(failure) = self.caller.rebuild(outbox, self.health.memory.as_ref())
            {
                return self.broke(outbox, now, &failure);
            }
            self.health.is_broken = false;
            match self.try_everything(outbox, whole, per_call) {
                Ok(()) => {
                    self.health.is_told = true;
                    self.health.suspects.clear();
                    return;
                }
                Err((slice, failure)) => {
                    self.suspect(outbox, slice);
                    last = Some(failure);
                }
            }
            self.health.is_broken = true;
        }
        if let Some(failure) = last {
            self.broke(outbox, now, &failure);
        }
    }

    /// What it failed at, and how.
    fn try_everything(
        &mut self,
        outbox: &mut Outbox,
        whole: &[Change],
        per_call: usize,
    ) -> Result<(), (Vec<About>, GuestFailure)> {
        let (suspects, others): (Vec<Change>, Vec<Change>) =
            whole.iter().cloned().partition(|change| self.health.suspects.contains(&About::of(change)));
        let slices = others.chunks(per_call).chain(suspects.chunks(1));
        for slice in slices {
            if let Err(failure) = self.feed_slice(outbox, slice) {
                return Err((slice.iter().map(About::of).collect(), failure));
            }
        }
        Ok(())
    }

    fn suspect(&mut self, outbox: &mut Outbox, slice: Vec<About>) {
        let is_second = slice.iter().all(|about| self.health.suspects.contains(about));
        if let ([about], true) = (slice.as_slice(), is_second) {
            let text = format!("can't take {about:?}, which is withheld from it from now on");
            self.caller.report(outbox, GuestFailure::Contract(text));
            self.health.withheld.insert(about.clone());
        }
        self.health.suspects.extend(slice);
    }
}
