//! Messages of a person (RFC 6121, 5), with what rides on them: chat states (XEP-0085), receipts (XEP-0184), markers (XEP-0333) and
//! the sender's own identifier (XEP-0359).
//!
//! Invariant: a message is acknowledged only when it is settled; one that is refused goes back with the reason.

use crate::address::Target;
use crate::ledger::Then;
use crate::person::Person;
use crate::stanza::{self, Condition, Kind, Returned};
use crate::turn::Turn;
use crate::xml::{Element, ns};
use crate::{availability, receipts, software};
use cordboard_sdk::adapter::{Event, Said, Seen};
use cordboard_sdk::model::{Attribute, Body, Message};

/// Bytes of a subject or thread that is passed on.
const HEADING_BYTES: usize = 1024;

/// Handles a message.
pub(crate) fn received(turn: &mut Turn<'_>, person: &mut Person, message: &Element) {
    let to = turn.target(person, message.attribute("to"));
    match message.attribute("type") {
        Some("error") => return refused(turn, person, message),
        Some("groupchat" | "headline") => {
            return refuse(turn, message, Condition::SERVICE_UNAVAILABLE, "");
        }
        _ => {}
    }
    match to {
        Target::Alias(alias) => to_alias(turn, person, message, alias),
        // Some software leaves out whom a receipt is for; the identifier tells.
        Target::Account if body(message).is_none() => hints(turn, person, message, String::new(), None),
        Target::Account => refuse(turn, message, Condition::SERVICE_UNAVAILABLE, ""),
        Target::Elsewhere => refuse(turn, message, Condition::REMOTE_SERVER_NOT_FOUND, ""),
        Target::Malformed => refuse(turn, message, Condition::JID_MALFORMED, ""),
    }
}

fn to_alias(turn: &mut Turn<'_>, person: &mut Person, message: &Element, alias: String) {
    let state = message.children.iter().find(|child| child.namespace == *ns::CHAT_STATES);
    person.chat_states |= state.is_some();
    match body(message) {
        Some(body) => said(turn, person, message, alias, body),
        None => hints(turn, person, message, alias, state),
    }
}

fn said(turn: &mut Turn<'_>, person: &mut Person, message: &Element, to: String, body: &Element) {
    let limit = turn.settings.message_bytes;
    if body.text.len() > limit {
        let mut text = String::from("A message may have at most ");
        crate::xml::push_number(&mut text, limit as u64);
        text.push_str(" bytes of text.");
        return refuse(turn, message, Condition::POLICY_VIOLATION, &text);
    }
    turn.arrive(person, "");
    availability::spoke(turn, person);
    software::ask_speaker(turn, person);
    let language = [body, message].iter().find_map(|element| element.attribute("xml:lang")).or(turn.language);
    let origin_id = message.child(ns::STANZA_ID, "origin-id").and_then(|element| element.attribute("id"));
    let origin = origin_id.or(message.attribute("id")).filter(|origin| !origin.is_empty());
    receipts::remember(turn, person, message, origin);
    let headings = ["thread", "subject"].into_iter().filter_map(|name| heading(message, name));
    let said = Said {
        to,
        message: Message {
            id: String::new(),
            sender: String::new(),
            sender_name: String::new(),
            sent_at: turn.now,
            body: Body::Text(body.text.clone()),
            language: language.map(str::to_owned),
            attributes: headings.collect(),
        },
    };
    let then = Then::Refusable(Returned::of(turn, Kind::Message, message));
    turn.report(&person.contact, origin.map(str::to_owned), Event::Said(said), then);
}

/// A message without words tells something about the conversation, or about messages of ours.
fn hints(turn: &mut Turn<'_>, person: &Person, message: &Element, to: String, state: Option<&Element>) {
    if !person.arrived {
        return;
    }
    for child in &message.children {
        let state = match child.namespace.as_str() {
            ns::RECEIPTS | ns::MARKERS if child.name == "received" => "delivered",
            ns::MARKERS if child.name == "displayed" || child.name == "acknowledged" => "displayed",
            _ => continue,
        };
        let Some(id) = child.attribute("id") else { continue };
        let seen = Seen { to: to.clone(), id: id.to_owned(), state: state.into() };
        return turn.report(&person.contact, None, Event::Seen(seen), Then::Nothing);
    }
    let state = state.map_or("", |state| state.name.as_str());
    if matches!(state, "active" | "composing" | "paused" | "inactive" | "gone") {
        let seen = Seen { to, id: String::new(), state: state.into() };
        turn.report(&person.contact, None, Event::Seen(seen), Then::Nothing);
    }
}

/// The peer refuses a message of ours.
fn refused(turn: &mut Turn<'_>, person: &mut Person, message: &Element) {
    // What does not reach the place where the person spoke may reach another.
    person.locked = None;
    if let Some(id) = message.attribute("id")
        && turn.acks.refused(id, &person.contact)
    {
        turn.out.receipt(id.to_owned(), Err(stanza::failure(message)));
    }
}

fn refuse(turn: &mut Turn<'_>, message: &Element, condition: Condition, text: &str) {
    Returned::of(turn, Kind::Message, message).refuse(turn, condition, text);
}

/// The body without a language of its own, else the first; an empty one says nothing.
fn body(message: &Element) -> Option<&Element> {
    let mut bodies = message.children.iter().filter(|child| child.is(ns::CLIENT, "body") && !child.text.is_empty());
    let first = bodies.next()?;
    if first.attribute("xml:lang").is_none() {
        return Some(first);
    }
    Some(bodies.find(|body| body.attribute("xml:lang").is_none()).unwrap_or(first))
}

fn heading(message: &Element, name: &str) -> Option<Attribute> {
    let value = message.child_text(ns::CLIENT, name)?;
    let fits = !value.is_empty() && value.len() <= HEADING_BYTES;
    fits.then(|| Attribute::new(name, value))
}

#[cfg(test)]
mod tests;
