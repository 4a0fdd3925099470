//! Queues: who waits, which agents could take one now, and the counts that presence and rules are told.
//!
//! Invariant: `waiting` holds exactly the sessions in state waiting of this queue, `free` exactly the agents who serve it, are
//! available and have a slot for its medium.

use crate::model::rule::AgentRef;
use crate::model::settings::{self, Settings};
use crate::model::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The built-in order of sessions: priority, age, number.
pub(super) type WaitKey = (Reverse<i32>, Timestamp, SessionId);

/// The built-in order of agents: longest idle first.
pub(super) type FreeKey = (Timestamp, AgentRef);

/// One queue.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Queue {
    pub(super) settings: settings::Queue,
    pub(super) waiting: BTreeSet<WaitKey>,
    /// Those of the waiting whose hold has lasted as long as it may: served in the built-in order.
    pub(super) overdue: BTreeSet<WaitKey>,
    pub(super) free: BTreeSet<FreeKey>,
    /// Agents with an open device.
    pub(super) on_duty: u32,
    /// Agents who take sessions, also when they have no slot now.
    pub(super) available: u32,
}

/// What customers see of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Availability {
    /// Somebody takes sessions.
    Available,
    /// There are agents, but none takes sessions now.
    Away,
    /// Nobody is there.
    Nobody,
}

impl Queue {
    fn new(settings: settings::Queue) -> Self {
        Self {
            settings,
            waiting: BTreeSet::new(),
            overdue: BTreeSet::new(),
            free: BTreeSet::new(),
            on_duty: 0,
            available: 0,
        }
    }

    pub(super) fn availability(&self) -> Availability {
        match (self.available, self.on_duty) {
            (0, 0) => Availability::Nobody,
            (0, _) => Availability::Away,
            _ => Availability::Available,
        }
    }

    /// How long the longest of the waiting has waited. Priorities may put younger sessions first, so every priority's first is
    /// looked at: as many steps as there are priorities.
    pub(super) fn longest_wait_ms(&self, now: Timestamp) -> u64 {
        let mut longest = 0;
        let mut next = self.waiting.first();
        while let Some((priority, since, _)) = next {
            longest = longest.max(now.since_ms(*since));
            let behind = (*priority, Timestamp(u64::MAX), SessionId(u64::MAX));
            next = self.waiting.range(behind..).next();
        }
        longest
    }
}

/// All queues by name.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Queues {
    queues: BTreeMap<String, Queue>,
}

impl Queues {
    pub(super) fn new(settings: &Settings) -> Self {
        let queues = settings.queues.iter().map(|queue| (queue.name.clone(), Queue::new(queue.clone()))).collect();
        Self { queues }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Queue> {
        self.queues.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Queue> {
        self.queues.get_mut(name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// The pool of a queue.
    pub(super) fn pool(&self, name: &str) -> Option<&str> {
        self.queues.get(name).map(|queue| queue.settings.pool.as_str())
    }

    /// At most `limit` of those who wait in the named queues behind `after`, in the built-in order over all of them.
    pub(super) fn window(&self, names: &[String], after: Option<WaitKey>, limit: usize) -> Vec<WaitKey> {
        use std::ops::Bound::{Excluded, Unbounded};
        let start = after.map_or(Unbounded, Excluded);
        let ranges =
            names.iter().filter_map(|name| self.queues.get(name)).map(|queue| queue.waiting.range((start, Unbounded)));
        let mut heads: Vec<_> = ranges.filter_map(|mut range| range.next().map(|key| (*key, range))).collect();
        let mut window = Vec::with_capacity(limit.min(64));
        while window.len() < limit {
            let Some(first) = (0..heads.len()).min_by_key(|place| heads[*place].0) else { break };
            window.push(heads[first].0);
            match heads[first].1.next() {
                Some(key) => heads[first].0 = *key,
                None => drop(heads.swap_remove(first)),
            }
        }
        window
    }

    /// The first overdue session of the named queues.
    pub(super) fn first_overdue(&self, names: &[String], behind: Option<WaitKey>) -> Option<WaitKey> {
        use std::ops::Bound::{Excluded, Unbounded};
        let start = behind.map_or(Unbounded, Excluded);
        names.iter().filter_map(|name| self.queues.get(name)?.overdue.range((start, Unbounded)).next().copied()).min()
    }

    /// Puts the operator's new queues in place; those that stay keep what they hold. Gives back the removed ones.
    pub(super) fn replace(&mut self, settings: &Settings) -> Vec<Queue> {
        let mut old = std::mem::take(&mut self.queues);
        for queue in &settings.queues {
            let kept = match old.remove(&queue.name) {
                Some(before) => Queue { settings: queue.clone(), ..before },
                None => Queue::new(queue.clone()),
            };
            self.queues.insert(queue.name.clone(), kept);
        }
        old.into_values().collect()
    }
}
