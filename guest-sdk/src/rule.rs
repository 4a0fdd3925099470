//! Rules: who may serve a waiting session, and who better than others.
//!
//! The author answers one question, [`Rule::fit`], for one session and one agent. From it a [`Router`] derives both directions of the
//! contract, keeps what the host told of agents and sessions, makes tiers of ranks, and writes notes when the host asks why.
//!
//! Invariant (the law of the contract): whether a candidate is kept depends on the moment, the session and the agent, and on what the
//! rule was told; never on the other candidates. `fit` can't see them.

mod favourite;
mod known;
mod roster;
mod router;
mod tiers;

pub use crate::bindings::rule::exports::cordboard::strategy::rule::{
    Agent, AgentChoice, AgentRef, Answer, Change, Consultation, Load, Note, Pick, Session, SessionChoice, SessionRef,
    Skill, Verdict,
};
pub use favourite::Favourite;
pub use known::Known;
pub use roster::{Present, Roster};
pub use router::Router;

use crate::model::{Failure, HttpResponse, Reference, SavedState, Timestamp};
use serde::de::DeserializeOwned;

/// A link of a queue's chain. Export it with [`export_rule!`](crate::export_rule).
///
/// Everything but [`Self::open`] and [`Self::fit`] has a default that does nothing.
pub trait Rule: Sized + 'static {
    /// The operator's settings; [`NoSettings`] if there are none.
    type Settings: DeserializeOwned;

    /// A rule with these settings. The error says what is wrong with them.
    fn open(settings: Self::Settings) -> Result<Self, String>;

    /// May this agent serve this session now, and how well?
    ///
    /// Called for every candidate, maybe 10,000 times a decision: allocate nothing.
    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit;

    /// What is to become of the session, whoever the candidates are. Most rules leave it at [`Decision::Rank`].
    fn decide(&self, _now: Timestamp, _session: &Session, _known: &Known) -> Decision {
        Decision::Rank
    }

    /// Why `fit` said so, for the operator who asks.
    fn explain(&self, _now: Timestamp, _session: &Session, _agent: &Agent, fit: Fit) -> String {
        match fit {
            Fit::Keep { rank } => format!("rank {rank}"),
            Fit::Drop { why, .. } => why.to_owned(),
        }
    }

    /// Something changed; called before it is in [`Known`]. For rules that keep an index of their own.
    fn changed(&mut self, _change: &Change) {}

    /// What became of an offer or a session that this rule ranked. Here and in [`Self::consulted`] alone memory may change.
    fn learned(&mut self, _now: Timestamp, _outcome: Outcome<'_>) {}

    /// The answer to a [`Decision::Consult`].
    fn consulted(
        &mut self,
        _now: Timestamp,
        _session: SessionRef,
        _reference: Reference,
        _reply: Result<HttpResponse, Failure>,
    ) {
    }

    /// What must survive a restart; see [`saved`](crate::saved).
    fn memory(&self) -> Option<SavedState> {
        None
    }

    /// What [`Self::memory`] gave, maybe of another version; called once, after `open`.
    fn recall(&mut self, _memory: SavedState) -> Result<(), String> {
        Ok(())
    }
}

/// For rules without settings. Any setting given is an error that names it.
#[derive(Debug, Default, Clone, Copy, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// How an agent fits a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Stays a candidate.
    Keep {
        /// Any measure of which lower is better: a time, a load, `10 - level`. Candidates of one call with the same rank get the same
        /// tier; the tiers are 0, 1, 2, ... in the order of the ranks.
        rank: u64,
    },
    /// Is no candidate.
    Drop {
        /// In words for the operator.
        why: &'static str,
        /// When time alone may change that.
        recheck: Option<Timestamp>,
    },
}

impl Fit {
    /// As good as any.
    pub const fn keep() -> Self {
        Self::Keep { rank: 0 }
    }

    /// Lower is better.
    pub const fn ranked(rank: u64) -> Self {
        Self::Keep { rank }
    }

    /// Not now, until something changes.
    pub const fn drop(why: &'static str) -> Self {
        Self::Drop { why, recheck: None }
    }

    /// Not before `recheck`, unless something changes.
    pub const fn drop_until(why: &'static str, recheck: Timestamp) -> Self {
        Self::Drop { why, recheck: Some(recheck) }
    }
}

/// What is to become of a session.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Decision {
    /// Rank its candidates by [`Rule::fit`].
    #[default]
    Rank,
    /// The same, and ask again at that moment even if nothing changes: a queue closes, a patience ends.
    RankUntil(Timestamp),
    /// Nobody yet, and later rules are not asked.
    Hold {
        /// In words for the operator.
        why: String,
        /// Ask again then.
        recheck: Option<Timestamp>,
    },
    /// Elsewhere: `queue:<name>`, `dialog:<name>`, `callback`, `link:<alias>`.
    Divert(String),
    /// Say this and close.
    Refuse(String),
    /// Ask the world first; [`Rule::consulted`] gets the answer, then the rule is asked again.
    Consult(Consultation),
}

/// The outcome of an offer or a session.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// `offered`, `accepted`, `declined`, `expired`, `closed`.
    pub what: &'a str,
    /// The session, if it is still known.
    pub session: Option<&'a Session>,
    /// The agent, if still known.
    pub agent: Option<&'a Agent>,
    /// The session's reference.
    pub session_ref: SessionRef,
    /// The agent's reference.
    pub agent_ref: AgentRef,
}

impl Agent {
    /// The level of a skill; `None` if the agent hasn't it.
    pub fn skill(&self, name: &str) -> Option<u8> {
        self.skills.iter().find(|skill| skill.name == name).map(|skill| skill.level)
    }

    /// The use of a medium; `None` if the agent doesn't serve it.
    pub fn load(&self, medium: &str) -> Option<&Load> {
        self.loads.iter().find(|load| load.medium == medium)
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        crate::model::attribute(&self.attributes, name)
    }
}

impl Session {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        crate::model::attribute(&self.attributes, name)
    }
}

#[cfg(test)]
mod tests;
