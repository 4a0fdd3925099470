//! A clock that a test moves by hand.

use super::{Clock, Timestamp};
use std::future::Future;
use std::pin::Pin;
use tokio::sync::watch;

/// Stands still until it is moved.
pub(crate) struct FakeClock {
    /// The wall's moment and the running milliseconds.
    shown: watch::Sender<(u64, u64)>,
}

impl FakeClock {
    pub(crate) fn at(wall: u64) -> Self {
        Self { shown: watch::Sender::new((wall, 0)) }
    }

    /// Time goes by.
    pub(crate) fn advance(&self, ms: u64) {
        self.shown.send_modify(|(wall, running)| {
            *wall += ms;
            *running += ms;
        });
    }

    /// Somebody sets the wall clock.
    pub(crate) fn set_wall(&self, to: u64) {
        self.shown.send_modify(|(wall, _)| *wall = to);
    }
}

impl Clock for FakeClock {
    fn wall(&self) -> Timestamp {
        Timestamp(self.shown.borrow().0)
    }

    fn running_ms(&self) -> u64 {
        self.shown.borrow().1
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let until = self.running_ms() + ms;
        let mut shown = self.shown.subscribe();
        Box::pin(async move {
            // The sender lives as long as this future, which borrows it.
            let _ = shown.wait_for(|(_, running)| *running >= until).await;
        })
    }
}
