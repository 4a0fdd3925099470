//! Endpoints and the contacts on them. A contact that has arrived is a device of a person; the centre's other parts name it by
//! a number of its own, so that nothing else copies addresses.
//!
//! Invariant: a device is on an endpoint that was opened and is not gone.

use super::Opened;
use super::pages::PagedMap;
use crate::model::record::Customer;
use crate::model::rule::AgentRef;
use crate::model::{Alias, Contact, EndpointId, PresenceTuple, Side, Software};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// On an endpoint of so few devices a contact is found without the index over all.
const FEW: usize = 4;

/// A device; never used twice within the life of a centre. A later device has a higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct DeviceId(pub(super) u64);

/// Whose device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Person {
    Customer(Customer),
    Agent(AgentRef),
}

/// Who a contact is, as found on arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) person: Person,
    /// How the person is shown.
    pub(super) name: String,
    /// Whether the person has an account of our own.
    pub(super) member: bool,
    /// The person's name at a provider, and how that shows the person; empty where the account is our own.
    pub(super) principal: Alias,
    pub(super) shown_as: String,
}

/// A contact that has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Device {
    pub(super) id: DeviceId,
    pub(super) endpoint: EndpointId,
    pub(super) contact: Contact,
    pub(super) person: Person,
    /// How the person is shown.
    pub(super) name: String,
    /// Whether the person has an account of our own.
    pub(super) member: bool,
    /// See [`Identity::principal`].
    pub(super) principal: Alias,
    pub(super) shown_as: String,
    pub(super) software: Option<Software>,
    pub(super) tuples: Vec<PresenceTuple>,
    /// Whether it has asked for its roster, and so gets the changes.
    pub(super) has_roster: bool,
}

impl Device {
    /// Whether the person can be reached there: some tuple is open and takes messages.
    pub(super) fn is_open(&self) -> bool {
        self.tuples.iter().any(|tuple| tuple.open)
    }

    /// Whether the person takes new sessions there.
    pub(super) fn is_available(&self) -> bool {
        self.tuples.iter().any(|tuple| tuple.open && tuple.priority >= 0 && tuple.activity == "available")
    }

    /// The highest priority of an open tuple.
    pub(super) fn priority(&self) -> Option<i32> {
        self.tuples.iter().filter(|tuple| tuple.open).map(|tuple| tuple.priority).max()
    }

    /// Name and version of the software, or nothing.
    pub(super) fn client(&self) -> String {
        self.software.as_ref().map_or_else(String::new, super::phrases::software)
    }
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) opened: Opened,
    pub(super) devices: BTreeSet<DeviceId>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Devices {
    endpoints: PagedMap<EndpointId, Endpoint>,
    by_id: PagedMap<DeviceId, Device>,
    by_contact: PagedMap<Contact, Vec<DeviceId>>,
    last: u64,
}

impl Devices {
    pub(super) fn open(&mut self, opened: Opened) {
        self.endpoints.insert(opened.endpoint, Endpoint { opened, devices: BTreeSet::new() });
    }

    /// Forgets an endpoint whose devices are all removed.
    pub(super) fn close(&mut self, endpoint: EndpointId) {
        self.endpoints.remove(&endpoint);
    }

    pub(super) fn endpoint(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(&id)
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.values()
    }

    pub(super) fn get(&self, id: DeviceId) -> Option<&Device> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: DeviceId) -> Option<&mut Device> {
        self.by_id.get_mut(&id)
    }

    /// The device behind a contact of an endpoint.
    pub(super) fn find(&self, endpoint: EndpointId, contact: &Contact) -> Option<DeviceId> {
        let here = &self.endpoints.get(&endpoint)?.devices;
        if here.len() <= FEW {
            return here.iter().copied().find(|id| self.by_id[id].contact == *contact);
        }
        self.by_contact.get(contact)?.iter().copied().find(|id| self.by_id[id].endpoint == endpoint)
    }

    /// The device of the same name on another endpoint of the same listener or provider.
    pub(super) fn twin(&self, endpoint: EndpointId, contact: &Contact) -> Option<DeviceId> {
        let here = &self.endpoints.get(&endpoint)?.opened;
        self.by_contact.get(contact)?.iter().copied().find(|id| {
            let there = self.by_id[id].endpoint;
            there != endpoint
                && self
                    .endpoints
                    .get(&there)
                    .is_some_and(|e| e.opened.provider == here.provider && e.opened.side == here.side)
        })
    }

    /// A contact has arrived.
    pub(super) fn add(&mut self, endpoint: EndpointId, contact: Contact, identity: Identity) -> DeviceId {
        let Identity { person, name, member, principal, shown_as } = identity;
        self.last += 1;
        let id = DeviceId(self.last);
        if let Some(endpoint) = self.endpoints.get_mut(&endpoint) {
            endpoint.devices.insert(id);
        }
        self.by_contact.get_or_insert_with(&contact, Vec::new).push(id);
        let device = Device {
            id,
            endpoint,
            contact,
            person,
            name,
            member,
            principal,
            shown_as,
            software: None,
            tuples: Vec::new(),
            has_roster: false,
        };
        self.by_id.insert(id, device);
        id
    }

    pub(super) fn remove(&mut self, id: DeviceId) -> Option<Device> {
        let device = self.by_id.remove(&id)?;
        if let Some(endpoint) = self.endpoints.get_mut(&device.endpoint) {
            endpoint.devices.remove(&id);
        }
        if let Some(same) = self.by_contact.get_mut(&device.contact) {
            same.retain(|other| *other != id);
            if same.is_empty() {
                self.by_contact.remove(&device.contact);
            }
        }
        Some(device)
    }

    /// The side, provider, protocol and address a device is seen with.
    pub(super) fn opened(&self, id: DeviceId) -> Option<&Opened> {
        Some(&self.endpoints.get(&self.by_id.get(&id)?.endpoint)?.opened)
    }

    /// How many devices a side has.
    pub(super) fn count(&self, side: Side) -> usize {
        self.endpoints.values().filter(|e| e.opened.side == side).map(|e| e.devices.len()).sum()
    }
}
