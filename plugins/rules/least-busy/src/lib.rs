//! The rule `least-busy`: whose capacity is used least is asked first.
//!
//! It drops nobody: free capacity is the host's business, and an agent without the medium counts as fully used. Loads are compared in
//! thousandths of the capacity, so 1 of 2 and 2 of 4 share a tier.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Load, Rule, Session};
use serde::Deserialize;

/// Settings of the rule.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whose load counts; absent: the medium of the session.
    medium: Option<String>,
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct LeastBusy {
    settings: Settings,
}

impl Rule for LeastBusy {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        match &settings.medium {
            Some(medium) if medium.is_empty() => {
                Err("medium: expected a word such as `chat`, found nothing".to_owned())
            }
            _ => Ok(Self { settings }),
        }
    }

    fn fit(&self, _now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        Fit::ranked(agent.load(self.medium(session)).map_or(FULL, thousandths))
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, _fit: Fit) -> String {
        let medium = self.medium(session);
        match agent.load(medium) {
            Some(load) => format!("{medium}: {} of {} used", load.used, load.capacity),
            None => format!("no capacity for {medium}"),
        }
    }
}

impl LeastBusy {
    fn medium<'a>(&'a self, session: &'a Session) -> &'a str {
        self.settings.medium.as_deref().unwrap_or(&session.medium)
    }
}

/// All capacity is used.
const FULL: u64 = 1000;

fn thousandths(load: &Load) -> u64 {
    match load.capacity {
        0 => FULL,
        capacity => u64::from(load.used) * FULL / u64::from(capacity),
    }
}

cordboard_sdk::export_rule!(LeastBusy);

#[cfg(test)]
mod tests;
