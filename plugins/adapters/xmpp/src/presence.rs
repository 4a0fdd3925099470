//! Presence of a person (RFC 6121, 3 and 4): their own, and whose they want to see.

use crate::address::{Target, target};
use crate::ledger::Then;
use crate::person::Person;
use crate::software;
use crate::stanza::{Condition, Kind, Returned};
use crate::turn::Turn;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::{Event, Published, Subscription};
use cordboard_sdk::model::{Attribute, PresenceTuple};

/// Characters of a note.
const NOTE_CHARS: usize = 1024;

/// Handles a presence.
pub(crate) fn received(turn: &mut Turn<'_>, person: &mut Person, presence: &Element) {
    let kind = presence.attribute("type").unwrap_or("available");
    let returned = || Returned::of(Kind::Presence, presence);
    let alias = match turn.target(person, presence.attribute("to")) {
        Target::Account => return own(turn, person, presence, kind),
        Target::Alias(alias) => alias,
        _ if kind == "error" || kind == "unavailable" => return,
        Target::Elsewhere => {
            return returned().refuse(turn, &person.contact, Condition::REMOTE_SERVER_NOT_FOUND, "");
        }
        Target::Malformed => return returned().refuse(turn, &person.contact, Condition::JID_MALFORMED, ""),
    };
    let (event, then) = match kind {
        "available" if presence.child(ns::ROOM, "x").is_some() => {
            return returned().refuse(turn, &person.contact, Condition::SERVICE_UNAVAILABLE, "");
        }
        "available" | "probe" => (Event::Probed(alias), Then::Refusable(returned())),
        "subscribe" => {
            let subscription = Subscription { presentity: alias, expires: None };
            (Event::Subscribed(subscription), Then::Subscribed(returned()))
        }
        "unsubscribe" => (Event::Unsubscribed(alias), Then::Unsubscribed(returned())),
        "unavailable" | "subscribed" | "unsubscribed" | "error" => return,
        _ => return returned().refuse(turn, &person.contact, Condition::BAD_REQUEST, ""),
    };
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
            let returned = Returned::of(Kind::Presence, presence);
            return returned.refuse(turn, &person.contact, Condition::BAD_REQUEST, "");
        }
    };
    if open {
        software::ask_once(turn, person);
    }
    let show = presence.child_text(ns::CLIENT, "show").unwrap_or_default().trim_ascii();
    let note = presence.child_text(ns::CLIENT, "status").unwrap_or_default();
    let priority = presence.child_text(ns::CLIENT, "priority").and_then(|text| text.trim_ascii().parse::<i8>().ok());
    let tuple = PresenceTuple {
        id: person.resource().to_owned(),
        open,
        activity: activity(show).into(),
        medium: "chat".into(),
        contact: None,
        note: (!note.is_empty()).then(|| note.chars().take(NOTE_CHARS).collect()),
        priority: priority.unwrap_or(0).into(),
        since: turn.now,
        attributes: match show {
            "chat" | "xa" => vec![Attribute::new("show", show)],
            _ => Vec::new(),
        },
    };
    let published = Published { expires: None, tuples: vec![tuple] };
    turn.report(&person.contact, None, Event::Published(published), Then::Nothing);
}

fn activity(show: &str) -> &'static str {
    match show {
        "away" | "xa" => "away",
        "dnd" => "do-not-disturb",
        _ => "available",
    }
}

/// A subscription, or its end, is settled.
pub(crate) fn confirm(turn: &mut Turn<'_>, contact: &str, returned: &Returned, answer: &str) {
    let Target::Alias(alias) = target(returned.to(), &turn.settings.domain) else { return };
    let bare = contact.split_once('/').map_or(contact, |(bare, _)| bare);
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<presence").attribute("type", answer).address("from", &alias, domain, "");
    xml.attribute("to", bare).raw("/>");
}

#[cfg(test)]
mod tests;
