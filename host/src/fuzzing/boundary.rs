//! An endpoint with the world around it played by a program, and what must hold after every event.

use super::program::Program;
use crate::centre::{Effect, Feed, Input as CentreInput, Notice};
use crate::model::adapter::{
    AdapterFactory, Channel, Directive, Ending, Event as Reported, Hint, Offer, Opening, Principal, Proof, ProofStep,
    Roster, RosterEntry, Seen, Settlement, Setup, Showing,
};
use crate::model::limits::Limits;
use crate::model::record::{Entry, Speaker};
use crate::model::{
    Alias, Attribute, Body, Contact, EndpointId, Failure, FeedId, Form, LinkTarget, Message, Participant, Presence,
    PresenceTuple, Reference, Seq, SessionId, Side, Timestamp,
};
use crate::transport::Bans;
use crate::transport::endpoint::{Action, Endpoint, EndpointConfig, Event};
use std::collections::BTreeSet;
use std::sync::Arc;

const ID: EndpointId = EndpointId(1);
/// Times in a row that something may be due at once.
const AT_ONCE: usize = 200;

/// See the module.
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a made-up world")]
pub(super) struct Boundary {
    endpoint: Endpoint,
    limits: Limits,
    lasting: bool,
    pub(super) now: Timestamp,
    channel: Channel,
    is_open: bool,
    /// Bytes sent and not yet read.
    unsent: usize,
    unsettled: BTreeSet<Reference>,
    steps: Vec<Reference>,
    proven: bool,
    contacts: Vec<Contact>,
    /// Whether a failure of the guest is a defect.
    trusts_guest: bool,
}

impl Boundary {
    /// Opens an endpoint; `None` where the guest refuses.
    pub(super) fn open(factory: Arc<dyn AdapterFactory>, lasting: bool, trusts_guest: bool) -> Option<Self> {
        let limits = Limits { unsent_bytes: 64 * 1024, replay_inputs: 8, ..Limits::default() };
        let config = config(lasting, &limits);
        let now = Timestamp(1_000_000);
        let address = "192.0.2.9:4711".to_owned();
        let (endpoint, actions) =
            Endpoint::open(ID, config, factory, [7; 32], address, now, opening(1, lasting)).ok()?;
        let mut boundary = Self {
            endpoint,
            limits,
            lasting,
            now,
            channel: 1,
            is_open: true,
            unsent: 0,
            unsettled: BTreeSet::new(),
            steps: Vec::new(),
            proven: false,
            contacts: Vec::new(),
            trusts_guest,
        };
        boundary.check(actions);
        Some(boundary)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.endpoint.is_gone()
    }

    pub(super) fn event(&mut self, event: Event) {
        let was_gone = self.endpoint.is_gone();
        let actions = self.endpoint.handle(self.now, event);
        assert!(!was_gone || actions.is_empty(), "who is gone does nothing: {actions:?}");
        self.check(actions);
    }

    /// Bytes of the peer, where they are read.
    pub(super) fn receive(&mut self, data: &[u8]) {
        if self.endpoint.wants_read(self.channel) {
            self.event(Event::Received { channel: self.channel, data: data.to_vec() });
        }
    }

    fn check(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send { channel, data } => {
                    assert!(self.is_open && channel == self.channel, "sent on a channel that is closed");
                    self.unsent += data.len();
                    assert!(self.unsent <= self.limits.unsent_bytes, "{} bytes unsent", self.unsent);
                }
                Action::Verify(step) | Action::Prove(step) => self.steps.push(step.reference),
                Action::Submit(CentreInput::Report { report, .. }) => {
                    assert!(self.proven || self.lasting, "reported before anybody was proven: {report:?}");
                    assert!(self.unsettled.insert(report.reference), "two reports with one reference");
                    let most = self.limits.endpoint_credit + self.limits.outputs;
                    assert!(self.unsettled.len() <= most, "{} reports unsettled", self.unsettled.len());
                    if let Reported::Arrived(_) = report.event {
                        self.contacts.push(report.contact);
                    }
                }
                Action::Poison { failure, input, .. } => {
                    assert!(!self.trusts_guest, "a good adapter failed: {failure}, given {input:?}");
                }
                Action::Close { channel, .. } | Action::Abort { channel, .. } if channel == self.channel => {
                    self.is_open = false;
                }
                _ => {}
            }
        }
    }

    /// One thing that the world does.
    pub(super) fn step(&mut self, program: &mut Program) {
        match program.number(8) {
            0 => {
                let data = program.chunk();
                self.receive(&data);
            }
            1 => self.prove(program),
            2 => {
                let references: Vec<Reference> = self.unsettled.iter().copied().collect();
                let reference = program.pick(&references).unwrap_or_default();
                self.unsettled.remove(&reference);
                let outcome = if program.yes() { Ok(()) } else { Err(failure(program)) };
                self.effect(Effect::Settle(ID, Settlement { reference, outcome }));
            }
            3 => self.pass_time(program),
            4 => {
                let bytes = self.unsent.min(usize::from(program.byte()) * 64);
                self.unsent -= bytes;
                self.event(Event::Sent { channel: self.channel, bytes });
            }
            5 => self.end(program),
            _ => {
                let effect = self.invent(program);
                self.effect(effect);
                self.pull(program);
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        if self.endpoint.wants_effects() {
            self.event(Event::Effect(effect));
        }
    }

    fn prove(&mut self, program: &mut Program) {
        let reference = program.pick(&self.steps).unwrap_or_else(|| u64::from(program.byte()));
        let is_expected = self.steps.last() == Some(&reference);
        let step = match program.number(4) {
            0 => ProofStep::Challenge(program.chunk()),
            1 => ProofStep::Refused(failure(program)),
            2 => ProofStep::Response(program.chunk()),
            _ => {
                self.proven |= is_expected;
                let (kind, data, attributes) = ("member".to_owned(), Vec::new(), Vec::new());
                ProofStep::Success(Principal { alias: Alias::new("joe"), kind, data, attributes })
            }
        };
        self.event(Event::Proof(Proof { reference, step }));
    }

    fn pass_time(&mut self, program: &mut Program) {
        self.now = program.later(self.now);
        for times in 0.. {
            if self.endpoint.next_due().is_none_or(|due| due > self.now) {
                return;
            }
            assert!(times < AT_ONCE, "something is due again and again");
            self.event(Event::Due);
        }
    }

    /// The channel, or all, ends; a link gets the next one.
    fn end(&mut self, program: &mut Program) {
        match program.number(8) {
            0 => self.event(Event::Drain),
            1 => self.event(Event::Reset("the centre has started anew")),
            2..=4 => {
                self.event(Event::Closed(Ending { channel: self.channel, reason: "gone".to_owned() }));
                if self.lasting && !self.endpoint.is_gone() {
                    self.channel += 1;
                    (self.is_open, self.unsent) = (true, 0);
                    self.event(Event::Opened(opening(self.channel, true)));
                }
            }
            _ => {}
        }
    }

    fn pull(&mut self, program: &mut Program) {
        if program.yes() {
            return;
        }
        let first = u32::from(program.byte());
        let entries = (first..first + u32::try_from(program.number(5)).unwrap_or(0)).map(|seq| Entry {
            session: SessionId(1),
            seq: Seq(seq),
            at: self.now,
            speaker: if program.yes() { Speaker::Centre } else { Speaker::Participant(Participant(0)) },
            name: program.text(),
            body: Body::Text(program.text()),
            origin: None,
            language: None,
            audience: crate::model::part::Audience::default(),
        });
        let event = Event::Pulled { feed: feed_id(), entries: entries.collect() };
        self.event(event);
    }

    fn invent(&mut self, program: &mut Program) -> Effect {
        let contact = program.pick(&self.contacts).unwrap_or_else(|| Contact::new(program.text()));
        let alias = Alias::new(program.text());
        let attributes = || vec![Attribute::new("number", "1"), Attribute::new("queue", "billing")];
        match program.number(11) {
            0 => {
                let (after, joined_after) = (Seq(u32::from(program.byte())), Seq(u32::from(program.byte())));
                Effect::Feed(ID, Feed { id: feed_id(), contact, alias, after, joined_after })
            }
            1 => Effect::Unfeed(ID, feed_id()),
            2 => Effect::Wake(ID, feed_id()),
            3 => {
                let tuples = (0..program.number(4)).map(|_| tuple(program)).collect();
                Effect::Show(ID, Showing { contact, presence: Presence { presentity: alias, tuples } })
            }
            4 => {
                let entry = |program: &mut Program| RosterEntry {
                    alias: Alias::new(program.text()),
                    name: program.text(),
                    groups: vec![program.text()],
                    attributes: Vec::new(),
                };
                let entries = (0..program.number(6)).map(|_| entry(program)).collect();
                Effect::Roster(ID, Roster { contact, entries })
            }
            5 => {
                let form =
                    Form { title: program.text(), text: program.text(), fields: Vec::new(), attributes: attributes() };
                Effect::Offer(ID, Offer { contact, session: alias, form, expires: program.later(self.now) })
            }
            6 => {
                let state = program.pick(&["composing", "gone", "delivered", "displayed", "asleep"]);
                let state = state.unwrap_or_default().to_owned();
                let seen = Seen { to: alias.clone(), id: program.text(), state };
                Effect::Hint(ID, Hint { contact, seen, sender: alias })
            }
            7 => {
                let names =
                    ["identify-software", "withdraw-offer", "accept-subscription", "disconnect", "recall", "ban", "?"];
                let name = program.pick(&names).unwrap_or_default().to_owned();
                Effect::Direct(ID, Directive { contact, name, attributes: attributes() })
            }
            8 => {
                let link = |program: &mut Program| LinkTarget {
                    alias: Alias::new(program.text()),
                    label: program.text(),
                    parent: None,
                };
                Effect::Advertise(ID, (0..program.number(5)).map(|_| link(program)).collect())
            }
            9 => Effect::Settle(ID, Settlement { reference: u64::from(program.byte()), outcome: Ok(()) }),
            _ => {
                let message = Message {
                    id: String::new(),
                    sender: alias.clone(),
                    sender_name: program.text(),
                    sent_at: self.now,
                    body: Body::Text(program.text()),
                    language: None,
                    attributes: Vec::new(),
                };
                Effect::Notice(ID, Notice { contact, from: alias, message })
            }
        }
    }
}

fn feed_id() -> FeedId {
    FeedId { session: SessionId(1), participant: Participant(0) }
}

fn failure(program: &mut Program) -> Failure {
    let codes = ["not-found", "gone", "busy", "not-authorized", "conflict", "malformed", "?"];
    Failure::new(program.pick(&codes).unwrap_or_default(), program.text())
}

fn tuple(program: &mut Program) -> PresenceTuple {
    PresenceTuple {
        id: program.text(),
        open: program.yes(),
        activity: program.pick(&["available", "away", "do-not-disturb", "?"]).unwrap_or_default().to_owned(),
        medium: "chat".to_owned(),
        contact: None,
        note: program.yes().then(|| program.text()),
        priority: i32::from(program.byte()) - 128,
        since: Timestamp(0),
        attributes: vec![Attribute::new("show", program.text())],
    }
}

fn config(lasting: bool, limits: &Limits) -> Arc<EndpointConfig> {
    let attribute = |name: &str, value: &str| Attribute::new(name, value);
    let setup = Setup {
        side: Side::Customer,
        role: if lasting { "component" } else { "server" }.to_owned(),
        domain: "localhost".to_owned(),
        settings: "{}".to_owned(),
        seed: Vec::new(),
        attributes: vec![
            attribute("mechanisms", "PLAIN"),
            attribute("mechanisms-clear", "PLAIN SCRAM-SHA-256"),
            attribute("tls", "none"),
            attribute("secret", "localhost"),
            attribute("max-message", "512"),
        ],
    };
    Arc::new(EndpointConfig {
        setup,
        provider: "customers".to_owned(),
        protocol: "xmpp".to_owned(),
        own_accounts: !lasting,
        tls: false,
        contacts: 4,
        traps: 8,
        state_bytes: limits.saved_state_bytes,
        lasting,
        bans: Arc::new(Bans::new(limits)),
        limits: limits.clone(),
    })
}

fn opening(channel: Channel, lasting: bool) -> Opening {
    Opening {
        channel,
        transport: "stream".to_owned(),
        direction: if lasting { "dialled" } else { "accepted" }.to_owned(),
        dial: None,
        local: "192.0.2.1:5222".to_owned(),
        remote: "192.0.2.9:4711".to_owned(),
        tls: None,
        attributes: Vec::new(),
    }
}
