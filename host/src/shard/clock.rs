//! Where the shard's time comes from.
//!
//! Invariant: what [`Time::now`] gives never goes back, and never stands still for long, whatever the machine's clock does.

use crate::model::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock; tests have one that they move by hand.
pub trait Clock: Send + Sync {
    /// What the clock on the wall shows. May jump either way.
    fn wall(&self) -> Timestamp;
    /// Milliseconds since some moment before the clock was made. Never goes back.
    fn running_ms(&self) -> u64;
    /// Ends after so many milliseconds.
    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// The machine's clock.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(millis(since))
    }

    fn running_ms(&self) -> u64 {
        millis(self.started.elapsed())
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The shard's time: the wall clock's, as long as that goes forward. While it is behind what was already given (it was set back, or the
/// last run was on a machine whose clock is ahead), time goes at half speed until the clock has caught up, so that timers still fire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    last: Timestamp,
    /// The last moment at which the wall clock was not behind, and when that was on the running clock.
    anchor: (Timestamp, u64),
}

impl Time {
    /// Time that goes on from `last`.
    pub(super) fn from(last: Timestamp, clock: &dyn Clock) -> Self {
        Self { last, anchor: (last, clock.running_ms()) }
    }

    pub(super) fn now(&mut self, clock: &dyn Clock) -> Timestamp {
        let (wall, running) = (clock.wall(), clock.running_ms());
        if wall >= self.last {
            self.anchor = (wall, running);
        }
        let (moment, at) = self.anchor;
        let slow = moment.plus_ms(running.saturating_sub(at) / 2);
        self.last = wall.max(slow).max(self.last);
        self.last
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
