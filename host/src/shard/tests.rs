//! The loop around a real centre and a real store that fails where it is told to.

mod crash;
mod exchange;
mod hour;
mod learnt;
pub(crate) mod office;
mod renewal;

use super::clock::fake::FakeClock;
use super::*;
use crate::centre::Effect;
use crate::model::adapter::Event;
use crate::model::rule::{AgentRef, Answer, Change, Pick, Rule, SessionRef};
use crate::model::{Alias, Digest, SavedState, Seq, SessionId, Side, Timestamp};
use crate::storage::faulty::{Fault, FaultyStore};
use office::{PART, Peer, real_store, said, settings, setup, start, transcript};
use std::time::Duration;
use tempfile::TempDir;

/// A shard over a store that may be told to fail, with a customer who has arrived.
struct Scene {
    shard: Shard,
    store: Arc<FaultyStore>,
    clock: Arc<FakeClock>,
    joe: Peer,
    _folder: TempDir,
}

fn billing() -> Alias {
    Alias::new("billing")
}

async fn scene() -> Scene {
    let (folder, real) = real_store();
    let store = FaultyStore::new(real);
    let clock = Arc::new(FakeClock::at(1_000_000));
    let shard = start(store.clone(), &clock).await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    let last = joe.report(None, Event::AskedRoster).await;
    joe.settled(last).await.unwrap().unwrap();
    Scene { shard, store, clock, joe, _folder: folder }
}

impl Scene {
    fn texts(&self) -> Vec<String> {
        said(&transcript(&*self.store)).into_iter().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn nothing_is_settled_or_read_before_it_is_stored() {
    let scene = scene().await;
    scene.store.fail_next(Fault::Held);
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.store.wait_until_held();
    assert_eq!(scene.joe.mail.outcome(hello), None);
    assert_eq!(scene.shard.transcripts().read(SessionId(1), Seq(0), 16).await.unwrap(), []);

    scene.store.let_go();
    scene.joe.settled(hello).await.unwrap().unwrap();
    assert_eq!(said(&scene.shard.transcripts().recent(SessionId(1), Seq(0), 16).unwrap()), ["hello"]);
    assert_eq!(scene.texts(), ["hello"]);
}

#[tokio::test]
async fn what_comes_during_a_commit_is_handled_meanwhile_and_stored_together() {
    let scene = scene().await;
    scene.store.fail_next(Fault::Held);
    let first = scene.joe.say(&billing(), "o0", "text 0").await;
    scene.store.wait_until_held();
    let stored_before = scene.store.stored().len();
    let mut last = first;
    for number in 1..=100 {
        last = scene.joe.say(&billing(), &format!("o{number}"), &format!("text {number}")).await;
    }
    let handled = async {
        // The order is taken between inputs: wait until a whole batch was handled beside the one in flight.
        while scene.shard.counts().await.unwrap().inputs < 64 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), handled).await.unwrap();
    assert_eq!(scene.joe.mail.outcome(first), None);
    assert_eq!(scene.joe.mail.outcome(first + 1), None, "its own batch is not even in flight");

    scene.store.let_go();
    scene.joe.settled(last).await.unwrap().unwrap();
    let sizes: Vec<usize> =
        scene.store.stored()[stored_before..].iter().map(|batch| said(&batch.appends).len()).collect();
    assert_eq!(sizes, [1, 64, 36]);
    let expected: Vec<String> = (0..=100).map(|number| format!("text {number}")).collect();
    assert_eq!(scene.texts(), expected);
}

#[tokio::test]
async fn a_cursor_alone_waits_for_company_but_not_for_long() {
    let scene = scene().await;
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.settled(hello).await.unwrap().unwrap();
    let feed = scene.joe.feed().await.unwrap();
    let before = scene.shard.counts().await.unwrap();
    let until = async |what: fn(&Counts, &Counts) -> bool| {
        let mut now = scene.shard.counts().await.unwrap();
        while !what(&before, &now) {
            tokio::task::yield_now().await;
            now = scene.shard.counts().await.unwrap();
        }
        now
    };
    scene.joe.delivered(feed.id, Seq(1)).await;
    let handled = until(|before, now| now.inputs > before.inputs).await;
    assert_eq!(handled.batches, before.batches, "nobody waits for it");

    let more = scene.joe.say(&billing(), "o2", "anybody there?").await;
    scene.joe.settled(more).await.unwrap().unwrap();
    let together = scene.shard.counts().await.unwrap();
    assert_eq!((together.inputs, together.batches), (before.inputs + 2, before.batches + 1));

    scene.joe.delivered(feed.id, Seq(2)).await;
    until(|before, now| now.inputs > before.inputs + 2).await;
    scene.clock.advance(10);
    until(|before, now| now.batches == before.batches + 2).await;
}

#[tokio::test]
async fn a_busy_store_is_asked_again_and_stores_once() {
    let scene = scene().await;
    let next = scene.store.commits() + 1;
    scene.store.fail_at(next, Fault::Busy);
    scene.store.fail_at(next + 1, Fault::Busy);
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.settled(hello).await.unwrap().unwrap();
    assert_eq!(scene.texts(), ["hello"]);
    assert_eq!(scene.shard.counts().await.unwrap().reloads, 0);
}

/// After each of these the customer does not know, and says it again on a new connection.
async fn say_again_after(fault: Fault) {
    let scene = scene().await;
    scene.store.fail_next(fault);
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.mail.wait_for_reset().await;
    assert_eq!(scene.joe.mail.outcome(hello), None);

    let joe = Peer::reconnect(&scene.shard, Side::Customer, "joe").await;
    let again = joe.say(&billing(), "o1", "hello").await;
    let then = joe.say(&billing(), "o2", "anybody there?").await;
    joe.settled(again).await.unwrap().unwrap();
    joe.settled(then).await.unwrap().unwrap();
    assert_eq!(scene.texts(), ["hello", "anybody there?"]);
    let read = scene.shard.transcripts().read(SessionId(1), Seq(0), 16).await.unwrap();
    assert_eq!(said(&read), ["hello", "anybody there?"]);
    assert_eq!(scene.shard.counts().await.unwrap().reloads, 1);
}

#[tokio::test]
async fn a_message_lost_with_its_batch_was_not_settled() {
    say_again_after(Fault::LostUnknown).await;
}

#[tokio::test]
async fn a_message_stored_though_the_commit_failed_is_not_doubled() {
    say_again_after(Fault::StoredUnknown).await;
}

#[tokio::test]
async fn a_store_that_stays_busy_is_given_up_and_loaded_again() {
    let scene = scene().await;
    let next = scene.store.commits() + 1;
    for attempt in next..=next + 5 {
        scene.store.fail_at(attempt, Fault::Busy);
    }
    scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.mail.wait_for_reset().await;
    assert_eq!(scene.texts(), [] as [&str; 0]);
}

#[tokio::test]
async fn what_an_endpoint_of_an_ended_lease_says_is_dropped() {
    let scene = scene().await;
    scene.store.fail_next(Fault::LostUnknown);
    scene.joe.say(&billing(), "o1", "lost").await;
    scene.joe.mail.wait_for_reset().await;
    scene.joe.say(&billing(), "o2", "too late").await;
    let joe = Peer::reconnect(&scene.shard, Side::Customer, "joe").await;
    let hello = joe.say(&billing(), "o3", "hello").await;
    joe.settled(hello).await.unwrap().unwrap();
    assert_eq!(scene.texts(), ["hello"]);
    assert_ne!(joe.endpoint.0 >> 32, scene.joe.endpoint.0 >> 32);
}

#[tokio::test]
async fn a_shard_that_is_taken_over_ends() {
    let scene = scene().await;
    scene.store.acquire(PART).unwrap();
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.mail.wait_for_reset().await;
    assert_eq!(scene.joe.mail.outcome(hello), None);
    assert_eq!(scene.shard.ended().await, Ending::Fenced);
    assert_eq!(scene.shard.submit(Input::Tick).await, Err(Stopped));
    assert_eq!(scene.shard.counts().await, Err(Stopped));
    assert_eq!(scene.texts(), [] as [&str; 0]);
}

#[tokio::test]
async fn draining_stores_and_settles_what_was_submitted() {
    let scene = scene().await;
    scene.store.fail_next(Fault::Held);
    let mut references = vec![scene.joe.say(&billing(), "o0", "text 0").await];
    scene.store.wait_until_held();
    for number in 1..=200 {
        references.push(scene.joe.say(&billing(), &format!("o{number}"), &format!("text {number}")).await);
    }
    let shard = scene.shard.clone();
    let drained = tokio::spawn(async move { shard.drain().await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!drained.is_finished());
    scene.store.let_go();
    assert_eq!(drained.await.unwrap(), Ending::Drained);
    assert!(references.iter().all(|&reference| scene.joe.mail.outcome(reference) == Some(Ok(()))));
    assert!(scene.joe.mail.is_reset(), "an endpoint left over learns that it is over");
    assert_eq!(scene.texts().len(), 201);
    assert_eq!(scene.shard.submit(Input::Tick).await, Err(Stopped));
    assert_eq!(scene.shard.drain().await, Ending::Drained, "a second time is no mistake");
}

#[tokio::test]
async fn a_shard_without_handles_ends() {
    let scene = scene().await;
    let ended = scene.shard.ended.clone();
    drop(scene);
    let mut ended = ended;
    ended.wait_for(Option::is_some).await.unwrap();
    assert_eq!(*ended.borrow(), Some(Ending::Drained));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_an_error_at_the_start() {
    let (_folder, real) = real_store();
    let store = FaultyStore::new(real);
    store.fail_next(Fault::DiesBefore);
    let lease = store.acquire(PART).unwrap();
    assert!(store.commit(&lease, &crate::model::record::Batch::default()).is_err());
    let clock = Arc::new(FakeClock::at(0));
    let error = Shard::start(setup(store, clock)).await.err().unwrap();
    assert!(matches!(error, StartError::Store(StoreError::Unknown(_))), "{error}");
}

#[tokio::test]
async fn rules_that_cannot_be_made_are_an_error_at_the_start() {
    let (_folder, store) = real_store();
    let mut setup = setup(store, Arc::new(FakeClock::at(0)));
    setup.components = Box::new(|_| Err(GuestFailure::Refused("no such setting".to_owned())));
    let error = Shard::start(setup).await.err().unwrap();
    assert_eq!(error.to_string(), "a rule could not be started: refused: no such setting");
}

/// A defect that fires when a session is to be matched.
struct Panics;

impl Rule for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn digest(&self) -> Digest {
        Digest([1; 32])
    }

    fn changed(&mut self, _: &[Change]) -> Result<(), GuestFailure> {
        Ok(())
    }

    fn rank_agents(&mut self, _: Timestamp, _: SessionRef, _: &[AgentRef], _: bool) -> Result<Answer, GuestFailure> {
        panic!("on purpose")
    }

    fn rank_sessions(&mut self, _: Timestamp, _: AgentRef, _: &[SessionRef], _: bool) -> Result<Pick, GuestFailure> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_defect_that_panics_resets_everybody_and_is_told() {
    let (_folder, store) = real_store();
    let mut setup = setup(store, Arc::new(FakeClock::at(1_000_000)));
    setup.settings.pools[0].rules = vec!["panics".to_owned()];
    setup.components = Box::new(|_| {
        let chain: Vec<Box<dyn Rule>> = vec![Box::new(Panics)];
        Ok(Components::from([("main".to_owned(), chain)]))
    });
    let shard = Shard::start(setup).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    joe.say(&billing(), "o1", "hello").await;
    joe.mail.wait_for_reset().await;
    jim.mail.wait_for_reset().await;
    assert_eq!(shard.ended().await, Ending::Failed("the shard's thread has panicked".to_owned()));
    assert_eq!(shard.ready().await, Err(Stopped));
}

#[tokio::test]
async fn offers_come_and_expire_by_time_alone() {
    let scene = scene().await;
    let jim = Peer::connect(&scene.shard, Side::Agent, "jim").await;
    scene.joe.say(&billing(), "o1", "hello").await;
    let offered = |effect: &Effect| matches!(effect, Effect::Offer(..)).then_some(());
    jim.mail.wait("an offer", offered).await.unwrap();
    scene.clock.advance(settings().offer_ms);
    let withdrawn = |effect: &Effect| match effect {
        Effect::Direct(_, directive) => (directive.name == "withdraw-offer").then_some(()),
        _ => None,
    };
    jim.mail.wait("its withdrawal", withdrawn).await.unwrap();
}

#[tokio::test]
async fn the_view_and_the_counts_are_of_the_running_shard() {
    let scene = scene().await;
    let hello = scene.joe.say(&billing(), "o1", "hello").await;
    scene.joe.settled(hello).await.unwrap().unwrap();
    let view = scene.shard.view().await.unwrap();
    assert_eq!((view.status.sessions, view.status.waiting, view.status.endpoints), (1, 1, 1));
    let counts = scene.shard.counts().await.unwrap();
    assert_eq!((counts.inputs, counts.reloads), (6, 0));
    assert!(counts.batches >= 3, "{counts:?}");
}

#[tokio::test]
async fn new_settings_stay_after_loading_again() {
    let scene = scene().await;
    let mut changed = settings();
    changed.links[0].alias = Alias::new("accounts");
    scene.shard.submit(Input::Settings(Box::new(changed))).await.unwrap();
    scene.store.fail_next(Fault::LostUnknown);
    scene.joe.mail.wait_for_reset().await;
    let joe = Peer::reconnect(&scene.shard, Side::Customer, "joe").await;
    let hello = joe.say(&Alias::new("accounts"), "o1", "hello").await;
    assert_eq!(joe.settled(hello).await.unwrap(), Ok(()));
}
