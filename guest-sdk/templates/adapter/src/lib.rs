//! The adapter `template-name`: a chat by lines of text.
//!
//! ```text
//!  > Welcome to center.example. What is your name?        opened
//!  < Joe                                                  verify (a guest) ─► proof ─► report: arrived
//!  > Hello Joe. Write to a link as `LINK: your words`.
//!  < billing: My invoice is wrong                         report: said ─► settled
//!  > Billing: We'll look into it.                         command: deliver ─► receipt
//! ```
//!
//! Invariant: what the host does not take (`settled` with an error) is told, so silence means that a line is stored.

mod wire;

use cordboard_sdk::adapter::{
    Adapter, Arrival, Authentication, Command, Event, Input, Output, Proof, ProofStep, Receipt, Report, Said, Setup,
};
use cordboard_sdk::frame::Framer;
use cordboard_sdk::model::{Attribute, Body, Message, SavedState, Timestamp};
use cordboard_sdk::{saved, settings};
use serde::{Deserialize, Serialize};
use wire::Outbox;

/// Bytes of a line; a longer one is left out.
const LINE_BYTES: usize = 4096;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    welcome: Option<String>,
}

/// One connection. All that it remembers is in `State`, which is saved and restored.
#[derive(Debug)]
pub struct LineChat {
    welcome: String,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// The socket; 0 while there is none.
    channel: u32,
    lines: Framer,
    /// Counts what is asked of the host.
    reference: u64,
    person: Person,
    /// To whom the last line was, so that the next one need not say it.
    to: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Person {
    Nobody,
    /// The host is asked to let this guest in.
    Asked(String),
    /// By the name the host knows.
    Known(String),
}

impl Adapter for LineChat {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        let lines = Framer::new(LINE_BYTES);
        let state = State { channel: 0, lines, reference: 0, person: Person::Nobody, to: String::new() };
        Self::with(&setup, state)
    }

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut out = Outbox::new(self.state.channel);
        match input {
            Input::Opened(opening) => {
                self.state.channel = opening.channel;
                out = Outbox::new(opening.channel);
                out.line(&self.welcome);
            }
            // Cut anywhere: the framer keeps what is not a whole line yet.
            Input::Received(chunk) => {
                self.state.lines.push(&chunk.data);
                while let Some(line) = self.state.lines.line() {
                    match line {
                        Ok(line) => self.line(now, String::from_utf8_lossy(&line).trim(), &mut out),
                        Err(_) => out.line("That line is too long."),
                    }
                }
            }
            Input::Proof(proof) => self.proof(proof, &mut out),
            Input::Settled(settlement) => match settlement.outcome {
                Ok(()) => {}
                Err(failure) => out.line(&format!("(not taken: {})", failure.text)),
            },
            Input::Command(command) => carry_out(command, &mut out),
            Input::Closed(_) => {
                if let Some(event) = self.known().map(|_| Event::Left("closed".to_owned())) {
                    let report = self.report(event);
                    out.push(report);
                }
            }
            // Timers, TLS, datagrams and HTTP are not used here; what a later host may add is left out.
            _ => {}
        }
        out.outputs
    }

    fn save(&self) -> SavedState {
        saved::write(1, &self.state)
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        Self::with(&setup, saved::read(&state, 1)?)
    }
}

impl LineChat {
    fn with(setup: &Setup, state: State) -> Result<Self, String> {
        let given: Settings = settings::read(&setup.settings)?;
        let welcome = given.welcome.unwrap_or_else(|| format!("Welcome to {}.", setup.domain));
        Ok(Self { welcome: format!("{welcome} What is your name?"), state })
    }

    fn known(&self) -> Option<&str> {
        match &self.state.person {
            Person::Known(name) => Some(name),
            _ => None,
        }
    }

    fn reference(&mut self) -> u64 {
        self.state.reference += 1;
        self.state.reference
    }

    fn report(&mut self, event: Event) -> Output {
        let ref_ = self.reference();
        Output::Report(Report { ref_, contact: "peer".to_owned(), origin: None, event })
    }

    fn line(&mut self, now: Timestamp, line: &str, out: &mut Outbox) {
        match &self.state.person {
            Person::Nobody if !line.is_empty() => {
                let ref_ = self.reference();
                self.state.person = Person::Asked(line.to_owned());
                // Guests come in by the mechanism ANONYMOUS, where the operator lets them.
                out.push(Output::Verify(Authentication {
                    ref_,
                    channel: Some(self.state.channel),
                    scheme: "ANONYMOUS".to_owned(),
                    secret: String::new(),
                    data: Vec::new(),
                    attributes: Vec::new(),
                }));
            }
            Person::Known(_) if !line.is_empty() => {
                let (to, words) = line.split_once(": ").unwrap_or((&self.state.to, line));
                let (to, message) = (to.trim().to_owned(), said(now, words.trim()));
                if to.is_empty() {
                    return out.line("To whom? Write `LINK: your words`.");
                }
                self.state.to.clone_from(&to);
                let report = self.report(Event::Said(Said { to, message }));
                out.push(report);
            }
            _ => {}
        }
    }

    fn proof(&mut self, proof: Proof, out: &mut Outbox) {
        let Person::Asked(name) = self.state.person.clone() else { return };
        match proof.step {
            ProofStep::Success(principal) => {
                self.state.person = Person::Known(name.clone());
                let features = vec!["aliases".to_owned()];
                let arrival =
                    Arrival { principal: Some(principal.alias), name: name.clone(), features, attributes: Vec::new() };
                let report = self.report(Event::Arrived(arrival));
                out.push(report);
                out.line(&format!("Hello {name}. Write to a link as `LINK: your words`."));
            }
            ProofStep::Refused(failure) => {
                self.state.person = Person::Nobody;
                out.line(&format!("You can't come in: {}", failure.text));
            }
            // ANONYMOUS has no further steps.
            _ => {}
        }
    }
}

/// What the host wants done.
fn carry_out(command: Command, out: &mut Outbox) {
    match command {
        Command::Deliver(delivery) => {
            out.line(&format!("{}: {}", delivery.message.sender_name, text(&delivery.message.body)));
            // It is on its way as surely as a line of text can be.
            out.push(Output::Receipt(Receipt { id: delivery.id, outcome: Ok(()) }));
        }
        Command::Advertise(links) => {
            let names: Vec<String> = links.into_iter().map(|link| link.alias).collect();
            out.line(&format!("Links: {}", names.join(", ")));
        }
        Command::Direct(directive) if directive.name == "disconnect" => out.close("disconnected"),
        Command::Drain => out.close("we are closing"),
        _ => {}
    }
}

/// A message as a report carries it: who spoke and when, the host knows.
fn said(now: Timestamp, words: &str) -> Message {
    Message {
        id: String::new(),
        sender: String::new(),
        sender_name: String::new(),
        sent_at: now,
        body: Body::Text(words.to_owned()),
        language: None,
        attributes: Vec::<Attribute>::new(),
    }
}

/// What there is to show of a message by plain text.
fn text(body: &Body) -> String {
    match body {
        Body::Text(text) => text.clone(),
        Body::Form(form) => form.text.clone(),
        Body::Menu(links) => links.iter().map(|link| link.label.as_str()).collect::<Vec<_>>().join(", "),
        Body::FormReply(_) | Body::Other(_) => String::new(),
    }
}

cordboard_sdk::export_adapter!(LineChat);

#[cfg(test)]
mod tests;
