//! A dialog in plain Rust that does what the customer says.
//!
//! Invariant: it depends on nothing but its arguments, so that a history is the same each time.

use crate::model::adapter::{GuestFailure, Timer};
use crate::model::dialog::{Action, Alert, Amendment, Asking, Dialog, Enqueuing, Event, Fetching, LookUp, Setup, Turn};
use crate::model::{Attribute, Body, Digest, Form, HttpRequest, SavedState, Timestamp, attribute};

/// Counts its turns, and tells the count.
pub(crate) struct Talker {
    name: &'static str,
    /// In its digest.
    version: u8,
}

impl Talker {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, version: 1 }
    }

    pub(crate) fn of_version(name: &'static str, version: u8) -> Self {
        Self { name, version }
    }
}

fn say(text: impl Into<String>) -> Action {
    Action::Say(Body::Text(text.into()))
}

fn look_up(reference: u64, source: &str) -> LookUp {
    LookUp { reference, source: source.to_owned(), query: Vec::new() }
}

/// The beginning of a transcript's message; nothing of other rows.
fn said(row: &[Attribute]) -> String {
    let (by, text) = (attribute(row, "by"), attribute(row, "text"));
    let said = by.zip(text).map(|(by, text)| format!("; {by}: {}", text.chars().take(60).collect::<String>()));
    said.unwrap_or_default()
}

fn request(url: &str) -> HttpRequest {
    HttpRequest { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new() }
}

/// One of the orders of a message, which are separated by semicolons.
fn order(now: Timestamp, count: u8, text: &str) -> Result<Action, GuestFailure> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["say", rest @ ..] => say(rest.join(" ")),
        ["queue"] => Action::Enqueue(enqueuing("", 0)),
        ["queue", name] => Action::Enqueue(enqueuing(name, 0)),
        ["queue", name, priority] => Action::Enqueue(enqueuing(name, priority.parse().expect("a number"))),
        ["to", target] => Action::Divert((*target).to_owned()),
        ["close", rest @ ..] => Action::Close(rest.join(" ")),
        ["set", name, value] => Action::Set(Attribute::new(*name, *value)),
        ["timer", id, seconds] => {
            let seconds: u64 = seconds.parse().expect("a number");
            let at = (seconds > 0).then(|| now.plus_ms(seconds * 1000));
            Action::SetTimer(Timer { id: id.parse().expect("a number"), at })
        }
        ["fetch", url] => {
            Action::Fetch(Fetching { reference: u64::from(count), request: request(url), timeout_ms: 1_000 })
        }
        ["look", source] => Action::LookUp(look_up(1, source)),
        ["change"] => Action::Change(Amendment { reference: 2, source: "profile".to_owned(), values: Vec::new() }),
        ["watch"] => Action::Watch(Alert { reference: 3, condition: "agent-available".to_owned(), contact: None }),
        ["form"] => {
            let form = Form { title: String::new(), text: String::new(), fields: Vec::new(), attributes: Vec::new() };
            Action::Ask(Asking { name: "form".to_owned(), form })
        }
        ["trap"] => return Err(GuestFailure::Trapped("told so".to_owned())),
        ["refuse"] => return Err(GuestFailure::Refused("told so".to_owned())),
        _ => say(format!("{count}: {text}")),
    })
}

fn enqueuing(queue: &str, priority: i32) -> Enqueuing {
    let attributes = vec![Attribute::new("reason", "told")];
    Enqueuing { queue: queue.to_owned(), priority, medium: String::new(), attributes }
}

impl Dialog for Talker {
    fn name(&self) -> &'static str {
        self.name
    }

    fn digest(&self) -> Digest {
        Digest([self.version; 32])
    }

    fn open(&mut self, _: Timestamp, setup: &Setup) -> Result<SavedState, GuestFailure> {
        assert_eq!(setup.seed.len(), 32);
        if self.name == "broken" {
            return Err(GuestFailure::Trapped("it is broken".to_owned()));
        }
        Ok(SavedState { format: 1, bytes: vec![0] })
    }

    fn handle(&mut self, now: Timestamp, _: &Setup, state: &SavedState, event: &Event) -> Result<Turn, GuestFailure> {
        let count = state.bytes[0].wrapping_add(1);
        let actions = match event {
            Event::Started(context) => {
                let about = attribute(&context.attributes, "first-words").unwrap_or("nothing");
                vec![say(format!("{} for {}: {about}", self.name, context.purpose))]
            }
            Event::Said(message) => {
                let Body::Text(text) = &message.body else { panic!("only text is said") };
                text.split(';').map(|text| order(now, count, text.trim())).collect::<Result<_, _>>()?
            }
            Event::Timer(7) => {
                vec![Action::LookUp(look_up(7, "status"))]
            }
            Event::Timer(id) => vec![say(format!("timer {id}"))],
            // Never stops asking.
            Event::Found(found) if found.reference == 7 => {
                vec![Action::LookUp(look_up(7, "status"))]
            }
            Event::Found(found) => vec![say(match &found.rows {
                Ok(rows) => {
                    format!("{} rows{}", rows.len(), rows.iter().rev().take(3).map(|row| said(row)).collect::<String>())
                }
                Err(failure) => failure.text.clone(),
            })],
            Event::Done(done) => vec![say(match &done.outcome {
                Ok(()) => "done".to_owned(),
                Err(failure) => failure.text.clone(),
            })],
            Event::Fetched(fetched) => vec![say(match &fetched.reply {
                Ok(response) => format!("fetched {}: {}", fetched.reference, response.status),
                Err(failure) => format!("not fetched {}: {}", fetched.reference, failure.text),
            })],
            Event::Turned(what) => vec![say(what.clone())],
            other => panic!("the centre does not tell {other:?}"),
        };
        Ok(Turn { actions, state: SavedState { format: 1, bytes: vec![count] } })
    }
}
