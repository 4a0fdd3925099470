//! Receipts (XEP-0184), markers (XEP-0333) and chat states (XEP-0085) from the other side, for a person.
//!
//! A receipt is sent for messages whose sender asked for one, and names them as the sender did.

use crate::person::Person;
use crate::settings::Role;
use crate::turn::Turn;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::Hint;
use serde::{Deserialize, Serialize};

/// Messages remembered of a person who has a channel of their own, and of one of many.
const WANTED: usize = 64;
const WANTED_OF_MANY: usize = 8;
/// Bytes of an identifier that is remembered.
const ID_BYTES: usize = 128;

/// A message whose sender wants to know what becomes of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// The identifier by which the host knows it.
    origin: String,
    /// The stanza's identifier.
    id: String,
    /// Whether a receipt was asked for, and a marker.
    receipt: bool,
    marker: bool,
}

impl Wanted {
    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        64 + self.origin.len() + self.id.len()
    }
}

/// Remembers a message, where its sender asked for anything.
pub(crate) fn remember(turn: &Turn<'_>, person: &mut Person, message: &Element, origin: Option<&str>) {
    let receipt = message.child(ns::RECEIPTS, "request").is_some();
    let marker = message.child(ns::MARKERS, "markable").is_some();
    let (Some(origin), Some(id)) = (origin, message.attribute("id")) else { return };
    if !(receipt || marker) || origin.len() > ID_BYTES || id.len() > ID_BYTES {
        return;
    }
    let most = if turn.settings.role == Role::Server { WANTED } else { WANTED_OF_MANY };
    if person.wanted.len() >= most {
        person.wanted.pop_front();
    }
    person.wanted.push_back(Wanted { origin: origin.to_owned(), id: id.to_owned(), receipt, marker });
}

/// Passes on what somebody does about a conversation or a message.
pub(crate) fn hint(turn: &mut Turn<'_>, person: &Person, hint: &Hint) {
    let state = match hint.seen.state.as_str() {
        "active" => "active",
        "composing" => "composing",
        "paused" => "paused",
        "inactive" => "inactive",
        "gone" => "gone",
        "delivered" => return about(turn, person, hint, "received", ns::RECEIPTS, |wanted| wanted.receipt),
        "displayed" => return about(turn, person, hint, "displayed", ns::MARKERS, |wanted| wanted.marker),
        _ => return,
    };
    if person.chat_states {
        let domain = &turn.settings.domain;
        let resource = person.resource_of(&hint.sender);
        let xml = turn.stanza().raw("<message type='chat'").address("from", &hint.sender, domain, resource);
        let xml = xml.attribute("to", &person.ear()).raw("><").raw(state);
        xml.raw(" xmlns='http://jabber.org/protocol/chatstates'/></message>");
    }
}

fn about(
    turn: &mut Turn<'_>,
    person: &Person,
    hint: &Hint,
    element: &str,
    namespace: &str,
    asked: impl Fn(&Wanted) -> bool,
) {
    let Some(wanted) = person.wanted.iter().rev().find(|wanted| wanted.origin == hint.seen.id) else { return };
    if asked(wanted) {
        let domain = &turn.settings.domain;
        let resource = person.resource_of(&hint.sender);
        let xml = turn.stanza().raw("<message type='chat'").address("from", &hint.sender, domain, resource);
        let xml = xml.attribute("to", &person.ear()).raw("><").raw(element).raw(" xmlns='").raw(namespace);
        xml.raw("'").attribute("id", &wanted.id).raw("/></message>");
    }
}
