//! What is held against a dialog. One that fails with too many people is out of service until somebody says otherwise.
//!
//! Invariant: one customer counts once, so that nobody puts a dialog out of service alone.

use crate::model::Timestamp;
use crate::model::limits::Limits;
use crate::model::quarantine::OutOfService;
use crate::model::record::Customer;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Health {
    /// Failures that count, the oldest first; no more than [`Limits::quarantine_strikes`].
    strikes: VecDeque<(Timestamp, Customer)>,
    /// Of all this it alone outlasts a restart.
    quarantined: Option<OutOfService>,
}

impl Health {
    /// Of one that was out of service before a restart, and is.
    pub(super) fn quarantined_before(out: OutOfService) -> Self {
        Self { strikes: VecDeque::new(), quarantined: Some(out) }
    }

    /// Since when it is out of service and why, if it is.
    pub(super) fn quarantined(&self) -> Option<&OutOfService> {
        self.quarantined.as_ref()
    }

    /// It has failed in a conversation with this customer.
    pub(super) fn strike(&mut self, now: Timestamp, customer: Customer, limits: &Limits) {
        let window_ms = limits.quarantine_window_ms;
        self.strikes.retain(|(at, of)| at.plus_ms(window_ms) > now && *of != customer);
        self.strikes.push_back((now, customer));
        let most = limits.quarantine_strikes.max(1) as usize;
        if self.strikes.len() >= most && self.quarantined.is_none() {
            let why = format!("failed with {most} customers within {} s", window_ms / 1000);
            self.quarantined = Some(OutOfService::new(now, why));
        }
        self.strikes.truncate(most);
    }
}

#[cfg(test)]
mod tests;
