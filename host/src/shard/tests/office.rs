//! A small centre in a shard, with people on native endpoints: what the tests of the shard are written with.

use super::super::clock::fake::FakeClock;
use super::super::segment::Stored;
use super::super::{Post, Shard, ShardOptions, ShardSetup};
use crate::centre::{Components, Effect, Feed, Input, Opened};
use crate::model::adapter::{Arrival, Event, Published, Report, Said};
use crate::model::record::{AgentProfile, Entry, Shard as Part, Speaker};
use crate::model::rule::Skill;
use crate::model::settings::{Link, Pool, Queue, Settings};
use crate::model::{
    Alias, Body, Contact, EndpointId, Failure, FeedId, Message, PresenceTuple, Seq, SessionId, Side, Software,
};
use crate::storage::{Durability, RedbOptions, RedbStore, Store};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::time::timeout;

pub(in crate::shard) const PART: Part = Part::Pool(0);
/// Longer than any test has to wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store in a folder of its own. Commits aren't made durable: these tests kill shards, not the machine.
pub(in crate::shard) fn real_store() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let options = RedbOptions { durability: Durability::Relaxed, ..RedbOptions::default() };
    let store = RedbStore::open(folder.path(), options).unwrap();
    (folder, Arc::new(store))
}

pub(crate) fn settings() -> Settings {
    let queue = Queue { label: "Billing".to_owned(), max_waiting: 100, ..Queue::new("billing", "main") };
    let links = vec![Link { greeting: "Welcome".to_owned(), ..Link::to(&queue) }];
    let usual = Settings::of("The Centre", vec![Pool::new("main", Vec::new())], vec![queue]);
    Settings { links, max_hold_ms: 60_000, missed_offers: 0, ..usual }
}

pub(crate) fn profile(name: &str) -> AgentProfile {
    let skills = vec![Skill { name: "billing".to_owned(), level: 5 }];
    AgentProfile { skills, ..AgentProfile::of(name, ["billing"], 3) }
}

pub(in crate::shard) fn setup(store: Arc<dyn Store>, clock: Arc<FakeClock>) -> ShardSetup {
    ShardSetup {
        number: 0,
        store,
        settings: settings(),
        components: Box::new(|_| Ok(Components::new())),
        profiles: Box::new(|| vec![profile("jim")]),
        members: Box::new(Vec::new),
        clock,
        options: ShardOptions { reload_wait_ms: 1, ..ShardOptions::default() },
    }
}

pub(in crate::shard) async fn start(store: Arc<dyn Store>, clock: &Arc<FakeClock>) -> Shard {
    Shard::start(setup(store, Arc::clone(clock))).await.unwrap()
}

/// What an endpoint was given.
#[derive(Default)]
pub(in crate::shard) struct Mail {
    state: Mutex<MailState>,
    changed: Notify,
}

#[derive(Default)]
struct MailState {
    effects: Vec<Effect>,
    reset: bool,
}

impl Post for Mail {
    fn post(&self, effect: Effect) {
        let mut state = self.state.lock().unwrap();
        assert!(!state.reset, "{effect:?} came after the reset");
        state.effects.push(effect);
        drop(state);
        self.changed.notify_one();
    }

    fn reset(&self) {
        let mut state = self.state.lock().unwrap();
        assert!(!state.reset, "reset twice");
        state.reset = true;
        drop(state);
        self.changed.notify_one();
    }
}

/// The shard has reset the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::shard) struct Reset;

impl Mail {
    pub(in crate::shard) fn is_reset(&self) -> bool {
        self.state.lock().unwrap().reset
    }

    pub(in crate::shard) fn find<T>(&self, wanted: impl FnMut(&Effect) -> Option<T>) -> Option<T> {
        self.state.lock().unwrap().effects.iter().find_map(wanted)
    }

    /// The first effect that is wanted, once it has come; what came before the reset counts.
    pub(in crate::shard) async fn wait<T>(
        &self,
        what: &str,
        mut wanted: impl FnMut(&Effect) -> Option<T>,
    ) -> Result<T, Reset> {
        let arrived = async {
            loop {
                let reset = self.is_reset();
                if let Some(found) = self.find(&mut wanted) {
                    return Ok(found);
                }
                if reset {
                    return Err(Reset);
                }
                self.changed.notified().await;
            }
        };
        timeout(PATIENCE, arrived)
            .await
            .unwrap_or_else(|_| panic!("{what} never came: {:?}", self.state.lock().unwrap().effects))
    }

    pub(in crate::shard) async fn wait_for_reset(&self) {
        let reset = self.wait("a reset", |_| None::<()>).await;
        assert_eq!(reset, Err(Reset));
    }

    pub(in crate::shard) fn outcome(&self, reference: u64) -> Option<Result<(), Failure>> {
        self.find(|effect| match effect {
            Effect::Settle(_, settlement) if settlement.reference == reference => Some(settlement.outcome.clone()),
            _ => None,
        })
    }
}

/// A person on an endpoint of their own.
pub(in crate::shard) struct Peer {
    pub(in crate::shard) shard: Shard,
    pub(in crate::shard) endpoint: EndpointId,
    pub(in crate::shard) mail: Arc<Mail>,
    contact: Contact,
    references: Mutex<u64>,
}

impl Peer {
    /// Connects somebody again, once the shard has loaded again.
    pub(in crate::shard) async fn reconnect(shard: &Shard, side: Side, name: &str) -> Self {
        shard.ready().await.unwrap();
        Self::connect(shard, side, name).await
    }

    /// Connects somebody. Where the shard is down, that ends in a reset.
    pub(in crate::shard) async fn connect(shard: &Shard, side: Side, name: &str) -> Self {
        let endpoint = shard.next_endpoint();
        let mail = Arc::new(Mail::default());
        shard.register(endpoint, mail.clone());
        let opened = Opened {
            endpoint,
            side,
            provider: format!("{} listener", side.as_str()),
            protocol: "xmpp".to_owned(),
            own_accounts: true,
            address: "127.0.0.1:40000".to_owned(),
        };
        let _ = shard.submit(Input::Opened(opened)).await;
        let contact = Contact::new(format!("{name}@{}/x", side.as_str()));
        let peer = Self { shard: shard.clone(), endpoint, mail, contact, references: Mutex::new(0) };
        let arrival = Arrival::of(name, name);
        peer.report(None, Event::Arrived(arrival)).await;
        peer.report(None, Event::Software(Software { name: "Test".to_owned(), ..Software::default() })).await;
        let tuple = PresenceTuple::of("x", "available");
        peer.report(None, Event::Published(Published { expires: None, tuples: vec![tuple] })).await;
        peer
    }

    /// Reports, and gives the reference.
    pub(in crate::shard) async fn report(&self, origin: Option<&str>, event: Event) -> u64 {
        let reference = {
            let mut references = self.references.lock().unwrap();
            *references += 1;
            *references
        };
        let report = Report { reference, contact: self.contact.clone(), origin: origin.map(str::to_owned), event };
        let input = Input::Report { endpoint: self.endpoint, report };
        // As above.
        let _ = self.shard.submit(input).await;
        reference
    }

    /// Says something, and gives the reference.
    pub(in crate::shard) async fn say(&self, to: &Alias, origin: &str, text: &str) -> u64 {
        let message = Message::text(text);
        self.report(Some(origin), Event::Said(Said { to: to.clone(), message })).await
    }

    pub(in crate::shard) async fn settled(&self, reference: u64) -> Result<Result<(), Failure>, Reset> {
        let settled = |effect: &Effect| match effect {
            Effect::Settle(_, settlement) if settlement.reference == reference => Some(settlement.outcome.clone()),
            _ => None,
        };
        self.mail.wait("a settlement", settled).await
    }

    /// The newest feed for this endpoint.
    pub(in crate::shard) async fn feed(&self) -> Result<Feed, Reset> {
        let feed = |effect: &Effect| match effect {
            Effect::Feed(_, feed) => Some(feed.clone()),
            _ => None,
        };
        self.mail.wait("a feed", feed).await
    }

    /// Takes what is to be delivered behind `after` as an endpoint does, says that it was delivered, and gives the ids and texts.
    pub(in crate::shard) async fn take(&self, feed: &Feed, after: Seq) -> (Seq, Vec<(String, String)>) {
        let read = self.shard.transcripts().read(feed.id.session, after, 16).await;
        let Ok(entries) = read else { return (after, Vec::new()) };
        let Some(last) = entries.last().map(|entry| entry.seq) else { return (after, Vec::new()) };
        let messages = entries.iter().filter_map(|entry| feed.render(entry));
        let taken = messages.map(|message| (message.id, text(&message.body).to_owned())).collect();
        self.delivered(feed.id, last).await;
        (last, taken)
    }

    pub(in crate::shard) async fn delivered(&self, feed: FeedId, through: Seq) {
        let input = Input::Delivered { endpoint: self.endpoint, feed, through, outcome: Ok(()) };
        // As above.
        let _ = self.shard.submit(input).await;
    }
}

pub(in crate::shard) fn text(body: &Body) -> &str {
    match body {
        Body::Text(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// What people said in a transcript, in order.
pub(in crate::shard) fn said(entries: &[Entry]) -> Vec<&str> {
    entries.iter().filter(|entry| entry.speaker != Speaker::Centre).map(|entry| text(&entry.body)).collect()
}

/// The whole transcript of the first session.
pub(in crate::shard) fn transcript(store: &dyn Store) -> Vec<Entry> {
    store.read(PART, SessionId(1), Seq(0), usize::MAX).unwrap()
}

/// The journal as it is stored.
pub(in crate::shard) fn entries(store: &dyn Store) -> Vec<Vec<u8>> {
    store.journal(PART, 1, usize::MAX).unwrap().into_iter().map(|(_, bytes)| bytes).collect()
}

/// A checkpoint is encoded beside the batches: waits until the last one that was begun is stored.
pub(in crate::shard) async fn segment_complete(store: &dyn Store) {
    let complete = async {
        while incomplete(store) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, complete).await.expect("the segment is complete in time");
}

/// Marks of the last run without a last part behind them.
pub(in crate::shard) fn incomplete(store: &dyn Store) -> usize {
    let entries = entries(store);
    let run = entries.iter().rposition(|entry| Stored::of(entry) == Stored::Loaded).unwrap_or(0);
    let count = |what: fn(&Stored<'_>) -> bool| entries[run..].iter().filter(|entry| what(&Stored::of(entry))).count();
    count(|entry| *entry == Stored::Mark) - count(|entry| matches!(entry, Stored::Part { is_last: true, .. }))
}
