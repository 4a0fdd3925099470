//! Queues: who waits, which agents could take one now, and the counts that presence and rules are told.
//!
//! The built-in order is strict priority and then age, or, in a pool with ageing, one line in which a point of priority is worth some
//! waiting: a session stands where it would if it had come that much earlier. So a place never changes while a session waits, and an
//! order in which everybody grows more urgent needs no scan.
//!
//! Invariant: `waiting` holds exactly the sessions in state waiting of this queue, `free` exactly the agents who serve it, are
//! available and have a slot for its medium.

use super::pages::PagedMap;
use crate::model::record::Session;
use crate::model::rule::AgentRef;
use crate::model::settings::{self, Settings};
use crate::model::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The built-in order of sessions: class, the (virtual) time of joining in milliseconds, number.
pub(super) type WaitKey = (Reverse<i32>, i64, SessionId);

/// The built-in order of agents: longest idle first.
pub(super) type FreeKey = (Timestamp, AgentRef);

/// One queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    pub(super) settings: settings::Queue,
    pub(super) waiting: BTreeSet<WaitKey>,
    /// The same sessions by age alone.
    by_age: BTreeSet<(Timestamp, SessionId)>,
    /// Of the pool; see [`settings::Pool::ageing_ms`].
    ageing_ms: u64,
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
    fn new(settings: settings::Queue, ageing_ms: u64) -> Self {
        Self {
            settings,
            waiting: BTreeSet::new(),
            by_age: BTreeSet::new(),
            ageing_ms,
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

    /// How long the longest of the waiting has waited.
    pub(super) fn longest_wait_ms(&self, now: Timestamp) -> u64 {
        self.by_age.first().map_or(0, |(since, _)| now.since_ms(*since))
    }

    /// What a point of priority is worth, in milliseconds of waiting, where something has to be said of it: the strict order is taken for
    /// a point that others seldom make up for.
    pub(super) fn point_ms(&self) -> u64 {
        const STRICT_POINT_MS: u64 = 600_000;
        if self.ageing_ms == 0 { STRICT_POINT_MS } else { self.ageing_ms }
    }

    /// The place of a session that joins.
    pub(super) fn place_of(&self, session: &Session) -> WaitKey {
        let since = i64::try_from(session.waiting_since.0).unwrap_or(i64::MAX);
        if self.ageing_ms == 0 {
            return (Reverse(session.priority), since, session.id);
        }
        let point = i64::try_from(self.ageing_ms).unwrap_or(i64::MAX);
        let head_start = i64::from(session.priority).saturating_mul(point);
        (Reverse(0), since.saturating_sub(head_start), session.id)
    }

    pub(super) fn add(&mut self, place: WaitKey, since: Timestamp) {
        self.waiting.insert(place);
        self.by_age.insert((since, place.2));
    }

    pub(super) fn remove(&mut self, place: WaitKey, since: Timestamp) {
        self.waiting.remove(&place);
        self.overdue.remove(&place);
        self.by_age.remove(&(since, place.2));
    }
}

/// All queues by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queues {
    queues: PagedMap<String, Queue>,
}

impl Queues {
    pub(super) fn new(settings: &Settings) -> Self {
        let ageing_ms = ageing(settings);
        let queue = |queue: &settings::Queue| (queue.name.clone(), Queue::new(queue.clone(), ageing_ms(queue)));
        Self { queues: settings.queues.iter().map(queue).collect() }
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
        let ageing_ms = ageing(settings);
        for queue in &settings.queues {
            let kept = match old.remove(&queue.name) {
                Some(before) => Queue { settings: queue.clone(), ageing_ms: ageing_ms(queue), ..before },
                None => Queue::new(queue.clone(), ageing_ms(queue)),
            };
            self.queues.insert(queue.name.clone(), kept);
        }
        old.into_values().collect()
    }
}

/// The ageing of each queue, which is its pool's.
fn ageing(settings: &Settings) -> impl Fn(&settings::Queue) -> u64 {
    let pools: BTreeMap<&str, u64> = settings.pools.iter().map(|pool| (pool.name.as_str(), pool.ageing_ms)).collect();
    move |queue| pools.get(queue.pool.as_str()).copied().unwrap_or(0)
}
