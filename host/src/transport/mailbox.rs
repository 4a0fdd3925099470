//! Where the centre's effects wait for one endpoint: [`Backlog`] behind a lock, and a bell.
//!
//! Invariant: [`Mailbox::post`] never blocks; what waits is bounded, newest views replace older ones.

mod backlog;
#[cfg(test)]
mod tests;

pub use backlog::{Backlog, Mail};

use crate::centre::Effect;
use crate::model::limits::Limits;
use crate::shard::Post;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The effects of one endpoint, between the shard that posts and the endpoint's task that takes.
#[derive(Debug)]
pub struct Mailbox {
    backlog: Mutex<Backlog>,
    bell: Notify,
}

impl Mailbox {
    /// An empty one, of an endpoint with at most so many contacts.
    pub fn new(limits: &Limits, contacts: usize) -> Self {
        Self { backlog: Mutex::new(Backlog::new(limits, contacts)), bell: Notify::new() }
    }

    /// The next thing to do, once there is one. For one task; nothing is lost where the wait is given up.
    pub async fn next(&self) -> Mail {
        loop {
            if let Some(mail) = self.backlog().take() {
                return mail;
            }
            self.bell.notified().await;
        }
    }

    /// Notices dropped since the last call, because newer ones pushed them out.
    pub fn dropped_notices(&self) -> u64 {
        self.backlog().dropped_notices()
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        // A panic inside the backlog leaves at worst one effect out; the record behind it still demands it.
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for Mailbox {
    fn post(&self, effect: Effect) {
        self.backlog().put(effect);
        self.bell.notify_one();
    }

    fn reset(&self) {
        self.backlog().reset();
        self.bell.notify_one();
    }
}
