//! What is known of one contact: a peer that has bound a resource.
//!
//! As a server an endpoint has one; as a component it will have many, so nothing here knows of a stream.

use crate::receipts::Wanted;
use crate::shown::Shown;
use crate::software::Inquiry;
use cordboard_sdk::adapter::RosterEntry;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// One contact.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    /// The full address.
    pub(crate) contact: String,
    /// The local part.
    pub(crate) alias: String,
    /// Whether the software has used chat states (XEP-0085, 5.1), so that it may be sent bare ones.
    pub(crate) chat_states: bool,
    /// What is asked of the software.
    pub(crate) software: Inquiry,
    /// The roster as it was last given; none where it was not asked for.
    pub(crate) roster: Option<Vec<RosterEntry>>,
    /// Whose presence the person has been shown.
    pub(crate) shown: Vec<Shown>,
    /// Messages whose receipt the person wants.
    pub(crate) wanted: VecDeque<Wanted>,
    /// Numbers the requests that we send.
    last_request: u64,
}

impl Person {
    /// Just bound.
    pub(crate) fn new(contact: String, alias: String) -> Self {
        Self {
            contact,
            alias,
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
