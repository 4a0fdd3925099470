//! Calls back to mind whom a provider's new endpoint has never heard of: contacts with conversations and watches from before.
//!
//! People on our own listeners connect again by themselves; a contact at a provider does not know that we were away. So as soon as
//! the provider's endpoint opens, its adapter is given everybody with whom there is unfinished business, a few at a time, and
//! reports their arrival as they can be reached.
//!
//! Invariant: who is to be recalled follows from records alone (I9), and is told once an endpoint.

use super::{Centre, Effect, Opened};
use crate::model::adapter::Directive;
use crate::model::record::Binding;
use crate::model::{Alias, Attribute, Contact, EndpointId, FeedId, Side, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Told an endpoint at once; a mailbox takes 4,096 effects, and there are others.
const RECALLS_AT_ONCE: usize = 128;
/// Before the next are told.
const PAUSE_MS: u64 = 50;
/// Contacts recalled on one endpoint; whoever is beyond them comes when he says something.
const MOST_RECALLS: usize = 10_000;

/// A person as an adapter has to report the arrival, so that he is the same again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recalled {
    pub(super) principal: Alias,
    pub(super) shown_as: String,
}

/// Who is still to be recalled.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Recalls {
    pending: BTreeMap<EndpointId, BTreeMap<Contact, Recalled>>,
    next: Timestamp,
}

impl Recalls {
    /// When the next are to be told.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        (!self.pending.is_empty()).then_some(self.next)
    }

    /// The endpoint is gone.
    pub(super) fn endpoint_gone(&mut self, endpoint: EndpointId) {
        self.pending.remove(&endpoint);
    }

    fn add(&mut self, endpoint: EndpointId, contact: Contact, recalled: Recalled) {
        let pending = self.pending.entry(endpoint).or_default();
        if pending.len() < MOST_RECALLS {
            pending.entry(contact).or_insert(recalled);
        }
    }

    /// Takes the next of the first endpoint.
    fn take(&mut self) -> Option<(EndpointId, Contact, Recalled)> {
        let mut first = self.pending.first_entry()?;
        let endpoint = *first.key();
        let next = first.get_mut().pop_first();
        if first.get().is_empty() {
            first.remove();
        }
        next.map(|(contact, recalled)| (endpoint, contact, recalled))
    }
}

impl Centre {
    /// A provider's endpoint is open: notes whom it has to recall. Where there are too many, conversations go before watches.
    pub(super) fn recall(&mut self, opened: &Opened) {
        let rows: Vec<FeedId> = self.table.feeds().filter(|feed| self.is_to_be_recalled(*feed, opened)).collect();
        for feed in rows {
            let Some(Binding { contact, principal, shown_as, .. }) =
                self.table.row(feed).map(|row| row.binding.clone())
            else {
                continue;
            };
            self.recalls.add(opened.endpoint, contact, Recalled { principal, shown_as });
        }
        for (contact, recalled) in self.subscriptions.watchers(&opened.provider) {
            self.recalls.add(opened.endpoint, contact, recalled);
        }
    }

    /// Whether somebody of this provider waits behind a row: for an answer, or for messages that were not delivered.
    fn is_to_be_recalled(&self, feed: FeedId, opened: &Opened) -> bool {
        let (Some(row), Some(live)) = (self.table.row(feed), self.sessions.get(feed.session)) else { return false };
        let binding = &row.binding;
        let is_here = binding.provider == opened.provider && binding.side == opened.side;
        if row.device.is_some() || !is_here || binding.principal.as_str().is_empty() {
            return false;
        }
        match binding.side {
            Side::Customer => live.is_live() || self.cursors.get(&feed).is_none_or(|through| *through < live.last),
            Side::Agent => live.is_live(),
        }
    }

    /// At the end of a batch: the next few.
    pub(super) fn recall_some(&mut self) {
        if self.recalls.next_due().is_none_or(|due| due > self.now) {
            return;
        }
        for _ in 0..RECALLS_AT_ONCE {
            let Some((endpoint, contact, recalled)) = self.recalls.take() else { break };
            if self.devices.find(endpoint, &contact).is_some() {
                continue;
            }
            let attributes = vec![
                Attribute::new("principal", recalled.principal.into_string()),
                Attribute::new("name", recalled.shown_as),
            ];
            self.effect(Effect::Direct(endpoint, Directive { contact, name: "recall".to_owned(), attributes }));
        }
        self.recalls.next = self.now.plus_ms(PAUSE_MS);
    }
}
