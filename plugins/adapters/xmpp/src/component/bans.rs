//! Who is not listened to for a time, because the host says so.
//!
//! Invariant: what a banned person sends is not looked at beyond who sent it.

use crate::endpoint::Xmpp;
use cordboard_sdk::adapter::Directive;
use cordboard_sdk::model::{Timestamp, attribute};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// People who are banned at a time; beyond it the ban goes that ends first.
const BANS: usize = 1024;

/// Contacts and when their bans end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bans(BTreeMap<String, Timestamp>);

impl Bans {
    /// Whether that contact is banned.
    pub(super) fn holds(&self, contact: &str, now: Timestamp) -> bool {
        self.0.get(contact).is_some_and(|until| now < *until)
    }

    fn set(&mut self, contact: &str, until: Timestamp, now: Timestamp) {
        self.0.retain(|_, until| now < *until);
        self.0.remove(contact);
        if until <= now {
            return;
        }
        if self.0.len() >= BANS
            && let Some(first) = self.0.iter().min_by_key(|(_, until)| **until).map(|(contact, _)| contact.clone())
        {
            self.0.remove(&first);
        }
        self.0.insert(contact.to_owned(), until);
    }
}

impl Xmpp {
    /// From now on the contact is not listened to until the time that the host says; a time that is over ends a ban.
    pub(crate) fn ban(&mut self, now: Timestamp, directive: &Directive) {
        let until = attribute(&directive.attributes, "until").and_then(|until| until.parse().ok());
        self.state.component.bans.set(&directive.contact, until.unwrap_or(0), now);
    }
}
