//! What the host told a rule: every agent, waiting session and queue of its pool.
//!
//! Invariant: after a change is applied, what it names is exactly as it says; nothing else moved.

use super::{Agent, AgentRef, Change, Session, SessionRef};
use crate::model::QueueStatus;
use std::collections::BTreeMap;

/// References below this index a vector, so that looking one up costs nothing. The host gives small ones; larger ones go to a map.
const DENSE: usize = 1 << 14;

/// Agents, sessions and queues, all of the same moment.
#[derive(Debug, Default)]
pub struct Known {
    dense: Vec<Option<Agent>>,
    sparse: BTreeMap<AgentRef, Agent>,
    sessions: BTreeMap<SessionRef, Session>,
    queues: BTreeMap<String, QueueStatus>,
}

impl Known {
    /// An agent, candidate or not.
    #[inline]
    pub fn agent(&self, agent: AgentRef) -> Option<&Agent> {
        match self.dense.get(agent as usize) {
            Some(slot) => slot.as_ref(),
            None => self.sparse.get(&agent),
        }
    }

    /// A waiting session.
    pub fn session(&self, session: SessionRef) -> Option<&Session> {
        self.sessions.get(&session)
    }

    /// A queue's status.
    pub fn queue(&self, name: &str) -> Option<&QueueStatus> {
        self.queues.get(name)
    }

    /// All agents, in the order of their references.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.dense.iter().flatten().chain(self.sparse.values())
    }

    /// All waiting sessions, in the order of their references.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Agent(agent) => self.put_agent(agent),
            Change::AgentGone(agent) => match self.dense.get_mut(agent as usize) {
                Some(slot) => *slot = None,
                None => drop(self.sparse.remove(&agent)),
            },
            Change::Session(session) => drop(self.sessions.insert(session.ref_, session)),
            Change::SessionGone(session) => drop(self.sessions.remove(&session)),
            Change::Queue(queue) => drop(self.queues.insert(queue.queue.clone(), queue)),
            Change::Other(_) => {}
        }
    }

    fn put_agent(&mut self, agent: Agent) {
        let index = agent.ref_ as usize;
        if index >= DENSE {
            self.sparse.insert(agent.ref_, agent);
            return;
        }
        if index >= self.dense.len() {
            self.dense.resize_with(index + 1, || None);
        }
        self.dense[index] = Some(agent);
    }
}
