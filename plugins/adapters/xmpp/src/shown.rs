//! Presence of names, shown to a person (RFC 6121, 4). Each tuple is a resource of the name.
//!
//! Invariant: every resource that was shown as available is shown as unavailable when it is gone.

use crate::person::Person;
use crate::turn::Turn;
use crate::xml::Writer;
use cordboard_sdk::adapter::Showing;
use cordboard_sdk::model::{Presence, PresenceTuple, attribute};
use serde::{Deserialize, Serialize};

/// Names whose presence a person may be shown at a time; beyond it the oldest is forgotten.
const NAMES: usize = 1024;

/// A name shown as available.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) alias: String,
    resources: Vec<String>,
}

impl Shown {
    /// The resource that messages of the name come from: one that the person's software knows of.
    pub(crate) fn resource(&self) -> &str {
        self.resources.first().map_or("", String::as_str)
    }

    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        48 + self.alias.len() + self.resources.iter().map(|resource| 24 + resource.len()).sum::<usize>()
    }
}

/// Shows a presence; it replaces what was shown of the same name.
pub(crate) fn show(turn: &mut Turn<'_>, person: &mut Person, showing: &Showing) {
    let Presence { presentity, tuples } = &showing.presence;
    let at = person.shown.iter().position(|shown| shown.alias == *presentity);
    let before = at.map(|at| person.shown.remove(at).resources).unwrap_or_default();
    let resources: Vec<String> = tuples.iter().filter(|tuple| tuple.open).map(|tuple| tuple.id.clone()).collect();
    let gone = before.iter().filter(|resource| !resources.contains(resource));
    for resource in gone {
        unavailable(turn, person, presentity, resource, None);
    }
    for tuple in tuples.iter().filter(|tuple| tuple.open) {
        available(turn, person, presentity, tuple);
    }
    if resources.is_empty() {
        if before.is_empty() {
            let note = tuples.iter().find_map(|tuple| tuple.note.as_deref());
            unavailable(turn, person, presentity, "", note);
        }
        return;
    }
    if person.shown.len() >= NAMES {
        person.shown.remove(0);
    }
    person.shown.push(Shown { alias: presentity.clone(), resources });
}

fn available(turn: &mut Turn<'_>, person: &Person, alias: &str, tuple: &PresenceTuple) {
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<presence").address("from", alias, domain, &tuple.id);
    xml.attribute("to", &person.contact).raw(">");
    if let Some(show) = show_word(tuple) {
        xml.raw("<show>").raw(show).raw("</show>");
    }
    status(xml, tuple.note.as_deref());
    if tuple.priority != 0 {
        let priority = tuple.priority.clamp(-128, 127);
        xml.raw(if priority < 0 { "<priority>-" } else { "<priority>" });
        xml.number(priority.unsigned_abs().into()).raw("</priority>");
    }
    xml.raw("</presence>");
}

fn unavailable(turn: &mut Turn<'_>, person: &Person, alias: &str, resource: &str, note: Option<&str>) {
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<presence type='unavailable'").address("from", alias, domain, resource);
    let xml = xml.attribute("to", &person.contact).raw(">");
    status(xml, note);
    xml.raw("</presence>");
}

fn status(xml: &mut Writer, note: Option<&str>) {
    if let Some(note) = note.filter(|note| !note.is_empty()) {
        xml.raw("<status>").text(note).raw("</status>");
    }
}

fn show_word(tuple: &PresenceTuple) -> Option<&'static str> {
    match (tuple.activity.as_str(), attribute(&tuple.attributes, "show")) {
        ("available" | "", Some("chat")) => Some("chat"),
        ("available" | "", _) => None,
        ("busy" | "do-not-disturb" | "on-phone", _) => Some("dnd"),
        (_, Some("xa")) => Some("xa"),
        _ => Some("away"),
    }
}
