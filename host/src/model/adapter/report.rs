//! What people do, as an adapter reports it.

use crate::model::{Alias, Attribute, Contact, Extension, Message, PresenceTuple, Reference, Software, Timestamp};
use serde::{Deserialize, Serialize};

/// Something a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Comes back in the settlement.
    pub reference: Reference,
    /// Who did it.
    pub contact: Contact,
    /// The protocol's own identifier.
    pub origin: Option<String>,
    /// What.
    pub event: Event,
}

/// Something said to a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The name; empty: the centre itself.
    pub to: Alias,
    /// What.
    pub message: Message,
}

/// A hint about a message or a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The name it is said to.
    pub to: Alias,
    /// The message; empty where the state is of the conversation (`composing`).
    pub id: String,
    /// `active`, `composing`, `paused`, `inactive`, `gone`, `delivered`, `displayed`.
    pub state: String,
}

/// A wish to watch a presentity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Who is to be watched.
    pub presentity: Alias,
    /// Absent: until unsubscribed.
    pub expires: Option<Timestamp>,
}

/// A person's own presence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Absent: until the contact leaves.
    pub expires: Option<Timestamp>,
    /// This contact's tuples; the newest replace all before.
    pub tuples: Vec<PresenceTuple>,
}

/// A contact has become reachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// As proven; absent where nobody was asked.
    pub principal: Option<Alias>,
    /// How to show the person.
    pub name: String,
    /// What the centre may use: `aliases`, `forms`, `menus`, `typing`, `receipts`, `presence`, `roster`, ...
    pub features: Vec<String>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

impl Arrival {
    /// Of somebody who has proven to be that person.
    pub fn of(person: &str, name: &str) -> Self {
        let (principal, name) = (Some(Alias::new(person)), name.to_owned());
        Self { principal, name, features: Vec::new(), attributes: Vec::new() }
    }
}

/// Something done that is no message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// `accept`, `decline`, `invite`, `join`, `leave`, `transfer`, `close`, `command`.
    pub name: String,
    /// On what.
    pub target: Alias,
    /// With what.
    pub attributes: Vec<Attribute>,
}

/// See [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The contact is reachable.
    Arrived(Arrival),
    /// The contact is not reachable any more; why.
    Left(String),
    /// What the contact's software is.
    Software(Software),
    /// A use of an advertised link.
    InvokedLink(Said),
    /// A message.
    Said(Said),
    /// A hint: never stored, settled at once.
    Seen(Seen),
    /// Presence.
    Published(Published),
    /// Wants to watch.
    Subscribed(Subscription),
    /// Wants to watch no more.
    Unsubscribed(Alias),
    /// Wants to know a presence once.
    Probed(Alias),
    /// Wants the roster.
    AskedRoster,
    /// Wants history.
    AskedHistory(Seen),
    /// See [`Acted`].
    Acted(Acted),
    /// What 1.0 did not know.
    Other(Extension),
}
