//! A centre under test: people act in sentences, every batch is checked, stored in a ledger and journaled.

use crate::centre::journal::{Ledger, Replay, Start};
use crate::centre::{
    Centre, Checkpoint, Components, Effect, Input, JournalEntry, Loaded, Opened, Output, Snapshot, invariants,
};
use crate::model::adapter::{Arrival, Event, Published, Report, Said};
use crate::model::consult::{Excerpt, Excerpted};
use crate::model::record::{AgentProfile, Entry};
use crate::model::request;
use crate::model::rule::Skill;
use crate::model::settings::{Pool, Queue, Settings};
use crate::model::{
    Alias, Body, Contact, EndpointId, FeedId, MemberProfile, Message, Participant, PresenceTuple, Seq, SessionId, Side,
    Software, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Batches between two checkpoints.
const CHECKPOINT_EVERY: usize = 7;

/// Settings with queues `billing` and `sales` in one pool, a link for each.
pub(super) fn settings() -> Settings {
    let queue = |name: &str, label: &str| Queue { label: label.to_owned(), ..Queue::new(name, "main") };
    let queues = vec![queue("billing", "Billing"), queue("sales", "Sales")];
    let usual = Settings::of("Demo", vec![Pool::new("main", Vec::new())], queues);
    Settings { customer_grace_ms: 60_000, max_hold_ms: 120_000, wrap_up_ms: 5_000, ..usual }
}

/// An agent of both queues.
pub(super) fn profile(name: &str, capacity: u16) -> AgentProfile {
    let shown_as = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let skills = vec![Skill { name: "billing".to_owned(), level: 5 }];
    AgentProfile { shown_as, skills, ..AgentProfile::of(name, ["billing", "sales"], capacity) }
}

pub(super) fn message(text: &str) -> Message {
    Message::text(text)
}

pub(super) fn tuple(activity: &str, open: bool) -> PresenceTuple {
    let contact = Some("inside@desk.localhost/phone".to_owned());
    PresenceTuple { open, contact, ..PresenceTuple::of("phone", activity) }
}

pub(super) struct Desk {
    pub(super) centre: Centre,
    pub(super) now: Timestamp,
    pub(super) ledger: Ledger,
    pub(super) journal: Vec<JournalEntry>,
    pub(super) outputs: Vec<Output>,
    /// As the centre stood before the batch of this number.
    pub(super) checkpoints: BTreeMap<usize, Checkpoint>,
    pub(super) profiles: Vec<AgentProfile>,
    pub(super) members: Vec<MemberProfile>,
    /// Of every endpoint there ever was.
    pub(super) sides: BTreeMap<EndpointId, Side>,
    /// What listeners and providers speak that do not speak XMPP, by name.
    pub(super) spoken: BTreeMap<&'static str, &'static str>,
    /// Of the batch of this number, not encoded yet.
    snapshot: Option<(usize, Snapshot)>,
    last: BTreeMap<SessionId, u32>,
    batches: u64,
    endpoints: u64,
    reference: u64,
}

impl Desk {
    pub(super) fn new(settings: Settings, rules: Components, profiles: Vec<AgentProfile>) -> Self {
        let loaded = Loaded { profiles: profiles.clone(), ..Loaded::default() };
        let start = Start::new(&settings, &loaded);
        let centre = Centre::load(settings, rules, loaded).expect("nothing stored can't be wrong");
        let mut desk = Self {
            centre,
            now: Timestamp(1_000_000),
            ledger: Ledger::default(),
            journal: Vec::new(),
            outputs: Vec::new(),
            checkpoints: BTreeMap::new(),
            snapshot: None,
            profiles,
            members: Vec::new(),
            sides: BTreeMap::new(),
            spoken: BTreeMap::new(),
            last: BTreeMap::new(),
            batches: 0,
            endpoints: 0,
            reference: 0,
        };
        desk.resume(start);
        desk
    }

    /// No rules; agents by name with capacity 1.
    pub(super) fn with_agents(names: &[&str]) -> Self {
        Self::new(settings(), Components::new(), names.iter().map(|name| profile(name, 1)).collect())
    }

    fn resume(&mut self, start: Start) {
        let output = self.centre.resume(self.now);
        self.journal.push(JournalEntry::resumed(&self.centre, self.now, start, &output));
        self.keep(output);
    }

    /// The process dies and another one loads what was stored.
    pub(super) fn restart(&mut self, rules: Components) {
        self.restart_with(self.centre.settings().clone(), rules);
    }

    /// The operator's file is another one then.
    pub(super) fn restart_with(&mut self, settings: Settings, rules: Components) {
        let loaded = self.ledger.loaded(0, self.profiles.clone(), self.members.clone());
        let start = Start::new(&settings, &loaded);
        self.centre = Centre::load(settings, rules, loaded).expect("what was stored can be loaded");
        self.resume(start);
    }

    /// One batch, checked.
    pub(super) fn batch(&mut self, inputs: Vec<Input>) -> Output {
        self.batches += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.batches.to_be_bytes());
        self.centre.begin(self.now, seed);
        for input in &inputs {
            self.centre.handle(input);
        }
        let output = self.centre.finish();
        self.journal.push(JournalEntry::batch(&self.centre, self.now, seed, inputs, &output));
        self.keep(output.clone());
        output
    }

    fn keep(&mut self, output: Output) {
        invariants::check_output(&output, &mut self.last).unwrap();
        invariants::check(&self.centre).unwrap();
        self.ledger.apply(&output);
        self.outputs.push(output);
        if self.outputs.len().is_multiple_of(CHECKPOINT_EVERY) {
            self.encode_snapshot();
            self.checkpoints.insert(self.outputs.len(), self.centre.checkpoint());
            self.snapshot = Some((self.outputs.len(), self.centre.snapshot()));
        }
    }

    /// What has happened since it was taken is not in it.
    fn encode_snapshot(&mut self) {
        if let Some((batch, snapshot)) = self.snapshot.take() {
            let mut bytes = Vec::new();
            snapshot.write(&mut bytes).unwrap();
            assert_eq!(Checkpoint::read(&bytes).unwrap(), self.checkpoints[&batch]);
        }
    }

    /// Time passes, and what becomes due is done in its time.
    pub(super) fn wait(&mut self, ms: u64) -> Vec<Effect> {
        let until = self.now.plus_ms(ms);
        let mut effects = Vec::new();
        while let Some(due) = self.centre.next_due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            effects.extend(self.batch(vec![Input::Tick]).effects);
        }
        self.now = until;
        effects.extend(self.batch(vec![Input::Tick]).effects);
        effects
    }

    /// A connection to our own listener of a side, which has the side's name.
    pub(super) fn open(&mut self, side: Side) -> EndpointId {
        self.open_as(side, side.as_str(), true)
    }

    /// A provider's endpoint: `prosody` has customers, `corp` has agents.
    pub(super) fn open_provider(&mut self, side: Side) -> EndpointId {
        let provider = if side == Side::Agent { "corp" } else { "prosody" };
        self.open_as(side, provider, false)
    }

    fn open_as(&mut self, side: Side, provider: &str, own_accounts: bool) -> EndpointId {
        self.endpoints += 1;
        let endpoint = EndpointId(self.endpoints);
        self.sides.insert(endpoint, side);
        let opened = Opened {
            endpoint,
            side,
            provider: provider.to_owned(),
            protocol: (*self.spoken.get(provider).unwrap_or(&"xmpp")).to_owned(),
            own_accounts,
            address: format!("10.0.0.{}:5000", self.endpoints),
        };
        self.batch(vec![Input::Opened(opened)]);
        endpoint
    }

    /// The endpoint of all switches, which is on the agents' side.
    pub(super) fn open_switchboard(&mut self) -> EndpointId {
        self.endpoints += 1;
        let endpoint = EndpointId(self.endpoints);
        self.sides.insert(endpoint, Side::Agent);
        self.batch(vec![Input::SwitchboardOpened(endpoint)]);
        endpoint
    }

    /// The endpoint that carries out rules' questions, connected anew.
    pub(super) fn consultant(&mut self) -> EndpointId {
        self.endpoints += 1;
        let endpoint = EndpointId(self.endpoints);
        self.sides.insert(endpoint, Side::Agent);
        self.batch(vec![Input::ConsultantOpened(endpoint)]);
        endpoint
    }

    /// A switch asks or says something.
    pub(super) fn call(&mut self, endpoint: EndpointId, switch: &str, said: request::Said) -> Vec<Effect> {
        self.reference += 1;
        let call = request::Call { endpoint, reference: self.reference, switch: switch.to_owned(), said };
        self.batch(vec![Input::Call(Box::new(call))]).effects
    }

    /// Somebody of a provider does something for the first time. What comes of the arrival.
    pub(super) fn arrive_at(&mut self, endpoint: EndpointId, address: &str) -> (Person, Vec<Effect>) {
        let arrival = Arrival {
            principal: Some(Alias::new(address)),
            name: address.split('@').next().unwrap_or_default().to_owned(),
            features: Vec::new(),
            attributes: Vec::new(),
        };
        let effects = self.report(endpoint, address, Event::Arrived(arrival));
        (Person { endpoint, contact: address.to_owned() }, effects)
    }

    /// The endpoint stays, the person is gone.
    pub(super) fn left(&mut self, person: &Person) -> Vec<Effect> {
        self.report(person.endpoint, &person.contact, Event::Left("unavailable".to_owned()))
    }

    /// What one endpoint is told of what a contact did.
    pub(super) fn report(&mut self, endpoint: EndpointId, contact: &str, event: Event) -> Vec<Effect> {
        self.report_as(endpoint, contact, None, event)
    }

    pub(super) fn report_as(
        &mut self,
        endpoint: EndpointId,
        contact: &str,
        origin: Option<&str>,
        event: Event,
    ) -> Vec<Effect> {
        self.reference += 1;
        let report = Report {
            reference: self.reference,
            contact: Contact::new(contact),
            origin: origin.map(str::to_owned),
            event,
        };
        self.batch(vec![Input::Report { endpoint, report }]).effects
    }

    fn arrive(&mut self, side: Side, name: &str) -> Person {
        let endpoint = self.open(side);
        let contact = format!("{name}@{}/phone", if side == Side::Agent { "desk.localhost" } else { "localhost" });
        let arrival = Arrival::of(name, name);
        let effects = self.report(endpoint, &contact, Event::Arrived(arrival));
        assert_eq!(settled(&effects), "ok", "{name} arrives");
        Person { endpoint, contact }
    }

    /// A customer whose software is known.
    pub(super) fn customer(&mut self, name: &str) -> Person {
        let person = self.arrive(Side::Customer, name);
        let software = Software { name: "Gajim".to_owned(), version: "1.8".to_owned(), features: Vec::new() };
        self.report(person.endpoint, &person.contact, Event::Software(software));
        person
    }

    /// A customer whose software has not told its name.
    pub(super) fn stranger(&mut self, name: &str) -> Person {
        self.arrive(Side::Customer, name)
    }

    /// An agent who is available.
    pub(super) fn agent(&mut self, name: &str) -> Person {
        let person = self.arrive(Side::Agent, name);
        self.publish(&person, "available");
        person
    }

    pub(super) fn publish(&mut self, person: &Person, activity: &str) -> Vec<Effect> {
        let tuples = vec![tuple(activity, activity != "unavailable")];
        self.report(person.endpoint, &person.contact, Event::Published(Published { expires: None, tuples }))
    }

    pub(super) fn say(&mut self, person: &Person, to: &str, text: &str) -> Vec<Effect> {
        self.report(person.endpoint, &person.contact, Event::Said(Said { to: Alias::new(to), message: message(text) }))
    }

    pub(super) fn gone(&mut self, person: &Person) -> Vec<Effect> {
        let input = Input::Gone { endpoint: person.endpoint, reason: "connection lost".to_owned() };
        self.batch(vec![input]).effects
    }

    pub(super) fn delivered(&mut self, person: &Person, session: u64, participant: u32, through: u32) -> Output {
        let feed = FeedId { session: SessionId(session), participant: Participant(participant) };
        self.batch(vec![Input::Delivered { endpoint: person.endpoint, feed, through: Seq(through), outcome: Ok(()) }])
    }

    /// The outside name of a session.
    pub(super) fn alias(&self, session: u64) -> String {
        self.centre.sessions.get(SessionId(session)).expect("the session is in memory").record.alias.to_string()
    }

    pub(super) fn state(&self, session: u64) -> &'static str {
        match self.centre.sessions.get(SessionId(session)) {
            Some(live) => live.record.state.as_str(),
            None => "forgotten",
        }
    }

    /// Reads a transcript as the store does.
    pub(super) fn read(&mut self, endpoint: EndpointId, excerpt: &Excerpt) -> Output {
        let all = self.ledger.transcripts.get(&excerpt.session).into_iter().flatten();
        let read = all.filter(|entry| entry.seq > excerpt.after).take(excerpt.limit.into()).cloned().collect();
        let (session, number, entries) = (excerpt.session, excerpt.number, Ok(excerpt.select(read)));
        self.batch(vec![Input::Excerpted(Box::new(Excerpted { endpoint, session, number, entries }))])
    }

    /// `speaker: text` for every message of a transcript.
    pub(super) fn transcript(&self, session: u64) -> Vec<String> {
        let line = |entry: &Entry| match &entry.body {
            Body::Text(text) => format!("{}: {text}", entry.name),
            other => format!("{}: {other:?}", entry.name),
        };
        self.ledger.transcripts.get(&SessionId(session)).into_iter().flatten().map(line).collect()
    }
}

/// A device of somebody.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) endpoint: EndpointId,
    pub(super) contact: String,
}

/// Where contacts are sent, one a line: contact, target, link and code.
pub(super) fn redirects(effects: &[Effect]) -> Vec<String> {
    let line = |effect: &Effect| match effect {
        Effect::Redirect(_, to) => {
            let fact = |name| crate::model::attribute(&to.attributes, name).unwrap_or("-").to_owned();
            Some(format!("{} > {} {} {}", to.contact, to.target, fact("link"), fact("code")))
        }
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

/// `ok`, or the code and text of the refusal.
pub(super) fn settled(effects: &[Effect]) -> String {
    let outcomes: Vec<String> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Settle(_, settlement) => Some(match &settlement.outcome {
                Ok(()) => "ok".to_owned(),
                Err(failure) => format!("{}: {}", failure.code, failure.text),
            }),
            _ => None,
        })
        .collect();
    outcomes.join("; ")
}

/// What is said to people beside transcripts: offers, notices and withdrawals, one a line.
pub(super) fn words(effects: &[Effect]) -> String {
    let line = |effect: &Effect| match effect {
        Effect::Offer(_, offer) => Some(format!("{} < {}", offer.contact, offer.form.text)),
        Effect::Notice(_, notice) => match &notice.message.body {
            Body::Text(text) => Some(format!("{} < {text}", notice.contact)),
            _ => None,
        },
        Effect::Direct(_, order) => {
            let text = crate::model::attribute(&order.attributes, "text").unwrap_or_default();
            Some(format!("{} < [{}] {text}", order.contact, order.name))
        }
        _ => None,
    };
    effects.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// What was done, once more from its journal.
impl Desk {
    /// It gives the same outputs and ends in the same state: from the start over all restarts, and from every checkpoint.
    pub(super) fn replays(&self) {
        let mut replay = Replay::new(Ledger::default());
        for (batch, (entry, output)) in self.journal.iter().zip(&self.outputs).enumerate() {
            let entry = JournalEntry::decode(&entry.encode()).expect("what was encoded can be decoded");
            assert_eq!(&replay.step(&entry).unwrap(), output);
            if let Some(checkpoint) = self.checkpoints.get(&(batch + 1)) {
                let state = replay.centre().expect("a journal begins with a start").checkpoint().state;
                assert!(state == checkpoint.state, "the replay is in another state after batch {batch}");
            }
        }
        let replayed = replay.centre().expect("a journal begins with a start");
        assert_eq!(replayed.records(), self.centre.records());
        assert!(replayed.checkpoint().state == self.centre.checkpoint().state, "the replay ends in another state");
        for (batch, checkpoint) in &self.checkpoints {
            self.replays_from(*batch, checkpoint);
        }
    }

    /// From the middle of a run to its end, while everything is noted.
    fn replays_from(&self, batch: usize, checkpoint: &Checkpoint) {
        let mut replay = Replay::from_checkpoint(checkpoint).unwrap();
        replay.note_decisions(Arc::new(|_, _, _| None));
        let rest = self.journal.iter().zip(&self.outputs).skip(batch);
        for (entry, output) in rest.take_while(|(entry, _)| entry.start.is_none()) {
            assert_eq!(&replay.step(entry).unwrap(), output, "from before batch {batch}");
        }
    }
}
