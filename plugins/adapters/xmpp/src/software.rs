//! Which software a person uses (XEP-0092): asked at the first presence or message, and when the host wants to know.

use crate::ledger::Then;
use crate::person::Person;
use crate::turn::Turn;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::{Event, Software};
use serde::{Deserialize, Serialize};

/// Characters of a name or version.
const TEXT_CHARS: usize = 128;

/// Whether the software was asked.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inquiry {
    /// Whom we asked last: an address with its resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// The request that is not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outstanding: Option<String>,
}

impl Inquiry {
    /// Whether nobody was asked.
    pub(crate) fn is_none(&self) -> bool {
        self.asked.is_none()
    }

    /// Forgets a question that nobody will answer any more; it may be asked again.
    pub(crate) fn forget(&mut self) {
        if self.outstanding.is_some() {
            *self = Self::default();
        }
    }
}

/// Asks, where nobody has yet.
pub(crate) fn ask_once(turn: &mut Turn<'_>, person: &mut Person) {
    if person.software.is_none() {
        ask(turn, person, turn.sender.to_owned());
    }
}

/// Asks whoever has sent the message at hand, unless the last question went there.
pub(crate) fn ask_speaker(turn: &mut Turn<'_>, person: &mut Person) {
    if person.software.asked.as_deref() != Some(turn.sender) {
        ask(turn, person, turn.sender.to_owned());
    }
}

/// Asks, unless an answer is awaited.
pub(crate) fn ask(turn: &mut Turn<'_>, person: &mut Person, whom: String) {
    if person.software.outstanding.is_some() {
        return;
    }
    let id = person.request_id("version");
    let domain = &turn.settings.domain;
    let xml = turn.stanza().raw("<iq type='get'").attribute("id", &id).attribute("from", domain);
    xml.attribute("to", &whom).raw("><query xmlns='jabber:iq:version'/></iq>");
    person.software = Inquiry { asked: Some(whom), outstanding: Some(id) };
}

/// Takes the result or error of an iq, if it is the answer. An error says that the software doesn't tell.
pub(crate) fn answered(turn: &mut Turn<'_>, person: &mut Person, iq: &Element) {
    if person.software.outstanding.is_none() || person.software.outstanding.as_deref() != iq.attribute("id") {
        return;
    }
    person.software.outstanding = None;
    let told = iq.child(ns::VERSION, "query").filter(|_| iq.attribute("type") == Some("result"));
    let field = |name| told.and_then(|query| query.child_text(ns::VERSION, name)).map(shorten).unwrap_or_default();
    let mut features = Vec::new();
    if person.chat_states {
        features.push("typing".to_owned());
    }
    let software = Software { name: field("name"), version: field("version"), features };
    turn.report(&person.contact, None, Event::Software(software), Then::Nothing);
}

fn shorten(text: &str) -> String {
    text.trim_ascii().chars().take(TEXT_CHARS).collect()
}
