//! A guest's timers. Bounded; a timer set again replaces itself.

use crate::model::Timestamp;
use crate::model::adapter::Timer;

/// Timers of one endpoint.
pub(super) const TIMERS: usize = 64;
/// The shortest time a timer may be set to, so that a guest can't keep its endpoint running in circles.
const SHORTEST_MS: u64 = 10;
/// What was read gives a guest calls at once, without that shortest time: it may use what it has put off in portions as small as this.
const BYTES_PER_CALL: usize = 32;
/// Calls at once that a guest may have saved.
const CALLS_AT_ONCE: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Timers {
    set: Vec<(Timestamp, u32)>,
    /// Those that were set for at once.
    at_once: Vec<u32>,
    /// How often it may still be called again without delay.
    calls_left: usize,
}

impl Timers {
    /// So many bytes are given to the guest.
    pub(super) fn received(&mut self, bytes: usize) {
        self.calls_left = (self.calls_left + bytes.div_ceil(BYTES_PER_CALL)).min(CALLS_AT_ONCE);
    }

    pub(super) fn set(&mut self, now: Timestamp, timer: Timer) {
        self.set.retain(|(_, id)| *id != timer.id);
        self.at_once.retain(|id| *id != timer.id);
        let Some(at) = timer.at else { return };
        let soonest = if at <= now && self.calls_left > 0 {
            self.calls_left -= 1;
            now
        } else {
            now.plus_ms(SHORTEST_MS)
        };
        if at <= now {
            self.at_once.push(timer.id);
        }
        self.set.push((at.max(soonest), timer.id));
    }

    /// Takes out those due now, the earliest first.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<u32> {
        self.set.sort_unstable();
        let due = self.set.partition_point(|(at, _)| *at <= now);
        let due: Vec<u32> = self.set.drain(..due).map(|(_, id)| id).collect();
        self.at_once.retain(|id| !due.contains(id));
        due
    }

    /// Whether the guest has asked to be called again at once: it has not used all that it was given.
    pub(super) fn is_behind(&self) -> bool {
        !self.at_once.is_empty()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.set.iter().map(|(at, _)| *at).min()
    }

    pub(super) fn is_set(&self, id: u32) -> bool {
        self.set.iter().any(|(_, set)| *set == id)
    }

    pub(super) fn len(&self) -> usize {
        self.set.len()
    }
}
