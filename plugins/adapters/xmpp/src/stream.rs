//! The stream (RFC 6120, 4): headers, features, errors, and its end.
//!
//! ```text
//!            ┌───────── STARTTLS, `secured` ──────────┐
//!  header ─► │ features: starttls, mechanisms         │ header ─► features: mechanisms
//!            └────────────────────────────────────────┘               │ SASL
//!  bound ◄── bind ◄── features: bind, session, sm ◄── header ◄────────┘
//!    │
//!    └─ `</stream:stream>` ─► what was reported is settled ─► closed        (any state ── error ─► closed)
//! ```
//!
//! Bytes are put off while a proof is awaited, while too much is unsettled, and when one input makes too much output: they are kept
//! here, and used when the host answers or calls again.

use crate::address;
use crate::bytes::Bytes;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::sasl::Sasl;
use crate::settings::{STRANGER_STANZA_BYTES, Security};
use crate::timers::{self, Pulse};
use crate::xml::{Element, Fault, Item, Namespace, Reader, ns};
use cordboard_sdk::adapter::{Channel, Opening};
use cordboard_sdk::model::{Alias, Timestamp};
use serde::{Deserialize, Serialize};

/// Reports that may be unsettled before bytes are put off: the host's credit. With so many the host reads no more either; were this
/// less, it would read on while we put off, and who is fast would be cut off for it.
const UNSETTLED: usize = 64;
/// Bytes that one input may make us send before the rest is put off.
const OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes put off that one input makes us use: the host pays for the bytes of the input, not for those of before.
const STEP_BYTES: usize = 4096;
/// Bytes that may be put off beyond one stanza.
const HELD_BYTES: usize = 64 * 1024;

/// How the stream ends.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    /// Not yet.
    Open,
    /// The peer has ended it; what it said before is being settled.
    Settling,
    /// It has ended, or has not begun.
    #[default]
    Closed,
}

/// The stream of a channel.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) channel: Channel,
    pub(crate) secured: bool,
    /// TLS is being agreed on: nothing that comes is ours.
    pub(crate) securing: bool,
    /// Headers sent on this channel.
    headers: u8,
    /// Whether the present stream's header is sent.
    header_sent: bool,
    /// The language of the peer's header.
    pub(crate) language: Option<String>,
    pub(crate) sasl: Sasl,
    /// Who the peer has proven to be.
    pub(crate) principal: Option<Alias>,
    /// How the host says to show the peer; empty: as the principal.
    pub(crate) name: String,
    /// Bytes put off.
    held: Bytes,
    pub(crate) pulse: Pulse,
    pub(crate) ending: Ending,
}

impl Xmpp {
    /// A connection.
    pub(crate) fn opened(&mut self, now: Timestamp, opening: &Opening, out: &mut Outbox) {
        let (channel, secured) = (opening.channel, opening.tls.is_some());
        self.state.stream = Stream { channel, secured, ending: Ending::Open, ..Stream::default() };
        self.reader = Reader::new(STRANGER_STANZA_BYTES);
        timers::expect_sign_in(now, self.settings.authenticate_ms, out);
    }

    /// TLS is agreed on; the peer begins anew.
    pub(crate) fn secured(&mut self) {
        let stream = &mut self.state.stream;
        stream.secured = true;
        stream.securing = false;
        stream.held = Bytes::default();
        self.restart();
    }

    /// A new stream on the same connection.
    pub(crate) fn restart(&mut self) {
        self.state.stream.header_sent = false;
        self.reader = Reader::new(self.stanza_bytes());
    }

    /// Bytes that a stanza of this peer may have.
    pub(crate) fn stanza_bytes(&self) -> usize {
        if self.state.stream.principal.is_some() { self.settings.stanza_bytes } else { STRANGER_STANZA_BYTES }
    }

    /// Bytes of the peer.
    pub(crate) fn received(&mut self, now: Timestamp, data: &[u8], out: &mut Outbox) {
        let stream = &mut self.state.stream;
        if stream.securing || stream.ending != Ending::Open {
            return;
        }
        stream.pulse.heard = true;
        if stream.held.is_empty() {
            return self.read(now, data, data.len(), out);
        }
        stream.held.extend_from_slice(data);
        if stream.held.len() > HELD_BYTES {
            return self.fail(out, "policy-violation", "You send faster than you can be answered.");
        }
        self.go_on(now, out);
    }

    /// Uses bytes that were put off.
    pub(crate) fn go_on(&mut self, now: Timestamp, out: &mut Outbox) {
        if !self.state.stream.held.is_empty() && !self.must_wait() {
            let held = std::mem::take(&mut self.state.stream.held);
            self.read(now, &held, STEP_BYTES, out);
        }
    }

    /// Uses up to `step` bytes of `data`; what is left is put off.
    fn read(&mut self, now: Timestamp, data: &[u8], step: usize, out: &mut Outbox) {
        let (mut data, later) = data.split_at(step.min(data.len()));
        while !self.state.stream.securing && self.state.stream.ending == Ending::Open {
            if self.must_wait() {
                return self.put_off(data, later);
            }
            if out.bytes() > OUTPUT_BYTES && !data.is_empty() {
                self.put_off(data, later);
                return timers::call_again(now, out);
            }
            match self.reader.next(&mut data) {
                Ok(None) if later.is_empty() => return,
                Ok(None) => {
                    self.put_off(&[], later);
                    return timers::call_again(now, out);
                }
                Ok(Some(Item::Header(header, namespace))) => self.header(&header, &namespace, out),
                Ok(Some(Item::Stanza(element))) => self.element(now, &element, out),
                Ok(Some(Item::End)) => self.ended(now, out),
                Err(fault) => self.faulty(fault, out),
            }
        }
    }

    fn put_off(&mut self, data: &[u8], later: &[u8]) {
        self.state.stream.held = [data, later].concat().into();
    }

    /// Whether nothing more can be used until the host has answered.
    fn must_wait(&self) -> bool {
        self.state.stream.sasl.is_awaited() || self.state.ledger.len() >= UNSETTLED
    }

    fn header(&mut self, header: &Element, namespace: &Namespace, out: &mut Outbox) {
        let refusal = self.refuse_header(header, namespace);
        self.state.stream.language = header.attribute("xml:lang").map(str::to_owned);
        if let Some((condition, text)) = refusal {
            return self.fail(out, condition, text);
        }
        self.send_header(header.attribute("from"), out);
        self.features(out);
    }

    fn refuse_header(&self, header: &Element, namespace: &Namespace) -> Option<(&'static str, &'static str)> {
        if header.namespace != *ns::STREAM || *namespace != *ns::CLIENT {
            return Some(("invalid-namespace", "This is a server for clients: jabber:client in a stream."));
        }
        if header.name != "stream" {
            return Some(("bad-format", "A stream begins with <stream>."));
        }
        let major = header.attribute("version").and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major < 1) {
            return Some(("unsupported-version", "The version must be 1.0."));
        }
        match header.attribute("to") {
            None => Some(("improper-addressing", "The header of a stream names the domain in `to`.")),
            Some(to) if address::same_domain(to, &self.settings.domain) => None,
            Some(_) => Some(("host-unknown", "That domain is not here.")),
        }
    }

    fn send_header(&mut self, to: Option<&str>, out: &mut Outbox) {
        let stream = &mut self.state.stream;
        stream.header_sent = true;
        let id = stream_id(&self.state.seed, stream.headers);
        stream.headers = stream.headers.wrapping_add(1);
        let xml = out.xml().raw("<?xml version='1.0'?><stream:stream xmlns='jabber:client'");
        xml.raw(" xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'");
        xml.attribute("id", &id).attribute("from", &self.settings.domain).attribute_if("to", to).raw(">");
    }

    fn features(&self, out: &mut Outbox) {
        let stream = &self.state.stream;
        let xml = out.xml().raw("<stream:features>");
        if stream.principal.is_some() {
            xml.raw("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
            xml.raw("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>");
            xml.raw("<sm xmlns='urn:xmpp:sm:3'/></stream:features>");
            return;
        }
        if !stream.secured && self.settings.security != Security::Absent {
            let required = self.settings.security == Security::Required;
            xml.raw("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>");
            xml.raw(if required { "<required/></starttls>" } else { "</starttls>" });
        }
        let mechanisms = self.mechanisms();
        if !mechanisms.is_empty() {
            xml.raw("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>");
            for mechanism in mechanisms {
                xml.raw("<mechanism>").text(mechanism).raw("</mechanism>");
            }
            xml.raw("</mechanisms>");
        }
        xml.raw("</stream:features>");
    }

    fn faulty(&mut self, fault: Fault, out: &mut Outbox) {
        let (condition, text) = match fault {
            Fault::NotWellFormed => ("not-well-formed", "This is not well-formed XML."),
            Fault::Restricted => ("restricted-xml", "XMPP knows no comments, declarations or instructions."),
            Fault::Encoding => ("unsupported-encoding", "XMPP is UTF-8."),
            Fault::BadFormat => ("bad-format", "Text belongs into stanzas."),
            Fault::TooBig => ("policy-violation", "A stanza is too big."),
            Fault::TooComplex => ("policy-violation", "A stanza has too many elements or attributes, or is too deep."),
        };
        self.fail(out, condition, text);
    }

    /// Ends the stream with an error.
    pub(crate) fn fail(&mut self, out: &mut Outbox, condition: &str, text: &str) {
        self.fail_with(out, condition, "", text);
    }

    /// Ends the stream with an error whose condition has content.
    pub(crate) fn fail_with(&mut self, out: &mut Outbox, condition: &str, content: &str, text: &str) {
        if self.state.stream.ending == Ending::Closed {
            return;
        }
        if !self.state.stream.header_sent {
            self.send_header(None, out);
        }
        let xml = out.xml().raw("<stream:error><").raw(condition);
        xml.raw(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'").end(condition, content);
        if !text.is_empty() {
            xml.raw("<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>").text(text).raw("</text>");
        }
        xml.raw("</stream:error>");
        let reason = if text.is_empty() { condition.to_owned() } else { [condition, ": ", text].concat() };
        self.close(out, reason);
    }

    /// The peer ends the stream. What it said before is still answered.
    fn ended(&mut self, now: Timestamp, out: &mut Outbox) {
        if let Some((mut turn, person)) = self.turn(now, out) {
            turn.report_end(&person.contact, "the stream was ended");
        }
        self.state.stream.ending = Ending::Settling;
        self.stop_reading();
        self.end_when_answered(out);
    }

    /// Ends the stream, where the peer has and all it said is answered.
    pub(crate) fn end_when_answered(&mut self, out: &mut Outbox) {
        if self.state.stream.ending == Ending::Settling && self.state.ledger.is_answered() {
            self.state.acks.finish(&self.state.ledger, out);
            self.close(out, "the peer has ended the stream".into());
        }
    }

    /// Ends the stream and the connection.
    pub(crate) fn close(&mut self, out: &mut Outbox, reason: String) {
        self.state.stream.ending = Ending::Closed;
        self.stop_reading();
        out.xml().raw("</stream:stream>");
        out.close(reason);
    }

    /// Nothing that comes from now on is read, nor what was kept.
    pub(crate) fn stop_reading(&mut self) {
        self.state.stream.held = Bytes::default();
        self.reader = Reader::new(STRANGER_STANZA_BYTES);
    }
}

/// Nobody can guess it (RFC 6120, 4.7.3): a connection has at most a few streams, and each takes its own bytes of the seed.
fn stream_id(seed: &[u8], number: u8) -> String {
    const BYTES: usize = 8;
    let from = usize::from(number) % 3 * BYTES;
    let part = seed.get(from..from + BYTES).unwrap_or(seed);
    let mut id = data_encoding::HEXLOWER.encode(part);
    if number >= 3 {
        id.push('-');
        crate::xml::push_number(&mut id, number.into());
    }
    id
}

#[cfg(test)]
mod tests;
