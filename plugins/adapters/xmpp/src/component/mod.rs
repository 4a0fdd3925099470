//! Cordboard as a component (XEP-0114) of somebody's server, whose users write to our names there.
//!
//! ```text
//!  dialled ──► header sent ──header with id──► proving ──the host's proof──► handshake sent ──<handshake/>──► ready
//!     ▲              └──header without id──► refused           │ refused                                       │
//!     └───────────────────────────── closed ◄──────────────────┴─────────────── error, end, no echo ◄──────────┘
//! ```
//!
//! The server vouches for who its users are: `from` is taken as it stands. People stay over a new connection; the stream, what awaits its
//! echo and what was asked of anybody's software do not.
//!
//! Invariant: of all that comes from a user, nothing ends the stream; only the server's own faults do.

mod bans;
mod recall;
mod redirect;
mod rounds;

use crate::address::{Sender, Target, same_domain, target};
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::stanza::{self, Condition, Kind, Returned};
use crate::stream::Stream;
use crate::timers;
use crate::turn::Turn;
use crate::xml::{Attribute, Element, Namespace, Reader, ns, push_number};
use bans::Bans;
use cordboard_sdk::adapter::{Authentication, Opening, Proof, ProofStep};
use cordboard_sdk::model::Timestamp;
use recall::probe;
use rounds::Round;
use serde::{Deserialize, Serialize};

/// People who are forgotten to make room, when somebody does something.
const FORGOTTEN: usize = 4;

/// How far we have got with the server.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// There is no connection, or its header is awaited.
    #[default]
    Headless,
    /// The server's header has no id: it says why and ends the stream.
    Refused,
    /// The host is to answer.
    Proving,
    /// The server is to answer.
    Shaking,
    Ready,
}

/// A link to a provider.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Component {
    phase: Phase,
    /// Of the proof that is awaited.
    reference: u64,
    bans: Bans,
    round: Round,
}

impl Component {
    /// Whether the host is thinking.
    pub(crate) fn is_proving(&self) -> bool {
        self.phase == Phase::Proving
    }

    /// Whether the link is up.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}

impl Xmpp {
    /// The host has connected to the server.
    pub(crate) fn dialled(&mut self, now: Timestamp, opening: &Opening, out: &mut Outbox) {
        self.forget_channel();
        self.state.stream = Stream { header_sent: true, ..Stream::on(opening.channel) };
        self.reader = Reader::new(self.terms());
        let xml = out.xml().raw("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept'");
        xml.raw(" xmlns:stream='http://etherx.jabber.org/streams'").attribute("to", &self.settings.domain).raw(">");
        timers::expect_sign_in(now, self.settings.authenticate_ms, out);
    }

    /// The channel is gone, and with it what only it could answer.
    pub(crate) fn forget_channel(&mut self) {
        self.state.component.phase = Phase::Headless;
        self.state.acks.forget();
        self.state.people.forget_questions();
    }

    /// The server's header.
    pub(crate) fn server_header(&mut self, header: &Element, namespace: &Namespace, out: &mut Outbox) {
        if !header.is(ns::STREAM, "stream") || *namespace != *ns::COMPONENT {
            let text = "This is a component: jabber:component:accept in a stream.";
            return self.fail(out, "invalid-namespace", text);
        }
        let Some(id) = header.attribute("id").filter(|id| !id.is_empty()) else {
            self.state.component.phase = Phase::Refused;
            return;
        };
        let reference = self.state.ledger.reference();
        self.state.component.reference = reference;
        self.state.component.phase = Phase::Proving;
        out.prove(Authentication {
            ref_: reference,
            channel: Some(self.state.stream.channel),
            scheme: "xep-0114".into(),
            secret: self.settings.secret.clone(),
            data: id.as_bytes().to_vec(),
            attributes: Vec::new(),
        });
    }

    /// The host's answer.
    pub(crate) fn proven(&mut self, now: Timestamp, proof: Proof, out: &mut Outbox) {
        let component = &mut self.state.component;
        if component.phase != Phase::Proving || proof.ref_ != component.reference {
            return;
        }
        component.phase = Phase::Shaking;
        match proof.step {
            ProofStep::Response(proof) => {
                out.xml().raw("<handshake>").text(&String::from_utf8_lossy(&proof)).raw("</handshake>");
                self.go_on(now, out);
            }
            ProofStep::Refused(failure) => self.close(out, ["the secret is not to be had: ", &failure.text].concat()),
            ProofStep::Challenge(_) | ProofStep::Success(_) => self.close(out, "the proof is of no use here".into()),
        }
    }

    /// A child of the stream.
    pub(crate) fn element_of_server(&mut self, now: Timestamp, element: Element, out: &mut Outbox) {
        let is_ready = self.state.component.is_ready();
        if element.is(ns::STREAM, "error") {
            self.close(out, reason(&element));
        } else if element.is(ns::CLIENT, "handshake") && self.state.component.phase == Phase::Shaking {
            self.ready(now, out);
        } else if let Some(kind) = Kind::of(&element.name)
            && element.namespace == *ns::CLIENT
            && is_ready
        {
            self.stanza_at_provider(now, element, kind, Fate::Handled, out);
        }
        // Anything else is of protocols that we don't speak.
    }

    /// A child of the stream that made the machine fail.
    pub(crate) fn leave_out_of_server(&mut self, now: Timestamp, element: Element, out: &mut Outbox) {
        match Kind::of(&element.name).filter(|_| element.namespace == *ns::CLIENT) {
            Some(kind) if self.state.component.is_ready() => {
                self.stanza_at_provider(now, element, kind, Fate::LeftOut, out);
            }
            _ => {
                out.skipped("");
                self.fail(out, "internal-server-error", "That could not be handled.");
            }
        }
    }

    /// A stanza that is beyond the limits, of which only the head is there.
    pub(crate) fn oversized(&mut self, now: Timestamp, head: Element, left_out: bool, out: &mut Outbox) {
        let fate = if left_out { Fate::LeftOut } else { Fate::TooBig };
        match Kind::of(&head.name) {
            Some(kind) if self.state.component.is_ready() => self.stanza_at_provider(now, head, kind, fate, out),
            _ if left_out => out.skipped(""),
            _ => {}
        }
    }

    fn ready(&mut self, now: Timestamp, out: &mut Outbox) {
        self.state.component.phase = Phase::Ready;
        self.state.acks.expect_echoes();
        out.ready();
        timers::begin(now, self.settings.idle_ms, out);
        self.begin_rounds(now, out);
    }

    /// A stanza of somebody at the provider, or of ours that has come back.
    fn stanza_at_provider(&mut self, now: Timestamp, mut stanza: Element, kind: Kind, fate: Fate, out: &mut Outbox) {
        let sender = stanza.attribute("from").and_then(Sender::read);
        let is_ours = sender.as_ref().is_some_and(|sender| same_domain(sender.domain(), &self.settings.domain));
        if fate == Fate::LeftOut {
            out.skipped(sender.as_ref().filter(|_| !is_ours).map_or("", Sender::bare));
        }
        // Without a name there is nobody to answer.
        let Some(sender) = sender else { return };
        if is_ours {
            let id = stanza.attribute("id").filter(|_| kind == Kind::Iq && fate == Fate::Handled);
            self.state.acks.echoed(id.unwrap_or_default(), &self.settings.domain, out);
            self.let_go(now, out);
            if self.state.acks.owes_receipts() {
                timers::call_again(now, out);
            }
            return;
        }
        let fate = if self.state.component.bans.holds(sender.bare(), now) { Fate::Banned } else { fate };
        let condition = address_here(&mut stanza, &self.settings.domain);
        let mut turn = self.turn(now, &sender.full, out);
        match (fate, condition) {
            (Fate::Handled, None) => self.handle_of(now, &sender, kind, &stanza, out),
            (Fate::Handled, Some(condition)) => refuse(&mut turn, kind, &stanza, condition, ""),
            (Fate::LeftOut, _) => stanza::leave_out(&mut turn, kind, &stanza),
            (Fate::TooBig, _) => {
                let text = too_big(turn.settings.stanza_bytes);
                refuse(&mut turn, kind, &stanza, Condition::POLICY_VIOLATION, &text);
            }
            (Fate::Banned, _) if kind == Kind::Presence => {}
            (Fate::Banned, _) => refuse(&mut turn, kind, &stanza, Condition::POLICY_VIOLATION, "Not now."),
        }
    }

    fn handle_of(&mut self, now: Timestamp, sender: &Sender, kind: Kind, stanza: &Element, out: &mut Outbox) {
        let contact = sender.bare();
        let mut person = self.state.people.take(contact).unwrap_or_else(|| Box::new(Person::new(contact.to_owned())));
        person.active_at = now;
        stanza::received(&mut self.turn(now, &sender.full, out), &mut person, kind, stanza);
        if person.arrived {
            self.state.people.put(person);
            self.let_go_of(now, contact, out);
            self.make_room(now, contact, out);
        }
    }

    /// Who was leaving while the server had not answered yet, and is answered now.
    pub(crate) fn let_go(&mut self, now: Timestamp, out: &mut Outbox) {
        for contact in self.state.acks.take_cleared() {
            self.let_go_of(now, &contact, out);
        }
    }

    pub(super) fn let_go_of(&mut self, now: Timestamp, contact: &str, out: &mut Outbox) {
        let Some(mut person) = self.state.people.take(contact) else { return };
        if person.leaving && !self.state.acks.awaits(contact) {
            self.turn(now, "", out).leave(&mut person);
        } else {
            self.state.people.put(person);
        }
    }

    /// Forgets people who would be missed least, where there are too many; not the one who has just done something.
    fn make_room(&mut self, now: Timestamp, except: &str, out: &mut Outbox) {
        for _ in 0..FORGOTTEN {
            let Some(contact) = self.state.people.surplus(self.settings.contacts, except) else { return };
            self.state.people.take(&contact);
            self.turn(now, "", out).report_end(&contact, "forgotten for others");
        }
    }
}

/// What becomes of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Handled,
    LeftOut,
    TooBig,
    Banned,
}

/// Writes our domain in `to` as we do, since answers are `from` there and a server is particular about that; what is wrong with it.
fn address_here(stanza: &mut Element, domain: &str) -> Option<Condition> {
    let to = stanza.attribute("to").unwrap_or_default();
    let (here, condition) = match target(Some(to), domain) {
        Target::Alias(_) => (at_home(to, domain), None),
        Target::Elsewhere => (domain.to_owned(), Some(Condition::ITEM_NOT_FOUND)),
        Target::Account | Target::Malformed => (domain.to_owned(), Some(Condition::JID_MALFORMED)),
    };
    stanza.attributes.retain(|attribute| attribute.name != "to");
    stanza.attributes.push(Attribute { name: "to".into(), value: here });
    condition
}

fn at_home(to: &str, domain: &str) -> String {
    let (bare, resource) = to.split_at(to.find('/').unwrap_or(to.len()));
    let local = bare.find('@').map_or("", |at| &bare[..=at]);
    [local, domain, resource].concat()
}

fn refuse(turn: &mut Turn<'_>, kind: Kind, stanza: &Element, condition: Condition, text: &str) {
    if let Some(returned) = Returned::of_refused(turn, kind, stanza) {
        returned.refuse(turn, condition, text);
    }
}

fn too_big(stanza_bytes: usize) -> String {
    let mut text = String::from("A stanza may have at most ");
    push_number(&mut text, stanza_bytes as u64);
    text.push_str(" bytes, few and not too deep elements, and only prefixes that are declared.");
    text
}

/// What the server says of the stream.
fn reason(error: &Element) -> String {
    let is_condition = |child: &&Element| child.namespace == *ns::STREAM_ERRORS && child.name != "text";
    let condition = error.children.iter().find(is_condition).map_or("undefined-condition", |child| child.name.as_str());
    match error.child_text(ns::STREAM_ERRORS, "text") {
        Some(text) => ["the server says ", condition, ": ", text].concat(),
        None => ["the server says ", condition].concat(),
    }
}

#[cfg(test)]
mod tests;
