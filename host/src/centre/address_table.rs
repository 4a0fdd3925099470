//! The address table: which device is behind a name of a conversation. No row, no delivery (DESIGN.md, 8).
//!
//! Invariant: a row exists for the customer of every session in memory, for the current assignment of a session that has an owner,
//! and for each agent who has joined; a row's device exists.

use super::device::DeviceId;
use super::pages::PagedMap;
use super::{Centre, Effect, Feed};
use crate::model::record::{Binding, RecordKey};
use crate::model::{Alias, Contact, EndpointId, FeedId, Participant, Seq, SessionId, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One row, and the device if it is here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) binding: Binding,
    pub(super) device: Option<DeviceId>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct AddressTable {
    rows: PagedMap<FeedId, Row>,
    by_device: PagedMap<DeviceId, BTreeSet<FeedId>>,
}

impl AddressTable {
    pub(super) fn row(&self, feed: FeedId) -> Option<&Row> {
        self.rows.get(&feed)
    }

    pub(super) fn row_mut(&mut self, feed: FeedId) -> Option<&mut Row> {
        self.rows.get_mut(&feed)
    }

    /// The device of a row, if it is here.
    pub(super) fn device(&self, feed: FeedId) -> Option<DeviceId> {
        self.rows.get(&feed)?.device
    }

    pub(super) fn feeds(&self) -> impl Iterator<Item = FeedId> + use<'_> {
        self.rows.keys().copied()
    }

    /// The rows of a session.
    pub(super) fn feeds_in(&self, session: SessionId) -> Vec<FeedId> {
        let first = FeedId { session, participant: Participant::CUSTOMER };
        let last = FeedId { session, participant: Participant(u32::MAX) };
        self.rows.range(first..=last).map(|(feed, _)| *feed).collect()
    }

    /// The rows that a device has.
    pub(super) fn feeds_of(&self, device: DeviceId) -> Vec<FeedId> {
        self.by_device.get(&device).map(|feeds| feeds.iter().copied().collect()).unwrap_or_default()
    }

    /// Puts a row in place, with or without a device.
    pub(super) fn put(&mut self, feed: FeedId, row: Row) {
        self.detach(feed);
        if let Some(device) = row.device {
            self.by_device.get_or_insert_with(&device, BTreeSet::new).insert(feed);
        }
        self.rows.insert(feed, row);
    }

    /// The row has no device any more.
    pub(super) fn detach(&mut self, feed: FeedId) -> Option<DeviceId> {
        let device = self.rows.get_mut(&feed)?.device.take()?;
        if let Some(feeds) = self.by_device.get_mut(&device) {
            feeds.remove(&feed);
            if feeds.is_empty() {
                self.by_device.remove(&device);
            }
        }
        Some(device)
    }

    pub(super) fn remove(&mut self, feed: FeedId) -> Option<Row> {
        self.detach(feed);
        self.rows.remove(&feed)
    }
}

impl Centre {
    /// Binds a participant to a device and delivers to it from the cursor on. A device that had the row delivers no more.
    pub(super) fn bind_row(&mut self, feed: FeedId, device: DeviceId, joined_after: Seq) {
        let Some(binding) = self.binding(feed, device) else { return };
        self.unfeed(feed);
        let Some(after) = self.cursors.get(&feed).copied() else { return };
        if feed.participant == Participant::CUSTOMER {
            self.note_place(feed.session, device);
        }
        let (endpoint, contact, alias) = (binding.endpoint, binding.contact.clone(), binding.outside.clone());
        self.table.put(feed, Row { binding, device: Some(device) });
        self.outbox.touch(RecordKey::Binding(feed.session, feed.participant));
        self.effect(Effect::Feed(endpoint, Feed { id: feed, contact, alias, after, joined_after }));
    }

    /// The customer is reached there now.
    fn note_place(&mut self, id: SessionId, device: DeviceId) {
        let (Some(opened), Some(device)) = (self.devices.opened(device), self.devices.get(device)) else { return };
        let Some(live) = self.sessions.get_mut(id).filter(|live| live.record.provider != opened.provider) else {
            return;
        };
        live.record.provider.clone_from(&opened.provider);
        live.record.protocol.clone_from(&opened.protocol);
        if device.software.is_some() {
            live.record.software.clone_from(&device.software);
        }
        self.session_changed(id);
    }

    /// The participant speaks from this device now: it gets the answers.
    pub(super) fn move_row(&mut self, feed: FeedId, device: DeviceId) {
        let now = self.now;
        let before = self.table.device(feed);
        if before != Some(device) {
            let last = self.sessions.get(feed.session).map_or(Seq(0), |live| live.last);
            self.bind_row(feed, device, last);
        }
        if let Some(row) = self.table.row_mut(feed) {
            row.binding.used_at = now;
            row.binding.received += 1;
        }
    }

    fn binding(&self, feed: FeedId, device: DeviceId) -> Option<Binding> {
        let live = self.sessions.get(feed.session)?;
        let opened = self.devices.opened(device)?;
        let device = self.devices.get(device)?;
        let is_customer = feed.participant == Participant::CUSTOMER;
        let (outside, side, inside) = if is_customer {
            (live.record.link.clone(), Side::Customer, customer_address(&live.record.customer))
        } else {
            let agent = live.agent_of(feed.participant)?;
            (live.record.alias.clone(), Side::Agent, agent.as_str().to_owned())
        };
        let before = self.table.row(feed).map(|row| &row.binding);
        Some(Binding {
            session: feed.session,
            participant: feed.participant,
            outside,
            side,
            inside,
            endpoint: device.endpoint,
            contact: device.contact.clone(),
            address: opened.address.clone(),
            provider: opened.provider.clone(),
            client: device.client(),
            opened_at: before.map_or(self.now, |binding| binding.opened_at),
            used_at: before.map_or(self.now, |binding| binding.used_at),
            received: before.map_or(0, |binding| binding.received),
            sent: before.map_or(0, |binding| binding.sent),
            principal: device.principal.clone(),
            shown_as: device.shown_as.clone(),
        })
    }

    fn unfeed(&mut self, feed: FeedId) {
        if let Some(device) = self.table.detach(feed)
            && let Some(endpoint) = self.endpoint_of(device)
        {
            self.effect(Effect::Unfeed(endpoint, feed));
        }
    }

    /// Removes a row for good: whoever had it is delivered nothing more, and what it says is refused.
    pub(super) fn close_row(&mut self, feed: FeedId) {
        self.unfeed(feed);
        if self.table.remove(feed).is_some() {
            self.outbox.touch(RecordKey::Binding(feed.session, feed.participant));
        }
        if self.cursors.remove(&feed).is_some() {
            self.outbox.touch(RecordKey::Cursor(feed.session, feed.participant));
        }
    }

    /// Where a participant is reached now.
    pub(super) fn reach(&self, feed: FeedId) -> Option<(EndpointId, &Contact, &Alias)> {
        let row = self.table.row(feed)?;
        row.device?;
        Some((row.binding.endpoint, &row.binding.contact, &row.binding.outside))
    }
}

fn customer_address(customer: &crate::model::record::Customer) -> String {
    if customer.provider.is_empty() {
        customer.alias.as_str().to_owned()
    } else {
        format!("{} at {}", customer.alias, customer.provider)
    }
}
