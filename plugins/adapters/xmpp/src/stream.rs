//! The stream (RFC 6120, 4), whoever is at its other end: bytes in, elements to the role, errors, and its end.
//!
//! ```text
//!  opened ──► open ──`</stream:stream>`─► what was reported is settled ──► closed        (open ──error──► closed)
//! ```
//!
//! Bytes are put off while a proof is awaited, while too much is unsettled, and when one input makes too much output: they are kept
//! here, and used when the host answers or calls again. Then one stanza is used a call, so that the host can tell which one it was that
//! a machine failed at, and have it left out.
//!
//! Invariant: after a `skip` the next child of the stream that is complete is not acted on.

use crate::bytes::Bytes;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::server::Server;
use crate::settings::{Role, STRANGER_STANZA_BYTES, Settings};
use crate::timers::{self, Pulse};
use crate::xml::{Fault, Item, Reader, Terms, ns};
use cordboard_sdk::adapter::Channel;
use cordboard_sdk::model::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes put off that one input makes us use: the host pays for the bytes of the input, not for those of before.
const STEP_BYTES: usize = 4096;

/// When bytes are put off.
struct Patience {
    /// Reports that are unsettled.
    unsettled: usize,
    /// Bytes that one input makes us send: less than the host takes at a time.
    output_bytes: usize,
    /// Bytes that are put off already.
    held_bytes: usize,
}

/// One client has to wait when the host's credit is used up, and is given up when it doesn't. With so many unsettled the host reads no more
/// either; were this less, it would read on while we put off, and who is fast would be cut off for it.
const OF_ONE: Patience = Patience { unsettled: 64, output_bytes: 64 * 1024, held_bytes: 64 * 1024 };
/// A server doesn't read what its users want of us, so it is not made to wait for one of them: what the host has read is used, and the
/// host stops to read when its credit runs out.
const OF_MANY: Patience = Patience { unsettled: 512, output_bytes: 256 * 1024, held_bytes: 256 * 1024 };

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
    /// TLS is being agreed on: nothing that comes is ours.
    pub(crate) securing: bool,
    /// Whether the present stream's header is sent.
    pub(crate) header_sent: bool,
    /// The language of the peer's header, where the peer is the person.
    pub(crate) language: Option<String>,
    /// The next stanza is to be left out.
    pub(crate) skipping: bool,
    /// Bytes put off.
    pub(crate) held: Bytes,
    pub(crate) pulse: Pulse,
    pub(crate) ending: Ending,
}

impl Stream {
    /// On a channel that has just been opened.
    pub(crate) fn on(channel: Channel) -> Self {
        Self { channel, ending: Ending::Open, ..Self::default() }
    }
}

impl Xmpp {
    /// What is read of the present peer.
    pub(crate) fn terms(&self) -> Terms {
        terms(&self.settings, &self.state.server)
    }

    /// Bytes of the peer.
    pub(crate) fn received(&mut self, now: Timestamp, data: &[u8], out: &mut Outbox) {
        let stream = &mut self.state.stream;
        if stream.securing || stream.ending != Ending::Open {
            return;
        }
        stream.pulse.heard = true;
        if stream.held.is_empty() {
            return self.read(now, data, Portion::All, out);
        }
        stream.held.extend_from_slice(data);
        let held_bytes = stream.held.len();
        if held_bytes > self.patience().held_bytes {
            return self.fail(out, "policy-violation", "You send faster than you can be answered.");
        }
        if held_bytes > OF_ONE.held_bytes && !self.must_wait() {
            // Better to lose track of which stanza is which than to lose all of them.
            let held = std::mem::take(&mut self.state.stream.held);
            return self.read(now, &held, Portion::All, out);
        }
        self.go_on(now, out);
    }

    /// Uses a stanza of the bytes that were put off.
    pub(crate) fn go_on(&mut self, now: Timestamp, out: &mut Outbox) {
        if !self.state.stream.held.is_empty() && !self.must_wait() {
            let held = std::mem::take(&mut self.state.stream.held);
            self.read(now, &held, Portion::One, out);
        }
    }

    /// Uses `data`, or a portion of it; what is left is put off.
    fn read(&mut self, now: Timestamp, data: &[u8], portion: Portion, out: &mut Outbox) {
        let step = if portion == Portion::All { data.len() } else { STEP_BYTES.min(data.len()) };
        let (mut data, later) = data.split_at(step);
        let mut used = false;
        while !self.state.stream.securing && self.state.stream.ending == Ending::Open {
            if self.must_wait() {
                return self.put_off(data, later);
            }
            let enough = out.bytes() > self.patience().output_bytes || used && portion == Portion::One;
            if enough && !(data.is_empty() && later.is_empty()) {
                self.put_off(data, later);
                return timers::call_again(now, out);
            }
            match self.reader.next(&mut data) {
                Ok(None) if later.is_empty() => return,
                Ok(None) => {
                    self.put_off(&[], later);
                    return timers::call_again(now, out);
                }
                Ok(Some(item)) => {
                    used = true;
                    self.item(now, item, out);
                }
                Err(fault) => self.faulty(fault, out),
            }
        }
    }

    fn item(&mut self, now: Timestamp, item: Item, out: &mut Outbox) {
        let left_out =
            matches!(item, Item::Stanza(_) | Item::Oversized(_)) && std::mem::take(&mut self.state.stream.skipping);
        match (item, self.settings.role) {
            (Item::Header(header, namespace), Role::Server) => self.client_header(&header, &namespace, out),
            (Item::Header(header, namespace), Role::Component) => self.server_header(&header, &namespace, out),
            (Item::Stanza(element), Role::Server) if left_out => self.leave_out_of_client(now, &element, out),
            (Item::Stanza(element), Role::Server) => self.element_of_client(now, &element, out),
            (Item::Stanza(element), Role::Component) if left_out => self.leave_out_of_server(now, element, out),
            (Item::Stanza(element), Role::Component) => self.element_of_server(now, element, out),
            (Item::Oversized(head), _) => self.oversized(now, head, left_out, out),
            (Item::End, _) => self.ended(now, out),
        }
    }

    fn patience(&self) -> Patience {
        match self.settings.role {
            Role::Server => OF_ONE,
            Role::Component => OF_MANY,
        }
    }

    fn put_off(&mut self, data: &[u8], later: &[u8]) {
        self.state.stream.held = [data, later].concat().into();
    }

    /// Whether nothing more can be used until the host has answered.
    fn must_wait(&self) -> bool {
        self.state.server.sasl.is_awaited()
            || self.state.component.is_proving()
            || self.state.ledger.len() >= self.patience().unsettled
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
            self.answer_header(None, out);
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
        if self.settings.role == Role::Component {
            return self.close(out, "the server has ended the stream".into());
        }
        if let Some(contact) = self.state.people.first().map(str::to_owned) {
            self.turn(now, "", out).report_end(&contact, "the stream was ended");
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
        self.state.stream.skipping = false;
        self.reader = Reader::new(self.terms());
    }
}

/// What is read of a peer.
pub(crate) fn terms(settings: &Settings, server: &Server) -> Terms {
    let is_stranger = settings.role == Role::Server && server.principal.is_none();
    Terms {
        stanza_bytes: if is_stranger { STRANGER_STANZA_BYTES } else { settings.stanza_bytes },
        content: if settings.role == Role::Server { ns::CLIENT } else { ns::COMPONENT },
        // One user's stanza must not cost all others the stream.
        tolerant: settings.role == Role::Component,
    }
}

/// How much one input makes us use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Portion {
    /// All that has come.
    All,
    /// One stanza, of what was put off.
    One,
}

#[cfg(test)]
mod tests;
