//! Customers who are here or have a session: their devices and sessions.
//!
//! Invariant: a customer with neither is forgotten.

use super::device::DeviceId;
use super::pages::PagedMap;
use crate::model::SessionId;
use crate::model::record::Customer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// In the order of arrival.
    pub(super) devices: BTreeSet<DeviceId>,
    /// Also those that are over but not delivered to the end.
    pub(super) sessions: BTreeSet<SessionId>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Customers {
    known: PagedMap<Customer, Known>,
}

impl Customers {
    pub(super) fn sessions(&self, customer: &Customer) -> impl Iterator<Item = SessionId> + use<'_> {
        self.known.get(customer).into_iter().flat_map(|known| known.sessions.iter().copied())
    }

    /// Every session with the customer it is listed under.
    pub(super) fn all_sessions(&self) -> impl Iterator<Item = (&Customer, SessionId)> {
        self.known.iter().flat_map(|(customer, known)| known.sessions.iter().map(move |id| (customer, *id)))
    }

    pub(super) fn devices(&self, customer: &Customer) -> impl DoubleEndedIterator<Item = DeviceId> + use<'_> {
        self.known.get(customer).into_iter().flat_map(|known| known.devices.iter().copied())
    }

    pub(super) fn add_device(&mut self, customer: &Customer, device: DeviceId) {
        self.entry(customer).devices.insert(device);
    }

    pub(super) fn add_session(&mut self, customer: &Customer, session: SessionId) {
        self.entry(customer).sessions.insert(session);
    }

    pub(super) fn remove_device(&mut self, customer: &Customer, device: DeviceId) {
        self.change(customer, |known| known.devices.remove(&device));
    }

    pub(super) fn remove_session(&mut self, customer: &Customer, session: SessionId) {
        self.change(customer, |known| known.sessions.remove(&session));
    }

    fn entry(&mut self, customer: &Customer) -> &mut Known {
        if !self.known.contains_key(customer) {
            self.known.insert(customer.clone(), Known::default());
        }
        self.known.get_mut(customer).expect("it was inserted above")
    }

    fn change(&mut self, customer: &Customer, change: impl FnOnce(&mut Known) -> bool) {
        if let Some(known) = self.known.get_mut(customer) {
            change(known);
            if known.devices.is_empty() && known.sessions.is_empty() {
                self.known.remove(customer);
            }
        }
    }
}
