//! The machine: one input, all its outputs.
//!
//! As a server an endpoint has one channel and, once a resource is bound, one person.
//!
//! Invariant: a machine that is saved and restored between two inputs answers the second as if nothing had happened.

use crate::acks::{self, Acks};
use crate::bytes::Bytes;
use crate::ledger::{Ledger, Then};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::settings::{STRANGER_STANZA_BYTES, Security, Settings};
use crate::stanza::Kind;
use crate::stream::{Ending, Stream};
use crate::turn::Turn;
use crate::xml::{Element, Reader, ReaderState, ns};
use crate::{address, iq, message, presence, roster};
use cordboard_sdk::adapter::{Adapter, Input, Output, Settlement, Setup};
use cordboard_sdk::model::{Failure, LinkTarget, SavedState, Timestamp};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};

/// The format of the saved state; see `plugin.toml`.
const FORMAT: u32 = 1;

/// An XMPP server for one connection.
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
    pub(crate) person: Option<Person>,
    pub(crate) ledger: Ledger,
    pub(crate) acks: Acks,
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
        Ok(Self { settings, state, reader: Reader::new(STRANGER_STANZA_BYTES) })
    }

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut out = Outbox::new(self.state.stream.channel);
        match input {
            Input::Opened(opening) => self.opened(now, &opening, &mut out),
            // Links are known before the connection.
            Input::Command(command) => self.command(now, command, &mut out),
            _ if self.state.stream.ending == Ending::Closed => {}
            Input::Received(chunk) if chunk.channel == self.state.stream.channel => {
                self.received(now, &chunk.data, &mut out);
            }
            Input::Secured(opening) if opening.channel == self.state.stream.channel => self.secured(),
            Input::Proof(proof) => self.proof(now, proof, &mut out),
            Input::Settled(settlement) => self.settled(now, settlement, &mut out),
            Input::Timer(id) => self.timer(now, id, &mut out),
            Input::Closed(ending) if ending.channel == self.state.stream.channel => {
                self.state.stream.ending = Ending::Closed;
                self.stop_reading();
            }
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
        let limit = if state.stream.principal.is_some() { settings.stanza_bytes } else { STRANGER_STANZA_BYTES };
        let reader = Reader::restore(limit, &reader)?;
        Ok(Self { settings, state, reader })
    }
}

impl Xmpp {
    /// A child of the stream.
    pub(crate) fn element(&mut self, now: Timestamp, element: &Element, out: &mut Outbox) {
        match element.namespace.as_str() {
            ns::CLIENT => self.stanza(now, element, out),
            ns::ACKS => self.stream_management(element, out),
            ns::SASL if self.state.stream.principal.is_none() => self.sasl(element, out),
            ns::TLS if self.state.stream.principal.is_none() => self.tls(element, out),
            // The peer's own error; its end follows. And whether a person looks at the client, which changes nothing.
            ns::STREAM | ns::CLIENT_STATE if matches!(element.name.as_str(), "error" | "active" | "inactive") => {}
            "" => self.fail(out, "invalid-namespace", "A stanza belongs to jabber:client."),
            _ => self.fail(out, "unsupported-stanza-type", "That element is not known here."),
        }
    }

    fn stanza(&mut self, now: Timestamp, element: &Element, out: &mut Outbox) {
        let kind = match element.name.as_str() {
            "message" => Kind::Message,
            "presence" => Kind::Presence,
            "iq" => Kind::Iq,
            _ => return self.fail(out, "unsupported-stanza-type", "That element is not known here."),
        };
        let Some(principal) = self.state.stream.principal.clone() else {
            return self.fail(out, "not-authorized", "Sign in first.");
        };
        self.state.acks.count_received();
        if self.state.person.is_some() && element.child(ns::SESSION, "session").is_none() {
            self.state.acks.go_on(out);
        }
        let Some((mut turn, person)) = self.turn(now, out) else {
            return self.unbound(now, &principal, element, out);
        };
        let domain = &turn.settings.domain;
        if element.attribute("from").is_some_and(|from| !address::is_own(from, &person.contact, domain)) {
            return self.fail(out, "invalid-from", "That is not your address.");
        }
        match kind {
            Kind::Message => message::received(&mut turn, person, element),
            Kind::Presence => presence::received(&mut turn, person, element),
            Kind::Iq => iq::received(&mut turn, person, element),
        }
    }

    /// STARTTLS (RFC 6120, 5).
    fn tls(&mut self, element: &Element, out: &mut Outbox) {
        let offered = !self.state.stream.secured && self.settings.security != Security::Absent;
        if offered && element.name == "starttls" {
            self.state.stream.securing = true;
            out.xml().raw("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            return out.start_tls();
        }
        out.xml().raw("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        self.close(out, "TLS was asked for and is not offered".into());
    }

    /// Stream management (XEP-0198).
    fn stream_management(&mut self, element: &Element, out: &mut Outbox) {
        let enabled = self.state.acks.enabled;
        match element.name.as_str() {
            "enable" if self.state.person.is_some() && !enabled => self.state.acks.enable(out),
            "resume" if self.state.stream.principal.is_some() => acks::fail("feature-not-implemented", out),
            "enable" | "resume" => acks::fail("unexpected-request", out),
            "r" if enabled => self.state.acks.asked(&self.state.ledger, out),
            "a" if enabled => match acks::handled(element).map(|handled| self.state.acks.answered(handled, out)) {
                Some(Ok(())) => {}
                Some(Err(too_high)) => self.handled_too_high(&too_high, out),
                None => self.fail(out, "bad-format", "An <a/> has a number h."),
            },
            "r" | "a" => self.fail(out, "policy-violation", "Stream management is not enabled."),
            _ => self.fail(out, "unsupported-stanza-type", "That element is not known here."),
        }
    }

    fn handled_too_high(&mut self, too_high: &acks::TooHigh, out: &mut Outbox) {
        out.xml().raw("<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        out.xml().raw("<handled-count-too-high xmlns='urn:xmpp:sm:3' h='").number(too_high.handled.into());
        out.xml().raw("' send-count='").number(too_high.sent.into()).raw("'/></stream:error>");
        self.close(out, "undefined-condition: the peer claims to have handled more than was sent".into());
    }

    fn settled(&mut self, now: Timestamp, settlement: Settlement, out: &mut Outbox) {
        let Some(entry) = self.state.ledger.settle(settlement.ref_) else { return };
        if let (Then::Arrived, Err(failure)) = (&entry.then, &settlement.outcome) {
            return self.turned_away(failure, out);
        }
        if let Some((mut turn, person)) = self.turn(now, out) {
            match (&entry.then, settlement.outcome) {
                (Then::Nothing | Then::Arrived, _) | (Then::Refusable(_), Ok(())) => {}
                (Then::Subscribed(returned), Ok(())) => {
                    presence::confirm(&mut turn, &entry.contact, returned, "subscribed");
                }
                (Then::Unsubscribed(returned), Ok(())) => {
                    presence::confirm(&mut turn, &entry.contact, returned, "unsubscribed");
                }
                (Then::Roster(returned), Ok(())) => roster::settled(&mut turn, person, returned),
                (
                    Then::Refusable(returned)
                    | Then::Subscribed(returned)
                    | Then::Unsubscribed(returned)
                    | Then::Roster(returned),
                    Err(failure),
                ) => returned.fail(&mut turn, &entry.contact, &failure),
            }
        }
        self.state.acks.settled(&self.state.ledger, out);
        self.end_when_answered(out);
        if self.state.stream.ending == Ending::Open {
            self.go_on(now, out);
        }
    }

    /// The centre does not want this contact.
    fn turned_away(&mut self, failure: &Failure, out: &mut Outbox) {
        let condition = match failure.code.as_str() {
            "conflict" => "conflict",
            "busy" | "too-many" => "resource-constraint",
            "not-allowed" | "not-authorized" | "not-found" => "not-authorized",
            _ => "policy-violation",
        };
        self.fail(out, condition, &failure.text);
    }

    /// What a stanza or command is handled with, and the person it is about; `None` before one is bound and after the end.
    pub(crate) fn turn<'a>(&'a mut self, now: Timestamp, out: &'a mut Outbox) -> Option<(Turn<'a>, &'a mut Person)> {
        let Self { settings, state, .. } = self;
        let State { links, stream, person, ledger, acks, .. } = state;
        let person = person.as_mut().filter(|_| stream.ending != Ending::Closed)?;
        Some((Turn { now, settings, links, language: stream.language.as_deref(), ledger, acks, out }, person))
    }

    /// The same before a resource is bound.
    pub(crate) fn stranger_turn<'a>(&'a mut self, now: Timestamp, out: &'a mut Outbox) -> Turn<'a> {
        let Self { settings, state, .. } = self;
        let State { links, stream, ledger, acks, .. } = state;
        Turn { now, settings, links, language: stream.language.as_deref(), ledger, acks, out }
    }
}

#[cfg(test)]
mod tests;
