//! The rule `cost-of-delay`: a session goes to the agent whom it slows down least, and waits as long as that would cost others more.
//!
//! An agent with several chats at a time answers each of them more slowly. How much is measured: the rule sees when a session is accepted
//! and closed, and with how many others beside it, and keeps the mean duration `D(n)` of sessions served `n` at a time. One more beside `n`
//! costs `(n + 1) D(n + 1) - n D(n)`: its own duration, and what it delays the others by. The agent with the least cost comes first; agents
//! of the same cost share a tier.
//!
//! What that is beyond `D(1)`, the duration alone, is the delay. While a session has waited less than `hold_back_pct` percent of an agent's
//! delay, that agent is not asked: somebody better may become free. With 100 this never loses more than twice what knowing the future would
//! save (the argument of renting or buying skis). With 0 it drops nobody.
//!
//! ```toml
//! [rules.cost-of-delay]
//! medium = "chat"
//! alone_s = 240
//! slowdown_pct = 25
//! hold_back_pct = 100
//! ```
//!
//! Before anything was measured, a session takes `alone_s` seconds, and `slowdown_pct` percent more for each other beside it; this counts
//! as much as 5 sessions. The host's capacity still bounds how many an agent may have: set it high, and let this rule say when it is
//! enough. Sessions of other media pass.

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, AgentRef, Fit, Outcome, Rule, Session, SessionRef};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    medium: String,
    alone_s: u32,
    slowdown_pct: u32,
    hold_back_pct: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { medium: "chat".to_owned(), alone_s: 300, slowdown_pct: 20, hold_back_pct: 100 }
    }
}

/// The rule.
#[derive(Debug)]
pub struct CostOfDelay {
    settings: Settings,
    measured: Measured,
    /// By how many sessions an agent has: what one more costs, in milliseconds. It never falls.
    costs: [u64; LEVELS],
    /// Accepted and not closed; not saved, because references end with the router.
    open: BTreeMap<(SessionRef, AgentRef), Opened>,
}

/// Mean durations, by how many an agent had at a time; the first is for one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Measured {
    means: Vec<Mean>,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Mean {
    duration_ms: u64,
    sessions: u64,
}

#[derive(Debug, Clone, Copy)]
struct Opened {
    at: Timestamp,
    /// How many the agent had then, this one among them.
    beside: u16,
}

/// Sessions at a time that are told apart; who has more counts as having so many.
const LEVELS: usize = 16;
/// What is assumed counts as much as so many sessions.
const ASSUMED: u64 = 5;
/// A mean is over so many sessions, then the old are forgotten by and by.
const MOST_SESSIONS: u64 = 200;
/// Sessions whose end is awaited; beyond, the oldest is forgotten.
const MOST_OPEN: usize = 4096;
/// A session is not counted as longer than that: somebody has forgotten to close it.
const LONGEST_MS: u64 = 24 * 3600 * 1000;
const FORMAT: u32 = 1;

impl Rule for CostOfDelay {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.alone_s == 0 {
            return Err("alone_s: expected at least 1, found 0".to_owned());
        }
        let mut rule = Self { settings, measured: Measured::default(), costs: [0; LEVELS], open: BTreeMap::new() };
        rule.reckon();
        Ok(rule)
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        if session.medium != self.settings.medium {
            return Fit::keep();
        }
        let cost = self.cost(agent);
        let held_back_ms = (cost - self.costs[0]) * u64::from(self.settings.hold_back_pct) / 100;
        let until = session.waiting_since + held_back_ms;
        if now < until {
            return Fit::drop_until("one more would delay the others for longer than it has waited", until);
        }
        Fit::ranked(cost)
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, fit: Fit) -> String {
        if session.medium != self.settings.medium {
            return format!("{} is not measured", session.medium);
        }
        let used = agent.load(&self.settings.medium).map_or(0, |load| load.used);
        let delay_s = (self.cost(agent) - self.costs[0]) / 1000;
        let word = if matches!(fit, Fit::Drop { .. }) { "would delay" } else { "delays" };
        format!("one more beside {used} {word} by {delay_s} s")
    }

    fn learned(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        let key = (outcome.session_ref, outcome.agent_ref);
        let used = outcome.agent.and_then(|agent| agent.load(&self.settings.medium)).map(|load| load.used);
        match (outcome.what, outcome.session, used) {
            ("accepted", Some(session), Some(used)) if session.medium == self.settings.medium => {
                self.forget_oldest();
                self.open.insert(key, Opened { at: now, beside: used.max(1) });
            }
            ("closed", _, _) => {
                let Some(opened) = self.open.remove(&key) else { return };
                // How many there were on the way lies between the two.
                let beside = (opened.beside + used.unwrap_or(opened.beside).max(1)).div_ceil(2);
                self.measure(beside, now.saturating_sub(opened.at).min(LONGEST_MS));
            }
            _ => {}
        }
    }

    fn memory(&self) -> Option<SavedState> {
        (!self.measured.means.is_empty()).then(|| saved::write(FORMAT, &self.measured))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.measured = saved::read(&memory, FORMAT)?;
        self.measured.means.truncate(LEVELS);
        self.reckon();
        Ok(())
    }
}

impl CostOfDelay {
    fn cost(&self, agent: &Agent) -> u64 {
        let used = agent.load(&self.settings.medium).map_or(0, |load| usize::from(load.used));
        self.costs[used.min(LEVELS - 1)]
    }

    fn forget_oldest(&mut self) {
        if self.open.len() >= MOST_OPEN
            && let Some(oldest) = self.open.iter().min_by_key(|(_, opened)| opened.at).map(|(key, _)| *key)
        {
            self.open.remove(&oldest);
        }
    }

    fn measure(&mut self, beside: u16, duration_ms: u64) {
        let level = usize::from(beside).clamp(1, LEVELS) - 1;
        let means = &mut self.measured.means;
        if means.len() <= level {
            means.resize(level + 1, Mean::default());
        }
        means[level].take(duration_ms);
        self.reckon();
    }

    /// Costs out of durations. More at a time never makes a session shorter, and one more is never cheaper than the one before.
    fn reckon(&mut self) {
        let (mut longest_ms, mut all_before_ms, mut dearest) = (0, 0, 0);
        for ((level, cost), count) in self.costs.iter_mut().enumerate().zip(1..) {
            let mean = self.measured.means.get(level).copied().unwrap_or_default();
            let others = level as u64;
            let assumed_ms =
                u64::from(self.settings.alone_s) * 10 * (100 + others * u64::from(self.settings.slowdown_pct));
            let sum_ms = assumed_ms * ASSUMED + mean.duration_ms * mean.sessions;
            longest_ms = longest_ms.max(sum_ms / (ASSUMED + mean.sessions));
            let all_ms = longest_ms * count;
            dearest = dearest.max(all_ms - all_before_ms);
            (*cost, all_before_ms) = (dearest, all_ms);
        }
    }
}

impl Mean {
    fn take(&mut self, duration_ms: u64) {
        self.sessions = (self.sessions + 1).min(MOST_SESSIONS);
        self.duration_ms = (self.duration_ms * (self.sessions - 1) + duration_ms) / self.sessions;
    }
}

cordboard_sdk::export_rule!(CostOfDelay);

#[cfg(test)]
mod tests;
