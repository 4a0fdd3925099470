//! What the host wants done.

use super::{copied, wit};
use crate::model::adapter;

impl From<&adapter::Delivery> for wit::Delivery {
    fn from(d: &adapter::Delivery) -> Self {
        Self {
            id: d.id.clone(),
            contact: d.contact.as_str().to_owned(),
            to: d.to.as_str().to_owned(),
            message: (&d.message).into(),
            replay: d.replay,
        }
    }
}

impl From<&adapter::Showing> for wit::Showing {
    fn from(s: &adapter::Showing) -> Self {
        Self { contact: s.contact.as_str().to_owned(), presence: (&s.presence).into() }
    }
}

impl From<&adapter::RosterEntry> for wit::RosterEntry {
    fn from(e: &adapter::RosterEntry) -> Self {
        Self {
            alias: e.alias.as_str().to_owned(),
            name: e.name.clone(),
            groups: e.groups.clone(),
            attributes: copied(&e.attributes),
        }
    }
}

impl From<&adapter::Roster> for wit::Roster {
    fn from(r: &adapter::Roster) -> Self {
        Self { contact: r.contact.as_str().to_owned(), entries: copied(&r.entries) }
    }
}

impl From<&adapter::Offer> for wit::Offer {
    fn from(o: &adapter::Offer) -> Self {
        Self {
            contact: o.contact.as_str().to_owned(),
            session: o.session.as_str().to_owned(),
            form: (&o.form).into(),
            expires: o.expires.0,
        }
    }
}

impl From<&adapter::Seen> for wit::Seen {
    fn from(s: &adapter::Seen) -> Self {
        Self { to: s.to.as_str().to_owned(), id: s.id.clone(), state: s.state.clone() }
    }
}

impl From<&adapter::Hint> for wit::Hint {
    fn from(h: &adapter::Hint) -> Self {
        Self { contact: h.contact.as_str().to_owned(), seen: (&h.seen).into(), sender: h.sender.as_str().to_owned() }
    }
}

impl From<&adapter::Redirection> for wit::Redirection {
    fn from(r: &adapter::Redirection) -> Self {
        Self { contact: r.contact.as_str().to_owned(), target: r.target.clone(), attributes: copied(&r.attributes) }
    }
}

impl From<&adapter::Directive> for wit::Directive {
    fn from(d: &adapter::Directive) -> Self {
        Self { contact: d.contact.as_str().to_owned(), name: d.name.clone(), attributes: copied(&d.attributes) }
    }
}

impl From<&adapter::Command> for wit::Command {
    fn from(command: &adapter::Command) -> Self {
        match command {
            adapter::Command::Deliver(delivery) => Self::Deliver(delivery.into()),
            adapter::Command::Show(showing) => Self::Show(showing.into()),
            adapter::Command::Roster(roster) => Self::Roster(roster.into()),
            adapter::Command::Offer(offer) => Self::Offer(offer.into()),
            adapter::Command::Hint(hint) => Self::Hint(hint.into()),
            adapter::Command::Advertise(links) => Self::Advertise(copied(links)),
            adapter::Command::Redirect(redirection) => Self::Redirect(redirection.into()),
            adapter::Command::Direct(directive) => Self::Direct(directive.into()),
            adapter::Command::Drain => Self::Drain,
            adapter::Command::Other(other) => Self::Other(other.into()),
        }
    }
}
