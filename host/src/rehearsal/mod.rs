//! Tomorrow's rules on yesterday's day: a day is taken from the journal, played again with other rules, and both are counted alike.
//!
//! ```text
//!  journal, replayed ──► Recorder ──► Day ──► Figures
//!      │                               │ arrivals, presence, reactions, durations
//!      │                               ▼
//!      │                 a centre with other rules ──► Recorder ──► Day ──► Figures
//!      └──► every decision, put to other rules as things stood then ──► Decisions
//! ```
//! The centre that plays is the one that serves: offers, capacity, wrap-up, who may serve whom and the order of the queues are its own. What
//! people would have done is modelled from what they did ([`MODEL`] says how). Nothing of [`Decisions`] is modelled.
//!
//! Ends at figures; the command line shows them.
//!
//! Invariant: no clock and no randomness: the same day and rules give the same figures.

mod decisions;
mod figures;
mod play;
mod recorder;
#[cfg(test)]
mod tests;

pub use decisions::{Counted, Decisions, Differing, Differs};
pub use figures::{Elsewhere, Figures, PoolFigures, elsewhere};
pub use play::{PlayError, play};
pub use recorder::Recorder;

use crate::centre::Opened;
use crate::model::record::{self, AgentProfile, Memory, Session};
use crate::model::settings::Settings;
use crate::model::waits::Waits;
use crate::model::{AgentName, Digest, Failure, HttpResponse, MemberProfile, SessionId, Timestamp};
use std::collections::BTreeSet;

/// How decisions were put to other rules, for whoever reads a report.
pub const COUNTERFACTUAL: [&str; 3] = [
    "each decision of the day was put to the other rules at its moment, with the candidates and all that rules are told as they were then: nothing is \
     modelled",
    "what they learn is what became of the decisions that were made; they begin with nothing in their memory",
    "where they would ask elsewhere first, that is what they decide: nobody is asked",
];

/// How the model fills in what depends on people, for whoever reads a report.
pub const MODEL: [&str; 13] = [
    "customers come when they came, over the same links, with the same software, language, account and words for an agent whom they ask for; \
     one who comes again before the session from before is over comes as somebody else, whom nobody has served",
    "customers who talked to a dialog come to their link's queue when it let them go, without what it had found out; one whom these rules send to a \
     dialog stays there, and one who talked to dialogs alone is left out",
    "switches ask for the same things as then, and go on asking",
    "who finds a queue full is turned away and counted nowhere",
    "agents are here, away and gone when they were, by devices of the same protocols or by a switch; nobody is set away for missed offers, since the \
     absences that followed are among these",
    "an agent reacts to the first offer as to the first that was recorded, to the second as to the second, and so on, beginning again after the last; \
     one without a record accepts at once",
    "a customer who gave up waits as long again before giving up; one who was served waits as long as it takes, so where waits grow, too few give up",
    "a session takes its agent as long as it took all of its agents then (transfers are not made again); one that was never served takes the mean of \
     those of its queue. It is wrapped up as long as then, by an agent without a device as long as the queue says",
    "the last agents of customers are those at the beginning, and then those of the model; agents' units, what media weigh and which software serves \
     whom are as the settings say",
    "settings are those at the beginning of the journal, accounts those that there were in the end; sessions that were there already are left out",
    "rules begin with what they remembered, where the same component with the same settings answered then; others with nothing. What is known of \
     waiting times at the beginning is what was known then",
    "a rule that asks elsewhere gets the answer that it got then for the same session, after the same time; where it has not asked then, it gets none, \
     at once",
    "what a rule asks that the journal has not (attributes that nobody recorded) is not there",
];

/// What happened, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// At its beginning.
    pub settings: Settings,
    /// All agents there were.
    pub profiles: Vec<AgentProfile>,
    /// Members with addresses or attributes.
    pub members: Vec<MemberProfile>,
    /// In the order of their numbers.
    pub passages: Vec<Passage>,
    /// In order.
    pub standings: Vec<Standing>,
    /// In order.
    pub reactions: Vec<Reaction>,
    /// Listeners and providers by which customers came.
    pub doors: Vec<Opened>,
    /// Who had served whom last, at the beginning.
    pub last_served: Vec<record::Served>,
    /// What the rules remembered at the beginning, and which component each of them was.
    pub memories: Vec<(Memory, Digest)>,
    /// What was known of waits at the beginning.
    pub waits: Vec<Waits>,
    /// What rules asked elsewhere, in order.
    pub consultations: Vec<Consultation>,
    /// Sessions that were there at the beginning.
    pub left_out: usize,
}

/// One session's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its number in the journal; a play keeps it.
    pub session: SessionId,
    /// As it was when it came.
    pub came: Box<Session>,
    /// Where it waited last.
    pub queue: String,
    /// When it joined the queue.
    pub waiting_since: Timestamp,
    /// Which agent the customer asked for, or for anybody, and when.
    pub asked: Vec<(Timestamp, Option<AgentName>)>,
    /// Who had it, from when to when; wrap-up included.
    pub served: Vec<Served>,
    /// When it was over for the customer, and how.
    pub ended: Option<(Timestamp, How)>,
}

/// An agent's part of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Who.
    pub agent: AgentName,
    /// When it was accepted.
    pub from: Timestamp,
    /// When it was over for the customer, or went back.
    pub until: Option<Timestamp>,
    /// When the agent was free again.
    pub free: Option<Timestamp>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// With an agent, or by a dialog.
    Served,
    /// The customer gave up, or was given up.
    Abandoned,
    /// A rule refused it.
    Refused,
}

/// An agent came, left, was away, or was here by other devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub agent: AgentName,
    /// `off-duty`, `away`, `available`.
    pub is: String,
    /// What the agent's open devices spoke.
    pub protocols: BTreeSet<String>,
    /// Whether one of them took sessions; else a switch said that the agent was there.
    pub by_device: bool,
}

/// A rule asked elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consultation {
    /// About which session.
    pub session: SessionId,
    /// Which rule.
    pub rule: String,
    /// When.
    pub at: Timestamp,
    /// What came of it, and after how long; nothing where no answer came in time.
    pub reply: Option<(u64, Result<HttpResponse, Failure>)>,
}

/// What an agent did about an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Who.
    pub agent: AgentName,
    /// What.
    pub what: React,
    /// After how long.
    pub after_ms: u64,
}

/// See [`Reaction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum React {
    /// Took it.
    Accepted,
    /// Did not want it.
    Declined,
    /// Said nothing.
    Expired,
}
