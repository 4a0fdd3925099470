//! What a decision costs in the whole centre, with the rules in their sandboxes: one agent becomes free while 10,000 sessions wait. And how long
//! decisions pause when a rule is replaced meanwhile.
//!
//! Aims on two cores: 1 ms, and 50 ms. The figure of the last run stands in README.md.
#![allow(missing_docs, reason = "criterion's macros make public items")]

mod office;

use cordboard::centre::Input;
use cordboard::model::Lane;
use cordboard::model::record::AgentProfile;
use cordboard::model::settings::{Pool, Queue};
use cordboard::model::{EndpointId, Side};
use cordboard::plugin::{PluginSet, RulePlugin};
use criterion::{Criterion, criterion_group, criterion_main};
use office::Office;
use std::time::{Duration, Instant};

const WAITING: u64 = 10_000;
const AGENT: EndpointId = EndpointId(1);
const CHAIN: [&str; 2] = ["least-busy", "longest-idle"];

/// One agent, who takes one chat at a time, and people who come in one after the other.
struct Desk {
    office: Office,
    customers: u64,
    /// The number of the last offer.
    offer: Option<String>,
}

impl Desk {
    /// The agent has an offer, and so many wait.
    fn busy(plugins: &PluginSet) -> Self {
        let pools = vec![Pool::new("main", CHAIN.map(str::to_owned).to_vec())];
        let queues = vec![Queue { max_waiting: 100_000, ..Queue::new("billing", "main") }];
        let mut office = Office::new(office::settings(pools, queues), plugins);
        let arrival = office.arrival(AGENT, Side::Agent, "jim");
        let mut desk = Self { office, customers: 0, offer: None };
        desk.batch(&[Input::Agent(profile())]);
        desk.batch(&arrival);
        for _ in 0..=WAITING {
            desk.customer();
        }
        desk.wait();
        desk
    }

    /// A millisecond after the last.
    fn batch(&mut self, inputs: &[Input]) -> Duration {
        self.office.now = self.office.now.plus_ms(1);
        let spent = self.office.batch(inputs);
        self.offer = self.office.offers().pop().map(|(_, _, number)| number).or(self.offer.take());
        spent
    }

    fn say(&mut self, text: &str) -> Duration {
        let said = self.office.said(AGENT, "billing", text);
        self.batch(&[said])
    }

    /// One more customer waits.
    fn customer(&mut self) {
        self.customers += 1;
        let endpoint = EndpointId(1 + self.customers);
        let arrival = self.office.arrival(endpoint, Side::Customer, &format!("customer{}", self.customers));
        self.batch(&arrival);
        let said = self.office.said(endpoint, "billing", "Hello");
        self.batch(&[said]);
    }

    /// Lets the wait for the customers' software end.
    fn wait(&mut self) {
        self.office.now = self.office.now.plus_ms(10);
        self.batch(&[Input::Tick]);
    }
}

fn freed_agent(c: &mut Criterion) {
    let mut desk = Desk::busy(&office::plugins());
    let mut decided = |iterations: u64| {
        let mut spent = Duration::ZERO;
        for _ in 0..iterations {
            let number = desk.offer.take().expect("somebody waits, so the free agent has an offer");
            desk.say(&format!("accept {number}"));
            desk.customer();
            desk.wait();
            spent += desk.say("end");
        }
        spent
    };
    c.bench_function("freed agent, 10,000 waiting", |b| b.iter_custom(&mut decided));
}

/// From the moment a rule of the chain is replaced until it has been fed everything: no decision is made meanwhile. What is left to look at again
/// is done in passes of the usual size, between which others are served.
fn swapped_rule(c: &mut Criterion) {
    let plugins = office::plugins();
    let mut desk = Desk::busy(&plugins);
    let component = plugins.rule(CHAIN[0]).expect("it is among the plugins");
    let mut swapped = |iterations: u64| {
        let mut spent = Duration::ZERO;
        for _ in 0..iterations {
            let began = Instant::now();
            let memory = desk.office.centre.memory_of("main", Lane::Service, 0);
            let rule =
                RulePlugin::open(component, CHAIN[0], "{}", memory.as_ref()).expect("its settings are the default");
            desk.office.centre.replace_rule("main", Lane::Service, 0, Box::new(rule));
            let opened = began.elapsed();
            spent +=
                opened + desk.batch(&[Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Service, rule: 0 }]);
            // The rest of the passes, so that each swap begins with nothing left to do.
            while desk.office.centre.next_due().is_some_and(|due| due <= desk.office.now) {
                desk.batch(&[Input::Tick]);
            }
        }
        spent
    };
    c.bench_function("rule swapped, 10,000 waiting", |b| b.iter_custom(&mut swapped));
}

fn profile() -> AgentProfile {
    AgentProfile::of("jim", ["billing"], 1)
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = freed_agent, swapped_rule
}
criterion_main!(benches);
