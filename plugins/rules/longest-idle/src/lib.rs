//! The rule `longest-idle`: who has been idle longest is asked first.
//!
//! It drops nobody. Agents who became idle in the same millisecond share a tier, so that a later rule may decide between them.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, NoSettings, Rule, Session};

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct LongestIdle;

impl Rule for LongestIdle {
    type Settings = NoSettings;

    fn open(_settings: NoSettings) -> Result<Self, String> {
        Ok(Self)
    }

    fn fit(&self, _now: Timestamp, _session: &Session, agent: &Agent) -> Fit {
        Fit::ranked(agent.idle_since)
    }

    fn explain(&self, now: Timestamp, _session: &Session, agent: &Agent, _fit: Fit) -> String {
        format!("idle for {} s", now.saturating_sub(agent.idle_since) / 1000)
    }
}

cordboard_sdk::export_rule!(LongestIdle);

#[cfg(test)]
mod tests;
