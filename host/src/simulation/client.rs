//! A person with an XMPP client that knows stream management (XEP-0198) without resumption: what is not acknowledged when a connection is
//! lost is said again on the next, with the same identifier.
//!
//! ```text
//!  off ─► header ─► auth ─► header ─► bind ─► enable ─► ready ─► off
//! ```
//!
//! Invariant: what the person has seen and said is kept over connections and crashes of the host; of a connection nothing is.

use super::script::{Deed, Offers, When};
use super::stage;
use super::xml::{self, Piece, Splitter};
use crate::model::{Side, Timestamp};

/// What became of something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing is known.
    Open,
    /// Covered by the server's `h`: it is safe.
    Acknowledged,
    /// It came back.
    Refused(String),
}

/// Something said.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) fate: Fate,
}

/// Something heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) text: String,
    pub(super) is_delayed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Authenticating,
    GreetingAgain,
    Binding,
    Enabling,
    Ready,
}

#[derive(Debug)]
struct Connection {
    phase: Phase,
    input: Splitter,
    output: Vec<u8>,
    /// Stanzas of the server since stream management is on.
    received: u32,
    /// Stanzas of ours since then; the place in the outbox where it is a message.
    sent: Vec<Option<usize>>,
    /// How many of them the server has handled.
    handled: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) domain: &'static str,
    pub(super) resource: &'static str,
    pub(super) offers: Offers,
    pub(super) script: Vec<(When, Deed)>,
    /// Deeds done.
    pub(super) done: usize,
    pub(super) last_deed_at: Timestamp,
    pub(super) wants_online: bool,
    pub(super) drops: usize,
    pub(super) outbox: Vec<Outgoing>,
    pub(super) inbox: Vec<Incoming>,
    /// All that ever came, for whoever looks for what must not be in it.
    pub(super) bytes: Vec<u8>,
    /// The server has broken its own protocol; how.
    pub(super) complaint: Option<String>,
    connection: Option<Connection>,
}

impl Client {
    pub(super) fn new(name: &'static str, side: Side, script: Vec<(When, Deed)>) -> Self {
        let resource = if side == Side::Agent { "workstation-7" } else { "phone" };
        Self {
            name,
            side,
            domain: stage::domain(side),
            resource,
            offers: Offers::Accepted,
            script,
            done: 0,
            last_deed_at: Timestamp(0),
            wants_online: false,
            drops: 0,
            outbox: Vec::new(),
            inbox: Vec::new(),
            bytes: Vec::new(),
            complaint: None,
            connection: None,
        }
    }

    pub(super) fn next_deed(&self) -> Option<&(When, Deed)> {
        self.script.get(self.done)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.phase == Phase::Ready)
    }

    pub(super) fn has_heard(&self, words: &str) -> bool {
        self.inbox.iter().any(|heard| heard.text.contains(words))
    }

    /// The conversation that the person heard of last: its name, without the domain.
    pub(super) fn conversation(&self) -> Option<&str> {
        let names = self.inbox.iter().rev().map(|heard| heard.from.split('@').next().unwrap_or_default());
        names.into_iter().find(|name| name.starts_with("s0-"))
    }

    /// All of them, the one heard of first in front.
    pub(super) fn conversations(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.inbox.iter().map(|heard| heard.from.split('@').next().unwrap_or_default()) {
            if name.starts_with("s0-") && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// A connection is there.
    pub(super) fn connected(&mut self) {
        let connection = Connection {
            phase: Phase::Greeting,
            input: Splitter::default(),
            output: Vec::new(),
            received: 0,
            sent: Vec::new(),
            handled: 0,
        };
        self.connection = Some(connection);
        self.greet();
    }

    /// The connection is lost.
    pub(super) fn disconnected(&mut self) {
        self.connection = None;
    }

    /// Bytes for the server.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        self.connection.as_mut().map(|connection| std::mem::take(&mut connection.output)).unwrap_or_default()
    }

    /// Says something, as soon as that is possible.
    pub(super) fn say(&mut self, to: &str, text: &str) {
        let (id, to) = (format!("{}-{}", self.name, self.outbox.len() + 1), format!("{to}@{}", self.domain));
        self.outbox.push(Outgoing { id, to, text: text.to_owned(), fate: Fate::Open });
        if self.is_ready() {
            self.transmit(self.outbox.len() - 1);
        }
    }

    /// Sends a stanza, where there is a connection.
    pub(super) fn send(&mut self, stanza: &str) {
        if let Some(connection) = self.connection.as_mut().filter(|connection| connection.phase == Phase::Ready) {
            connection.output.extend_from_slice(stanza.as_bytes());
            connection.sent.push(None);
        }
    }

    /// Bytes of the server.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let Some(connection) = &mut self.connection else { return };
        connection.input.push(bytes);
        while let Some(piece) = self.connection.as_mut().and_then(|connection| connection.input.next()) {
            if let Piece::Element(element) = piece {
                self.element(&element);
            }
        }
    }

    fn element(&mut self, element: &str) {
        let Some(connection) = &mut self.connection else { return };
        let name = element[1..].split([' ', '>', '/']).next().unwrap_or_default();
        if connection.phase == Phase::Ready && matches!(name, "message" | "presence" | "iq") {
            connection.received = connection.received.wrapping_add(1);
        }
        match (name, connection.phase) {
            ("stream:features", Phase::Greeting) => {
                let plain = data_encoding::BASE64.encode(format!("\0{}\0secret", self.name).as_bytes());
                let auth = format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
                self.proceed(Phase::Authenticating, &auth);
            }
            ("success", Phase::Authenticating) => {
                connection.phase = Phase::GreetingAgain;
                self.greet();
            }
            ("stream:features", Phase::GreetingAgain) => {
                let resource = self.resource;
                let bind =
                    format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind>");
                self.proceed(Phase::Binding, &format!("<iq type='set' id='bind'>{bind}</iq>"));
            }
            ("iq", Phase::Binding) => self.proceed(Phase::Enabling, "<enable xmlns='urn:xmpp:sm:3'/>"),
            ("enabled", Phase::Enabling) => self.ready(),
            ("r", Phase::Ready) => {
                let answer = format!("<a xmlns='urn:xmpp:sm:3' h='{}'/>", connection.received);
                connection.output.extend_from_slice(answer.as_bytes());
            }
            ("a", Phase::Ready) => self.acknowledged(element),
            ("iq", Phase::Ready) => self.question(element),
            // What waited may come as soon as there is a resource.
            ("message", Phase::Enabling | Phase::Ready) => self.message(element),
            _ => {}
        }
    }

    fn greet(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let header = format!(
            "<stream:stream to='{}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
            self.domain
        );
        connection.output.extend_from_slice(header.as_bytes());
    }

    fn proceed(&mut self, phase: Phase, words: &str) {
        let Some(connection) = &mut self.connection else { return };
        connection.phase = phase;
        connection.output.extend_from_slice(words.as_bytes());
    }

    fn ready(&mut self) {
        self.proceed(Phase::Ready, "");
        self.send("<presence/>");
        self.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
        for place in 0..self.outbox.len() {
            if self.outbox[place].fate == Fate::Open {
                self.transmit(place);
            }
        }
    }

    fn transmit(&mut self, place: usize) {
        let Outgoing { id, to, text, .. } = &self.outbox[place];
        let message = format!(
            "<message type='chat' id='{id}' to='{to}'><body>{text}</body><request xmlns='urn:xmpp:receipts'/></message>\
             <r xmlns='urn:xmpp:sm:3'/>"
        );
        let Some(connection) = &mut self.connection else { return };
        connection.output.extend_from_slice(message.as_bytes());
        connection.sent.push(Some(place));
    }

    fn acknowledged(&mut self, answer: &str) {
        let Some(connection) = &mut self.connection else { return };
        let handled = xml::attribute(answer, "h").and_then(|h| h.parse().ok()).unwrap_or(usize::MAX);
        if handled > connection.sent.len() || handled < connection.handled {
            self.complaint = Some(format!("h is {handled} after {} of {}", connection.handled, connection.sent.len()));
            return;
        }
        for place in connection.sent[connection.handled..handled].iter().flatten() {
            if self.outbox[*place].fate == Fate::Open {
                self.outbox[*place].fate = Fate::Acknowledged;
            }
        }
        connection.handled = handled;
    }

    fn question(&mut self, iq: &str) {
        let kind = xml::attribute(iq, "type").unwrap_or_default();
        let id = xml::attribute(iq, "id").unwrap_or_default();
        if kind == "get" && iq.contains("jabber:iq:version") {
            let query = "<query xmlns='jabber:iq:version'><name>Pocket</name><version>2</version></query>";
            self.send(&format!("<iq type='result' id='{id}'>{query}</iq>"));
        } else if matches!(kind.as_str(), "get" | "set") {
            self.send(&format!("<iq type='result' id='{id}'/>"));
        }
    }

    fn message(&mut self, message: &str) {
        let id = xml::attribute(message, "id").unwrap_or_default();
        if xml::attribute(message, "type").as_deref() == Some("error") {
            let why = xml::text(message, "text").unwrap_or_default();
            if let Some(refused) = self.outbox.iter_mut().find(|said| said.id == id) {
                refused.fate = Fate::Refused(why);
            }
            return;
        }
        let Some(text) = xml::text(message, "body") else { return };
        let from = xml::attribute(message, "from").unwrap_or_default();
        if let Some(number) = text.strip_prefix("Offer ").filter(|_| id.starts_with("offer-"))
            && self.offers == Offers::Accepted
        {
            let number = number.split(':').next().unwrap_or_default().to_owned();
            let queue = from.split('@').next().unwrap_or_default().to_owned();
            self.say(&queue, &format!("accept {number}"));
        }
        self.inbox.push(Incoming { id, from, text, is_delayed: message.contains("<delay ") });
    }
}
