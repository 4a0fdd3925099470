//! A guest's timers. Bounded; a timer set again replaces itself.

use crate::model::Timestamp;
use crate::model::adapter::Timer;

/// Timers of one endpoint.
pub(super) const TIMERS: usize = 64;
/// The shortest time a timer may be set to, so that a guest can't keep its endpoint running in circles.
const SHORTEST_MS: u64 = 10;

#[derive(Debug, Default)]
pub(super) struct Timers {
    set: Vec<(Timestamp, u32)>,
    /// Those that were set for at once.
    at_once: Vec<u32>,
}

impl Timers {
    pub(super) fn set(&mut self, now: Timestamp, timer: Timer) {
        self.set.retain(|(_, id)| *id != timer.id);
        self.at_once.retain(|id| *id != timer.id);
        self.at_once.extend(timer.at.filter(|at| *at <= now).map(|_| timer.id));
        self.set.extend(timer.at.map(|at| (at.max(now.plus_ms(SHORTEST_MS)), timer.id)));
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
