//! The dialog `template-name`: asks what it is about and puts the customer in the queue that they name.
//!
//! ```text
//!  started ─► "What is it about: billing or sales?" ─► said ─┬─► a queue was named: enqueue
//!                        ▲                                   │
//!                        └────────── not understood ─────────┤
//!                                                            └─► not understood again: the first queue
//! ```
//!
//! Invariant: everybody ends in a queue; nobody is asked more than twice; after its end it does nothing.

use cordboard_sdk::dialog::{Action, Dialog, Enqueuing, Event, Setup};
use cordboard_sdk::model::{Attribute, Body, SavedState, Timestamp};
use cordboard_sdk::{saved, settings};
use serde::{Deserialize, Serialize};

/// How often it asks.
const ATTEMPTS: u8 = 2;

/// What the operator sets; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    queues: Vec<String>,
}

/// A conversation. All that it remembers is in `State`, which is saved after every event.
#[derive(Debug)]
pub struct Interview {
    settings: Settings,
    state: State,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    attempts: u8,
    /// What the customer said, for the agent to read.
    words: Vec<String>,
    is_over: bool,
}

impl Dialog for Interview {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        Self::with(&setup, State::default())
    }

    fn handle(&mut self, _now: Timestamp, event: Event) -> Vec<Action> {
        match event {
            _ if self.state.is_over => Vec::new(),
            Event::Started(_) => vec![self.ask()],
            Event::Said(message) => match message.body {
                Body::Text(text) => self.said(&text),
                // A picture names no queue.
                _ => self.said(""),
            },
            // Forms, timers and presence are not used here; what a later host may add is left out.
            _ => Vec::new(),
        }
    }

    fn save(&self) -> SavedState {
        saved::write(1, &self.state)
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        Self::with(&setup, saved::read(&state, 1)?)
    }
}

impl Interview {
    fn with(setup: &Setup, state: State) -> Result<Self, String> {
        let settings: Settings = settings::read(&setup.settings)?;
        if settings.queues.is_empty() {
            return Err("queues: expected at least one, found none".to_owned());
        }
        Ok(Self { settings, state })
    }

    fn ask(&mut self) -> Action {
        self.state.attempts += 1;
        Action::Say(Body::Text(format!("What is it about: {}?", self.settings.queues.join(", "))))
    }

    fn said(&mut self, text: &str) -> Vec<Action> {
        self.state.words.push(text.to_owned());
        let words = text.to_lowercase();
        let named = self.settings.queues.iter().find(|queue| words.contains(&queue.to_lowercase()));
        match named {
            Some(queue) => self.enqueue(queue.clone()),
            None if self.state.attempts < ATTEMPTS => vec![self.ask()],
            None => self.enqueue(self.settings.queues[0].clone()),
        }
    }

    fn enqueue(&mut self, queue: String) -> Vec<Action> {
        self.state.is_over = true;
        let reason = Attribute::new("reason", self.state.words.join(" / "));
        let enqueuing = Enqueuing { queue, priority: 0, medium: "chat".to_owned(), attributes: vec![reason] };
        vec![Action::Say(Body::Text("Thank you, somebody will be with you.".to_owned())), Action::Enqueue(enqueuing)]
    }
}

cordboard_sdk::export_dialog!(Interview);

#[cfg(test)]
mod tests;
