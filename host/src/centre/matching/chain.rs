//! A pool's chain of rules: each drops candidates and gives the rest a tier; a later rule orders only inside the tiers of the
//! earlier ones. Whatever the rules leave equal stands in the built-in order.
//!
//! A rule that fails or breaks the contract is left out of the decision: as if it kept all in one tier.
//!
//! Invariant: what is left of candidates is a subset of them without duplicates, in the built-in order.

use super::calls::Caller;
use super::health::{About, Health, Slot};
use super::ranking::Ranking;
use crate::centre::noted::{RuleSaid, Said};
use crate::centre::outbox::Outbox;
use crate::model::adapter::GuestFailure;
use crate::model::limits::Limits;
use crate::model::quarantine::{OutOfService, Quarantine, Quarantined};
use crate::model::rule::{AgentRef, Change, Consultation, Note, Rule, SessionRef, Verdict};
use crate::model::{Digest, Failure, HttpResponse, Lane, Reference, SavedState, Timestamp};
use std::borrow::Cow;

/// A rule may not ask to be asked again sooner than this.
const RECHECK_MS: u64 = 250;

/// See the module.
pub(in crate::centre) struct Chain {
    pool: String,
    lane: Lane,
    slots: Vec<Slot>,
    /// Rule calls made in this pass.
    pub(super) calls: usize,
}

/// How a rule stands.
pub(in crate::centre) struct Standing<'a> {
    pub(in crate::centre) name: &'a str,
    pub(in crate::centre) digest: Digest,
    /// It is left out now.
    pub(in crate::centre) is_broken: bool,
    /// It is left out until somebody says otherwise: since when, and why.
    pub(in crate::centre) quarantined: Option<&'a OutOfService>,
    /// See [`Rule::fuel`].
    pub(in crate::centre) fuel: u64,
}

/// What a chain decides about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// Those who may serve it; empty: nobody now.
    Kept(Ranking),
    /// Nobody may, and why.
    Held(String),
    /// It waits elsewhere.
    Diverted(Diversion),
    /// It ends with these words.
    Refused(String),
    /// The world is asked first.
    Consulted(Consultation),
}

impl Decision {
    /// The agent whom it is offered to.
    pub(super) fn best(&self) -> Option<AgentRef> {
        match self {
            Self::Kept(ranking) => ranking.best(),
            _ => None,
        }
    }
}

/// Where a rule sends a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Diversion {
    Queue(String),
    Link(String),
    Dialog(String),
}

/// A chain's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranked<T> {
    pub(super) decision: T,
    /// The least moment at which a rule wants to be asked again.
    pub(super) recheck: Option<Timestamp>,
    /// The rule that dropped the last candidate.
    pub(super) emptied_by: Option<usize>,
    /// Every rule had its say: none has failed, or was left out for a failure before.
    pub(super) is_whole: bool,
}

impl Chain {
    pub(in crate::centre) fn new(pool: &str, lane: Lane, rules: Vec<Box<dyn Rule>>, limits: &Limits) -> Self {
        let slot = |(rule, place)| Slot::new(Caller { pool: pool.to_owned(), lane, place, rule }, limits.into());
        Self { pool: pool.to_owned(), lane, slots: rules.into_iter().zip(0..).map(slot).collect(), calls: 0 }
    }

    /// Which of its pool's chains it is.
    pub(super) fn lane(&self) -> Lane {
        self.lane
    }

    /// What is known of its rules, whichever they are.
    pub(in crate::centre) fn health(&self) -> Vec<&Health> {
        self.slots.iter().map(|slot| &slot.health).collect()
    }

    /// Rules that have been told everything: their places, names and what they remembered last.
    pub(in crate::centre) fn told(&self) -> impl Iterator<Item = (u16, String, Option<SavedState>)> {
        let told = self.slots.iter().filter(|slot| slot.is_ready());
        told.map(|slot| (slot.caller.place, slot.caller.rule.name().to_owned(), slot.health.memory.clone()))
    }

    /// Goes on with what was known of the rules, one for each.
    pub(super) fn set_health(&mut self, known: Vec<Health>) {
        for (slot, health) in self.slots.iter_mut().zip(known) {
            slot.health = health;
        }
    }

    /// The rules of these names, in this order: those that are here stay as they are, others are taken from `staged`. What is in neither is
    /// left out.
    pub(super) fn rearrange(
        &mut self,
        names: &[String],
        limits: &Limits,
        mut staged: impl FnMut(&str) -> Option<Box<dyn Rule>>,
    ) {
        let mut old = std::mem::take(&mut self.slots);
        for name in names {
            let slot = match old.iter().position(|slot| slot.caller.rule.name() == name) {
                Some(here) => Some(old.remove(here)),
                None => staged(name).map(|rule| {
                    let (pool, lane) = (self.pool.clone(), self.lane);
                    Slot::new(Caller { pool, lane, place: 0, rule }, limits.into())
                }),
            };
            self.slots.extend(slot);
        }
        for (slot, place) in self.slots.iter_mut().zip(0..) {
            slot.moved(place);
        }
        self.set_limits(limits);
    }

    fn set_limits(&mut self, limits: &Limits) {
        for slot in &mut self.slots {
            slot.health.patience = limits.into();
        }
    }

    pub(in crate::centre) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Each rule.
    pub(in crate::centre) fn rules(&self) -> impl Iterator<Item = Standing<'_>> {
        self.slots.iter().map(|slot| Standing {
            name: slot.caller.rule.name(),
            digest: slot.caller.rule.digest(),
            is_broken: slot.is_broken(),
            quarantined: slot.quarantined(),
            fuel: slot.caller.rule.fuel(),
        })
    }

    /// All of its rules that are out of service.
    pub(in crate::centre) fn quarantines(&self) -> impl Iterator<Item = Quarantine> {
        self.slots.iter().filter_map(Slot::quarantine)
    }

    /// A rule was out of service before a restart, and is, unless it is another component now. Answers whether it is.
    pub(in crate::centre) fn quarantined_before(&mut self, rule: &str, digest: Digest, out: &OutOfService) -> bool {
        let mut slots = self.slots.iter_mut().map(|slot| (slot.caller.rule.digest(), slot));
        let found = slots.find(|(found, slot)| *found == digest && slot.caller.rule.name() == rule);
        found.map(|(_, slot)| slot.quarantined_before(out.clone())).is_some()
    }

    /// A rule that is out of service, since when, and why.
    pub(in crate::centre) fn quarantined(&self) -> Option<(&str, &OutOfService)> {
        self.slots.iter().find_map(|slot| Some((slot.caller.rule.name(), slot.quarantined()?)))
    }

    /// What a decision has to say of the rules that had no part in it: nothing where all had.
    pub(super) fn left_out(&self) -> Option<String> {
        let out: Vec<&str> = self.rules().filter(|rule| rule.quarantined.is_some()).map(|rule| rule.name).collect();
        (!out.is_empty()).then(|| format!("without {}, which fails and is quarantined", out.join(", ")))
    }

    /// Whether a rule was quarantined since this was asked last.
    pub(super) fn has_lost_a_rule(&mut self) -> bool {
        self.slots.iter_mut().filter_map(Slot::lost).count() > 0
    }

    /// What the rule in this place remembers: as it says itself, or where it can't or has nothing to say, as it said last.
    pub(super) fn memory_of(&mut self, place: usize) -> Option<SavedState> {
        let slot = self.slots.get_mut(place)?;
        let said = if slot.is_ready() { slot.caller.rule.memory().ok().flatten() } else { None };
        said.or_else(|| slot.health.memory.clone())
    }

    /// Another rule in this place; it is asked nothing before [`Self::renewed`].
    pub(super) fn replace(&mut self, place: usize, rule: Box<dyn Rule>) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.replaced(rule);
        }
    }

    /// The rule in this place was replaced, or rebuilt from outside: it knows nothing. Answers which quarantine is taken back by that, if one is.
    pub(super) fn renewed(&mut self, place: usize) -> Option<Quarantined> {
        let slot = self.slots.get_mut(place)?;
        let quarantined = slot.quarantine().map(|quarantine| quarantine.of);
        slot.renewed();
        quarantined
    }

    /// What the rules know is of another run: they are rebuilt with what they remember before they are asked anything.
    pub(super) fn restarted(&mut self) {
        for place in 0..self.slots.len() {
            let memory = self.memory_of(place);
            self.slots[place].restarted(memory);
        }
    }

    /// The operator takes back the quarantine of a rule. Answers which, if it had one.
    pub(super) fn released(&mut self, rule: &str) -> Option<Quarantined> {
        let slot = self.slots.iter_mut().find(|slot| slot.caller.rule.name() == rule)?;
        slot.released().then(|| slot.place())
    }

    /// What a rule remembered before a restart.
    pub(super) fn remember(&mut self, rule: &str, memory: &SavedState) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.caller.rule.name() == rule) {
            slot.remembers(memory.clone());
        }
    }

    /// What a rule remembered last.
    pub(super) fn memory(&self, rule: &str) -> Option<&SavedState> {
        self.slots.iter().find(|slot| slot.caller.rule.name() == rule)?.health.memory.as_ref()
    }

    /// Whether some rule has to be told everything.
    pub(super) fn needs_everything(&self, now: Timestamp) -> bool {
        self.slots.iter().any(|slot| slot.needs_everything(now))
    }

    /// Tells the rules what has changed; `whole` is there where [`Self::needs_everything`].
    pub(super) fn feed(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        changes: &[Change],
        whole: Option<&[Change]>,
        per_call: usize,
    ) {
        for slot in &mut self.slots {
            if slot.is_ready() {
                slot.feed(outbox, now, changes, per_call);
            } else if let Some(whole) = whole.filter(|_| slot.needs_everything(now)) {
                slot.feed_everything(outbox, now, whole, per_call);
            }
        }
    }

    /// Who of the candidates may serve a session. With `ignore_holds` a rule that holds is left out, and without `may_consult` one that
    /// consults.
    pub(super) fn rank_agents(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        ignore_holds: bool,
        may_consult: bool,
    ) -> Ranked<Decision> {
        let mut ranking = Ranking::new(candidates);
        let (mut recheck, mut emptied_by, mut is_whole) = (None, None, true);
        for (place, slot) in self.slots.iter_mut().enumerate() {
            if !slot.is_ready() || slot.withholds(&About::Session(session)) {
                outbox.note_rule(|| said(slot, slot.why_left_out()));
                is_whole = false;
                continue;
            }
            self.calls += 1;
            let spared = spared(slot, &ranking.kept, About::Agent);
            let asked = without(&ranking.kept, &spared);
            let answer = match slot.caller.rank_agents(outbox, now, session, &asked) {
                Ok(answer) => answer,
                Err(failure) => {
                    outbox.note_rule(|| said(slot, Said::Failed(failure.to_string())));
                    slot.failed(outbox, now, &failure);
                    is_whole = false;
                    continue;
                }
            };
            slot.answered();
            recheck = earlier(recheck, answer.recheck, now);
            let decision = match answer.verdict {
                Verdict::Keep(choices) => {
                    let had = !ranking.kept.is_empty();
                    let choices: Vec<(u32, u32)> = choices.iter().map(|choice| (choice.agent, choice.tier)).collect();
                    let narrowed = ranking.narrow(&choices, &spared);
                    outbox.note_rule(|| kept(slot, choices, answer.notes, narrowed.as_ref().err()));
                    if let Err(fault) = narrowed {
                        slot.lied(outbox, now, &fault);
                        is_whole = false;
                    }
                    if had && ranking.kept.is_empty() {
                        emptied_by = Some(place);
                    }
                    continue;
                }
                verdict => {
                    outbox.note_rule(|| said(slot, Said::of(&verdict)).with_notes(answer.notes));
                    let is_passed = match verdict {
                        Verdict::Hold(_) => ignore_holds,
                        Verdict::Consult(_) => !may_consult,
                        _ => false,
                    };
                    if is_passed {
                        continue;
                    }
                    ended(verdict)
                }
            };
            match decision {
                Ok(decision) => return Ranked { decision, recheck, emptied_by: Some(place), is_whole },
                Err(failure) => {
                    slot.caller.found(outbox, failure);
                    is_whole = false;
                }
            }
        }
        Ranked { decision: Decision::Kept(ranking), recheck, emptied_by, is_whole }
    }

    /// Which of the waiting an agent may serve.
    pub(super) fn rank_sessions(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
    ) -> Ranked<Ranking> {
        let mut ranking = Ranking::new(waiting);
        let (mut recheck, mut emptied_by, mut is_whole) = (None, None, true);
        for (place, slot) in self.slots.iter_mut().enumerate() {
            let is_left_out = !slot.is_ready() || slot.withholds(&About::Agent(agent));
            if is_left_out || ranking.kept.is_empty() {
                outbox.note_rule(|| said(slot, slot.why_left_out()));
                is_whole &= !is_left_out;
                continue;
            }
            self.calls += 1;
            let spared = spared(slot, &ranking.kept, About::Session);
            let asked = without(&ranking.kept, &spared);
            match slot.caller.rank_sessions(outbox, now, agent, &asked) {
                Ok(pick) => {
                    slot.answered();
                    recheck = earlier(recheck, pick.recheck, now);
                    let choices: Vec<(u32, u32)> =
                        pick.keep.iter().map(|choice| (choice.session, choice.tier)).collect();
                    let narrowed = ranking.narrow(&choices, &spared);
                    outbox.note_rule(|| kept(slot, choices, pick.notes, narrowed.as_ref().err()));
                    if let Err(fault) = narrowed {
                        slot.lied(outbox, now, &fault);
                        is_whole = false;
                    }
                    if ranking.kept.is_empty() {
                        emptied_by = Some(place);
                    }
                }
                Err(failure) => {
                    outbox.note_rule(|| said(slot, Said::Failed(failure.to_string())));
                    slot.failed(outbox, now, &failure);
                    is_whole = false;
                }
            }
        }
        Ranked { decision: ranking, recheck, emptied_by, is_whole }
    }

    /// Reports something that one of the rules did wrong.
    pub(super) fn report(&mut self, outbox: &mut Outbox, place: usize, failure: GuestFailure) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.caller.found(outbox, failure);
        }
    }

    /// Tells every rule an outcome.
    pub(super) fn learned(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) {
        for slot in self.slots.iter_mut().filter(|slot| slot.is_ready()) {
            slot.health.has_learned = true;
            if let Err(failure) = slot.caller.learned(outbox, now, session, agent, outcome) {
                slot.failed(outbox, now, &failure);
            }
        }
    }

    /// Tells the rule in a place what came of its question.
    pub(super) fn consulted(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        place: usize,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) {
        let Some(slot) = self.slots.get_mut(place).filter(|slot| slot.is_ready()) else { return };
        if slot.withholds(&About::Session(session)) {
            return;
        }
        slot.health.has_learned = true;
        if let Err(failure) = slot.caller.consulted(outbox, now, session, reference, reply) {
            slot.failed(outbox, now, &failure);
        }
    }

    /// Asks the rules that were told an outcome what they remember. Gives back those whose memory has changed.
    pub(super) fn memorise(&mut self, outbox: &mut Outbox, now: Timestamp) -> Vec<String> {
        let mut changed = Vec::new();
        for slot in &mut self.slots {
            if !std::mem::take(&mut slot.health.has_learned) || !slot.is_ready() {
                continue;
            }
            match slot.caller.memory(outbox) {
                Ok(memory) if memory.is_some() && memory != slot.health.memory => {
                    slot.health.memory = memory;
                    changed.push(slot.caller.rule.name().to_owned());
                }
                Ok(_) => {}
                Err(failure) => slot.failed(outbox, now, &failure),
            }
        }
        changed
    }
}

/// What is noted of a rule.
fn said(slot: &Slot, verdict: Said<u32>) -> RuleSaid<u32> {
    let rule = &slot.caller.rule;
    let lane = slot.caller.lane;
    RuleSaid { lane, rule: rule.name().to_owned(), digest: rule.digest(), verdict, notes: Vec::new(), refused: None }
}

/// What is noted of a rule that keeps some, and of what the host refused of that.
fn kept(slot: &Slot, kept: Vec<(u32, u32)>, notes: Vec<Note>, fault: Option<&GuestFailure>) -> RuleSaid<u32> {
    let said = said(slot, Said::Kept(kept)).with_notes(notes);
    RuleSaid { refused: fault.map(ToString::to_string), ..said }
}

/// Candidates that a rule does not know because they were withheld from it.
fn spared(slot: &Slot, kept: &[u32], about: fn(u32) -> About) -> Vec<u32> {
    if !slot.withholds_any() {
        return Vec::new();
    }
    kept.iter().copied().filter(|candidate| slot.withholds(&about(*candidate))).collect()
}

/// What the rule is asked about: all but those.
fn without<'a>(kept: &'a [u32], spared: &[u32]) -> Cow<'a, [u32]> {
    if spared.is_empty() {
        return Cow::Borrowed(kept);
    }
    Cow::Owned(kept.iter().copied().filter(|candidate| !spared.contains(candidate)).collect())
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let other = other.map(|at| at.max(now.plus_ms(RECHECK_MS)));
    one.into_iter().chain(other).min()
}

/// A verdict that ends the chain.
fn ended(verdict: Verdict) -> Result<Decision, GuestFailure> {
    let unsupported = |what: &str| Err(GuestFailure::Contract(format!("{what} is not served by this host")));
    match verdict {
        Verdict::Hold(reason) => Ok(Decision::Held(reason)),
        Verdict::Refuse(text) => Ok(Decision::Refused(text)),
        Verdict::Divert(target) => match target.split_once(':') {
            Some(("queue", name)) => Ok(Decision::Diverted(Diversion::Queue(name.to_owned()))),
            Some(("link", alias)) => Ok(Decision::Diverted(Diversion::Link(alias.to_owned()))),
            Some(("dialog", name)) => Ok(Decision::Diverted(Diversion::Dialog(name.to_owned()))),
            _ => unsupported(&format!("divert to `{target}`")),
        },
        Verdict::Consult(consultation) => Ok(Decision::Consulted(consultation)),
        Verdict::Other(extension) => unsupported(&format!("verdict `{}`", extension.name)),
        Verdict::Keep(_) => unsupported("keep here"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
