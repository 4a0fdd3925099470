//! The rule `remote`: another routing server says who serves a session. It is asked as telephone switches ask, by `POST /v1/route`, so it
//! may be another Cordboard.
//!
//! ```toml
//! [rules.remote]
//! url = "http://routing.example:8080"
//! authorization = "Bearer {secret:token}"
//!
//! [plugins.grants.remote]
//! hosts = ["routing.example"]
//! secrets = { token = { file = "routing.token" } }
//! ```
//!
//! - It names an agent: the session is for the agent of that name here, for `wait_s`; the other server counts it as served.
//! - It names an agent who is reached at one of `targets` (`queue:night`): the session goes there.
//! - It has nobody yet: the session is held, and it is asked again every `poll_s`.
//! - No answer, or none that can be used: `fallback`, and nothing is asked for `retry_s`.
//!
//! ```text
//!  New ── ask ──► Waiting ── look ──► Offered ── accept ──► Named ── accepted here ──► Served
//!   ▲                ▲                   │ the agent isn't here:       │ passed over,      │ closed
//!   │                └───── decline ─────┘                             ▼ too late          ▼
//!   └─────────────────────────────── end ─────────────────────────────◄┘                  owed
//!
//!  refused, over there, too late: Failed ── after `retry_s` ──► New          no answer: as it is, after `retry_s`
//! ```
//! **What is owed.** A rule speaks only before it decides about a waiting session. So that a session is over is said the next time the
//! other server is asked something; until then, two minutes at most for one that nobody served, it counts it. What is open there is
//! remembered over a restart, and ended then.
//!
//! Invariant: whatever is open there belongs to a case, is served, or is owed.

mod case;
mod words;

use case::{Case, Step};
use cordboard_sdk::model::{Failure, HttpResponse, Reference, SavedState, Timestamp};
use cordboard_sdk::rule::{
    Agent, AgentRef, Change, Consultation, Decision, Fit, Known, Outcome, Roster, Rule, Session, SessionRef,
};
use cordboard_sdk::{saved, warn};
use serde::Deserialize;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use words::{Heard, Word};

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    url: String,
    authorization: Option<String>,
    #[serde(default)]
    queues: BTreeMap<String, String>,
    #[serde(default)]
    agents: BTreeMap<String, String>,
    #[serde(default)]
    targets: BTreeSet<String>,
    #[serde(default = "told")]
    attributes: Vec<String>,
    #[serde(default = "three_seconds")]
    timeout_ms: u32,
    #[serde(default = "two")]
    poll_s: u64,
    #[serde(default = "thirty")]
    wait_s: u64,
    #[serde(default = "thirty")]
    retry_s: u64,
    #[serde(default)]
    fallback: Fallback,
}

/// What is done without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "String")]
enum Fallback {
    #[default]
    Keep,
    Hold,
    Divert(String),
}

impl From<String> for Fallback {
    fn from(word: String) -> Self {
        match word.as_str() {
            "keep" => Self::Keep,
            "hold" => Self::Hold,
            _ => Self::Divert(word),
        }
    }
}

fn told() -> Vec<String> {
    ["required-skills", "requested-agent", "last-agent"].map(str::to_owned).to_vec()
}

fn three_seconds() -> u32 {
    3_000
}

fn two() -> u64 {
    2
}

fn thirty() -> u64 {
    30
}

/// The rule; it remembers what is open at the other server.
#[derive(Debug)]
pub struct Remote {
    settings: Settings,
    roster: Roster,
    /// What is open at the other server; the only thing that is remembered.
    open: BTreeSet<String>,
    /// Of waiting sessions.
    cases: BTreeMap<SessionRef, Case>,
    /// Sessions that have an agent here, and what they are called there.
    served: BTreeMap<SessionRef, String>,
    /// What is over here and not there.
    owed: BTreeSet<String>,
    /// It does not answer; it is left alone until then.
    down_until: Timestamp,
    /// For whom the session is that `decide` was asked about last: `fit` is asked about its candidates next.
    only: Cell<Option<(AgentRef, Timestamp)>>,
}

const FORMAT: u32 = 1;
/// What may be open at the other server.
const OPEN: usize = 500;
/// The host takes so many questions about a session in a row, and leaves the rule out of the decision at the next.
const IN_A_ROW: u8 = 3;
/// Then the session is held for so long.
const PAUSE_MS: u64 = 250;

/// What is to be done about a session.
enum Next {
    Say(Word),
    Only(AgentRef, Timestamp),
    Hold(Timestamp),
    Divert(String),
    FallBack(Timestamp),
}

impl Rule for Remote {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self {
            settings,
            roster: Roster::new(),
            open: BTreeSet::new(),
            cases: BTreeMap::new(),
            served: BTreeMap::new(),
            owed: BTreeSet::new(),
            down_until: 0,
            only: Cell::new(None),
        })
    }

    fn changed(&mut self, change: &Change) {
        self.roster.changed(change);
        match change {
            Change::Session(session) => self.waits(session.ref_),
            Change::SessionGone(session) => {
                self.owed.extend(self.cases.remove(session).and_then(|case| case.id));
            }
            _ => {}
        }
    }

    fn decide(&self, now: Timestamp, session: &Session, _known: &Known) -> Decision {
        self.only.set(None);
        if self.queue_there(session).is_none() {
            return Decision::Rank;
        }
        let fresh = Case::default();
        let case = self.cases.get(&session.ref_).unwrap_or(&fresh);
        match self.next(now, session, case) {
            Next::Say(word) => Decision::Consult(self.say(session, case, word)),
            Next::Only(agent, until) => {
                self.only.set(Some((agent, until)));
                Decision::RankUntil(until)
            }
            Next::Hold(until) => {
                Decision::Hold { why: "another server has nobody for it yet".to_owned(), recheck: Some(until) }
            }
            Next::Divert(target) => diverted(session, target),
            Next::FallBack(until) => match &self.settings.fallback {
                Fallback::Keep => Decision::RankUntil(until),
                Fallback::Hold => {
                    Decision::Hold { why: "another server does not answer".to_owned(), recheck: Some(until) }
                }
                Fallback::Divert(target) => diverted(session, target.clone()),
            },
        }
    }

    fn fit(&self, _now: Timestamp, _session: &Session, agent: &Agent) -> Fit {
        match self.only.get() {
            Some((only, until)) if only != agent.ref_ => {
                Fit::drop_until("another server has named somebody else", until)
            }
            _ => Fit::keep(),
        }
    }

    fn explain(&self, _now: Timestamp, _session: &Session, _agent: &Agent, fit: Fit) -> String {
        match (fit, self.only.get()) {
            (Fit::Drop { why, .. }, _) => why.to_owned(),
            (Fit::Keep { .. }, Some(_)) => "was named by another server".to_owned(),
            (Fit::Keep { .. }, None) => "anyone may serve it".to_owned(),
        }
    }

    fn learned(&mut self, _now: Timestamp, outcome: Outcome<'_>) {
        match outcome.what {
            "accepted" => {
                let id = self.cases.remove(&outcome.session_ref).and_then(|case| case.id);
                self.served.extend(id.map(|id| (outcome.session_ref, id)));
            }
            "closed" => self.owed.extend(self.served.remove(&outcome.session_ref)),
            _ => {}
        }
    }

    fn consulted(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) {
        let heard = Heard::of(reply);
        let is_heard = !matches!(heard, Heard::Nothing(_));
        if let Some(case) = self.cases.get_mut(&session) {
            case.asked(now, is_heard);
        }
        if let Heard::Nothing(why) = heard {
            self.goes_down(now, &why);
        } else if words::is_of_owed(reference) {
            for id in self.owed.extract_if(.., |id| words::reference_of_owed(id) == reference) {
                self.open.remove(&id);
            }
        } else {
            self.heard(now, session, reference, heard);
        }
    }

    fn memory(&self) -> Option<SavedState> {
        Some(saved::write(FORMAT, &self.open))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.open = saved::read(&memory, FORMAT)?;
        self.owed = self.open.clone();
        Ok(())
    }
}

fn diverted(session: &Session, target: String) -> Decision {
    if target.strip_prefix("queue:") == Some(&session.queue) { Decision::Rank } else { Decision::Divert(target) }
}

impl Remote {
    /// What the session's queue is called there; nothing where that server is not asked.
    fn queue_there<'a>(&'a self, session: &'a Session) -> Option<&'a str> {
        if self.settings.queues.is_empty() {
            return Some(&session.queue);
        }
        self.settings.queues.get(&session.queue).map(String::as_str)
    }

    /// A session is new or has changed; one that had an agent waits again, or is to be transferred.
    fn waits(&mut self, session: SessionRef) {
        let had = self.served.remove(&session).map(Case::served);
        self.cases.entry(session).or_insert_with(|| had.unwrap_or_default());
    }

    fn next(&self, now: Timestamp, session: &Session, case: &Case) -> Next {
        let next = match &case.step {
            Step::Waiting { look_at } if now < *look_at => Next::Hold(*look_at),
            Step::Waiting { .. } => Next::Say(Word::Look),
            Step::Offered { offer, agent } => match self.on_duty(session, agent) {
                Some(_) => Next::Say(Word::Accept(*offer)),
                None => Next::Say(Word::Decline(*offer)),
            },
            Step::Named { agent, until } => match self.on_duty(session, agent) {
                Some(agent) if now < *until => Next::Only(agent, *until),
                _ => Next::Say(Word::End),
            },
            Step::Served => Next::Say(Word::End),
            Step::Elsewhere(target) => Next::Divert(target.clone()),
            Step::Failed { until } if now < *until => Next::FallBack(*until),
            Step::New | Step::Failed { .. } => Next::Say(Word::Ask),
        };
        match next {
            Next::Say(_) if now < self.down_until => Next::FallBack(self.down_until),
            Next::Say(Word::Ask) if self.open.len() >= OPEN => Next::FallBack(now + self.settings.retry_s * 1000),
            Next::Say(_) if now < case.not_before => Next::Hold(case.not_before),
            next => next,
        }
    }

    /// The agent of that name, unless off duty here, or the session was passed over.
    fn on_duty(&self, session: &Session, name: &str) -> Option<AgentRef> {
        let present = self.roster.find(name)?;
        Some(present.agent).filter(|agent| !session.passed_over.contains(agent))
    }

    /// The question; what is owed goes first, once.
    fn say(&self, session: &Session, case: &Case, word: Word) -> Consultation {
        let (reference, request) = match (self.owed.first().filter(|_| case.in_a_row == 0), &case.id) {
            (Some(id), _) => (words::reference_of_owed(id), self.settings.about(id, Word::End)),
            (None, Some(id)) => (word.reference(), self.settings.about(id, word)),
            (None, None) => {
                (Word::Ask.reference(), self.settings.ask(session, self.queue_there(session).unwrap_or_default()))
            }
        };
        Consultation { ref_: reference, request, timeout_ms: self.settings.timeout_ms }
    }

    fn goes_down(&mut self, now: Timestamp, why: &str) {
        if self.down_until <= now {
            warn!("{}: {why}; nothing is asked there for {} s", self.settings.url, self.settings.retry_s);
        }
        self.down_until = now + self.settings.retry_s * 1000;
    }

    /// An answer about the session itself.
    fn heard(&mut self, now: Timestamp, session: SessionRef, reference: Reference, heard: Heard) {
        let Some(case) = self.cases.get_mut(&session) else { return };
        let step = if reference == Word::End.reference() {
            if let Some(id) = case.id.take() {
                self.open.remove(&id);
            }
            // An agent who did not come in time is not asked for again at once.
            let is_late = matches!(case.step, Step::Named { until, .. } if until <= now);
            (!is_late).then_some(Step::New)
        } else {
            match heard {
                Heard::Status(status) if case.id.as_ref().is_none_or(|id| *id == status.id) => {
                    self.owed.remove(&status.id);
                    self.open.insert(status.id.clone());
                    case.id = Some(status.id.clone());
                    status.step(now, &self.settings)
                }
                // Another offer stands by now.
                Heard::Refused(409, _) if case.id.is_some() => Some(Step::Waiting { look_at: now }),
                Heard::Refused(_, why) => {
                    warn!("{}: {why}", self.settings.url);
                    None
                }
                Heard::Status(_) | Heard::Nothing(_) => None,
            }
        };
        if step.is_none() {
            self.owed.extend(case.id.take());
        }
        case.goes_to(now, step.unwrap_or(Step::Failed { until: now + self.settings.retry_s * 1000 }));
    }
}

cordboard_sdk::export_rule!(Remote);

#[cfg(test)]
mod tests;
