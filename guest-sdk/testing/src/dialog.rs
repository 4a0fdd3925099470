//! Holds a conversation with a dialog: one that a test writes ([`Talk`]), or those of made-up customers, for the law ([`Customers`]).
//!
//! Invariant: between any two events the dialog is saved and restored, as a host may do, so a test that passes does not depend on memory
//! that is not saved.

mod law;

pub use crate::violation::Violation;
pub use law::{Customers, Step};

use cordboard_sdk::dialog::{Action, Answered, Context, Dialog, Event, Setup};
use cordboard_sdk::model::{Attribute, Body, Form, Message, SavedState, Timestamp};

/// A setup without settings.
pub fn setup() -> Setup {
    Setup { settings: "{}".to_owned(), seed: vec![7; 32], attributes: Vec::new() }
}

/// The interview of a guest by chat at the link `billing`.
pub fn context() -> Context {
    Context {
        purpose: "interview".to_owned(),
        session: "s0-test".to_owned(),
        link: Some("billing".to_owned()),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "xmpp".to_owned(),
        software_version: String::new(),
        language: String::new(),
        member: None,
        attributes: Vec::new(),
        features: Vec::new(),
    }
}

/// A dialog and its clock.
#[derive(Debug)]
pub struct Talk<D: Dialog> {
    dialog: D,
    setup: Setup,
    now: Timestamp,
    said: u32,
}

impl<D: Dialog> Talk<D> {
    /// A new conversation at time 1,000,000; nothing has happened yet.
    pub fn open(setup: Setup) -> Result<Self, String> {
        let now = 1_000_000;
        Ok(Self { dialog: D::open(now, setup.clone())?, setup, now, said: 0 })
    }

    /// One event.
    ///
    /// # Panics
    /// If the dialog can't be restored from what it saved.
    pub fn handle(&mut self, event: Event) -> Actions {
        let actions = self.dialog.handle(self.now, event);
        let saved = self.dialog.save();
        match D::restore(self.setup.clone(), saved) {
            Ok(dialog) => self.dialog = dialog,
            Err(error) => panic!("the dialog does not read what it saved: {error}"),
        }
        Actions(actions)
    }

    /// The conversation begins.
    pub fn start(&mut self, context: Context) -> Actions {
        self.handle(Event::Started(context))
    }

    /// The person says something.
    pub fn say(&mut self, text: &str) -> Actions {
        self.said += 1;
        self.handle(said(self.said, self.now, Body::Text(text.to_owned())))
    }

    /// The person answers a form.
    pub fn answer(&mut self, form: &str, values: &[(&str, &str)]) -> Actions {
        let values = values.iter().map(|(name, value)| Attribute::new(*name, *value)).collect();
        self.handle(Event::Answered(Answered { form: form.to_owned(), values }))
    }

    /// Time goes by; no timer goes off, a test says that with [`Event::Timer`].
    pub fn advance(&mut self, milliseconds: u64) {
        self.now += milliseconds;
    }

    /// The conversation goes on with other settings, as it does when the operator changes them.
    pub fn update(&mut self, setup: Setup) -> Result<(), String> {
        self.dialog = D::restore(setup.clone(), self.dialog.save())?;
        self.setup = setup;
        Ok(())
    }

    /// What is saved now.
    pub fn saved(&self) -> SavedState {
        self.dialog.save()
    }
}

/// The customer's message of that number.
fn said(number: u32, sent_at: Timestamp, body: Body) -> Event {
    Event::Said(Message {
        id: number.to_string(),
        sender: "customer".to_owned(),
        sender_name: "Customer".to_owned(),
        sent_at,
        body,
        language: None,
        attributes: Vec::new(),
    })
}

/// What a dialog does.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a dialog's actions are what a test looks at"]
pub struct Actions(pub Vec<Action>);

impl Actions {
    /// What it says, a line each; a form says its text, the end its last words.
    pub fn text(&self) -> String {
        let words = |form: &Form| form.text.clone();
        let said = self.0.iter().filter_map(|action| match action {
            Action::Say(Body::Text(text)) | Action::Close(text) => Some(text.clone()),
            Action::Say(Body::Form(form)) => Some(words(form)),
            Action::Ask(asking) => Some(words(&asking.form)),
            _ => None,
        });
        said.collect::<Vec<_>>().join("\n")
    }

    /// The queue it puts the customer in.
    pub fn queue(&self) -> Option<&str> {
        self.0.iter().find_map(|action| match action {
            Action::Enqueue(enqueuing) => Some(enqueuing.queue.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
