//! A large enterprise in one centre, with the rules of every pool in their sandboxes: how long a decision takes, and what memory it all takes.
//!
//!     cargo bench -p cordboard --bench scale -- --queues 40000 --agents 75000 --pools 400 --arrivals 500 --seconds 60
//!
//! Time is made up, so it goes as fast as the machine can: customers come to random queues, a tenth of them to one queue in a hundred,
//! where more come than the agents there can serve; agents accept after a second or so, and serve for a minute or so. Each event is a
//! batch of its own, and its time is that of the whole centre: what the event changes, the matching pass with the rules, what is to be stored.
//!
//! Aims: 99 of 100 within 1 ms, 2 GB of resident memory. The figures of the last run stand in README.md.
#![allow(clippy::print_stdout, reason = "it is what it is for")]

mod office;

use clap::Parser;
use cordboard::centre::Input;
use cordboard::model::record::AgentProfile;
use cordboard::model::rule::Skill;
use cordboard::model::settings::{Pool, Queue};
use cordboard::model::{EndpointId, Side, Timestamp};
use office::Office;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const CHAIN: [&str; 2] = ["skill-level", "longest-idle"];
/// Customers' endpoints have greater numbers.
const CUSTOMERS: u64 = 10_000_000;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 40_000)]
    queues: u64,
    #[arg(long, default_value_t = 75_000)]
    agents: u64,
    /// Each has as many queues and agents as any other.
    #[arg(long, default_value_t = 400)]
    pools: u64,
    /// Queues of an agent.
    #[arg(long, default_value_t = 4)]
    served: u64,
    /// Customers who come in a second.
    #[arg(long, default_value_t = 500)]
    arrivals: u64,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What happens, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The software of those who came is known to be unknown.
    Tick,
    Comes(u64),
    Accepts {
        agent: EndpointId,
        queue: String,
        number: String,
    },
    Ends {
        agent: EndpointId,
        queue: String,
        number: String,
    },
}

struct Enterprise {
    arguments: Arguments,
    office: Office,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    random: u64,
    begins: Timestamp,
    /// That were run since then.
    seconds: u64,
    spent: BTreeMap<&'static str, Vec<Duration>>,
}

impl Enterprise {
    fn open(arguments: Arguments) -> Self {
        let pool = |number| Pool::new(format!("pool{number}"), CHAIN.map(str::to_owned).to_vec());
        let queue = |number: u64| Queue {
            skills: BTreeMap::from([(format!("skill{}", number % 7), 3)]),
            ..Queue::new(format!("queue{number}"), format!("pool{}", number % arguments.pools))
        };
        let queues = (0..arguments.queues).map(queue).collect();
        let settings = office::settings((0..arguments.pools).map(pool).collect(), queues);
        let office = Office::new(settings, &office::plugins());
        let mut enterprise = Self {
            arguments,
            office,
            events: BinaryHeap::new(),
            random: 0x9e37_79b9_7f4a_7c15,
            begins: Timestamp(0),
            seconds: 0,
            spent: BTreeMap::new(),
        };
        for number in 0..enterprise.arguments.agents {
            let profile = enterprise.profile(number);
            let arrival = enterprise.office.arrival(EndpointId(number), Side::Agent, profile.name.as_str());
            enterprise.office.batch(&[[Input::Agent(profile)].as_slice(), &arrival].concat());
        }
        enterprise.begins = enterprise.office.now;
        enterprise
    }

    /// Of one pool, with queues there.
    fn profile(&mut self, number: u64) -> AgentProfile {
        let Arguments { queues, pools, served, .. } = self.arguments;
        let in_pool = queues / pools;
        let first = self.below(in_pool);
        let queue = |next| format!("queue{}", number % pools + (first + next) % in_pool * pools);
        let served = (0..served.min(in_pool)).map(queue);
        let skill = |skill| Skill { name: format!("skill{skill}"), level: 3 + (number % 7) as u8 };
        let (shown_as, skills) = (format!("Agent {number}"), (0..7).map(skill).collect());
        AgentProfile { shown_as, skills, ..AgentProfile::of(&format!("agent{number}"), served, 1) }
    }

    /// Xorshift: the same at every run.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit.max(1)
    }

    fn later(&mut self, least_ms: u64, spread_ms: u64, event: Event) {
        let at = self.office.now.plus_ms(least_ms + self.below(spread_ms));
        self.events.push(Reverse((at, event)));
    }

    fn timed(&mut self, what: &'static str, inputs: &[Input]) {
        let spent = self.office.batch(inputs);
        self.spent.entry(what).or_default().push(spent);
        for (agent, queue, number) in self.office.offers() {
            self.later(500, 1000, Event::Accepts { agent, queue, number });
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Tick => self.timed("a customer begins to wait", &[Input::Tick]),
            Event::Comes(number) => {
                let hot = self.below(10) == 0;
                let queue =
                    if hot { self.below(self.arguments.queues / 100) * 100 } else { self.below(self.arguments.queues) };
                let endpoint = EndpointId(CUSTOMERS + number);
                let arrival = self.office.arrival(endpoint, Side::Customer, &format!("customer{number}"));
                self.timed("a customer comes", &arrival);
                let said = self.office.said(endpoint, &format!("queue{queue}"), "Hello");
                self.timed("a customer speaks", &[said]);
                self.later(2, 1, Event::Tick);
            }
            Event::Accepts { agent, queue, number } => {
                let said = self.office.said(agent, &queue, &format!("accept {number}"));
                self.timed("an agent accepts", &[said]);
                self.later(20_000, 80_000, Event::Ends { agent, queue, number });
            }
            Event::Ends { agent, queue, number } => {
                let said = self.office.said(agent, &queue, &format!("end {number}"));
                self.timed("an agent is free", &[said]);
            }
        }
        // What a pass leaves is taken up by the next.
        while self.office.centre.next_due().is_some_and(|due| due <= self.office.now) {
            self.timed("the rest of a pass", &[Input::Tick]);
        }
    }

    /// The next seconds.
    fn run(&mut self, seconds: u64) {
        let (begins, arrivals) = (self.begins, self.arguments.arrivals);
        let comes = |number| Reverse((begins.plus_ms(number * 1000 / arrivals), Event::Comes(number)));
        let first = arrivals * self.seconds;
        self.events.extend((first..first + arrivals * seconds).map(comes));
        self.seconds += seconds;
        let ends = begins.plus_ms(self.seconds * 1000);
        while self.events.peek().is_some_and(|Reverse((at, _))| *at < ends) {
            let Some(Reverse((at, event))) = self.events.pop() else { return };
            self.office.now = at;
            self.happens(event);
        }
    }

    fn rows(&self, all: &str) {
        println!("{:>28} {:>9} {:>9} {:>9} {:>9}", "batch", "times", "p50, µs", "p99", "longest");
        for (what, spent) in &self.spent {
            row(what, spent.clone());
        }
        row(all, self.spent.values().flatten().copied().collect());
    }

    /// Encodes a checkpoint beside the next seconds, as a shard does.
    fn checkpoint(&mut self) {
        self.spent.clear();
        let began = Instant::now();
        let snapshot = self.office.centre.snapshot();
        let pause = began.elapsed();
        let encoding = thread::spawn(move || {
            let (began, mut bytes) = (Instant::now(), Vec::new());
            snapshot.write(&mut bytes).expect("memory takes all of it");
            (bytes.len() >> 20, began.elapsed().as_secs_f64())
        });
        while !encoding.is_finished() {
            self.run(1);
        }
        let (mib, seconds) = encoding.join().expect("it has ended");
        println!(
            "a checkpoint: a pause of {:.1} ms; {mib} MiB, encoded in {seconds:.2} s beside the batches; {} MiB",
            pause.as_secs_f64() * 1e3,
            resident_mib()
        );
    }
}

/// The nearest rank.
fn quantile(sorted: &[Duration], per_mille: usize) -> f64 {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).map_or(0.0, |spent| spent.as_secs_f64() * 1e6)
}

fn row(what: &str, mut spent: Vec<Duration>) {
    spent.sort_unstable();
    let [p50, p99, max] = [500, 990, 1000].map(|per_mille| quantile(&spent, per_mille));
    println!("{what:>28} {:>9} {p50:>9.0} {p99:>9.0} {max:>9.0}", spent.len());
}

fn resident_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn main() {
    let began = Instant::now();
    let mut enterprise = Enterprise::open(Arguments::parse());
    let Arguments { queues, agents, pools, arrivals, seconds, .. } = enterprise.arguments;
    println!(
        "{queues} queues and {agents} agents in {pools} pools, here after {:.1} s, {} MiB",
        began.elapsed().as_secs_f64(),
        resident_mib()
    );
    let began = Instant::now();
    enterprise.run(seconds);
    println!(
        "{arrivals} customers a second for {seconds} s: took {:.1} s; {} MiB",
        began.elapsed().as_secs_f64(),
        resident_mib()
    );
    let view = enterprise.office.centre.view(enterprise.office.now);
    let waiting: usize = view.queues.iter().map(|queue| queue.waiting).sum();
    println!("{waiting} wait at the end");
    enterprise.rows("all");
    enterprise.checkpoint();
    enterprise.rows("all beside a checkpoint");
}
