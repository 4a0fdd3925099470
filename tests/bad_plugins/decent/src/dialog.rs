//! A dialog that repeats what it is told, with a count, which is all its state, and tells what was said when it is asked to `recall`.

use crate::FORMAT;
use cordboard_sdk::dialog::{Action, Dialog, Event, LookUp, Setup};
use cordboard_sdk::model::{Attribute, Body, SavedState, Timestamp};
use cordboard_sdk::saved;
use std::marker::PhantomData;

/// What a bad dialog does otherwise.
pub trait Vice: 'static {
    /// At these words, in place of the repetition.
    fn heard(_words: &str) -> Option<Vec<Action>> {
        None
    }

    /// As a conversation is restored, which is before each turn.
    fn restored() {}
}

/// The conversation.
#[derive(Debug)]
pub struct Bad<V> {
    said: u32,
    vice: PhantomData<V>,
}

impl<V> Bad<V> {
    fn with(said: u32) -> Self {
        Self { said, vice: PhantomData }
    }
}

impl<V: Vice> Dialog for Bad<V> {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        if setup.settings == "refuse" { Err("these settings say refuse".to_owned()) } else { Ok(Self::with(0)) }
    }

    fn handle(&mut self, _now: Timestamp, event: Event) -> Vec<Action> {
        let message = match event {
            Event::Said(message) => message,
            Event::Found(found) => return vec![say(recalled(&found.rows.unwrap_or_default()))],
            _ => return vec![say("hello".to_owned())],
        };
        let Body::Text(words) = message.body else { return Vec::new() };
        self.said += 1;
        if let Some(actions) = V::heard(&words) {
            return actions;
        }
        match words.as_str() {
            "bye" => vec![Action::Close("bye".to_owned())],
            "recall" => {
                vec![Action::LookUp(LookUp { ref_: 1, source: "transcript".to_owned(), query: Vec::new() })]
            }
            _ => vec![say(format!("{} {words}", self.said))],
        }
    }

    fn save(&self) -> SavedState {
        saved::write(FORMAT, &self.said)
    }

    fn restore(_setup: Setup, state: SavedState) -> Result<Self, String> {
        V::restored();
        saved::read(&state, FORMAT).map(Self::with)
    }
}

fn say(words: String) -> Action {
    Action::Say(Body::Text(words))
}

/// Who said what, in order.
fn recalled(rows: &[Vec<Attribute>]) -> String {
    let of = |row: &[Attribute], name: &str| {
        row.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone()).unwrap_or_default()
    };
    let said = rows.iter().map(|row| format!("{}: {}", of(row, "by"), of(row, "text")));
    said.collect::<Vec<_>>().join("; ")
}
