//! A rule is replaced in a running shard: between batches, with what the old one remembers, or not at all.

use super::office::setup;
use super::*;
use crate::centre::Components;
use crate::centre::tests::rules::{Fit, Native};
use crate::model::Lane;
use crate::model::settings::{Pool, Settings};
use crate::storage::Store;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

/// A rule that keeps everybody, or nobody, and remembers how many outcomes it has seen, whichever generation of it saw them.
pub(super) fn counting(digest: u8, keeps: bool, memory: Option<&SavedState>) -> Box<dyn Rule> {
    named("counting", digest, keeps, memory)
}

pub(super) fn named(name: &str, digest: u8, keeps: bool, memory: Option<&SavedState>) -> Box<dyn Rule> {
    let rule = if keeps { Native::new(name, |_, _, _| Fit::Tier(0)) } else { Native::new(name, |_, _, _| Fit::Drop) };
    Box::new(rule.with_digest(digest).remembering(memory))
}

/// A shard whose loads make the rule of this digest; others are exchanged for it.
pub(super) struct Bench {
    pub(super) scene: Scene,
    jim: Peer,
    in_service: Arc<AtomicU8>,
}

pub(super) fn with_rule(settings: Settings) -> Settings {
    Settings { pools: vec![Pool::new("main", vec!["counting".to_owned()])], ..settings }
}

pub(super) fn shown(digest: u8) -> String {
    format!("{:#}", Digest([digest; 32]))
}

pub(super) async fn bench() -> Bench {
    let (folder, real) = real_store();
    let store = FaultyStore::new(real);
    let clock = Arc::new(FakeClock::at(1_000_000));
    let in_service = Arc::new(AtomicU8::new(1));
    let made = Arc::clone(&in_service);
    let setup = setup(store.clone(), Arc::clone(&clock));
    let rules: ComponentFactory = Box::new(move |_| {
        Ok(Components::from([("main".to_owned(), vec![counting(made.load(Ordering::SeqCst), true, None)])]))
    });
    let setup = ShardSetup { settings: with_rule(settings()), components: rules, ..setup };
    let shard = Shard::start(setup).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    Bench { scene: Scene { shard, store, clock, joe, _folder: folder }, jim, in_service }
}

impl Bench {
    /// Joe says something and jim accepts it: the rule is told.
    pub(super) async fn conversation(&self) {
        let said = self.scene.joe.say(&billing(), "o1", "hello").await;
        self.scene.joe.settled(said).await.unwrap().unwrap();
        let accepted = self.jim.say(&Alias::default(), "accept", "accept").await;
        self.jim.settled(accepted).await.unwrap().unwrap();
    }

    pub(super) async fn exchange(&self, digest: u8, opens: bool) -> (Result<(), ExchangeError>, Option<SavedState>) {
        let (in_service, seen) = (Arc::clone(&self.in_service), Arc::new(Mutex::new(None)));
        let given = Arc::clone(&seen);
        let open: OpenNamed = Box::new(move |pool, _, memory| {
            assert_eq!(pool, "main");
            *given.lock().unwrap() = memory.cloned();
            if opens { Ok(counting(digest, true, memory)) } else { Err(GuestFailure::Refused("no".to_owned())) }
        });
        let done = Box::new(move || in_service.store(digest, Ordering::SeqCst));
        let exchanged = self
            .scene
            .shard
            .exchange(Exchange { newcomer: Newcomer::Rules { names: vec!["counting".to_owned()], open }, done })
            .await;
        let seen = seen.lock().unwrap().clone();
        (exchanged, seen)
    }

    async fn digest(&self) -> String {
        self.scene.shard.view().await.unwrap().status.rules[0].digest.clone()
    }
}

#[tokio::test]
async fn another_rule_goes_on_with_what_the_old_one_remembers_and_the_journal_replays() {
    let bench = bench().await;
    bench.conversation().await;
    let (exchanged, memory) = bench.exchange(2, true).await;
    exchanged.unwrap();
    assert!(memory.unwrap().bytes[3] > 0, "it has seen an outcome");
    assert_eq!(bench.digest().await, shown(2));
    let again = bench.scene.joe.say(&billing(), "o2", "still there?").await;
    bench.scene.joe.settled(again).await.unwrap().unwrap();
    assert_eq!(bench.scene.shard.drain().await, Ending::Drained);
    let store: &dyn Store = &*bench.scene.store;
    let replayed = replay(store, PART).unwrap();
    assert_eq!((replayed.runs, replayed.passed_over), (1, 0));
}

#[tokio::test]
async fn a_rule_that_does_not_open_leaves_the_old_one_where_it_is() {
    let bench = bench().await;
    let (exchanged, _) = bench.exchange(2, false).await;
    let told = exchanged.unwrap_err().to_string();
    assert_eq!(told, "it does not open with what the rule of pool `main` remembers: refused: no");
    assert_eq!((bench.digest().await, bench.in_service.load(Ordering::SeqCst)), (shown(1), 1));
    bench.conversation().await;
    assert_eq!(bench.scene.shard.counts().await.unwrap().reloads, 0);
}

#[tokio::test]
async fn a_shard_that_loads_again_has_the_rule_that_was_put_in() {
    let bench = bench().await;
    bench.scene.store.fail_next(Fault::LostUnknown);
    bench.exchange(2, true).await.0.unwrap();
    bench.scene.joe.mail.wait_for_reset().await;
    bench.scene.shard.ready().await.unwrap();
    assert_eq!(bench.digest().await, shown(2));
    assert_eq!(bench.scene.shard.counts().await.unwrap().reloads, 1);
}

#[tokio::test]
async fn a_rule_that_is_nowhere_is_put_in_by_the_next_load() {
    let bench = bench().await;
    let open: OpenNamed = Box::new(|_, _, _| Err(GuestFailure::Refused("nobody asks".to_owned())));
    let (done, was_done) = oneshot::channel();
    let done = Box::new(move || done.send(()).unwrap());
    bench
        .scene
        .shard
        .exchange(Exchange { newcomer: Newcomer::Rules { names: vec!["other".to_owned()], open }, done })
        .await
        .unwrap();
    was_done.await.unwrap();
    bench.scene.shard.drain().await;
    let (exchanged, _) = bench.exchange(2, true).await;
    assert_eq!(exchanged, Err(ExchangeError::Stopped(Stopped)));
}

/// One plugin may be two rules, the second with other settings: a shadow.
#[tokio::test]
async fn all_rules_that_are_a_plugin_are_exchanged_or_none() {
    let (_folder, real) = real_store();
    let setup = setup(real, Arc::new(FakeClock::at(1_000_000)));
    let pool = Pool {
        shadow: Some(vec!["counting-too".to_owned()]),
        ..Pool::new("main", vec!["counting".to_owned(), "other".to_owned()])
    };
    let components: ComponentFactory = Box::new(|_| {
        let mut components = Components::new();
        components.insert("main", vec![counting(1, true, None), named("other", 9, true, None)]);
        components.put("main", Lane::Shadow, vec![named("counting-too", 2, true, None)]);
        Ok(components)
    });
    let settings = Settings { pools: vec![pool], ..settings() };
    let shard = Shard::start(ShardSetup { settings, components, ..setup }).await.unwrap();
    for (opens_both, expected) in [(false, [1, 9, 2]), (true, [3, 9, 4])] {
        let open: OpenNamed = Box::new(move |_, name, memory| match name {
            "counting" => Ok(named(name, 3, true, memory)),
            _ if opens_both => Ok(named(name, 4, true, memory)),
            _ => Err(GuestFailure::Refused("no".to_owned())),
        });
        let names = ["counting", "counting-too"].map(str::to_owned).into();
        let exchange = Exchange { newcomer: Newcomer::Rules { names, open }, done: Box::new(|| ()) };
        assert_eq!(shard.exchange(exchange).await.is_ok(), opens_both);
        let rules = shard.view().await.unwrap().status.rules;
        let digests: Vec<String> = rules.iter().map(|rule| rule.digest.clone()).collect();
        assert_eq!(digests, expected.map(shown));
    }
}
