//! The machine: one input, all its outputs.
//!
//! Its role decides who the peer is ([`server`](crate::server), [`component`](crate::component)); people and what they do are the same
//! in both.
//!
//! Invariant: a machine that is saved and restored between two inputs answers the second as if nothing had happened.

use crate::acks::Acks;
use crate::bytes::Bytes;
use crate::component::Component;
use crate::ledger::{Ledger, Then};
use crate::outbox::Outbox;
use crate::people::People;
use crate::person::Person;
use crate::server::Server;
use crate::settings::{Role, Settings};
use crate::stream::{Ending, Stream};
use crate::turn::Turn;
use crate::xml::{Reader, ReaderState};
use crate::{presence, roster, stream};
use cordboard_sdk::adapter::{Adapter, Input, Output, Settlement, Setup};
use cordboard_sdk::model::{LinkTarget, SavedState, Timestamp};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};

/// The format of the saved state; see `plugin.toml`.
const FORMAT: u32 = 1;

/// One endpoint of XMPP, in either role.
pub struct Xmpp {
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) reader: Reader,
}

/// All that is remembered, beside the bytes in the reader.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) seed: Bytes,
    pub(crate) links: Vec<LinkTarget>,
    pub(crate) stream: Stream,
    pub(crate) people: People,
    pub(crate) ledger: Ledger,
    pub(crate) acks: Acks,
    /// How far the peer has got, where it is a client.
    pub(crate) server: Server,
    /// How far we have got, where the peer is a server.
    pub(crate) component: Component,
}

#[derive(Serialize)]
struct Saved<'a> {
    state: &'a State,
    reader: ReaderState,
}

#[derive(Deserialize)]
struct Restored {
    state: State,
    reader: ReaderState,
}

impl Adapter for Xmpp {
    fn open(_now: Timestamp, setup: Setup) -> Result<Self, String> {
        let settings = Settings::new(&setup)?;
        let state = State { seed: setup.seed.into(), ..State::default() };
        Ok(Self::new(settings, state))
    }

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let present = self.state.stream.channel;
        let mut out = Outbox::new(if let Input::Opened(opening) = &input { opening.channel } else { present });
        match input {
            Input::Opened(opening) => match self.settings.role {
                Role::Server => self.accepted(now, &opening, &mut out),
                Role::Component => self.dialled(now, &opening, &mut out),
            },
            // Links are known before the connection.
            Input::Command(command) => self.command(now, command, &mut out),
            Input::Settled(settlement) => self.settled(now, settlement, &mut out),
            Input::Closed(ending) if ending.channel == present => self.closed(),
            _ if self.state.stream.ending == Ending::Closed => {}
            Input::Received(chunk) if chunk.channel == present => self.received(now, &chunk.data, &mut out),
            Input::Secured(opening) if opening.channel == present => self.secured(),
            Input::Proof(proof) => match self.settings.role {
                Role::Server => self.checked(now, proof, &mut out),
                Role::Component => self.proven(now, proof, &mut out),
            },
            Input::Timer(id) => self.timer(now, id, &mut out),
            Input::Skip(channel) if channel == present => self.state.stream.skipping = true,
            // Of other transports and channels, or newer than this version.
            _ => {}
        }
        out.finish()
    }

    fn save(&self) -> SavedState {
        saved::write(FORMAT, &Saved { state: &self.state, reader: self.reader.state() })
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        let settings = Settings::new(&setup)?;
        let Restored { state, reader } = saved::read(&state, FORMAT)?;
        let mut xmpp = Self::new(settings, state);
        xmpp.reader = Reader::restore(xmpp.terms(), reader)?;
        Ok(xmpp)
    }
}

impl Xmpp {
    fn new(settings: Settings, state: State) -> Self {
        let terms = stream::terms(&settings, &state.server);
        Self { settings, state, reader: Reader::new(terms) }
    }

    /// Whether people can be told anything.
    pub(crate) fn is_up(&self) -> bool {
        self.state.stream.ending != Ending::Closed
            && match self.settings.role {
                Role::Server => self.state.people.first().is_some(),
                Role::Component => self.state.component.is_ready(),
            }
    }

    fn closed(&mut self) {
        self.state.stream.ending = Ending::Closed;
        self.stop_reading();
        if self.settings.role == Role::Component {
            self.forget_channel();
        }
    }

    fn settled(&mut self, now: Timestamp, settlement: Settlement, out: &mut Outbox) {
        let Some(entry) = self.state.ledger.settle(settlement.ref_) else { return };
        if let (Then::Arrived, Err(failure)) = (&entry.then, &settlement.outcome) {
            match self.settings.role {
                Role::Server => return self.turned_away(failure, out),
                // What the person did is refused by itself.
                Role::Component => drop(self.state.people.take(&entry.contact)),
            }
        }
        if !self.is_up() {
            return;
        }
        match (&entry.then, settlement.outcome) {
            (Then::Nothing | Then::Arrived, _) | (Then::Refusable(_), Ok(())) => {}
            (Then::Subscribed(returned), Ok(())) => {
                presence::confirm(&mut self.turn(now, "", out), &entry.contact, returned, "subscribed");
            }
            (Then::Unsubscribed(returned), Ok(())) => {
                presence::confirm(&mut self.turn(now, "", out), &entry.contact, returned, "unsubscribed");
            }
            (Then::Roster(returned), Ok(())) => {
                self.with(now, &entry.contact, out, |turn, person| roster::settled(turn, person, returned));
            }
            (
                Then::Refusable(returned)
                | Then::Subscribed(returned)
                | Then::Unsubscribed(returned)
                | Then::Roster(returned),
                Err(failure),
            ) => returned.fail(&mut self.turn(now, "", out), &failure),
        }
        self.state.acks.settled(&self.state.ledger, out);
        self.end_when_answered(out);
        if self.state.stream.ending == Ending::Open {
            self.go_on(now, out);
        }
    }

    /// What a stanza, a command or a settlement is handled with. `sender` is who has sent the stanza, and gets the answer.
    pub(crate) fn turn<'a>(&'a mut self, now: Timestamp, sender: &'a str, out: &'a mut Outbox) -> Turn<'a> {
        let Self { settings, state, .. } = self;
        let State { links, stream, ledger, acks, .. } = state;
        let language = stream.language.as_deref();
        Turn { now, settings, links, language, channel: stream.channel, sender, ledger, acks, out }
    }

    /// Does something with a person, if they are known here.
    pub(crate) fn with(
        &mut self,
        now: Timestamp,
        contact: &str,
        out: &mut Outbox,
        work: impl FnOnce(&mut Turn<'_>, &mut Person),
    ) {
        let Some(mut person) = self.state.people.take(contact) else { return };
        work(&mut self.turn(now, "", out), &mut person);
        self.state.people.put(person);
    }
}

#[cfg(test)]
mod tests;
