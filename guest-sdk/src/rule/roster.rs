//! Agents by name: whom a session's attributes mean, and whether they are here.
//!
//! Invariant: one entry an agent, as the last change says; who is gone or off duty is not found.

use super::{Agent, AgentRef, Change};
use std::collections::{BTreeMap, HashMap};

/// An index for rules that look for one certain agent. Tell it every change from [`Rule::changed`](super::Rule::changed).
#[derive(Debug, Default)]
pub struct Roster {
    names: BTreeMap<AgentRef, String>,
    /// Looked up only: the order of a hash map is never seen.
    present: HashMap<String, Present>,
}

/// An agent on duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The agent's reference.
    pub agent: AgentRef,
    /// Takes nothing now.
    pub is_away: bool,
}

impl Roster {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the host says has changed.
    pub fn changed(&mut self, change: &Change) {
        match change {
            Change::Agent(agent) => self.put(agent),
            Change::AgentGone(agent) => self.remove(*agent),
            _ => {}
        }
    }

    /// The agent of that name, unless gone or off duty.
    pub fn find(&self, name: &str) -> Option<Present> {
        self.present.get(name).copied()
    }

    fn put(&mut self, agent: &Agent) {
        if self.names.get(&agent.ref_) != Some(&agent.name) {
            self.remove(agent.ref_);
            self.names.insert(agent.ref_, agent.name.clone());
        }
        if agent.state == "off-duty" {
            self.present.remove(&agent.name);
            return;
        }
        let present = Present { agent: agent.ref_, is_away: agent.state == "away" };
        match self.present.get_mut(&agent.name) {
            Some(entry) => *entry = present,
            None => drop(self.present.insert(agent.name.clone(), present)),
        }
    }

    fn remove(&mut self, agent: AgentRef) {
        let name = self.names.remove(&agent);
        if let Some(name) = name.filter(|name| self.present.get(name).is_some_and(|present| present.agent == agent)) {
            self.present.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests;
