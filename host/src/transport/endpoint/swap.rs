//! The endpoint's part in a swap: between two inputs the guest goes over to another adapter; sockets, timers, credit, feeds and unsettled
//! reports stay where they are, on the host's side.
//!
//! Ends at the sandbox, which knows how (`sandbox/swap.rs`).
//!
//! Invariant: a swap is one event, so nothing that the guest is given, and no search for poison, is ever cut in two by it.

use super::sandbox::{PutBack, Swapped};
use super::{Action, Endpoint};
use crate::model::Timestamp;
use crate::model::adapter::AdapterFactory;
use std::sync::Arc;

impl Endpoint {
    pub(super) fn swap(&mut self, now: Timestamp, factory: Arc<dyn AdapterFactory>) {
        let swapped = self.sandbox.swap(now, factory);
        self.tell_swapped(now, swapped);
    }

    /// Tries an adapter again that failed here; after a checkpoint, since the guest may be in another state by now.
    pub(super) fn try_again(&mut self, now: Timestamp) {
        if self.ending.is_none()
            && let Some(swapped) = self.sandbox.try_again(now)
        {
            self.tell_swapped(now, swapped);
        }
    }

    fn tell_swapped(&mut self, now: Timestamp, swapped: Swapped) {
        self.tell_put_back();
        match swapped {
            Swapped::Moved => self.actions.push(Action::Moved),
            Swapped::Stayed(failure) => self.actions.push(Action::Stayed(failure)),
            Swapped::Lost(failure) => self.lost(now, None, failure),
        }
    }

    /// What the new guest failed at is kept for its developer.
    pub(super) fn tell_put_back(&mut self) {
        if let Some(PutBack { input, failure }) = self.sandbox.take_put_back() {
            self.keep(None, input, failure.clone());
            self.actions.push(Action::Stayed(failure));
        }
    }
}
