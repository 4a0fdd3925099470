//! What a decision costs in the whole centre, with the rules in their sandboxes: one agent becomes free while 10,000 sessions wait. And how long
//! decisions pause when a rule is replaced meanwhile.
//!
//! Aims on two cores: 1 ms, and 50 ms. The figure of the last run stands in README.md.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use cordboard::build;
use cordboard::centre::{Centre, Effect, Input, Opened, Output, RuleSet};
use cordboard::engine::Engine;
use cordboard::model::adapter::{Arrival, Event, Published, Report, Said};
use cordboard::model::limits::Limits;
use cordboard::model::record::AgentProfile;
use cordboard::model::rule::Rule;
use cordboard::model::settings::{Link, Pool, Queue, Settings, WaitingTimes};
use cordboard::model::{
    AgentName, Alias, Attribute, Body, Contact, EndpointId, Message, PresenceTuple, Side, Timestamp, attribute,
};
use cordboard::plugin::{Loader, PluginSet, RulePlugin};
use criterion::{Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const WAITING: u64 = 10_000;
const AGENT: EndpointId = EndpointId(1);
const CHAIN: [&str; 2] = ["least-busy", "longest-idle"];

/// A centre with one agent, who takes one chat at a time, and people who come in one after the other.
struct Office {
    centre: Centre,
    now: Timestamp,
    reference: u64,
    customers: u64,
    /// The number of the last offer.
    offer: Option<String>,
}

impl Office {
    fn new() -> Self {
        let engine = Engine::new(None).expect("this machine runs wasmtime");
        let loader = Loader::new(engine, &Limits::default(), |_, value| Ok(value.to_lowercase()));
        let (plugins, refused) = PluginSet::load(&loader, &build::for_tests());
        assert!(refused.is_empty(), "{refused:?}");
        let open = |name: &str| -> Box<dyn Rule> {
            let component = plugins.rule(name).expect("it is among the plugins");
            Box::new(RulePlugin::open(component, name, "{}", None).expect("its settings are the default"))
        };
        let rules: RuleSet = BTreeMap::from([("main".to_owned(), CHAIN.into_iter().map(open).collect())]);
        let centre = Centre::new(settings(), rules);
        let mut office = Self { centre, now: Timestamp(1_784_021_400_000), reference: 0, customers: 0, offer: None };
        office.batch(&[Input::Agent(profile())]);
        office.arrive(AGENT, Side::Agent, "jim");
        office
    }

    /// Handles a batch; gives the time it took.
    fn batch(&mut self, inputs: &[Input]) -> Duration {
        self.now = self.now.plus_ms(1);
        let began = Instant::now();
        self.centre.begin(self.now, [7; 32]);
        for input in inputs {
            self.centre.handle(input);
        }
        let output = self.centre.finish();
        let spent = began.elapsed();
        self.offer = offered(&output).or(self.offer.take());
        spent
    }

    fn report(&mut self, endpoint: EndpointId, event: Event) -> Input {
        self.reference += 1;
        let contact = Contact::new(format!("contact-{endpoint}"));
        Input::Report { endpoint, report: Report { reference: self.reference, contact, origin: None, event } }
    }

    fn arrive(&mut self, endpoint: EndpointId, side: Side, name: &str) {
        let opened = Input::Opened(Opened {
            endpoint,
            side,
            provider: "bench".to_owned(),
            protocol: "xmpp".to_owned(),
            own_accounts: true,
            address: "127.0.0.1:40000".to_owned(),
        });
        let arrival = Arrival {
            principal: Some(Alias::new(name)),
            name: name.to_owned(),
            features: vec!["presence".to_owned()],
            attributes: Vec::new(),
        };
        let arrived = self.report(endpoint, Event::Arrived(arrival));
        let published = self.report(endpoint, Event::Published(Published { expires: None, tuples: vec![tuple()] }));
        self.batch(&[opened, arrived, published]);
    }

    fn say(&mut self, endpoint: EndpointId, to: &str, text: &str) -> Input {
        self.report(endpoint, Event::Said(Said { to: Alias::new(to), message: message(text) }))
    }

    /// One more customer waits.
    fn customer(&mut self) {
        self.customers += 1;
        let endpoint = EndpointId(1 + self.customers);
        self.arrive(endpoint, Side::Customer, &format!("customer{}", self.customers));
        let said = self.say(endpoint, "billing", "Hello");
        self.batch(&[said]);
    }

    /// Lets the wait for the customers' software end.
    fn wait(&mut self) {
        self.now = self.now.plus_ms(10);
        self.batch(&[Input::Tick]);
    }
}

/// The number of the offer among the effects.
fn offered(output: &Output) -> Option<String> {
    output.effects.iter().find_map(|effect| match effect {
        Effect::Offer(_, offer) => attribute(&offer.form.attributes, "number").map(str::to_owned),
        _ => None,
    })
}

fn freed_agent(c: &mut Criterion) {
    let mut office = Office::new();
    for _ in 0..=WAITING {
        office.customer();
    }
    office.wait();
    let mut decided = |iterations: u64| {
        let mut spent = Duration::ZERO;
        for _ in 0..iterations {
            let number = office.offer.take().expect("somebody waits, so the free agent has an offer");
            let accept = office.say(AGENT, "billing", &format!("accept {number}"));
            office.batch(&[accept]);
            office.customer();
            office.wait();
            let end = office.say(AGENT, "billing", "end");
            spent += office.batch(&[end]);
        }
        spent
    };
    c.bench_function("freed agent, 10,000 waiting", |b| b.iter_custom(&mut decided));
}

/// From the moment a rule of the chain is replaced until it has been fed everything: no decision is made meanwhile. What is left to look at again
/// is done in passes of the usual size, between which others are served.
fn swapped_rule(c: &mut Criterion) {
    let mut office = Office::new();
    for _ in 0..=WAITING {
        office.customer();
    }
    office.wait();
    let loader =
        Loader::new(Engine::new(None).expect("it runs"), &Limits::default(), |_, value| Ok(value.to_lowercase()));
    let (plugins, _) = PluginSet::load(&loader, &build::for_tests());
    let component = plugins.rule(CHAIN[0]).expect("it is among the plugins");
    let mut swapped = |iterations: u64| {
        let mut spent = Duration::ZERO;
        for _ in 0..iterations {
            let began = Instant::now();
            let memory = office.centre.memory_of("main", 0);
            let rule =
                RulePlugin::open(component, CHAIN[0], "{}", memory.as_ref()).expect("its settings are the default");
            office.centre.replace_rule("main", 0, Box::new(rule));
            let opened = began.elapsed();
            spent += opened + office.batch(&[Input::RuleReplaced { pool: "main".to_owned(), rule: 0 }]);
            // The rest of the passes, so that each swap begins with nothing left to do.
            while office.centre.next_due().is_some_and(|due| due <= office.now) {
                office.batch(&[Input::Tick]);
            }
        }
        spent
    };
    c.bench_function("rule swapped, 10,000 waiting", |b| b.iter_custom(&mut swapped));
}

fn settings() -> Settings {
    Settings {
        name: "Bench".to_owned(),
        pools: vec![Pool { name: "main".to_owned(), rules: CHAIN.map(str::to_owned).to_vec() }],
        queues: vec![Queue {
            name: "billing".to_owned(),
            label: "Billing".to_owned(),
            pool: "main".to_owned(),
            medium: "chat".to_owned(),
            priority: 0,
            max_waiting: 100_000,
        }],
        links: vec![Link {
            alias: Alias::new("billing"),
            label: "Billing".to_owned(),
            parent: None,
            queue: "billing".to_owned(),
            greeting: String::new(),
        }],
        offer_ms: 20_000_000,
        customer_grace_ms: 300_000,
        agent_grace_ms: 30_000,
        max_hold_ms: 600_000,
        wrap_up_ms: 0,
        missed_offers: 0,
        waiting_times: WaitingTimes::default(),
        limits: Limits { software_wait_ms: 1, ..Limits::default() },
        redirects: Vec::new(),
    }
}

fn profile() -> AgentProfile {
    AgentProfile {
        name: AgentName::new("jim"),
        shown_as: "Jim".to_owned(),
        skills: Vec::new(),
        queues: vec!["billing".to_owned()],
        capacity: BTreeMap::from([("chat".to_owned(), 1)]),
        addresses: Vec::new(),
    }
}

fn tuple() -> PresenceTuple {
    PresenceTuple {
        id: "desk".to_owned(),
        open: true,
        activity: "available".to_owned(),
        medium: "chat".to_owned(),
        contact: None,
        note: None,
        priority: 0,
        since: Timestamp(0),
        attributes: Vec::<Attribute>::new(),
    }
}

fn message(text: &str) -> Message {
    Message {
        id: String::new(),
        sender: Alias::default(),
        sender_name: String::new(),
        sent_at: Timestamp(0),
        body: Body::Text(text.to_owned()),
        language: None,
        attributes: Vec::new(),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = freed_agent, swapped_rule
}
criterion_main!(benches);
