//! What of a history outlasts a restart: how long services take, how patient people are, and how fast it went lately.
//!
//! Invariant: sessions and agents are no part of it.

use super::{ENTRIES, History, MOST_ARRIVALS, MOST_QUEUES, Queue, SERVICE_KEPT, WAITS};
use crate::model::Timestamp;
use crate::waiting::measures::{Agents, Mean, Patience};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Bytes for queues: those beyond it in which least was seen begin anew.
const QUEUES_BYTES: usize = 32 * 1024;
/// What a queue takes beside its name: here, and with the regression.
const QUEUE_BYTES: usize = 160;

/// Why it can't be recalled: what of it can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::waiting) struct Unfit(pub(in crate::waiting) &'static str);

/// See the module. Times are ages in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::waiting) struct Pace {
    /// Names, and the sum and weight of the service times.
    queues: Vec<(String, [f64; 2])>,
    service: [f64; 2],
    patience: [f64; 2],
    agents: [f64; 2],
    waits: Vec<f64>,
    entries: Vec<u64>,
    /// Ages and head starts.
    arrivals: Vec<(u64, u64)>,
}

impl History {
    /// What is to be stored, and the numbers of the queues in it, in their order.
    pub(in crate::waiting) fn pace(&self, now: Timestamp) -> (Pace, Vec<usize>) {
        let numbers = self.best_known();
        let kept: BTreeSet<usize> = numbers.iter().copied().collect();
        let mut names: Vec<(usize, &String)> = self
            .names
            .iter()
            .map(|(name, number)| (*number, name))
            .filter(|(number, _)| kept.contains(number))
            .collect();
        names.sort_unstable();
        let queue = |(number, name): (usize, &String)| (name.clone(), self.queues[number].service.learnt());
        let pace = Pace {
            queues: names.into_iter().map(queue).collect(),
            service: self.service.learnt(),
            patience: self.patience.learnt(),
            agents: self.agents.learnt(),
            waits: self.waits.iter().copied().collect(),
            entries: self.entries.iter().map(|at| now.since_ms(*at)).collect(),
            arrivals: self.arrivals.iter().map(|(at, head_start)| (now.since_ms(*at), *head_start)).collect(),
        };
        (pace, numbers)
    }

    /// The queues in which most was seen, as many as there is room for, in their order.
    fn best_known(&self) -> Vec<usize> {
        let mut names: Vec<(&String, usize)> = self.names.iter().map(|(name, number)| (name, *number)).collect();
        let seen = |number: usize| self.queues[number].service.weight();
        names.sort_unstable_by(|(_, one), (_, other)| seen(*other).total_cmp(&seen(*one)).then(one.cmp(other)));
        let mut left = QUEUES_BYTES;
        let fits = |(name, number): (&String, usize)| {
            left = left.checked_sub(name.len() + QUEUE_BYTES)?;
            Some(number)
        };
        let mut numbers: Vec<usize> = names.into_iter().map_while(fits).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Goes on at `now` with what was stored.
    pub(in crate::waiting) fn recall(&mut self, now: Timestamp, pace: Pace) -> Result<(), Unfit> {
        let Pace { queues, service, patience, agents, waits, entries, arrivals } = pace;
        let is_bounded = queues.len() <= MOST_QUEUES
            && waits.len() <= WAITS
            && entries.len() <= ENTRIES
            && arrivals.len() <= MOST_ARRIVALS;
        if !is_bounded {
            return Err(Unfit("so many queues, waits, entries or arrivals"));
        }
        if !waits.iter().all(|wait| wait.is_finite() && *wait >= 0.0) {
            return Err(Unfit("a wait"));
        }
        let at = |age_ms: u64| Timestamp(now.0.saturating_sub(age_ms));
        self.service = Mean::recall(service, SERVICE_KEPT)?;
        self.patience = Patience::recall(patience)?;
        self.agents = Agents::recall(agents)?;
        self.waits = waits.into();
        self.entries = entries.into_iter().map(at).collect();
        self.arrivals = arrivals.into_iter().map(|(age_ms, head_start)| (at(age_ms), head_start)).collect();
        for (number, (name, service)) in queues.into_iter().enumerate() {
            let service = Mean::recall(service, SERVICE_KEPT)?;
            self.queues.push(Queue { service, waiting: BTreeSet::new() });
            if self.names.insert(name, number).is_some() {
                return Err(Unfit("a queue twice"));
            }
        }
        self.now = now;
        Ok(())
    }
}
