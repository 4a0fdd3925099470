//! When it is stored what pools have learnt, and how a restart goes on with it.
//!
//! ```text
//!  a wait was scored ──► due: at once, or a minute after the pool was stored last ──► stored with a batch, one pool in a quarter of a second
//!                          └────────────── the service stops: stored with the last batch
//! ```
//! So what is lost by a crash is a minute of a pool; with more than 240 pools, the time in which each has its turn.
//!
//! Invariant: a pool that was measured since it was stored has its turn.

use super::{Estimates, Line, Phase};
use crate::centre::Centre;
use crate::centre::pages::{PagedMap, PagedSet};
use crate::model::record::RecordKey;
use crate::model::waits::Waits;
use crate::model::{SessionId, Timestamp};
use crate::waiting::{Event, LearntError, WaitingTimes};
use serde::{Deserialize, Serialize};

/// A pool is stored no more often.
const EVERY_MS: u64 = 60_000;
/// Between two pools: a record has some ten kilobytes.
const PAUSE_MS: u64 = 250;
/// Pools whose waits are stored with the last batch. Where there are more, what others have learnt is as old as their last turn.
const MOST_AT_STOP: usize = 256;

/// Pools that are to be stored. See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Turns {
    order: PagedSet<(Timestamp, String)>,
    due: PagedMap<String, Timestamp>,
    /// When each was stored last.
    stored: PagedMap<String, Timestamp>,
    not_before: Timestamp,
}

impl Turns {
    /// Something was measured.
    pub(super) fn changed(&mut self, now: Timestamp, pool: &str) {
        if self.due.contains_key(pool) {
            return;
        }
        let at = self.stored.get(pool).map_or(now, |stored| stored.plus_ms(EVERY_MS).max(now));
        self.due.insert(pool.to_owned(), at);
        self.order.insert((at, pool.to_owned()));
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| self.not_before.max(*at))
    }

    /// The pool whose turn it is.
    fn take_due(&mut self, now: Timestamp) -> Option<String> {
        if self.next_due()? > now {
            return None;
        }
        self.not_before = now.plus_ms(PAUSE_MS);
        self.take_next(now)
    }

    fn take_next(&mut self, now: Timestamp) -> Option<String> {
        let (at, pool) = self.order.first()?.clone();
        self.order.remove(&(at, pool.clone()));
        self.due.remove(&pool);
        self.stored.insert(pool.clone(), now);
        Some(pool)
    }

    fn forget(&mut self, pool: &str) {
        if let Some(at) = self.due.remove(pool) {
            self.order.remove(&(at, pool.to_owned()));
        }
        self.stored.remove(pool);
    }
}

/// A pool whose waits are learnt anew, though some were stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// Which.
    pub pool: String,
    /// Why.
    pub why: LearntError,
}

/// What a restart finds.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// As it was loaded.
    waits: Vec<Waits>,
    /// How long nobody was there; none but while the centre is resumed.
    pub(super) outage_ms: Option<u64>,
}

impl Estimates {
    pub(in crate::centre) fn load(&mut self, waits: Waits) {
        self.found.waits.push(waits);
    }

    /// What is stored of a pool.
    pub(in crate::centre) fn record(&self, now: Timestamp, pool: &str) -> Option<Waits> {
        let times = self.pools.get(pool)?;
        Some(Waits { pool: pool.to_owned(), state: times.learnt(now) })
    }

    /// What every pool has learnt.
    pub(in crate::centre) fn records(&self, now: Timestamp) -> impl Iterator<Item = Waits> {
        self.pools.keys().filter_map(move |pool| self.record(now, pool))
    }

    /// A session is here after an outage, where it was before.
    pub(super) fn find(&mut self, now: Timestamp, session: SessionId, to: &Line, waited_ms: u64, head_start_ms: u64) {
        let queue = to.queue.as_str();
        let event = match to.phase {
            Phase::Waits => Event::FoundWaiting { session, queue, waited_ms, head_start_ms },
            Phase::Served { by } => Event::FoundServed { session, queue, agent: Some(by) },
        };
        self.pool_mut(now, &to.pool).handle(now, &event);
    }

    fn recall(&mut self, now: Timestamp, waits: &Waits) -> Result<(), LearntError> {
        let mut times = WaitingTimes::recall(now, &waits.state)?;
        times.handle(now, &Event::Agents { known: Some(self.slots_in(&waits.pool)) });
        self.pools.insert(waits.pool.clone(), times);
        Ok(())
    }
}

impl Centre {
    /// After a restart: the pools know what they knew. What belongs to no pool any more goes.
    pub(in crate::centre) fn recall_waits(&mut self, outage_ms: u64) {
        self.estimates.found.outage_ms = Some(outage_ms);
        for waits in std::mem::take(&mut self.estimates.found.waits) {
            if !self.chains.contains_key(&waits.pool) {
                self.outbox.touch(RecordKey::Waits(waits.pool));
            } else if let Err(why) = self.estimates.recall(self.now, &waits) {
                self.outbox.forgotten.push(Forgotten { pool: waits.pool, why });
            }
        }
    }

    /// Every session has been found; what changes from now on has happened since.
    pub(in crate::centre) fn all_is_found(&mut self) {
        self.estimates.found.outage_ms = None;
    }

    /// At the end of a batch: the pool whose turn it is.
    pub(in crate::centre) fn store_waits(&mut self) {
        if let Some(pool) = self.estimates.turns.take_due(self.now) {
            self.outbox.touch(RecordKey::Waits(pool));
        }
    }

    /// The service stops.
    pub(in crate::centre) fn store_waits_at_stop(&mut self) {
        for _ in 0..MOST_AT_STOP {
            let Some(pool) = self.estimates.turns.take_next(self.now) else { break };
            self.outbox.touch(RecordKey::Waits(pool));
        }
    }

    /// Whether there is something to store when the service stops.
    pub fn has_learnt(&self) -> bool {
        self.estimates.turns.next_due().is_some()
    }

    /// The operator has other pools: what is known of those that are no more goes.
    pub(in crate::centre) fn forget_waits(&mut self) {
        let gone: Vec<String> =
            self.estimates.pools.keys().filter(|pool| !self.chains.contains_key(*pool)).cloned().collect();
        for pool in gone {
            self.estimates.pools.remove(&pool);
            self.estimates.turns.forget(&pool);
            self.outbox.touch(RecordKey::Waits(pool));
        }
    }
}

#[cfg(test)]
mod tests;
