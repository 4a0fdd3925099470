//! The time that endpoints are given: that of the system as the process began, and monotonic from there.
//!
//! Invariant: it never goes back, and a guest's timer runs out when it should, whatever is done to the system's clock.

use crate::model::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: Instant,
    began_at: Timestamp,
}

impl Clock {
    pub(super) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let began_at = Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX));
        Self { began: Instant::now(), began_at }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.began_at.plus_ms(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The moment at which [`Self::now`] is `at`.
    pub(super) fn instant(&self, at: Timestamp) -> Instant {
        self.began + Duration::from_millis(at.since_ms(self.began_at))
    }
}
