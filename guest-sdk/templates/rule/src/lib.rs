//! The rule `template-name`: agents with a high level of the queue's skill come first, and the others are asked only after a while.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    least_level: u8,
    patience_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { least_level: 5, patience_ms: 30_000 }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct SkilledFirst {
    settings: Settings,
}

impl Rule for SkilledFirst {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.least_level > 10 {
            return Err(format!("least_level: levels go from 1 to 10, found {}", settings.least_level));
        }
        Ok(Self { settings })
    }

    /// May this agent serve this session now, and how well? Lower is better.
    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let relaxed_at = session.waiting_since + self.settings.patience_ms;
        match agent.skill(&session.queue) {
            None => Fit::drop("hasn't the queue's skill"),
            Some(level) if level < self.settings.least_level && now < relaxed_at => {
                Fit::drop_until("not skilled enough yet", relaxed_at)
            }
            Some(level) => Fit::ranked(10_u64.saturating_sub(u64::from(level))),
        }
    }
}

cordboard_sdk::export_rule!(SkilledFirst);

#[cfg(test)]
mod tests;
