//! The roster (RFC 6121, 2): made by the host, read by the person. Versions are not offered.
//!
//! Invariant: a person who has asked is told of every change, and of nothing that is the same.

use crate::ledger::Then;
use crate::person::Person;
use crate::stanza::{Condition, Kind, Returned};
use crate::turn::Turn;
use crate::xml::{Element, Writer};
use cordboard_sdk::adapter::{Event, Roster, RosterEntry};

/// Handles a request; a person may look at the roster only.
pub(crate) fn requested(turn: &mut Turn<'_>, person: &Person, iq: &Element, is_set: bool) {
    let returned = Returned::of(turn, Kind::Iq, iq);
    if is_set {
        let text = "Cordboard keeps this list: it holds those whom you can talk to.";
        return returned.refuse(turn, Condition::NOT_ALLOWED, text);
    }
    turn.report(&person.contact, None, Event::AskedRoster, Then::Roster(returned));
}

/// The host gives the roster: it answers whoever asks, and tells who has asked before of the changes.
pub(crate) fn given(turn: &mut Turn<'_>, person: &mut Person, roster: Roster) {
    let questions = turn.ledger.take_roster_questions(&person.contact);
    if let Some(before) = person.roster.take().filter(|_| questions.is_empty()) {
        push_changes(turn, person, &before, &roster.entries);
    } else if questions.is_empty() {
        return;
    }
    for question in &questions {
        answer(turn, question, &roster.entries);
    }
    person.roster = Some(roster.entries);
}

/// The host has settled a question without giving a roster: the last one holds.
pub(crate) fn settled(turn: &mut Turn<'_>, person: &mut Person, question: &Returned) {
    let entries = person.roster.take().unwrap_or_default();
    answer(turn, question, &entries);
    person.roster = Some(entries);
}

fn answer(turn: &mut Turn<'_>, question: &Returned, entries: &[RosterEntry]) {
    let domain = &turn.settings.domain;
    let xml = question.open(turn, "result").raw("><query xmlns='jabber:iq:roster'>");
    for entry in entries {
        item(xml, entry, domain);
    }
    xml.raw("</query></iq>");
}

fn push_changes(turn: &mut Turn<'_>, person: &mut Person, before: &[RosterEntry], after: &[RosterEntry]) {
    let gone = before.iter().filter(|old| !after.iter().any(|new| new.alias == old.alias));
    for entry in gone {
        push(turn, person, |xml, domain| {
            xml.raw("<item").address("jid", &entry.alias, domain, "").raw(" subscription='remove'/>");
        });
    }
    for entry in after.iter().filter(|new| !before.contains(new)) {
        push(turn, person, |xml, domain| item(xml, entry, domain));
    }
}

fn push(turn: &mut Turn<'_>, person: &mut Person, item: impl FnOnce(&mut Writer, &str)) {
    let id = person.request_id("roster");
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<iq type='set'").attribute("id", &id).attribute("to", &person.contact);
    xml.raw("><query xmlns='jabber:iq:roster'>");
    item(xml, domain);
    xml.raw("</query></iq>");
}

fn item(xml: &mut Writer, entry: &RosterEntry, domain: &str) {
    xml.raw("<item").address("jid", &entry.alias, domain, "");
    if !entry.name.is_empty() {
        xml.attribute("name", &entry.name);
    }
    xml.raw(" subscription='both'");
    if entry.groups.is_empty() {
        xml.raw("/>");
        return;
    }
    xml.raw(">");
    for group in &entry.groups {
        xml.raw("<group>").text(group).raw("</group>");
    }
    xml.raw("</item>");
}

#[cfg(test)]
mod tests;
