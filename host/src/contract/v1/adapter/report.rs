//! What a person did.

use super::{taken, wit};
use crate::model::{Alias, Contact, Software, Timestamp, adapter};

impl From<wit::Said> for adapter::Said {
    fn from(s: wit::Said) -> Self {
        Self { to: Alias::new(s.to), message: s.message.into() }
    }
}

impl From<wit::Seen> for adapter::Seen {
    fn from(s: wit::Seen) -> Self {
        Self { to: Alias::new(s.to), id: s.id, state: s.state }
    }
}

impl From<wit::Subscription> for adapter::Subscription {
    fn from(s: wit::Subscription) -> Self {
        Self { presentity: Alias::new(s.presentity), expires: s.expires.map(Timestamp) }
    }
}

impl From<wit::Published> for adapter::Published {
    fn from(p: wit::Published) -> Self {
        Self { expires: p.expires.map(Timestamp), tuples: taken(p.tuples) }
    }
}

impl From<wit::Software> for Software {
    fn from(s: wit::Software) -> Self {
        Self { name: s.name, version: s.version, features: s.features }
    }
}

impl From<wit::Arrival> for adapter::Arrival {
    fn from(a: wit::Arrival) -> Self {
        Self {
            principal: a.principal.map(Alias::new),
            name: a.name,
            features: a.features,
            attributes: taken(a.attributes),
        }
    }
}

impl From<wit::Action> for adapter::Acted {
    fn from(a: wit::Action) -> Self {
        Self { name: a.name, target: Alias::new(a.target), attributes: taken(a.attributes) }
    }
}

impl From<wit::Event> for adapter::Event {
    fn from(event: wit::Event) -> Self {
        match event {
            wit::Event::Arrived(arrival) => Self::Arrived(arrival.into()),
            wit::Event::Left(reason) => Self::Left(reason),
            wit::Event::Software(software) => Self::Software(software.into()),
            wit::Event::InvokedLink(said) => Self::InvokedLink(said.into()),
            wit::Event::Said(said) => Self::Said(said.into()),
            wit::Event::Seen(seen) => Self::Seen(seen.into()),
            wit::Event::Published(published) => Self::Published(published.into()),
            wit::Event::Subscribed(subscription) => Self::Subscribed(subscription.into()),
            wit::Event::Unsubscribed(alias) => Self::Unsubscribed(Alias::new(alias)),
            wit::Event::Probed(alias) => Self::Probed(Alias::new(alias)),
            wit::Event::AskedRoster => Self::AskedRoster,
            wit::Event::AskedHistory(seen) => Self::AskedHistory(seen.into()),
            wit::Event::Acted(action) => Self::Acted(action.into()),
            wit::Event::Other(other) => Self::Other(other.into()),
        }
    }
}

impl From<wit::Report> for adapter::Report {
    fn from(r: wit::Report) -> Self {
        Self { reference: r.ref_, contact: Contact::new(r.contact), origin: r.origin, event: r.event.into() }
    }
}
