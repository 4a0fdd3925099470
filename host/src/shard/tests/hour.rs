//! An hour at a centre whose rules are components, recorded by a running shard: it is the same again beside busy threads and on other
//! numbers of threads, whether the rules' answers are taken from the record or the components are asked anew.

use super::office::{PART, Peer, profile, real_store, settings, setup};
use super::*;
use crate::centre::journal::{Ledger, Replay};
use crate::centre::{Answered, Centre, Components, JournalEntry, Output};
use crate::model::record::AgentProfile;
use crate::model::rule::Rule;
use crate::model::settings::{Pool, Settings};
use crate::plugin::tests::components;
use crate::plugin::{RuleComponent, RulePlugin};
use crate::rehearsal::{Day, play};
use crate::shard::journal::stored;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Twenty seconds each.
const ROUNDS: u64 = 180;
const CUSTOMERS: usize = 40;
const AGENTS: [&str; 4] = ["ann", "bob", "eve", "jim"];
/// One that holds, one that draws lots and remembers nothing, one that goes by what agents have to do, one that learns.
const CHAIN: [(&str, &str); 4] =
    [("sticky-agent", r#"{"wait_s": 20}"#), ("weighted-random", "{}"), ("least-busy", "{}"), ("cost-of-delay", "{}")];

/// Fresh machines, compiled once.
fn chain() -> Vec<Box<dyn Rule>> {
    static COMPILED: OnceLock<Vec<Arc<RuleComponent>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| CHAIN.iter().map(|(name, _)| components::rule(name)).collect());
    let open = |((name, settings), component): (&(&str, &str), &Arc<RuleComponent>)| -> Box<dyn Rule> {
        Box::new(RulePlugin::open(component, name, settings, None).unwrap())
    };
    CHAIN.iter().zip(compiled).map(open).collect()
}

fn rules() -> Components {
    Components::from([("main".to_owned(), chain())])
}

/// Numbers that look as if they were drawn, the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// People come, are served, declined and left alone for an hour, on as many threads as there are.
async fn record(store: &Arc<dyn Store>) {
    let clock = Arc::new(FakeClock::at(1_000_000));
    let names = CHAIN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut setup = setup(Arc::clone(store), Arc::clone(&clock));
    setup.settings = Settings { pools: vec![Pool::new("main", names)], wrap_up_ms: 15_000, ..settings() };
    setup.components = Box::new(|_| Ok(rules()));
    setup.profiles = Box::new(profiles);
    let shard = Shard::start(setup).await.unwrap();
    let mut agents = Vec::new();
    for name in AGENTS {
        agents.push(Peer::connect(&shard, Side::Agent, name).await);
    }
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        customers.push(Peer::connect(&shard, Side::Customer, &format!("c{number}")).await);
    }
    let mut drawn = Drawn(7);
    for round in 0..ROUNDS {
        for _ in 0..drawn.below(3) {
            let customer = &customers[usize::try_from(drawn.below(CUSTOMERS as u64)).unwrap()];
            customer.say(&billing(), &format!("c{round}"), "hello").await;
        }
        for agent in &agents {
            let words =
                ["accept", "accept", "accept", "decline", "end", "end", "done", "", "", "away lunch", "ready", "ready"];
            let words = words[usize::try_from(drawn.below(12)).unwrap()];
            if !words.is_empty() {
                agent.say(&Alias::default(), &format!("a{round}"), words).await;
            }
        }
        let last = customers[0].report(None, Event::AskedRoster).await;
        customers[0].settled(last).await.unwrap().unwrap();
        clock.advance(20_000);
    }
    assert_eq!(shard.drain().await, Ending::Drained);
}

fn profiles() -> Vec<AgentProfile> {
    AGENTS.map(profile).to_vec()
}

/// Such an hour.
struct Hour {
    _folder: TempDir,
    store: Arc<dyn Store>,
    entries: Vec<JournalEntry>,
}

impl Hour {
    fn recorded() -> Self {
        let (folder, store) = real_store();
        runtime(2).block_on(record(&store));
        let entries = stored(&*store, PART, 1).map(|entry| entry.unwrap().1);
        let entries = entries.filter_map(|bytes| JournalEntry::decode(&bytes).ok()).collect();
        Self { _folder: folder, store, entries }
    }

    /// With the answers as they are recorded; every batch is held against its hash.
    fn replayed(&self) -> Vec<Output> {
        let mut replay = Replay::new(Ledger::default());
        self.entries.iter().map(|entry| replay.step(entry).unwrap()).collect()
    }

    /// With the components themselves, which are asked everything anew.
    fn asked_anew(&self) -> Vec<Output> {
        let mut outputs = Vec::new();
        let start = self.entries[0].start.clone().unwrap();
        let loaded = Ledger::default().loaded(start.shard, start.profiles, start.members);
        let mut centre = Centre::load(start.settings, rules(), loaded).unwrap();
        outputs.push(centre.resume(self.entries[0].now));
        for entry in &self.entries[1..] {
            centre.begin(entry.now, entry.seed);
            entry.inputs.iter().for_each(|input| centre.handle(input));
            outputs.push(centre.finish());
        }
        outputs
    }

    /// As a day of people, with the same rules.
    fn played(&self) -> Day {
        let recorded = record_day(stored(&*self.store, PART, 1), Components::new()).unwrap().unwrap();
        play(&recorded.day, rules()).unwrap()
    }
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap()
}

/// What comes of the work while every core has something else to do.
fn beside_busy_threads<T>(work: impl FnOnce() -> T) -> T {
    struct Over<'a>(&'a AtomicBool);

    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Also where the work panics: a scope waits for its threads.
        let _over = Over(&is_over);
        for _ in 0..cores {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        work()
    })
}

/// The same work on each of so many threads of a runtime, all at once.
fn on_threads<T: Send + 'static>(threads: usize, work: impl Fn() -> T + Send + Sync + 'static) -> Vec<T> {
    let work = Arc::new(work);
    runtime(threads).block_on(async move {
        let tasks: Vec<_> =
            (0..threads).map(|_| Arc::clone(&work)).map(|work| tokio::spawn(async move { work() })).collect();
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.unwrap());
        }
        done
    })
}

#[test]
fn a_recorded_hour_is_the_same_again_on_a_loaded_machine_and_on_other_numbers_of_threads() {
    let hour = Arc::new(Hour::recorded());
    let expected = hour.replayed();
    assert!(expected.len() > 150, "{} batches", expected.len());
    let answers = || expected.iter().flat_map(|output| &output.answers);
    let outcomes = answers().filter(|answer| matches!(answer.answered, Answered::Learned(Ok(())))).count();
    assert!(outcomes > 500, "sessions were offered and taken: {outcomes}");
    let day = hour.played();

    assert!(hour.asked_anew() == expected, "components asked anew answer otherwise");
    let loaded = beside_busy_threads(|| (hour.replayed(), hour.asked_anew()));
    assert!(loaded.0 == expected && loaded.1 == expected, "beside busy threads it is another hour");
    for threads in [1, 3] {
        let hour = Arc::clone(&hour);
        let again = on_threads(threads, move || (hour.replayed(), hour.asked_anew()));
        let is_same = again.iter().all(|(replayed, anew)| *replayed == expected && *anew == expected);
        assert!(is_same, "on {threads} threads it is another hour");
    }
    assert!(on_threads(1, move || hour.played()) == [day], "on another thread another day is played");
}
