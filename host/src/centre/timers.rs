//! What becomes due, ordered by when. What is to be done then follows from the object itself, so a timer carries no more than
//! a name; after a restart all are made again from the records (I9).
//!
//! Invariant: an object has at most one timer.

use super::Centre;
use super::pages::{PagedMap, PagedSet};
use crate::model::rule::AgentRef;
use crate::model::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// Objects looked at in one batch; what is left is due at once in the next.
const DUE_PER_BATCH: usize = 512;

/// Who has something due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Timer {
    Session(SessionId),
    Agent(AgentRef),
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Timers {
    order: PagedSet<(Timestamp, Timer)>,
    at: PagedMap<Timer, Timestamp>,
}

impl Timers {
    /// Sets an object's timer anew, or takes it away.
    pub(super) fn set(&mut self, timer: Timer, at: Option<Timestamp>) {
        if self.at.get(&timer).copied() == at {
            return;
        }
        if let Some(old) = self.at.remove(&timer) {
            self.order.remove(&(old, timer));
        }
        if let Some(at) = at {
            self.at.insert(timer, at);
            self.order.insert((at, timer));
        }
    }

    /// The next moment at which something is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the next object that is due.
    fn take_due(&mut self, now: Timestamp) -> Option<Timer> {
        let (at, timer) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.order.remove(&(at, timer));
        self.at.remove(&timer);
        Some(timer)
    }
}

impl Centre {
    pub(super) fn do_what_is_due(&mut self) {
        for _ in 0..DUE_PER_BATCH {
            match self.timers.take_due(self.now) {
                Some(Timer::Session(id)) => self.session_due(id),
                Some(Timer::Agent(agent)) => self.agent_due(agent),
                None => break,
            }
        }
    }
}
