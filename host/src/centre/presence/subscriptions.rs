//! What contacts at providers watch, kept for the time when we were away. Software on our own listeners asks again at every
//! sign-in, so nothing is kept of it; at a provider a subscription is made once and for all.
//!
//! Invariant: what is kept is stored, and bounded for each contact and in all; a watch beyond the bounds lasts as long as the
//! contact is here.

use crate::centre::Centre;
use crate::centre::device::DeviceId;
use crate::centre::pages::PagedMap;
use crate::centre::recall::Recalled;
use crate::model::limits::Limits;
use crate::model::record::{RecordKey, Subscription};
use crate::model::{Alias, Contact};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a contact's name: a bare JID has at most 1023 + 1 + 1023 (RFC 7622, 3.1).
const CONTACT_BYTES: usize = 2_047;

/// One contact's.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    recalled: Recalled,
    presentities: BTreeSet<Alias>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Subscriptions {
    /// By provider and contact.
    kept: BTreeMap<String, PagedMap<Contact, Kept>>,
    count: usize,
}

impl Subscriptions {
    /// One that was stored.
    pub(in crate::centre) fn load(&mut self, subscription: Subscription) {
        let Subscription { provider, contact, presentity, principal, shown_as } = subscription;
        self.insert(&provider, &contact, Recalled { principal, shown_as }, presentity);
    }

    fn insert(&mut self, provider: &str, contact: &Contact, recalled: Recalled, presentity: Alias) -> bool {
        let contacts = self.kept.entry(provider.to_owned()).or_default();
        let kept = contacts.get_or_insert_with(contact, || Kept { recalled, presentities: BTreeSet::new() });
        let is_new = kept.presentities.insert(presentity);
        self.count += usize::from(is_new);
        is_new
    }

    fn has_room(&self, provider: &str, contact: &Contact, limits: &Limits) -> bool {
        let own = self.of(provider, contact).count();
        let is_short = contact.as_str().len() <= CONTACT_BYTES;
        is_short && self.count < limits.subscriptions && own < limits.subscriptions_per_contact
    }

    fn remove(&mut self, provider: &str, contact: &Contact, presentity: &Alias) -> bool {
        let Some(contacts) = self.kept.get_mut(provider) else { return false };
        let Some(kept) = contacts.get_mut(contact) else { return false };
        let was_there = kept.presentities.remove(presentity);
        self.count -= usize::from(was_there);
        if kept.presentities.is_empty() {
            contacts.remove(contact);
        }
        if contacts.is_empty() {
            self.kept.remove(provider);
        }
        was_there
    }

    /// What a contact watches.
    fn of<'a>(&'a self, provider: &str, contact: &Contact) -> impl Iterator<Item = &'a Alias> + use<'a> {
        let kept = self.kept.get(provider).and_then(|contacts| contacts.get(contact));
        kept.into_iter().flat_map(|kept| &kept.presentities)
    }

    /// Who watches anything at a provider.
    pub(in crate::centre) fn watchers(&self, provider: &str) -> Vec<(Contact, Recalled)> {
        let contacts = self.kept.get(provider).into_iter().flat_map(PagedMap::iter);
        contacts.map(|(contact, kept)| (contact.clone(), kept.recalled.clone())).collect()
    }

    /// As it is stored.
    pub(in crate::centre) fn record(
        &self,
        provider: &str,
        contact: &Contact,
        presentity: &Alias,
    ) -> Option<Subscription> {
        let kept = self.kept.get(provider)?.get(contact)?;
        kept.presentities.contains(presentity).then(|| Subscription {
            provider: provider.to_owned(),
            contact: contact.clone(),
            presentity: presentity.clone(),
            principal: kept.recalled.principal.clone(),
            shown_as: kept.recalled.shown_as.clone(),
        })
    }

    /// All that are kept.
    #[cfg(test)]
    pub(in crate::centre) fn keys(&self) -> Vec<RecordKey> {
        let mut keys = Vec::with_capacity(self.count);
        for (provider, contacts) in &self.kept {
            for (contact, kept) in contacts.iter() {
                let key = |alias: &Alias| RecordKey::Subscription(provider.clone(), contact.clone(), alias.clone());
                keys.extend(kept.presentities.iter().map(key));
            }
        }
        keys
    }
}

impl Centre {
    /// Keeps what a contact at a provider watches, where that is a name that lasts: a session's alias ends with the session.
    pub(super) fn keep_subscription(&mut self, device: DeviceId, presentity: &Alias) {
        let Some((provider, contact, recalled)) = self.contact_at_provider(device) else { return };
        let lasts = self.links.get(presentity).is_some() || self.queues.get(presentity.as_str()).is_some();
        let has_room = self.subscriptions.has_room(&provider, &contact, &self.settings.limits);
        if lasts && has_room && self.subscriptions.insert(&provider, &contact, recalled, presentity.clone()) {
            self.outbox.touch(RecordKey::Subscription(provider, contact, presentity.clone()));
        }
    }

    /// A contact watches a name no more.
    pub(super) fn drop_subscription(&mut self, device: DeviceId, presentity: &Alias) {
        let Some((provider, contact, _)) = self.contact_at_provider(device) else { return };
        if self.subscriptions.remove(&provider, &contact, presentity) {
            self.outbox.touch(RecordKey::Subscription(provider, contact, presentity.clone()));
        }
    }

    /// A contact whom nobody vouches for any more is not to be recalled again.
    pub(in crate::centre) fn drop_subscriptions(&mut self, provider: &str, contact: &Contact) {
        let presentities: Vec<Alias> = self.subscriptions.of(provider, contact).cloned().collect();
        for presentity in presentities {
            self.subscriptions.remove(provider, contact, &presentity);
            self.outbox.touch(RecordKey::Subscription(provider.to_owned(), contact.clone(), presentity));
        }
    }

    /// What a device at a provider has subscribed to; nothing of one on our own listener.
    pub(super) fn subscriptions_of(&self, device: DeviceId) -> Vec<Alias> {
        let Some((provider, contact, _)) = self.contact_at_provider(device) else { return Vec::new() };
        self.subscriptions.of(&provider, &contact).cloned().collect()
    }

    fn contact_at_provider(&self, device: DeviceId) -> Option<(String, Contact, Recalled)> {
        let opened = self.devices.opened(device).filter(|opened| !opened.own_accounts)?;
        let device = self.devices.get(device)?;
        let recalled = Recalled { principal: device.principal.clone(), shown_as: device.shown_as.clone() };
        Some((opened.provider.clone(), device.contact.clone(), recalled))
    }
}
