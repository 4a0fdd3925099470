//! A dialog with vices, each at a word. It repeats any other word with a count, which is all its state.

use cordboard_sdk::dialog::{Action, Dialog, Event, Setup};
use cordboard_sdk::model::{Body, SavedState, Timestamp};
use cordboard_sdk::saved;
use std::hint::black_box;

/// The format of the saved state.
const FORMAT: u32 = 1;

/// The conversation.
#[derive(Debug)]
pub struct Bad {
    said: u32,
}

impl Dialog for Bad {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        if setup.settings == "refuse" { Err("these settings say refuse".to_owned()) } else { Ok(Self { said: 0 }) }
    }

    fn handle(&mut self, _now: Timestamp, event: Event) -> Vec<Action> {
        let Event::Said(message) = event else { return vec![Action::Say(Body::Text("hello".to_owned()))] };
        let Body::Text(words) = message.body else { return Vec::new() };
        self.said += 1;
        match words.as_str() {
            "trap" => panic!("a word that traps"),
            "loop" => loop {
                black_box(&self.said);
            },
            "flood" => (0..2000).map(|_| Action::Divert(String::new())).collect(),
            "leak" => {
                std::mem::forget(black_box(Vec::<u8>::with_capacity(9 * 1024 * 1024)));
                Vec::new()
            }
            "bye" => vec![Action::Close("bye".to_owned())],
            _ => vec![Action::Say(Body::Text(format!("{} {words}", self.said)))],
        }
    }

    fn save(&self) -> SavedState {
        saved::write(FORMAT, &self.said)
    }

    fn restore(_setup: Setup, state: SavedState) -> Result<Self, String> {
        Ok(Self { said: saved::read(&state, FORMAT)? })
    }
}

cordboard_sdk::export_dialog!(Bad);
