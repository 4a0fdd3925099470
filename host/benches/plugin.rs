//! What the sandbox costs: a rule's decision beside the same rule called natively, an endpoint's start, an XMPP message, and a dialog's
//! turn.
//!
//! Aims on two cores: 2.5, 10, 70 and 700 µs for a decision over 10, 100, 1,000 and 10,000 candidates; 30 µs to start an endpoint; 15 µs for a
//! message. The figures of the last run stand in README.md.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use cordboard::build;
use cordboard::engine::Engine;
use cordboard::model::adapter::{
    Adapter, AdapterFactory, Chunk, Command, Delivery, Event, Input, Opening, Output, Principal, Proof, ProofStep,
    Settlement, Setup,
};
use cordboard::model::dialog::{self, Dialog};
use cordboard::model::limits::Limits;
use cordboard::model::rule::{Agent, Change, Load, Rule, Session};
use cordboard::model::{AgentName, Alias, Attribute, Body, Contact, Message, Reference, Side, Timestamp};
use cordboard::plugin::{AdapterPlugin, DialogPlugin, Loader, PluginSet, RulePlugin};
use cordboard_rule_longest_idle::LongestIdle;
use cordboard_sdk::rule as sdk;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::OnceLock;

/// What the dialog asks.
const QUESTIONS: &str = r#"{"questions": [
    {"name": "topic", "text": "What is it about?", "choices": [{"value": "bill", "label": "A bill"}, {"value": "order", "label": "An order"}]},
    {"name": "number", "text": "Which one?", "kind": "number"}
]}"#;

const NOW: Timestamp = Timestamp(1_784_021_400_000);
const SESSION: u32 = 7;

fn plugins() -> &'static PluginSet {
    static PLUGINS: OnceLock<PluginSet> = OnceLock::new();
    PLUGINS.get_or_init(|| {
        let engine = Engine::new(None).expect("this machine runs wasmtime");
        let loader = Loader::new(engine, &Limits::default(), |_, value| Ok(value.to_lowercase()));
        let (set, refused) = PluginSet::load(&loader, &build::for_tests());
        assert!(refused.is_empty(), "{refused:?}");
        set
    })
}

/// `count` agents who serve two queues, and one session.
fn changes(count: u32) -> Vec<Change> {
    let agent = |number: u32| {
        Change::Agent(Agent {
            agent: number,
            name: AgentName::new(format!("agent{number}")),
            kind: "person".to_owned(),
            state: "available".to_owned(),
            since: NOW,
            idle_since: Timestamp(NOW.0 - u64::from(number.wrapping_mul(2_654_435_761) % 1_000_000)),
            queues: vec!["billing".to_owned(), "sales".to_owned()],
            skills: Vec::new(),
            loads: vec![Load { medium: "chat".to_owned(), used: 1, capacity: 3 }],
            software: vec!["xmpp".to_owned()],
            attributes: Vec::new(),
        })
    };
    let session = Change::Session(Session {
        session: SESSION,
        queue: "billing".to_owned(),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "Gajim".to_owned(),
        software_version: "1.8.4".to_owned(),
        language: "en".to_owned(),
        priority: 0,
        arrived_at: NOW,
        waiting_since: NOW,
        member: "joe".to_owned(),
        passed_over: Vec::new(),
        attributes: Vec::new(),
    });
    (0..count).map(agent).chain([session]).collect()
}

/// The same, as the rule's crate takes it natively.
fn native_changes(count: u32) -> Vec<sdk::Change> {
    let native = |change| match change {
        Change::Agent(agent) => sdk::Change::Agent(sdk::Agent {
            ref_: agent.agent,
            name: agent.name.into_string(),
            kind: agent.kind,
            state: agent.state,
            since: agent.since.0,
            idle_since: agent.idle_since.0,
            queues: agent.queues,
            skills: Vec::new(),
            loads: Vec::new(),
            software: agent.software,
            attributes: Vec::new(),
        }),
        Change::Session(session) => sdk::Change::Session(sdk::Session {
            ref_: session.session,
            queue: session.queue,
            medium: session.medium,
            provider: session.provider,
            software: session.software,
            software_version: session.software_version,
            language: session.language,
            priority: session.priority,
            arrived_at: session.arrived_at.0,
            waiting_since: session.waiting_since.0,
            member: session.member,
            passed_over: Vec::new(),
            attributes: Vec::new(),
        }),
        other => panic!("not made here: {other:?}"),
    };
    changes(count).into_iter().map(native).collect()
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for count in [10_u32, 100, 1_000, 10_000] {
        let candidates: Vec<u32> = (0..count).collect();

        let plugin = plugins().rule("longest-idle").expect("it is among the plugins");
        let mut rule = RulePlugin::open(plugin, "longest-idle", "{}", None).expect("it has no settings");
        rule.changed(&changes(count)).expect("the changes are good");
        group.bench_function(BenchmarkId::new("wasm", count), |b| {
            b.iter(|| rule.rank_agents(NOW, SESSION, black_box(&candidates), false).expect("it decides"));
        });

        let mut router = sdk::Router::<LongestIdle>::open("{}", None).expect("it has no settings");
        router.changed(native_changes(count));
        group.bench_function(BenchmarkId::new("native", count), |b| {
            b.iter(|| router.rank_agents(NOW.0, SESSION, black_box(&candidates), false));
        });
    }
    group.finish();
}

fn setup() -> Setup {
    let facts = [
        ("mechanisms-clear", "PLAIN"),
        ("tls", "none"),
        ("software-version", "0.1.0"),
        ("name", "Example Bank"),
        ("max-message", "32768"),
        ("authenticate-ms", "30000"),
        ("idle-ms", "150000"),
    ];
    Setup {
        side: Side::Customer,
        role: "server".to_owned(),
        domain: "localhost".to_owned(),
        settings: "{}".to_owned(),
        seed: (0..32).collect(),
        attributes: facts.into_iter().map(|(name, value)| Attribute::new(name, value)).collect(),
    }
}

fn received(xml: &str) -> Input {
    Input::Received(Chunk { channel: 1, data: xml.as_bytes().to_vec(), text: false })
}

fn settled(reference: Reference) -> Input {
    Input::Settled(Settlement { reference, outcome: Ok(()) })
}

/// The reference of the report among the outputs.
fn reported(outputs: &[Output]) -> Option<Reference> {
    outputs.iter().find_map(|output| match output {
        Output::Report(report) => Some(report.reference),
        _ => None,
    })
}

/// Joe on his phone, signed in.
fn signed_in(factory: &AdapterPlugin) -> Box<dyn Adapter> {
    const HEADER: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
                          xmlns:stream='http://etherx.jabber.org/streams'>";
    let opening = Opening {
        channel: 1,
        transport: "stream".to_owned(),
        direction: "accepted".to_owned(),
        dial: None,
        local: "127.0.0.1:5222".to_owned(),
        remote: "127.0.0.1:40000".to_owned(),
        tls: None,
        attributes: Vec::new(),
    };
    let joe =
        Principal { alias: Alias::new("joe"), kind: "member".to_owned(), data: Vec::new(), attributes: Vec::new() };
    let mut machine = factory.open(NOW, &setup()).expect("the setup is good");
    let mut handle = |input| machine.handle(NOW, &input).expect("the adapter works");
    handle(Input::Opened(opening));
    handle(Input::Command(Command::Advertise(Vec::new())));
    handle(received(HEADER));
    let asked =
        handle(received("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGpvZQBqb2U=</auth>"));
    let Some(Output::Verify(exchange)) = asked.into_iter().find(|output| matches!(output, Output::Verify(_))) else {
        panic!("the adapter asks for a proof");
    };
    handle(Input::Proof(Proof { reference: exchange.reference, step: ProofStep::Success(joe) }));
    handle(received(HEADER));
    let bound = handle(received(
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>phone</resource></bind></iq>",
    ));
    handle(settled(reported(&bound).expect("joe has arrived")));
    let known = handle(received("<presence/><iq type='error' id='version-1'/>"));
    for output in &known {
        if let Output::Report(report) = output {
            handle(settled(report.reference));
        }
    }
    machine
}

fn delivery(number: u64) -> Input {
    let message = Message {
        id: number.to_string(),
        sender: Alias::new("billing"),
        sender_name: "Billing".to_owned(),
        sent_at: NOW,
        body: Body::Text("Good morning, what can we do for you today?".to_owned()),
        language: None,
        attributes: Vec::new(),
    };
    Input::Command(Command::Deliver(Delivery {
        id: number.to_string(),
        contact: Contact::new("joe@localhost/phone"),
        to: Alias::new("billing"),
        message,
        replay: false,
    }))
}

fn endpoint(c: &mut Criterion) {
    let factory = AdapterPlugin::new(plugins().adapter("xmpp").expect("it is among the plugins"), "{}");
    let setup = setup();
    // A sorter has a store of its own, made at its first call; the call itself does next to nothing.
    c.bench_function("endpoint/instantiate", |b| b.iter(|| factory.sorter().key(black_box(&[])).expect("it sorts")));
    c.bench_function("endpoint/open", |b| b.iter(|| factory.open(NOW, black_box(&setup)).expect("it opens")));

    let state = signed_in(&factory).save().expect("it saves");
    c.bench_function("endpoint/restore", |b| {
        b.iter(|| factory.restore(&setup, black_box(&state)).expect("it restores"));
    });

    let mut machine = signed_in(&factory);
    let said = received(
        "<message to='billing@localhost' type='chat' id='m1'><body>What is on my bill, please?</body></message>",
    );
    c.bench_function("endpoint/said", |b| {
        b.iter(|| {
            let outputs = machine.handle(NOW, black_box(&said)).expect("it understands");
            let Some(Output::Report(report)) = outputs.iter().find(|output| matches!(output, Output::Report(_))) else {
                panic!("what is said is reported");
            };
            assert!(matches!(report.event, Event::Said(_)));
            machine.handle(NOW, &settled(report.reference)).expect("it takes the settlement")
        });
    });

    let mut machine = signed_in(&factory);
    let mut number = 0;
    c.bench_function("endpoint/delivered", |b| {
        b.iter(|| {
            number += 1;
            machine.handle(NOW, black_box(&delivery(number))).expect("it delivers")
        });
    });
}

/// One turn: the conversation is restored from what was saved, told something, and saved.
fn dialog(criterion: &mut Criterion) {
    let component = plugins().dialog("questions").expect("it is among the plugins");
    let mut dialog = DialogPlugin::new(component, "greeting", QUESTIONS);
    let setup = dialog::Setup { seed: vec![7; 32], attributes: Vec::new() };
    let opened = dialog.open(NOW, &setup).expect("its settings are good");
    let context = dialog::Context {
        purpose: "interview".to_owned(),
        session: Alias::new("s0-abc"),
        link: Some(Alias::new("help")),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "Gajim".to_owned(),
        software_version: "1.8.4".to_owned(),
        language: "en".to_owned(),
        member: Some("joe".to_owned()),
        attributes: Vec::new(),
        features: Vec::new(),
    };
    let begun = dialog.handle(NOW, &setup, &opened, &dialog::Event::Started(context)).expect("it begins");
    let said = dialog::Event::Said(Message::text("An order"));
    criterion.bench_function("dialog/turn", |bencher| {
        bencher.iter(|| {
            let turn = dialog.handle(NOW, &setup, &begun.state, black_box(&said)).expect("it answers");
            assert_eq!(turn.actions.len(), 2, "a fact, and the next question");
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(40).warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = decision, endpoint, dialog
}
criterion_main!(benches);
