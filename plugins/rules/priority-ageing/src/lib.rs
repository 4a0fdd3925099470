//! The rule `priority-ageing`: more urgent sessions come first, but who waits grows more urgent, so that nobody waits for ever.
//!
//! A priority is worth a head start: a session of priority 2 is served as if it had come two times `step_s` earlier. `queues` gives all
//! sessions of a queue a head start beside it, in seconds. Since everybody ages alike, the order of two sessions never changes while
//! they wait.
//!
//! ```toml
//! [rules.priority-ageing]
//! step_s = 45
//! grain_s = 5
//! queues = { complaints = 90 }
//! ```
//!
//! Sessions whose moments lie in the same `grain_s` seconds share a tier, so that a later rule may decide between them. It drops nobody
//! and does not compare agents.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    step_s: u32,
    grain_s: u32,
    queues: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { step_s: 60, grain_s: 1, queues: BTreeMap::new() }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct PriorityAgeing {
    settings: Settings,
}

/// Later than any moment, and added to every rank, so that head starts of all sizes stay above zero.
const BEYOND: i64 = 1 << 61;

impl Rule for PriorityAgeing {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.grain_s == 0 {
            return Err("grain_s: expected at least 1, found 0".to_owned());
        }
        Ok(Self { settings })
    }

    fn fit(&self, _now: Timestamp, session: &Session, _agent: &Agent) -> Fit {
        let waiting_since = i64::try_from(session.waiting_since).unwrap_or(BEYOND).min(BEYOND);
        let moment = waiting_since - self.head_start_ms(session);
        let grain = moment.div_euclid(i64::from(self.settings.grain_s) * 1000);
        Fit::ranked((BEYOND + grain).unsigned_abs())
    }

    fn explain(&self, now: Timestamp, session: &Session, _agent: &Agent, _fit: Fit) -> String {
        let waited_s = now.saturating_sub(session.waiting_since) / 1000;
        format!("waited {waited_s} s, with a head start of {} s", self.head_start_ms(session) / 1000)
    }
}

impl PriorityAgeing {
    /// Of two factors of 32 bits, so it fits.
    fn head_start_ms(&self, session: &Session) -> i64 {
        let by_queue = self.settings.queues.get(&session.queue).copied().unwrap_or(0);
        let steps_s = i64::from(session.priority) * i64::from(self.settings.step_s) + i64::from(by_queue);
        steps_s.clamp(-MOST_S, MOST_S) * 1000
    }
}

/// A head start is at most a century.
const MOST_S: i64 = 100 * 366 * 86_400;

cordboard_sdk::export_rule!(PriorityAgeing);

#[cfg(test)]
mod tests;
