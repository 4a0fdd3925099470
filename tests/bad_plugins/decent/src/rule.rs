//! A rule that keeps everybody, and remembers how many offers it saw.

use crate::FORMAT;
use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, Change, Decision, Fit, Known, Outcome, Rule, Session};
use cordboard_sdk::saved;
use serde::Deserialize;
use std::marker::PhantomData;

/// What a bad rule does otherwise.
pub trait Vice: 'static {
    /// For a session of a queue, as it is asked about an agent: whether the agent is kept.
    fn fits(_queue: &str) -> bool {
        true
    }

    /// For a session of a queue, before its candidates are looked at.
    fn decide(_queue: &str) -> Decision {
        Decision::Rank
    }

    /// As it is told of an agent.
    fn told_of(_agent: &str) {}
}

/// Settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Refuses to open.
    #[serde(default)]
    refuse: bool,
    /// Bytes that the memory is made of, in place of the count.
    #[serde(default)]
    memory_bytes: usize,
}

/// The rule.
#[derive(Debug)]
pub struct Bad<V> {
    settings: Settings,
    learned: u64,
    vice: PhantomData<V>,
}

impl<V: Vice> Rule for Bad<V> {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.refuse {
            return Err("these settings say refuse".to_owned());
        }
        Ok(Self { settings, learned: 0, vice: PhantomData })
    }

    fn fit(&self, _now: Timestamp, session: &Session, _agent: &Agent) -> Fit {
        if V::fits(&session.queue) { Fit::ranked(self.learned) } else { Fit::drop("not in the mood") }
    }

    fn decide(&self, _now: Timestamp, session: &Session, _known: &Known) -> Decision {
        V::decide(&session.queue)
    }

    fn changed(&mut self, change: &Change) {
        if let Change::Agent(agent) = change {
            V::told_of(&agent.name);
        }
    }

    fn learned(&mut self, _now: Timestamp, _outcome: Outcome<'_>) {
        self.learned += 1;
    }

    fn memory(&self) -> Option<SavedState> {
        if self.settings.memory_bytes > 0 {
            return Some(SavedState { format: FORMAT, bytes: vec![0; self.settings.memory_bytes] });
        }
        (self.learned > 0).then(|| saved::write(FORMAT, &self.learned))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.learned = saved::read(&memory, FORMAT)?;
        Ok(())
    }
}
