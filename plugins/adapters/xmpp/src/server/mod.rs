//! Cordboard as a server (RFC 6120): the peer is somebody's client.
//!
//! ```text
//!            ┌───────── STARTTLS, `secured` ──────────┐
//!  header ─► │ features: starttls, mechanisms         │ header ─► features: mechanisms
//!            └────────────────────────────────────────┘               │ SASL
//!  bound ◄── bind ◄── features: bind, session, sm ◄── header ◄────────┘
//! ```
//!
//! Invariant: nobody is a person here before they have proven who they are and bound a resource.

mod bind;
mod management;
mod sasl;

use crate::address;
use crate::bytes::Bytes;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::people::People;
use crate::settings::Security;
use crate::stanza::{self, Kind};
use crate::stream::Stream;
use crate::timers;
use crate::xml::{Element, Namespace, Reader, ns};
use cordboard_sdk::adapter::Opening;
use cordboard_sdk::model::{Alias, Failure, Timestamp};
use sasl::Sasl;
use serde::{Deserialize, Serialize};

/// How far a client has got.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) secured: bool,
    /// Headers sent on this channel.
    headers: u8,
    pub(crate) sasl: Sasl,
    /// Who the peer has proven to be.
    pub(crate) principal: Option<Alias>,
    /// How the host says to show the peer; empty: as the principal.
    name: String,
}

impl Xmpp {
    /// A client has connected.
    pub(crate) fn accepted(&mut self, now: Timestamp, opening: &Opening, out: &mut Outbox) {
        self.state.stream = Stream::on(opening.channel);
        self.state.people = People::default();
        self.state.server = Server { secured: opening.tls.is_some(), ..Server::default() };
        self.reader = Reader::new(self.terms());
        timers::expect_sign_in(now, self.settings.authenticate_ms, out);
    }

    /// TLS is agreed on; the peer begins anew.
    pub(crate) fn secured(&mut self) {
        self.state.server.secured = true;
        self.state.stream.securing = false;
        self.state.stream.held = Bytes::default();
        self.restart();
    }

    /// A new stream on the same connection.
    fn restart(&mut self) {
        self.state.stream.header_sent = false;
        self.reader = Reader::new(self.terms());
    }

    /// A child of the stream.
    pub(crate) fn element_of_client(&mut self, now: Timestamp, element: &Element, out: &mut Outbox) {
        match element.namespace.as_str() {
            ns::CLIENT => self.stanza(now, element, out),
            ns::ACKS => self.stream_management(element, out),
            ns::SASL if self.state.server.principal.is_none() => self.sasl(element, out),
            ns::TLS if self.state.server.principal.is_none() => self.tls(element, out),
            // The peer's own error; its end follows. And whether a person looks at the client, which changes nothing.
            ns::STREAM | ns::CLIENT_STATE if matches!(element.name.as_str(), "error" | "active" | "inactive") => {}
            "" => self.fail(out, "invalid-namespace", "A stanza belongs to jabber:client."),
            _ => self.fail(out, "unsupported-stanza-type", "That element is not known here."),
        }
    }

    fn stanza(&mut self, now: Timestamp, element: &Element, out: &mut Outbox) {
        let Some(kind) = Kind::of(&element.name) else {
            return self.fail(out, "unsupported-stanza-type", "That element is not known here.");
        };
        let Some(principal) = self.state.server.principal.clone() else {
            return self.fail(out, "not-authorized", "Sign in first.");
        };
        self.state.acks.count_received();
        let Some(mut person) = self.state.people.take_first() else {
            return self.unbound(now, &principal, element, out);
        };
        // Old clients open a session before they enable anything.
        if element.child(ns::SESSION, "session").is_none() {
            self.state.acks.go_on(out);
        }
        let is_own = |from| address::is_own(from, &person.contact, &self.settings.domain);
        if element.attribute("from").is_none_or(is_own) {
            person.active_at = now;
            let contact = person.contact.clone();
            stanza::received(&mut self.turn(now, &contact, out), &mut person, kind, element);
        } else {
            self.fail(out, "invalid-from", "That is not your address.");
        }
        self.state.people.put(person);
    }

    /// A child of the stream that made the machine fail.
    pub(crate) fn leave_out_of_client(&mut self, now: Timestamp, element: &Element, out: &mut Outbox) {
        let contact = self.state.people.first().unwrap_or_default().to_owned();
        out.skipped(&contact);
        let kind = Kind::of(&element.name).filter(|_| element.namespace == *ns::CLIENT);
        let (Some(kind), Some(_)) = (kind, &self.state.server.principal) else {
            return self.fail(out, "internal-server-error", "That could not be handled.");
        };
        self.state.acks.count_received();
        stanza::leave_out(&mut self.turn(now, &contact, out), kind, element);
    }

    /// STARTTLS (RFC 6120, 5).
    fn tls(&mut self, element: &Element, out: &mut Outbox) {
        let offered = !self.state.server.secured && self.settings.security != Security::Absent;
        if offered && element.name == "starttls" {
            self.state.stream.securing = true;
            out.xml().raw("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            return out.start_tls();
        }
        out.xml().raw("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        self.close(out, "TLS was asked for and is not offered".into());
    }

    /// The centre does not want this contact.
    pub(crate) fn turned_away(&mut self, failure: &Failure, out: &mut Outbox) {
        let condition = match failure.code.as_str() {
            "conflict" => "conflict",
            "busy" | "too-many" => "resource-constraint",
            "not-allowed" | "not-authorized" | "not-found" => "not-authorized",
            _ => "policy-violation",
        };
        self.fail(out, condition, &failure.text);
    }

    pub(crate) fn client_header(&mut self, header: &Element, namespace: &Namespace, out: &mut Outbox) {
        let refusal = self.refuse_header(header, namespace);
        self.state.stream.language = header.attribute("xml:lang").map(str::to_owned);
        if let Some((condition, text)) = refusal {
            return self.fail(out, condition, text);
        }
        self.answer_header(header.attribute("from"), out);
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

    pub(crate) fn answer_header(&mut self, to: Option<&str>, out: &mut Outbox) {
        self.state.stream.header_sent = true;
        let server = &mut self.state.server;
        let id = stream_id(&self.state.seed, server.headers);
        server.headers = server.headers.wrapping_add(1);
        let xml = out.xml().raw("<?xml version='1.0'?><stream:stream xmlns='jabber:client'");
        xml.raw(" xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'");
        xml.attribute("id", &id).attribute("from", &self.settings.domain).attribute_if("to", to).raw(">");
    }

    fn features(&self, out: &mut Outbox) {
        let server = &self.state.server;
        let xml = out.xml().raw("<stream:features>");
        if server.principal.is_some() {
            xml.raw("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
            xml.raw("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>");
            xml.raw("<sm xmlns='urn:xmpp:sm:3'/></stream:features>");
            return;
        }
        if !server.secured && self.settings.security != Security::Absent {
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
