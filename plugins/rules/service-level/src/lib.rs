//! The rule `service-level`: an agent who becomes free takes from the queue that is most over its target.
//!
//! It is the fixed-queue-ratio rule of Gurvich and Whitt ("Queue-and-Idleness-Ratio Controls in Many-Server Service Systems", Mathematics of
//! Operations Research 34, 2009). Each queue has a target wait. If all waits stood in the ratio of their targets, so many of those who
//! wait would wait in each queue as its share of the traffic times its target says (Little's law). The queue whose number exceeds that most
//! is served next; inside a queue the order is that of later rules and of the host.
//!
//! ```toml
//! [rules.service-level]
//! target_s = 60
//! queues = { billing = 20, complaints = 180 }
//! ```
//!
//! A queue's share of the traffic is measured by what its agents accepted; what is older than `half_life_s` counts half. It is remembered
//! over a restart. It drops nobody and does not compare agents; rules in front of it may (skills, languages).

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, Change, Decision, Fit, Known, Outcome, Rule, Session, SessionRef};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    target_s: u32,
    half_life_s: u32,
    queues: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target_s: 60, half_life_s: 3600, queues: BTreeMap::new() }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ServiceLevel {
    settings: Settings,
    traffic: Traffic,
    /// In which queue a session waits.
    places: BTreeMap<SessionRef, String>,
    /// How many wait, by queue; none of them is 0.
    waiting: BTreeMap<String, u32>,
    /// How many wait in all queues and the sum of their weights, as long as nothing changes.
    sums: Cell<Option<(u64, u128)>>,
    /// Of the session that `decide` was asked about last: `fit` is asked about its candidates next.
    rank: Cell<u64>,
}

/// What was accepted, by queue, in thousandths.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Traffic {
    accepted: BTreeMap<String, u64>,
    halved_at: Timestamp,
}

/// One session. What a queue has before anything was measured.
const ONE: u64 = 1000;
/// Queues whose traffic is measured; further ones count as if they had next to none.
const MOST_QUEUES: usize = 1000;
/// More than any excess, in thousandths of a session.
const BEYOND: i64 = 1 << 48;
const FORMAT: u32 = 1;

impl Rule for ServiceLevel {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if let Some(queue) = settings.queues.iter().find(|(_, target_s)| **target_s == 0) {
            return Err(format!("queues.{}: expected a target of at least 1 s, found 0", queue.0));
        }
        if settings.target_s == 0 || settings.half_life_s == 0 {
            return Err("target_s and half_life_s: expected at least 1, found 0".to_owned());
        }
        let (places, waiting) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self {
            settings,
            traffic: Traffic::default(),
            places,
            waiting,
            sums: Cell::default(),
            rank: Cell::default(),
        })
    }

    fn changed(&mut self, change: &Change) {
        self.sums.set(None);
        match change {
            Change::Session(session) if self.places.get(&session.ref_) != Some(&session.queue) => {
                self.leaves(session.ref_);
                self.places.insert(session.ref_, session.queue.clone());
                *self.waiting.entry(session.queue.clone()).or_default() += 1;
            }
            Change::SessionGone(session) => self.leaves(*session),
            _ => {}
        }
    }

    fn decide(&self, _now: Timestamp, session: &Session, _known: &Known) -> Decision {
        self.rank.set((BEYOND - self.excess(&session.queue)).unsigned_abs());
        Decision::Rank
    }

    fn fit(&self, _now: Timestamp, _session: &Session, _agent: &Agent) -> Fit {
        Fit::ranked(self.rank.get())
    }

    fn explain(&self, _now: Timestamp, session: &Session, _agent: &Agent, _fit: Fit) -> String {
        let excess = self.excess(&session.queue);
        let (sign, size) = (if excess < 0 { "-" } else { "+" }, excess.unsigned_abs());
        let waiting = self.waiting.get(&session.queue).copied().unwrap_or(0);
        format!("{}: {waiting} wait, {sign}{}.{:03} of its share", session.queue, size / ONE, size % ONE)
    }

    fn learned(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        let ("accepted", Some(session)) = (outcome.what, outcome.session) else { return };
        self.sums.set(None);
        self.traffic.fade(now, u64::from(self.settings.half_life_s) * 1000);
        let accepted = &mut self.traffic.accepted;
        if accepted.len() < MOST_QUEUES || accepted.contains_key(&session.queue) {
            *accepted.entry(session.queue.clone()).or_default() += ONE;
        }
    }

    fn memory(&self) -> Option<SavedState> {
        (!self.traffic.accepted.is_empty()).then(|| saved::write(FORMAT, &self.traffic))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.traffic = saved::read(&memory, FORMAT)?;
        self.sums.set(None);
        Ok(())
    }
}

impl ServiceLevel {
    fn leaves(&mut self, session: SessionRef) {
        let Some(queue) = self.places.remove(&session) else { return };
        if let Some(waiting) = self.waiting.get_mut(&queue) {
            *waiting -= 1;
            if *waiting == 0 {
                self.waiting.remove(&queue);
            }
        }
    }

    /// How many more wait in the queue than its share, in thousandths. Queues in which nobody waits have no share.
    fn excess(&self, queue: &str) -> i64 {
        let (all, weights) = self.sums.get().unwrap_or_else(|| self.add_up());
        let waiting = self.waiting.get(queue).copied().map_or(0, i64::from);
        let share = u128::from(all * ONE) * self.weight(queue) / weights.max(1);
        waiting * 1000 - i64::try_from(share).unwrap_or(BEYOND).min(BEYOND)
    }

    fn add_up(&self) -> (u64, u128) {
        let all = self.waiting.values().copied().map(u64::from).sum();
        let weights = self.waiting.keys().map(|queue| self.weight(queue)).sum();
        self.sums.set(Some((all, weights)));
        (all, weights)
    }

    /// Traffic times target.
    fn weight(&self, queue: &str) -> u128 {
        let target_s = self.settings.queues.get(queue).copied().unwrap_or(self.settings.target_s);
        let accepted = self.traffic.accepted.get(queue).copied().unwrap_or(0);
        u128::from(accepted + ONE) * u128::from(target_s)
    }
}

impl Traffic {
    /// Halves what was accepted for each half life that has gone.
    fn fade(&mut self, now: Timestamp, half_life_ms: u64) {
        let times = now.saturating_sub(self.halved_at) / half_life_ms;
        if times == 0 {
            return;
        }
        self.halved_at += times * half_life_ms;
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        self.accepted.values_mut().for_each(|accepted| *accepted = accepted.checked_shr(times).unwrap_or(0));
        self.accepted.retain(|_, accepted| *accepted > 0);
    }
}

cordboard_sdk::export_rule!(ServiceLevel);

#[cfg(test)]
mod tests;
