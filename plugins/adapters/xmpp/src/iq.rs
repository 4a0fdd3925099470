//! Questions and orders of a person (RFC 6120, 8.2.3): each gets one answer.
//!
//! What old and new clients ask at login and Cordboard does not have is refused in the words they understand: lists of blocked people,
//! copies to other devices, archives and push get `service-unavailable`, private storage is empty, vCards are short.
//!
//! Invariant: an answer tells nothing about agents, and nothing about names that the person has not been told.

use crate::address::Target;
use crate::person::Person;
use crate::settings::Role;
use crate::stanza::{Condition, Kind, Returned};
use crate::turn::Turn;
use crate::xml::{Element, ns};
use crate::{disco, roster, software};

/// Handles an iq.
pub(crate) fn received(turn: &mut Turn<'_>, person: &mut Person, iq: &Element) {
    let returned = Returned::of(turn, Kind::Iq, iq);
    let is_set = match iq.attribute("type") {
        Some("result" | "error") => return software::answered(turn, person, iq),
        Some("get") => false,
        Some("set") => true,
        _ => return returned.refuse(turn, Condition::BAD_REQUEST, ""),
    };
    let [payload] = iq.children.as_slice() else {
        return returned.refuse(turn, Condition::BAD_REQUEST, "An iq has one child.");
    };
    if iq.attribute("id").is_none() {
        return returned.refuse(turn, Condition::BAD_REQUEST, "An iq has an id.");
    }
    match turn.target(person, iq.attribute("to")) {
        Target::Account => to_account(turn, person, iq, payload, is_set),
        Target::Alias(alias) if alias.is_empty() => {
            if payload.is(ns::ROSTER, "query") && turn.settings.role == Role::Server {
                return roster::requested(turn, person, iq, is_set);
            }
            if !to_domain(turn, &returned, payload, is_set) {
                returned.refuse(turn, Condition::SERVICE_UNAVAILABLE, "");
            }
        }
        Target::Alias(alias) => to_alias(turn, person, &returned, payload, is_set, &alias),
        Target::Elsewhere => returned.refuse(turn, Condition::REMOTE_SERVER_NOT_FOUND, ""),
        Target::Malformed => returned.refuse(turn, Condition::JID_MALFORMED, ""),
    }
}

/// Answers what is asked of the domain itself, by anybody who is authenticated; whether there was an answer.
pub(crate) fn to_domain(turn: &mut Turn<'_>, returned: &Returned, payload: &Element, is_set: bool) -> bool {
    match (payload.namespace.as_str(), payload.name.as_str(), is_set) {
        (ns::PING, "ping", false) => returned.done(turn),
        (ns::SESSION, "session", true) if turn.settings.role == Role::Server => returned.done(turn),
        (ns::VERSION, "query", false) => version(turn, returned),
        (ns::DISCO_INFO, "query", false) => disco::domain_info(turn, returned, payload),
        (ns::DISCO_ITEMS, "query", false) => disco::items(turn, returned, payload, None),
        (ns::VCARD, "vCard", false) => {
            let settings = turn.settings;
            vcard(turn, returned, &settings.name);
        }
        _ => return false,
    }
    true
}

fn to_account(turn: &mut Turn<'_>, person: &mut Person, iq: &Element, payload: &Element, is_set: bool) {
    let returned = Returned::of(turn, Kind::Iq, iq);
    match (payload.namespace.as_str(), payload.name.as_str(), is_set) {
        (ns::ROSTER, "query", _) => roster::requested(turn, person, iq, is_set),
        (ns::SESSION, "session", true) | (ns::PING, "ping", false) => returned.done(turn),
        (ns::BIND, "bind", true) => {
            returned.refuse(turn, Condition::NOT_ALLOWED, "This stream has a resource already.");
        }
        (ns::DISCO_INFO, "query", false) => disco::account_info(turn, &returned, payload),
        (ns::DISCO_ITEMS, "query", false) => disco::no_items(turn, &returned, payload),
        (ns::VCARD, "vCard", false) => vcard(turn, &returned, ""),
        (ns::PRIVATE, "query", false) => private_storage(turn, &returned, payload),
        (ns::VCARD, "vCard", true) | (ns::PRIVATE, "query", true) => {
            returned.refuse(turn, Condition::NOT_ALLOWED, "Cordboard does not keep this.");
        }
        _ => returned.refuse(turn, Condition::SERVICE_UNAVAILABLE, ""),
    }
}

fn to_alias(turn: &mut Turn<'_>, person: &Person, returned: &Returned, payload: &Element, is_set: bool, alias: &str) {
    let links = turn.links;
    let link = links.iter().find(|link| link.alias == alias).map(|link| link.label.as_str());
    if link.is_none() && !person.knows(alias) || is_set {
        return returned.refuse(turn, Condition::SERVICE_UNAVAILABLE, "");
    }
    match (payload.namespace.as_str(), payload.name.as_str()) {
        (ns::PING, "ping") => returned.done(turn),
        (ns::VERSION, "query") => version(turn, returned),
        (ns::DISCO_INFO, "query") => disco::alias_info(turn, returned, payload, alias),
        (ns::DISCO_ITEMS, "query") => disco::items(turn, returned, payload, Some(alias)),
        (ns::VCARD, "vCard") => {
            let entry = person.roster.iter().flatten().find(|entry| entry.alias == alias);
            let name = link.or_else(|| entry.map(|entry| entry.name.as_str()));
            vcard(turn, returned, name.unwrap_or_default());
        }
        _ => returned.refuse(turn, Condition::SERVICE_UNAVAILABLE, ""),
    }
}

/// XEP-0092, answered for whoever is asked: it is always Cordboard.
fn version(turn: &mut Turn<'_>, returned: &Returned) {
    let version = &turn.settings.software_version;
    let xml = returned.open(turn, "result").raw("><query xmlns='jabber:iq:version'><name>Cordboard</name>");
    if !version.is_empty() {
        xml.raw("<version>").text(version).raw("</version>");
    }
    xml.raw("</query></iq>");
}

/// XEP-0054: the name, where there is one.
fn vcard(turn: &mut Turn<'_>, returned: &Returned, name: &str) {
    let xml = returned.open(turn, "result").raw("><vCard xmlns='vcard-temp'>");
    if !name.is_empty() {
        xml.raw("<FN>").text(name).raw("</FN>");
    }
    xml.raw("</vCard></iq>");
}

/// XEP-0049: what nobody has stored is the empty element that was asked for.
fn private_storage(turn: &mut Turn<'_>, returned: &Returned, payload: &Element) {
    let Some(asked) = payload.children.first() else {
        return returned.refuse(turn, Condition::BAD_REQUEST, "");
    };
    let xml = returned.open(turn, "result").raw("><query xmlns='jabber:iq:private'><").raw(&asked.name);
    xml.attribute("xmlns", asked.namespace.as_str()).raw("/></query></iq>");
}

#[cfg(test)]
mod tests;
