//! Values of every kind for tests: each field set, so that a pinned format shows a change of any.

use crate::model::dialog::{Fetch, Fetching, Origin, Recount, Talk};
use crate::model::identity::{Account, Scram, Verifiers};
use crate::model::part::{Audience, Joined, Mode, Purpose, Transfer};
use crate::model::quarantine::{OutOfService, Quarantine, Quarantined};
use crate::model::record::{
    Agent, AgentProfile, Binding, Cursor, Customer, Entry, Memory, Meta, Offer, Owner, Record, Served, Session,
    Speaker, State, Subscription,
};
use crate::model::request::{Key, Request};
use crate::model::rule::Skill;
use crate::model::waits::Waits;
use crate::model::{
    Address, AgentName, Alias, Attribute, Body, Contact, Digest, EndpointId, Extension, Field, Form, FormOption,
    HttpRequest, Lane, LinkTarget, OfferNumber, Participant, SavedState, Seq, SessionId, Side, Software, Timestamp,
};
use std::collections::BTreeMap;

/// One record of every kind at least.
pub(crate) fn records() -> Vec<Record> {
    let scram = |byte: u8| Scram {
        salt: vec![byte; 2],
        iterations: 4096,
        stored_key: vec![byte; 3],
        server_key: vec![byte; 4],
    };
    let account = Account {
        side: Side::Agent,
        name: "jim".to_owned(),
        shown_as: "Jim".to_owned(),
        verifiers: Verifiers { sha1: scram(1), sha256: scram(2) },
        agent: Some(profile()),
        addresses: vec![Address::new("corp", "joe@corp.example")],
        attributes: vec![Attribute::new("vip", "gold")],
    };
    let state = SavedState { format: 1, bytes: vec![0, 128, 255] };
    vec![
        Record::Meta(Meta { last_session: SessionId(3), last_offer: OfferNumber(4), last_now: Timestamp(5) }),
        Record::Session(Box::new(session(1, State::Active))),
        Record::Session(Box::new(session(2, State::Arrived { until: Timestamp(9) }))),
        Record::Session(Box::new(session(3, State::Offered))),
        Record::Session(Box::new(session(4, State::Closed { at: Timestamp(10) }))),
        Record::Session(Box::new(session(5, State::Waiting))),
        Record::Session(Box::new(session(6, State::Wrapping { until: Timestamp(11) }))),
        Record::Cursor(Cursor { session: SessionId(1), participant: Participant(2), through: Seq(7) }),
        Record::Agent(Agent {
            name: AgentName::new("jim"),
            away: Some("lunch".to_owned()),
            idle_since: Timestamp(8),
            missed: 1,
            at_switch: false,
        }),
        Record::Binding(binding()),
        Record::Account(account),
        Record::Memory(Memory { pool: "main".to_owned(), rule: "longest-idle".to_owned(), state }),
        Record::Subscription(Subscription {
            provider: "prosody".to_owned(),
            contact: Contact::new("joe@prosody.example"),
            presentity: Alias::new("billing"),
            principal: Alias::new("joe@prosody.example"),
            shown_as: "joe".to_owned(),
        }),
        Record::Served(Served {
            customer: Customer { provider: "prosody".to_owned(), alias: Alias::new("joe@prosody.example") },
            at: Timestamp(12),
            agents: vec![("main".to_owned(), AgentName::new("jim"))],
        }),
    ]
}

/// The same as they were written before queues had settings of their own: what was added later is not set.
pub(crate) fn second_records() -> Vec<Record> {
    let mut records = records();
    records.retain(|record| !matches!(record, Record::Served(_)));
    for record in &mut records {
        match record {
            Record::Session(session) => {
                session.own_software = false;
                session.requested = None;
            }
            Record::Account(account) => {
                account.attributes.clear();
                account.agent.iter_mut().for_each(|agent| agent.units = 100);
            }
            _ => {}
        }
    }
    records
}

/// The same as the first release wrote them.
pub(crate) fn first_records() -> Vec<Record> {
    let mut records = second_records();
    records.retain(|record| !matches!(record, Record::Subscription(_)));
    for record in &mut records {
        match record {
            Record::Session(session) => session.code = None,
            Record::Binding(binding) => {
                binding.principal = Alias::default();
                binding.shown_as = String::new();
            }
            Record::Account(account) => {
                account.addresses.clear();
                account.agent.iter_mut().for_each(|agent| agent.addresses.clear());
            }
            _ => {}
        }
    }
    records
}

fn profile() -> AgentProfile {
    AgentProfile {
        name: AgentName::new("jim"),
        shown_as: "Jim".to_owned(),
        skills: vec![Skill { name: "billing".to_owned(), level: 7 }],
        queues: vec!["billing".to_owned()],
        capacity: BTreeMap::from([("chat".to_owned(), 3)]),
        units: 60,
        addresses: vec![Address::new("corp", "jim@corp.example")],
        supervisor: false,
        reached_at: BTreeMap::new(),
    }
}

/// A session with every field set.
pub(crate) fn session(number: u64, state: State) -> Session {
    let offer =
        Offer { number: OfferNumber(12), agent: AgentName::new("ann"), at: Timestamp(5), expires: Timestamp(25) };
    let owner = Owner {
        agent: AgentName::new("jim"),
        participant: Participant(2),
        offer: OfferNumber(11),
        since: Timestamp(6),
        joined_after: Seq(3),
        lost_at: Some(Timestamp(7)),
    };
    Session {
        talk: None,
        facts: Vec::new(),
        raised: 0,
        id: SessionId(number),
        alias: Alias::new(format!("s0-{number}")),
        link: Alias::new("billing"),
        queue: "billing".to_owned(),
        medium: "chat".to_owned(),
        provider: "own".to_owned(),
        protocol: "xmpp".to_owned(),
        customer: Customer { provider: String::new(), alias: Alias::new("joe") },
        customer_name: "joe".to_owned(),
        member: true,
        software: Some(Software {
            name: "Gajim".to_owned(),
            version: "1.8".to_owned(),
            features: vec!["typing".to_owned()],
        }),
        language: "en".to_owned(),
        priority: -1,
        arrived_at: Timestamp(1),
        waiting_since: Timestamp(2),
        state,
        offer: (state == State::Offered).then_some(offer),
        owner: matches!(state, State::Active | State::Wrapping { .. }).then_some(owner),
        assignments: 2,
        passed_over: vec![AgentName::new("ann")],
        held_since: Some(Timestamp(3)),
        recheck: Some(Timestamp(4)),
        customer_lost_at: Some(Timestamp(8)),
        closed_reason: Some("the customer left".to_owned()),
        own_software: true,
        requested: Some(AgentName::new("jim")),
        code: Some("abcdefghijklmnopqrstuvwxyz".to_owned()),
        transfer: None,
        joined: Vec::new(),
        request: None,
    }
}

fn binding() -> Binding {
    Binding {
        session: SessionId(1),
        participant: Participant(2),
        outside: Alias::new("s0-1"),
        side: Side::Agent,
        inside: "jim".to_owned(),
        endpoint: EndpointId(1 << 32 | 7),
        contact: Contact::new("jim@desk.localhost/x"),
        address: "127.0.0.1:40000".to_owned(),
        provider: "agents".to_owned(),
        client: "profanity 0.13".to_owned(),
        opened_at: Timestamp(6),
        used_at: Timestamp(7),
        received: 2,
        sent: 3,
        principal: Alias::new("jim@corp.example"),
        shown_as: "Jim".to_owned(),
    }
}

/// What an owner asks of others, and those who have joined: one of every kind.
pub(crate) fn parts() -> (Vec<Transfer>, Vec<Joined>) {
    let joined = |(number, mode)| Joined {
        agent: AgentName::new(format!("sue{number}")),
        participant: Participant(number),
        number: OfferNumber(20 + number),
        mode,
        joined_after: Seq(4),
        lost_at: Some(Timestamp(9)),
    };
    let transfer = |purpose| Transfer {
        purpose,
        queue: Some("sales".to_owned()),
        note: "wants a refund".to_owned(),
        passed_over: vec![AgentName::new("bob")],
    };
    let modes = [Mode::Silent, Mode::Whisper, Mode::Open];
    let joined = (3..).zip(modes).map(joined).collect();
    ([Purpose::Transfer, Purpose::Invite].map(transfer).into(), joined)
}

/// A session with all of them.
pub(crate) fn session_with_parts() -> Record {
    let (mut transfers, joined) = parts();
    let plain = session(7, State::Active);
    Record::Session(Box::new(Session { transfer: transfers.pop(), joined, ..plain }))
}

/// An entry of each audience.
pub(crate) fn audiences(session: SessionId) -> Vec<Entry> {
    let audiences = [Audience::Everybody, Audience::Named, Audience::Inside];
    (1..).zip(audiences).map(|(seq, audience)| Entry { audience, ..entry(session, seq) }).collect()
}

/// What requests of switches have added: a request, an agent at a switch, and where one is reached.
pub(crate) fn requests() -> Vec<Record> {
    let request = Request {
        id: "mfrggzdfmztwq2lkmfrggzdfmz".to_owned(),
        switch: "pbx".to_owned(),
        priority: 3,
        attributes: vec![Attribute::new("vip", "yes")],
        key: None,
    };
    let changed = records().into_iter().filter_map(|record| match record {
        Record::Account(mut account) => {
            account.agent.as_mut()?.reached_at.insert("voice".to_owned(), "sip:1234@pbx.example".to_owned());
            Some(Record::Account(account))
        }
        Record::Agent(agent) => Some(Record::Agent(Agent { at_switch: true, ..agent })),
        _ => None,
    });
    let asked = Session { request: Some(request), ..session(9, State::Waiting) };
    [Record::Session(Box::new(asked))].into_iter().chain(changed).collect()
}

/// What dialogs have added: a conversation with everything under way, and what it has found out.
pub(crate) fn talk() -> Record {
    let request = HttpRequest {
        method: "GET".to_owned(),
        url: "https://orders.example/4711".to_owned(),
        headers: vec![Attribute::new("accept", "application/json")],
        body: vec![1, 2],
    };
    let fetching = Fetching { reference: 5, request, timeout_ms: 1_000 };
    let talk = Talk {
        dialog: "greeting".to_owned(),
        origin: Origin::Arrival,
        seed: vec![7; 32],
        state: SavedState { format: 1, bytes: vec![1, 2, 3] },
        since: Timestamp(10),
        heard_at: Timestamp(12),
        turns: 4,
        timers: [(1, Timestamp(20))].into(),
        recounts: Vec::new(),
        fetches: vec![Fetch { number: 2, turn: 3, fetching, until: Timestamp(30) }],
    };
    let facts = vec![Attribute::new("order", "4711")];
    let plain = session(10, State::Automated);
    Record::Session(Box::new(Session { talk: Some(Box::new(talk)), facts, raised: 2, ..plain }))
}

/// The same, while a transcript is looked up.
pub(crate) fn recounting_talk() -> Record {
    let Record::Session(mut session) = talk() else { unreachable!("a talk is a session's") };
    let recount = Recount { number: 3, reference: 6, after: Seq(4), until: Timestamp(40) };
    session.talk.iter_mut().for_each(|talk| talk.recounts.push(recount.clone()));
    Record::Session(session)
}

/// What is out of service: a rule and a dialog.
pub(crate) fn quarantines() -> Vec<Record> {
    let rule = Quarantined::Rule { pool: "main".to_owned(), lane: Lane::Canary, rule: "longest-idle".to_owned() };
    let quarantine = |(of, byte)| {
        let out = OutOfService::new(Timestamp(13), "failed 5 times within 600 s".to_owned());
        Record::Quarantine(Quarantine { of, digest: Digest([byte; 32]), out })
    };
    [(rule, 1), (Quarantined::Dialog("greeting".to_owned()), 200)].map(quarantine).into()
}

/// What a pool has learnt of waits.
pub(crate) fn waits() -> Record {
    let state = SavedState { format: 1, bytes: vec![0, 128, 255] };
    Record::Waits(Waits { pool: "main".to_owned(), state })
}

/// What keys of switches have added.
pub(crate) fn keyed_requests() -> Vec<Record> {
    let key = Key { text: "call 4711".to_owned(), asked: "0f".repeat(32) };
    let keyed = requests().into_iter().filter_map(|record| match record {
        Record::Session(session) => {
            let request = Request { key: Some(key.clone()), ..session.request.clone()? };
            Some(Record::Session(Box::new(Session { request: Some(request), ..*session })))
        }
        _ => None,
    });
    keyed.collect()
}

/// One entry with each kind of body, numbered from 1.
pub(crate) fn entries(session: SessionId) -> Vec<Entry> {
    let option = FormOption { value: "y".to_owned(), label: "Yes".to_owned() };
    let field = Field {
        name: "ok".to_owned(),
        label: "All right?".to_owned(),
        kind: "one".to_owned(),
        required: true,
        options: vec![option],
        values: vec!["y".to_owned()],
    };
    let form = Form {
        title: "Done".to_owned(),
        text: "Tell us".to_owned(),
        fields: vec![field],
        attributes: vec![Attribute::new("style", "plain")],
    };
    let link = LinkTarget { alias: Alias::new("sales"), label: "Sales".to_owned(), parent: Some(Alias::new("all")) };
    let bodies = [
        Body::Text("hello".to_owned()),
        Body::Form(form),
        Body::FormReply(vec![Attribute::new("ok", "y")]),
        Body::Menu(vec![link]),
        Body::Other(Extension { name: "poke".to_owned(), value: vec![0, 200] }),
    ];
    (1..).zip(bodies).map(|(seq, body)| Entry { body, ..entry(session, seq) }).collect()
}

/// A message with a text of its own.
pub(crate) fn entry(session: SessionId, seq: u32) -> Entry {
    Entry {
        session,
        seq: Seq(seq),
        at: Timestamp(1000 + u64::from(seq)),
        speaker: if seq % 2 == 1 { Speaker::Participant(Participant::CUSTOMER) } else { Speaker::Centre },
        name: "joe".to_owned(),
        body: Body::Text(format!("message {seq} of {session}")),
        origin: Some(format!("o{seq}")),
        language: Some("en".to_owned()),
        audience: Audience::Everybody,
    }
}
