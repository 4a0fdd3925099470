//! Whether a person can be reached, and what they say about it (RFC 6121, 4).
//!
//! On a stream of a client its presence is the person's. At a provider each of the person's resources has one, and a report carries them
//! all; where the server doesn't tell, a message is evidence that its sender is there.
//!
//! ```text
//!  unknown ──available, message──► here ──last resource unavailable──► leaving ──nothing sent is awaited any more──► left
//! ```
//!
//! Invariant: what is the same as before is not reported again, however many of our names it was sent to.

use crate::ledger::Then;
use crate::person::Person;
use crate::settings::Role;
use crate::software;
use crate::turn::Turn;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::{Channel, Event, Published};
use cordboard_sdk::model::{Attribute, PresenceTuple, Timestamp};
use serde::{Deserialize, Serialize};

/// Characters of a note of a person who has a channel of their own, and of one of many.
const NOTE_CHARS: usize = 1024;
const NOTE_CHARS_OF_MANY: usize = 256;
/// Resources of a person that are known at a time; beyond it the oldest is forgotten.
const RESOURCES: usize = 8;

/// `<show/>`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Show {
    #[default]
    Available,
    Chat,
    Away,
    Xa,
    Dnd,
}

/// What a presence says.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Availability {
    show: Show,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    priority: i8,
}

impl Availability {
    /// Of that stanza.
    pub(crate) fn read(turn: &Turn<'_>, presence: &Element) -> Self {
        let show = match presence.child_text(ns::CLIENT, "show").unwrap_or_default().trim_ascii() {
            "chat" => Show::Chat,
            "away" => Show::Away,
            "xa" => Show::Xa,
            "dnd" => Show::Dnd,
            _ => Show::Available,
        };
        let chars = if turn.settings.role == Role::Server { NOTE_CHARS } else { NOTE_CHARS_OF_MANY };
        let note = presence.child_text(ns::CLIENT, "status").filter(|note| !note.is_empty());
        let priority = presence.child_text(ns::CLIENT, "priority").and_then(|text| text.trim_ascii().parse().ok());
        Self { show, note: note.map(|note| note.chars().take(chars).collect()), priority: priority.unwrap_or(0) }
    }

    /// As the host wants it.
    pub(crate) fn tuple(&self, id: &str, open: bool, since: Timestamp) -> PresenceTuple {
        let (activity, show) = match self.show {
            Show::Available => ("available", None),
            Show::Chat => ("available", Some("chat")),
            Show::Away => ("away", None),
            Show::Xa => ("away", Some("xa")),
            Show::Dnd => ("do-not-disturb", None),
        };
        PresenceTuple {
            id: id.to_owned(),
            open,
            activity: activity.into(),
            medium: "chat".into(),
            contact: None,
            note: self.note.clone(),
            priority: self.priority.into(),
            since,
            attributes: show.map(|show| Attribute::new("show", show)).into_iter().collect(),
        }
    }
}

/// A resource of a person at a provider.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resource {
    id: String,
    is: Availability,
    since: Timestamp,
    /// The channel on which the server last told of it; none where a message is all the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_on: Option<Channel>,
}

impl Resource {
    /// Whether the server tells of it.
    pub(crate) fn is_told(&self) -> bool {
        self.told_on.is_some()
    }

    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        80 + self.id.len() + self.is.note.as_ref().map_or(0, String::len)
    }

    fn tuple(&self, open: bool) -> PresenceTuple {
        self.is.tuple(&self.id, open, self.since)
    }
}

/// A resource of a person is there, as that name of ours is told.
pub(crate) fn available(turn: &mut Turn<'_>, person: &mut Person, presence: &Element, alias: &str) {
    turn.arrive(person, "");
    alias.clone_into(&mut person.known_as);
    let is = Availability::read(turn, presence);
    let id = resource(turn, person).to_owned();
    let told_on = Some(turn.channel);
    let same = |resource: &&mut Resource| resource.id == id && resource.is == is && resource.is_told();
    if let Some(resource) = person.resources.iter_mut().find(same) {
        resource.told_on = told_on;
        return;
    }
    unlock(person, &id);
    person.resources.retain(|resource| resource.id != id);
    let gone = add(person, Resource { id, is, since: turn.now, told_on });
    publish(turn, person, gone.iter().map(|resource| resource.tuple(false)));
    software::ask_once(turn, person);
}

/// A resource of a person has gone; without a resource, all that the server has told of. It says so too when it begins to tell
/// nothing, and that is no evidence against a message.
pub(crate) fn unavailable(turn: &mut Turn<'_>, person: &mut Person, presence: &Element) {
    let id = resource(turn, person).to_owned();
    let gone = take(person, |resource| resource.id == id || id.is_empty() && resource.is_told());
    let note = Availability::read(turn, presence).note;
    depart(turn, person, &gone, note.as_deref());
}

/// What the server told on an earlier channel and has not told again, though it was asked, is no more.
pub(crate) fn doubt(turn: &mut Turn<'_>, person: &mut Person) {
    let channel = turn.channel;
    let gone = take(person, |resource| resource.told_on.is_some_and(|told_on| told_on != channel));
    depart(turn, person, &gone, None);
}

/// The person has said something: they are there, and this is where to answer.
pub(crate) fn spoke(turn: &mut Turn<'_>, person: &mut Person) {
    if turn.settings.role == Role::Server {
        return;
    }
    let id = resource(turn, person).to_owned();
    person.locked = Some(id.clone()).filter(|id| !id.is_empty());
    if person.resources.iter().any(|resource| resource.id == id) {
        return;
    }
    // One place that only a message speaks for is enough.
    let mut gone = take(person, |resource| !resource.is_told());
    gone.extend(add(person, Resource { id, is: Availability::default(), since: turn.now, told_on: None }));
    publish(turn, person, gone.iter().map(|resource| resource.tuple(false)));
}

/// Reports all that is open, and what has just been closed.
pub(crate) fn publish(turn: &mut Turn<'_>, person: &Person, closed: impl Iterator<Item = PresenceTuple>) {
    let tuples = person.resources.iter().map(|resource| resource.tuple(true)).chain(closed).collect();
    let published = Published { expires: None, tuples };
    turn.report(&person.contact, None, Event::Published(published), Then::Nothing);
}

/// Reports what has gone, and where it was the last, that the person has left.
fn depart(turn: &mut Turn<'_>, person: &mut Person, gone: &[Resource], note: Option<&str>) {
    if gone.is_empty() || !person.arrived {
        return;
    }
    for resource in gone {
        unlock(person, &resource.id);
    }
    let closed = gone.iter().map(|resource| PresenceTuple { note: note.map(str::to_owned), ..resource.tuple(false) });
    publish(turn, person, closed);
    if person.resources.is_empty() {
        // What the server has taken for the person it keeps or returns; were that delivered again, it would come twice.
        person.leaving = turn.acks.awaits(&person.contact);
        if !person.leaving {
            turn.leave(person);
        }
    }
}

/// The resource of whoever has sent the stanza at hand; empty where the address has none.
fn resource<'t>(turn: &Turn<'t>, person: &Person) -> &'t str {
    turn.sender.get(person.contact.len() + 1..).unwrap_or_default()
}

/// Adds one; what had to make room for it.
fn add(person: &mut Person, resource: Resource) -> Option<Resource> {
    let gone = (person.resources.len() >= RESOURCES).then(|| person.resources.remove(0));
    person.resources.push(resource);
    gone
}

fn take(person: &mut Person, which: impl Fn(&Resource) -> bool) -> Vec<Resource> {
    let (gone, left) = std::mem::take(&mut person.resources).into_iter().partition(which);
    person.resources = left;
    gone
}

fn unlock(person: &mut Person, id: &str) {
    person.locked.take_if(|locked| locked == id);
}
