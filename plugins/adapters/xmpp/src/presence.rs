//! Presence of a person (RFC 6121, 3 and 4): their own, and whose they want to see.

use crate::address::{Target, target};
use crate::availability::{self, Availability};
use crate::ledger::Then;
use crate::person::Person;
use crate::settings::Role;
use crate::software;
use crate::stanza::{Condition, Kind, Returned};
use crate::turn::Turn;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::{Event, Published, Subscription};

/// Handles a presence.
pub(crate) fn received(turn: &mut Turn<'_>, person: &mut Person, presence: &Element) {
    let kind = presence.attribute("type").unwrap_or("available");
    let returned = Returned::of(turn, Kind::Presence, presence);
    let alias = match turn.target(person, presence.attribute("to")) {
        Target::Account => return own(turn, person, presence, kind),
        Target::Alias(alias) => alias,
        _ if kind == "error" || kind == "unavailable" => return,
        Target::Elsewhere => return returned.refuse(turn, Condition::REMOTE_SERVER_NOT_FOUND, ""),
        Target::Malformed => return returned.refuse(turn, Condition::JID_MALFORMED, ""),
    };
    let (event, then) = match kind {
        "available" if presence.child(ns::ROOM, "x").is_some() => {
            return returned.refuse(turn, Condition::SERVICE_UNAVAILABLE, "");
        }
        // A provider's users have no other presence than the one that they send to our names.
        "available" if turn.settings.role == Role::Component => {
            return availability::available(turn, person, presence, &alias);
        }
        "unavailable" if turn.settings.role == Role::Component => {
            return availability::unavailable(turn, person, presence);
        }
        "available" | "probe" => (Event::Probed(alias.clone()), Then::Refusable(returned)),
        "subscribe" => {
            let subscription = Subscription { presentity: alias.clone(), expires: None };
            (Event::Subscribed(subscription), Then::Subscribed(returned))
        }
        "unsubscribe" => (Event::Unsubscribed(alias.clone()), Then::Unsubscribed(returned)),
        "unavailable" | "subscribed" | "unsubscribed" | "error" => return,
        _ => return returned.refuse(turn, Condition::BAD_REQUEST, ""),
    };
    turn.arrive(person, "");
    person.known_as = alias;
    turn.report(&person.contact, None, event, then);
}

/// The person's own presence, for all who watch.
fn own(turn: &mut Turn<'_>, person: &mut Person, presence: &Element, kind: &str) {
    let open = match kind {
        "available" => true,
        "unavailable" => false,
        // Without an address these ask for nothing.
        "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed" | "probe" | "error" => return,
        _ => {
            let returned = Returned::of(turn, Kind::Presence, presence);
            return returned.refuse(turn, Condition::BAD_REQUEST, "");
        }
    };
    if open {
        software::ask_once(turn, person);
    }
    let tuple = Availability::read(turn, presence).tuple(person.resource(), open, turn.now);
    let published = Published { expires: None, tuples: vec![tuple] };
    turn.report(&person.contact, None, Event::Published(published), Then::Nothing);
}

/// A subscription, or its end, is settled. At a provider we want to see in turn whoever wants to see us.
pub(crate) fn confirm(turn: &mut Turn<'_>, contact: &str, returned: &Returned, answer: &str) {
    let Target::Alias(alias) = target(returned.to(), &turn.settings.domain) else { return };
    let bare = contact.split_once('/').map_or(contact, |(bare, _)| bare);
    tell(turn, &alias, bare, answer);
    if turn.settings.role == Role::Component && answer == "subscribed" {
        tell(turn, &alias, bare, "subscribe");
    }
}

/// A presence without content.
pub(crate) fn tell(turn: &mut Turn<'_>, alias: &str, to: &str, kind: &str) {
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<presence").attribute("type", kind).address("from", alias, domain, "");
    xml.attribute("to", to).raw("/>");
}

#[cfg(test)]
mod tests;
