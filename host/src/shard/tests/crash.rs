//! One conversation, with the shard stopped at every commit in every way: what people were told holds, and what they do again is not doubled.

use super::super::Shard;
use super::super::clock::fake::FakeClock;
use super::office::{Peer, Reset, real_store, said, setup, start, transcript};
use crate::centre::{Effect, parse_message_id};
use crate::model::{Alias, Seq, Side};
use crate::storage::Store;
use crate::storage::faulty::{Fault, FaultyStore};
use std::sync::Arc;

/// Who says what, in this order; each waits until what they said is settled.
const SAYINGS: [(Side, &str); 8] = [
    (Side::Customer, "hello"),
    (Side::Customer, "anybody there?"),
    (Side::Agent, "good morning"),
    (Side::Customer, "it blinks red"),
    (Side::Agent, "pull the plug"),
    (Side::Agent, "and put it in again"),
    (Side::Customer, "now it is green"),
    (Side::Agent, "bye"),
];

/// A conversation over a shard that may be stopped at any time, and is then started again.
struct Story {
    real: Arc<dyn Store>,
    store: Arc<FaultyStore>,
    clock: Arc<FakeClock>,
    shard: Shard,
    joe: Peer,
    jim: Peer,
    /// What each was shown, in order: message ids and texts.
    shown: [Vec<(String, String)>; 2],
    restarts: usize,
}

impl Story {
    async fn begin(real: Arc<dyn Store>, fault: Option<(usize, Fault)>) -> Self {
        let mut store = FaultyStore::new(Arc::clone(&real));
        if let Some((commit, fault)) = fault {
            store.fail_at(commit, fault);
        }
        let clock = Arc::new(FakeClock::at(1_000_000));
        let mut restarts = 0;
        let mut started = Shard::start(setup(store.clone(), Arc::clone(&clock))).await;
        if started.is_err() {
            restarts += 1;
            if store.is_dead() {
                store = FaultyStore::new(Arc::clone(&real));
            }
            started = Shard::start(setup(store.clone(), Arc::clone(&clock))).await;
        }
        let shard = started.unwrap();
        let (joe, jim) = connect(&shard).await;
        Self { real, store, clock, shard, joe, jim, shown: [Vec::new(), Vec::new()], restarts }
    }

    /// Both come back, to a new process where the old one was killed.
    async fn come_back(&mut self) {
        self.restarts += 1;
        assert!(self.restarts < 4, "it does not come to rest");
        if self.store.is_dead() {
            self.store = FaultyStore::new(Arc::clone(&self.real));
            self.shard = start(self.store.clone(), &self.clock).await;
        }
        self.shard.ready().await.unwrap();
        (self.joe, self.jim) = connect(&self.shard).await;
    }

    async fn tell(&mut self) {
        for (number, (side, words)) in SAYINGS.iter().enumerate() {
            while self.say(*side, &format!("o{number}"), words).await.is_err() {
                self.come_back().await;
            }
            self.must_be_stored(words);
        }
        while self.show_rest().await.is_err() {
            self.come_back().await;
        }
    }

    /// I3: it was settled, so it is in the file.
    fn must_be_stored(&self, words: &str) {
        let entries = transcript(&*self.real);
        assert!(said(&entries).contains(&words), "{words:?} was settled and is not stored");
    }

    async fn say(&mut self, side: Side, origin: &str, words: &str) -> Result<(), Reset> {
        let (peer, to) = match side {
            Side::Customer => (&self.joe, Alias::new("billing")),
            Side::Agent => (&self.jim, self.accepted().await?),
        };
        let reference = peer.say(&to, origin, words).await;
        assert_eq!(peer.settled(reference).await?, Ok(()), "{words:?} was refused");
        Ok(())
    }

    /// The name under which the agent has the session, who accepts it first where that is not so yet. Due after every restart: the
    /// session as a feed, or the offer again (I9).
    async fn accepted(&self) -> Result<Alias, Reset> {
        enum Due {
            Session(Alias),
            Offer,
        }
        let due = |effect: &Effect| match effect {
            Effect::Feed(_, feed) => Some(Due::Session(feed.alias.clone())),
            Effect::Offer(..) => Some(Due::Offer),
            _ => None,
        };
        if let Due::Session(alias) = self.jim.mail.wait("the session or its offer", due).await? {
            return Ok(alias);
        }
        self.jim.say(&Alias::default(), "accept", "accept").await;
        Ok(self.jim.feed().await?.alias)
    }

    /// Both are shown what they have not got yet.
    async fn show_rest(&mut self) -> Result<(), Reset> {
        for (peer, shown) in [&self.joe, &self.jim].into_iter().zip(&mut self.shown) {
            let feed = peer.feed().await?;
            let mut after = feed.after;
            loop {
                let (through, taken) = peer.take(&feed, after).await;
                if through == after {
                    break;
                }
                shown.extend(taken);
                after = through;
            }
            // Settled: the cursor that was reported before is stored.
            let reference = peer.report(None, crate::model::adapter::Event::AskedRoster).await;
            peer.settled(reference).await?.unwrap();
        }
        Ok(())
    }
}

async fn connect(shard: &Shard) -> (Peer, Peer) {
    (Peer::connect(shard, Side::Customer, "joe").await, Peer::connect(shard, Side::Agent, "jim").await)
}

/// I4: in the order of the transcript; what comes twice has the same id.
fn assert_in_order(shown: &[(String, String)], expected: &[&str]) {
    let mut seen: Vec<&str> = Vec::new();
    let mut last = Seq(0);
    for (id, text) in shown {
        let (_, seq) = parse_message_id(id).unwrap();
        if seq > last {
            last = seq;
            seen.push(text);
        }
    }
    let seen: Vec<&str> = seen.into_iter().filter(|text| expected.contains(text)).collect();
    assert_eq!(seen, expected);
}

/// Tells the story with a fault at one commit; gives the number of commits and restarts.
async fn tell(fault: Option<(usize, Fault)>) -> (usize, usize) {
    let (_folder, real) = real_store();
    let mut story = Story::begin(real, fault).await;
    story.tell().await;

    let entries = transcript(&*story.real);
    let all: Vec<&str> = SAYINGS.iter().map(|(_, words)| *words).collect();
    assert_eq!(said(&entries), all, "nothing is lost or doubled");
    let of = |side: Side| SAYINGS.iter().filter(|(by, _)| *by == side).map(|(_, words)| *words).collect::<Vec<_>>();
    assert_in_order(&story.shown[0], &of(Side::Agent));
    assert_in_order(&story.shown[1], &of(Side::Customer));
    (story.store.commits(), story.restarts)
}

async fn sweep(fault: Fault) {
    let (commits, restarts) = tell(None).await;
    assert_eq!(restarts, 0);
    assert!(commits >= SAYINGS.len(), "{commits}");
    let mut stopped = 0;
    for commit in 1..=commits {
        stopped += tell(Some((commit, fault))).await.1;
    }
    assert!(stopped > commits / 2, "the faults did not hit: {stopped} of {commits}");
}

#[tokio::test]
async fn killed_before_any_commit() {
    sweep(Fault::DiesBefore).await;
}

#[tokio::test]
async fn killed_after_any_commit() {
    sweep(Fault::DiesAfter).await;
}

#[tokio::test]
async fn any_commit_is_lost_unknown() {
    sweep(Fault::LostUnknown).await;
}

#[tokio::test]
async fn any_commit_is_stored_unknown() {
    sweep(Fault::StoredUnknown).await;
}
