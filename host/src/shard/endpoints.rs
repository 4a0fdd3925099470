//! Who is to be given effects: the mailboxes of the endpoints that were opened under the present lease.
//!
//! Invariant: a mailbox that was registered is reset exactly once when its lease ends, and given nothing afterwards.

use super::Post;
use crate::centre::Effect;
use crate::model::EndpointId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// No shard has this epoch: leases count from 1.
const NO_LEASE: u32 = 0;

/// The epoch of the lease under which an endpoint was opened.
pub(super) fn epoch(endpoint: EndpointId) -> u32 {
    // A u64 shifted by 32 fits.
    (endpoint.0 >> 32) as u32
}

/// See the [module](self).
pub(super) struct Endpoints {
    present: Mutex<Present>,
    /// The same epoch, for those who wait for one.
    epoch: watch::Sender<u32>,
}

#[derive(Default)]
struct Present {
    epoch: u32,
    last: u32,
    posts: HashMap<EndpointId, Arc<dyn Post>>,
}

impl Endpoints {
    pub(super) fn new() -> Self {
        Self { present: Mutex::default(), epoch: watch::Sender::new(NO_LEASE) }
    }

    /// Waits until there is a lease.
    pub(super) async fn ready(&self) {
        // The sender is ours, so the wait can't fail.
        let _ = self.epoch.subscribe().wait_for(|epoch| *epoch != NO_LEASE).await;
    }

    /// A number for a new endpoint. Between two leases it is one that will be reset at once.
    pub(super) fn next(&self) -> EndpointId {
        let mut present = self.lock();
        present.last = present.last.wrapping_add(1);
        EndpointId(u64::from(present.epoch) << 32 | u64::from(present.last))
    }

    /// From now on the endpoint's effects go there. Its lease having ended already, it is reset.
    pub(super) fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>) {
        let mut present = self.lock();
        if present.epoch == NO_LEASE || epoch(endpoint) != present.epoch {
            drop(present);
            post.reset();
            return;
        }
        present.posts.insert(endpoint, post);
    }

    /// Nothing more is to go there.
    pub(super) fn unregister(&self, endpoint: EndpointId) {
        self.lock().posts.remove(&endpoint);
    }

    /// Hands an effect to its endpoint; one that is gone misses it, and what demands it is a record.
    pub(super) fn post(&self, effect: Effect) {
        let post = self.lock().posts.get(&effect.endpoint()).map(Arc::clone);
        if let Some(post) = post {
            post.post(effect);
        }
    }

    /// A lease begins.
    pub(super) fn begin(&self, epoch: u32) {
        let mut present = self.lock();
        *present = Present { epoch, ..Present::default() };
        self.epoch.send_replace(epoch);
    }

    /// The lease has ended: resets everybody. How many that were.
    pub(super) fn end(&self) -> usize {
        let ended = {
            let mut present = self.lock();
            self.epoch.send_replace(NO_LEASE);
            std::mem::take(&mut *present).posts
        };
        for post in ended.values() {
            post.reset();
        }
        ended.len()
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        // Each change under the lock is complete at every step.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
