//! A pool of agents and waiting sessions for one rule.
//!
//! ```
//! use cordboard_sdk::rule::{Agent, Fit, NoSettings, Rule, Session};
//! use cordboard_sdk_testing::rule::{Pool, agent, session};
//!
//! struct Latest;
//! impl Rule for Latest {
//!     type Settings = NoSettings;
//!     fn open(_: NoSettings) -> Result<Self, String> {
//!         Ok(Self)
//!     }
//!     fn fit(&self, now: u64, _: &Session, agent: &Agent) -> Fit {
//!         Fit::ranked(now - agent.since)
//!     }
//! }
//!
//! let mut pool = Pool::<Latest>::open("{}").unwrap();
//! pool.at(1000);
//! pool.agent(Agent { since: 100, ..agent(1) });
//! pool.agent(Agent { since: 900, ..agent(2) });
//! pool.session(session(7));
//! assert_eq!(pool.order(7), [2, 1]);
//! pool.check_law().unwrap();
//! ```

mod law;
mod people;

pub use crate::violation::Violation;
pub use people::{agent, crowd, load, session, skill};

use cordboard_sdk::model::{Failure, HttpResponse, QueueStatus, Reference, SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, AgentRef, Answer, Change, Pick, Router, Rule, Session, SessionRef, Verdict};
use std::collections::BTreeSet;

/// A rule and the pool it was told of.
#[derive(Debug)]
pub struct Pool<R: Rule> {
    router: Router<R>,
    settings: String,
    memory: Option<SavedState>,
    now: Timestamp,
    history: Vec<Told>,
    agents: BTreeSet<AgentRef>,
    sessions: BTreeSet<SessionRef>,
}

/// What a rule was told, for another one to be told the same.
#[derive(Debug)]
enum Told {
    Change(Change),
    Consulted(Timestamp, SessionRef, Reference, Result<HttpResponse, Failure>),
}

impl<R: Rule> Pool<R> {
    /// With settings as JSON.
    pub fn open(settings: &str) -> Result<Self, String> {
        Self::remembering(settings, None)
    }

    /// With what an earlier one remembered.
    pub fn remembering(settings: &str, memory: Option<SavedState>) -> Result<Self, String> {
        let router = Router::open(settings, memory.clone())?;
        let (history, agents, sessions) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Ok(Self { router, settings: settings.to_owned(), memory, now: 0, history, agents, sessions })
    }

    /// What time it is from now on.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// A new agent, or one that changed.
    pub fn agent(&mut self, agent: Agent) {
        self.change(Change::Agent(agent));
    }

    /// A new session, or one that changed.
    pub fn session(&mut self, session: Session) {
        self.change(Change::Session(session));
    }

    /// A queue's status.
    pub fn queue(&mut self, queue: QueueStatus) {
        self.change(Change::Queue(queue));
    }

    /// Any change.
    pub fn change(&mut self, change: Change) {
        match &change {
            Change::Agent(agent) => drop(self.agents.insert(agent.ref_)),
            Change::AgentGone(agent) => drop(self.agents.remove(agent)),
            Change::Session(session) => drop(self.sessions.insert(session.ref_)),
            Change::SessionGone(session) => drop(self.sessions.remove(session)),
            Change::Queue(_) | Change::Other(_) => {}
        }
        self.history.push(Told::Change(change.clone()));
        self.router.changed(vec![change]);
    }

    /// Many of them, such as a [`crowd`].
    pub fn tell(&mut self, changes: impl IntoIterator<Item = Change>) {
        changes.into_iter().for_each(|change| self.change(change));
    }

    /// Tells the rule an outcome: `offered`, `accepted`, `declined`, `expired`, `closed`.
    pub fn learned(&mut self, session: SessionRef, agent: AgentRef, outcome: &str) {
        self.router.learned(self.now, session, agent, outcome);
        self.memory = self.router.memory();
    }

    /// Tells the rule what came of its question about a session.
    pub fn consulted(&mut self, session: SessionRef, reference: Reference, reply: Result<HttpResponse, Failure>) {
        self.history.push(Told::Consulted(self.now, session, reference, reply.clone()));
        self.router.consulted(self.now, session, reference, reply);
        self.memory = self.router.memory();
    }

    /// What the rule wants to keep over a restart.
    pub fn memory(&self) -> Option<SavedState> {
        self.router.memory()
    }

    /// The rule.
    pub fn rule(&self) -> &R {
        self.router.rule()
    }

    /// The rule's answer for a session, with all agents as candidates and with notes.
    pub fn answer(&self, session: SessionRef) -> Answer {
        self.router.rank_agents(self.now, session, &self.all_agents(), true)
    }

    /// The rule's answer for an agent, with all waiting sessions and with notes.
    pub fn pick(&self, agent: AgentRef) -> Pick {
        self.router.rank_sessions(self.now, agent, &self.all_sessions(), true)
    }

    /// Agents kept for a session, with their tiers, in the order of their references; empty if the verdict is another.
    pub fn tiers(&self, session: SessionRef) -> Vec<(AgentRef, u32)> {
        match self.answer(session).verdict {
            Verdict::Keep(kept) => kept.into_iter().map(|choice| (choice.agent, choice.tier)).collect(),
            _ => Vec::new(),
        }
    }

    /// Agents kept for a session, best first; those of one tier in the order of their references.
    pub fn order(&self, session: SessionRef) -> Vec<AgentRef> {
        let mut tiers = self.tiers(session);
        tiers.sort_by_key(|(agent, tier)| (*tier, *agent));
        tiers.into_iter().map(|(agent, _)| agent).collect()
    }

    /// What the rule says of an agent and a session when asked why.
    pub fn why(&self, session: SessionRef, agent: AgentRef) -> String {
        let answer = self.router.rank_agents(self.now, session, &[agent], true);
        answer.notes.into_iter().map(|note| note.text).collect::<Vec<_>>().join("; ")
    }

    /// Checks the law of the contract on every pair of an agent and a session of the pool.
    pub fn check_law(&self) -> Result<(), Violation> {
        law::check(self)
    }

    fn all_agents(&self) -> Vec<AgentRef> {
        self.agents.iter().copied().collect()
    }

    fn all_sessions(&self) -> Vec<SessionRef> {
        self.sessions.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests;
