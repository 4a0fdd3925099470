//! The rule `round-robin`: agents are asked in turn.
//!
//! Whoever was offered a session last goes to the end: next comes the agent behind that one, in the order in which the host numbers them.
//! One who declines or misses an offer has had the turn too. It drops nobody; put it behind rules that do.
//!
//! ```toml
//! [rules.round-robin]
//! per = "pool"     # one round for all queues of the pool, which is the default; or for each "queue" its own
//! ```
//!
//! With rounds per queue, an agent who serves several takes first from the queue in which the turn has come nearest.
//! Whose turn it was is remembered by name over a restart, for at most 1,000 queues; further ones share a round.

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, AgentRef, Change, Fit, Outcome, Rule, Session};
use cordboard_sdk::saved;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    per: Per,
}

/// Who shares a round.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Per {
    Queue,
    #[default]
    Pool,
}

/// The rule.
#[derive(Debug)]
pub struct RoundRobin {
    settings: Settings,
    /// Who had the last turn, by queue.
    last: BTreeMap<String, Turn>,
}

#[derive(Debug)]
struct Turn {
    agent: String,
    /// Unknown after a restart until the agent is told of.
    reference: Option<AgentRef>,
}

/// Rounds that are kept.
const MOST_ROUNDS: usize = 1000;
/// The round of the pool, and of queues beyond those.
const SHARED: &str = "";
const FORMAT: u32 = 1;

impl Rule for RoundRobin {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { settings, last: BTreeMap::new() })
    }

    fn changed(&mut self, change: &Change) {
        let Change::Agent(agent) = change else { return };
        for turn in self.last.values_mut().filter(|turn| turn.reference.is_none() && turn.agent == agent.name) {
            turn.reference = Some(agent.ref_);
        }
    }

    fn fit(&self, _now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let last = self.last.get(self.round(&session.queue)).and_then(|turn| turn.reference);
        // Counted from the one behind the last, around.
        let first = last.map_or(0, |last| last.wrapping_add(1));
        Fit::ranked(agent.ref_.wrapping_sub(first).into())
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, _fit: Fit) -> String {
        match self.last.get(self.round(&session.queue)) {
            Some(turn) if turn.agent == agent.name => "had the last turn".to_owned(),
            Some(turn) => format!("{} had the last turn", turn.agent),
            None => "nobody had a turn yet".to_owned(),
        }
    }

    fn learned(&mut self, _now: Timestamp, outcome: Outcome<'_>) {
        if let ("offered", Some(session), Some(agent)) = (outcome.what, outcome.session, outcome.agent) {
            let turn = Turn { agent: agent.name.clone(), reference: Some(agent.ref_) };
            self.last.insert(self.round(&session.queue).to_owned(), turn);
        }
    }

    fn memory(&self) -> Option<SavedState> {
        let names: BTreeMap<&str, &str> =
            self.last.iter().map(|(queue, turn)| (queue.as_str(), turn.agent.as_str())).collect();
        (!names.is_empty()).then(|| saved::write(FORMAT, &names))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        let names: BTreeMap<String, String> = saved::read(&memory, FORMAT)?;
        self.last = names.into_iter().map(|(queue, agent)| (queue, Turn { agent, reference: None })).collect();
        Ok(())
    }
}

impl RoundRobin {
    /// The round of a queue. Beyond the limit those that have none share one.
    fn round<'a>(&self, queue: &'a str) -> &'a str {
        let is_beyond = || self.last.len() >= MOST_ROUNDS && !self.last.contains_key(queue);
        if self.settings.per == Per::Pool || is_beyond() { SHARED } else { queue }
    }
}

cordboard_sdk::export_rule!(RoundRobin);

#[cfg(test)]
mod tests;
