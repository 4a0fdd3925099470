//! What the host told a rule: every agent, waiting session and queue of its pool.
//!
//! Invariant: after a change is applied, what it names is exactly as it says; nothing else moved.

use super::{Agent, AgentRef, Change, Session, SessionRef};
use crate::model::QueueStatus;
use std::collections::BTreeMap;

/// References below this are found by their place, so that looking one up costs next to nothing. The host gives small ones; larger ones
/// go to a map.
const DENSE: usize = 1 << 20;
/// References of a page: a pool has few of the agents of a large centre, anywhere among them.
const PAGE: usize = 16;

type Page = [Option<Box<Agent>>; PAGE];

/// Agents, sessions and queues, all of the same moment.
#[derive(Debug, Default)]
pub struct Known {
    dense: Vec<Option<Box<Page>>>,
    sparse: BTreeMap<AgentRef, Agent>,
    sessions: BTreeMap<SessionRef, Session>,
    queues: BTreeMap<String, QueueStatus>,
}

impl Known {
    /// An agent, candidate or not.
    #[inline]
    pub fn agent(&self, agent: AgentRef) -> Option<&Agent> {
        let index = agent as usize;
        if index >= DENSE {
            return self.sparse.get(&agent);
        }
        self.dense.get(index / PAGE)?.as_ref()?[index % PAGE].as_deref()
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
        let pages = self.dense.iter().flatten().flat_map(|page| page.iter());
        pages.flatten().map(AsRef::as_ref).chain(self.sparse.values())
    }

    /// All waiting sessions, in the order of their references.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Agent(agent) => self.put_agent(agent),
            Change::AgentGone(agent) => self.drop_agent(agent),
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
        if index / PAGE >= self.dense.len() {
            self.dense.resize_with(index / PAGE + 1, || None);
        }
        self.dense[index / PAGE].get_or_insert_default()[index % PAGE] = Some(Box::new(agent));
    }

    fn drop_agent(&mut self, agent: AgentRef) {
        let index = agent as usize;
        match self.dense.get_mut(index / PAGE) {
            Some(Some(page)) => page[index % PAGE] = None,
            _ => drop(self.sparse.remove(&agent)),
        }
    }
}
