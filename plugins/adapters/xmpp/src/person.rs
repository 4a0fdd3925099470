//! What is known of one contact.
//!
//! On a stream of a client that is the peer itself with its resource: `joe@im.example/phone`. On a link to a provider it is a user of
//! that server, whatever software they have open: `joe@provider.example`. Nothing here knows of a stream.

use crate::availability::Resource;
use crate::receipts::Wanted;
use crate::shown::Shown;
use crate::software::Inquiry;
use cordboard_sdk::adapter::RosterEntry;
use cordboard_sdk::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Not;

/// What a person weighs in memory beside their words: the entry itself and two keys.
const ENTRY_BYTES: usize = 320;

/// One contact. What is not there is not saved: there may be thousands.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    /// The address that the host knows.
    pub(crate) contact: String,
    /// The local part, where the address is one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Whether the host knows that the person is here.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) arrived: bool,
    /// At a provider: the person has gone, and it is not known yet which messages the server still took for them.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) leaving: bool,
    /// When the person last did anything.
    #[serde(default)]
    pub(crate) active_at: Timestamp,
    /// The name of ours that the person's presence last went to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) known_as: String,
    /// At a provider: what is open there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<Resource>,
    /// At a provider: the resource that the person last spoke from (RFC 6121, 5.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locked: Option<String>,
    /// Whether the software has used chat states (XEP-0085, 5.1), so that it may be sent bare ones.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) chat_states: bool,
    /// What is asked of the software.
    #[serde(default, skip_serializing_if = "Inquiry::is_none")]
    pub(crate) software: Inquiry,
    /// The roster as it was last given; none where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roster: Option<Vec<RosterEntry>>,
    /// Whose presence the person has been shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shown: Vec<Shown>,
    /// Messages whose receipt the person wants.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) wanted: VecDeque<Wanted>,
    /// Numbers the requests that we send.
    #[serde(default)]
    pub(crate) last_request: u64,
}

impl Person {
    /// Somebody of whom nothing is known yet.
    pub(crate) fn new(contact: String) -> Self {
        Self {
            contact,
            account: None,
            arrived: false,
            leaving: false,
            active_at: 0,
            known_as: String::new(),
            resources: Vec::new(),
            locked: None,
            chat_states: false,
            software: Inquiry::default(),
            roster: None,
            shown: Vec::new(),
            wanted: VecDeque::new(),
            last_request: 0,
        }
    }

    /// The address without the resource.
    pub(crate) fn bare(&self) -> &str {
        self.contact.split_once('/').map_or(self.contact.as_str(), |(bare, _)| bare)
    }

    /// The resource.
    pub(crate) fn resource(&self) -> &str {
        self.contact.split_once('/').map_or("", |(_, resource)| resource)
    }

    /// How the person is called, until somebody knows better: the local part, or all of the address.
    pub(crate) fn name(&self, whole: bool) -> &str {
        let local = self.contact.split_once('@').map(|(local, _)| local);
        local.filter(|_| !whole).unwrap_or(&self.contact)
    }

    /// Where messages to the person go: to where they last spoke, else to the contact.
    pub(crate) fn ear(&self) -> String {
        match &self.locked {
            Some(resource) => [&self.contact, "/", resource].concat(),
            None => self.contact.clone(),
        }
    }

    /// Whether the person's server tells of their presence.
    pub(crate) fn is_present(&self) -> bool {
        self.resources.iter().any(Resource::is_told)
    }

    /// About how many bytes are kept of the person.
    pub(crate) fn weight(&self) -> usize {
        let shown: usize = self.shown.iter().map(Shown::weight).sum();
        let wanted: usize = self.wanted.iter().map(Wanted::weight).sum();
        let resources: usize = self.resources.iter().map(Resource::weight).sum();
        ENTRY_BYTES + 3 * self.contact.len() + self.known_as.len() + shown + wanted + resources
    }

    /// The resource that a name is shown under; empty where it is not shown.
    pub(crate) fn resource_of(&self, alias: &str) -> &str {
        self.shown.iter().find(|shown| shown.alias == alias).map_or("", Shown::resource)
    }

    /// An identifier for a request of ours.
    pub(crate) fn request_id(&mut self, purpose: &str) -> String {
        self.last_request += 1;
        let mut id = String::with_capacity(purpose.len() + 8);
        id.push_str(purpose);
        id.push('-');
        crate::xml::push_number(&mut id, self.last_request);
        id
    }

    /// Whether the person has been told of that name: only of such is anything said.
    pub(crate) fn knows(&self, alias: &str) -> bool {
        self.shown.iter().any(|shown| shown.alias == alias)
            || self.roster.as_ref().is_some_and(|roster| roster.iter().any(|entry| entry.alias == alias))
    }
}
