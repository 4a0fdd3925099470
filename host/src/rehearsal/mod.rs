//! Tomorrow's rules on yesterday's day: a day is taken from the journal, played again with other rules, and both are counted alike.
//!
//! ```text
//!  journal, replayed ──► Recorder ──► Day ──► Figures
//!                                      │ arrivals, presence, reactions, durations
//!                                      ▼
//!                        a centre with other rules ──► Recorder ──► Day ──► Figures
//! ```
//! The centre that plays is the one that serves: offers, capacity, wrap-up and the order of the queues are its own. What people would have
//! done is modelled from what they did ([`MODEL`] says how).
//!
//! Ends at figures; the command line shows them.
//!
//! Invariant: no clock and no randomness: the same day and rules give the same figures.

mod figures;
mod play;
mod recorder;
#[cfg(test)]
mod tests;

pub use figures::{Elsewhere, Figures, PoolFigures, elsewhere};
pub use play::{PlayError, play};
pub use recorder::Recorder;

use crate::model::record::{AgentProfile, Session};
use crate::model::settings::Settings;
use crate::model::{AgentName, MemberProfile, SessionId, Timestamp};

/// How the model fills in what depends on people, for whoever reads a report.
pub const MODEL: [&str; 7] = [
    "customers come when they came, over the same links, with the same software and language",
    "agents are here, away and gone when they were; nobody is set away for missed offers, since the absences that followed are among these",
    "an agent reacts to the first offer as to the first that was recorded, to the second as to the second, and so on, beginning again after the last; \
     one without a record accepts at once",
    "a customer who gave up waits as long again before giving up; one who was served waits as long as it takes, so where waits grow, too few give up",
    "a session takes its agent as long as it took then; one that was never served takes the mean of those of its queue",
    "settings are those at the beginning of the journal; sessions that were there already are left out",
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
    /// Members with addresses.
    pub members: Vec<MemberProfile>,
    /// In the order of their numbers.
    pub passages: Vec<Passage>,
    /// In order.
    pub standings: Vec<Standing>,
    /// In order.
    pub reactions: Vec<Reaction>,
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
    /// With an agent.
    Served,
    /// The customer gave up, or was given up.
    Abandoned,
    /// A rule refused it.
    Refused,
}

/// An agent came, left, or was away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub agent: AgentName,
    /// `off-duty`, `away`, `available`.
    pub is: String,
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
