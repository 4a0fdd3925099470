//! The shell around one shard's [`Centre`](crate::centre::Centre): takes inputs, stores what the centre decides, and only then hands out the effects.
//!
//! ```text
//!  endpoints ──submit──► inputs (bounded) ──► thread "shard": Centre ──one batch──► thread "commit": Store
//!      ▲                                        ▲                                        │
//!      └──────────────── Post ◄─────────────────┼──────── effects, once stored ──────────┤
//!                                               └──────── done ◄─────────────────────────┘
//! ```
//! One batch is in flight; the next is gathered and handled meanwhile, and its effects wait for its own commit. Where a commit fails or
//! its outcome is unknown, the shard forgets its memory, resets every endpoint, takes a new lease, loads again and does what is due.
//! A checkpoint for the journal is encoded on a thread of its own, from a copy, and stored in parts with the batches that come meanwhile.
//!
//! Invariant: no effect is seen by anybody before the batch that decided it is stored (I3).

#[cfg(test)]
mod by_hand;
mod clock;
mod committer;
mod day;
mod driver;
mod encoding;
mod endpoints;
mod exchange;
pub mod explain;
pub mod journal;
mod open_batch;
mod post;
mod recent;
mod renewal;
mod replay;
mod segment;
mod term;
mod transcripts;

#[cfg(test)]
pub(crate) use by_hand::ByHand;
#[cfg(test)]
pub(crate) use clock::fake::FakeClock;
pub use clock::{Clock, SystemClock};
pub use committer::CommitRetries;
pub use day::{InForce, RecordedDay, record_day};
pub use exchange::{Exchange, ExchangeError, Newcomer};
pub use post::Post;
pub use recent::RecentLimits;
pub use renewal::{OpenNamed, Renewal, RenewalError};
pub use replay::{ReplayError, Replayed, replay, replay_entries};
pub use segment::SegmentLimits;
pub use transcripts::Transcripts;

use crate::centre::view::Summary;
use crate::centre::{Components, Input, LoadError, View};
use crate::model::adapter::GuestFailure;
use crate::model::record::{AgentProfile, Shard as Part};
use crate::model::settings::Settings;
use crate::model::{EndpointId, MemberProfile};
use crate::storage::{Store, StoreError};
use driver::{Driver, Order};
use endpoints::Endpoints;
use std::io;
use std::sync::Arc;
use std::thread;
use tokio::sync::{mpsc, oneshot, watch};

/// The shard of all pools, as long as one node is all there is: whose journal is replayed and exported.
pub const JOURNAL: Part = Part::Pool(0);

/// Makes the rules of all pools and all dialogs, each time the shard loads.
pub type ComponentFactory = Box<dyn Fn(&Settings) -> Result<Components, GuestFailure> + Send>;

/// Gives the agents' accounts, each time the shard loads.
pub type ProfileSource = Box<dyn Fn() -> Vec<AgentProfile> + Send>;

/// Gives the members who have addresses at providers or attributes, each time the shard loads.
pub type MemberSource = Box<dyn Fn() -> Vec<MemberProfile> + Send>;

/// What a shard is made of.
pub struct ShardSetup {
    /// The number of the pools' shard.
    pub number: u16,
    /// Where it is stored.
    pub store: Arc<dyn Store>,
    /// The operator's settings; [`Input::Settings`] changes them.
    pub settings: Settings,
    /// See [`ComponentFactory`].
    pub components: ComponentFactory,
    /// See [`ProfileSource`].
    pub profiles: ProfileSource,
    /// See [`MemberSource`].
    pub members: MemberSource,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Bounds.
    pub options: ShardOptions,
}

/// Bounds of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardOptions {
    /// Inputs that wait; who submits more waits too.
    pub queue: usize,
    /// Entries kept in memory for deliveries.
    pub recent: RecentLimits,
    /// How a busy store is asked again.
    pub retries: CommitRetries,
    /// When a new segment of the journal begins.
    pub segments: SegmentLimits,
    /// Before a shard is loaded again after it could not be; doubled each time, up to [`Self::reload_max_wait_ms`].
    pub reload_wait_ms: u64,
    /// See [`Self::reload_wait_ms`].
    pub reload_max_wait_ms: u64,
}

impl Default for ShardOptions {
    fn default() -> Self {
        Self {
            queue: 4096,
            recent: RecentLimits::default(),
            retries: CommitRetries::default(),
            segments: SegmentLimits::default(),
            reload_wait_ms: 100,
            reload_max_wait_ms: 5_000,
        }
    }
}

/// The shard has ended; see [`Shard::ended`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shard has ended and takes nothing more")]
pub struct Stopped;

/// Why a shard could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored doesn't fit together.
    #[error("the stored shard can't be taken up: {0}")]
    Load(#[from] LoadError),
    /// Another process took the shard over meanwhile.
    #[error("another process has taken the shard over; stop one of the two")]
    Fenced,
    /// A rule could not be made.
    #[error("a rule could not be started: {0}")]
    Rule(GuestFailure),
    /// The system gave no thread or no randomness.
    #[error("the system refused a thread or random bytes: {0}")]
    System(String),
}

/// How a shard ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As it was asked to; everything submitted before is stored.
    Drained,
    /// Another process owns the shard now.
    Fenced,
    /// It could not be loaded again, or a defect ended its thread; why.
    Failed(String),
}

/// What a shard has done since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Inputs handled.
    pub inputs: u64,
    /// Batches given to the store.
    pub batches: u64,
    /// Entries given to the store.
    pub entries: u64,
    /// Times it was loaded again after a failure.
    pub reloads: u64,
    /// Microseconds in which a batch was in flight.
    pub committing_us: u64,
}

/// A running shard; cheap to clone. It ends when it is drained or the last clone is gone.
#[derive(Clone)]
pub struct Shard {
    inputs: mpsc::Sender<Input>,
    orders: mpsc::Sender<Order>,
    endpoints: Arc<Endpoints>,
    transcripts: Transcripts,
    ended: watch::Receiver<Option<Ending>>,
}

impl Shard {
    /// Takes the lease, loads the shard, stores what is due, and runs.
    pub async fn start(setup: ShardSetup) -> Result<Self, StartError> {
        let (inputs, taken) = mpsc::channel(setup.options.queue);
        let (orders, ordered) = mpsc::channel(16);
        let (tell_ended, ended) = watch::channel(None);
        let endpoints = Arc::new(Endpoints::new());
        let transcripts = Transcripts::new(Part::Pool(setup.number), Arc::clone(&setup.store), setup.options.recent);
        let driver = Driver::new(setup, taken, ordered, Arc::clone(&endpoints), transcripts.clone());
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new().name("shard".to_owned());
        thread
            .spawn(move || drive(driver, ready, &tell_ended))
            .map_err(|error: io::Error| StartError::System(error.to_string()))?;
        started.await.unwrap_or_else(|_| Err(StartError::System("the shard's thread has panicked".to_owned())))?;
        Ok(Self { inputs, orders, endpoints, transcripts, ended })
    }

    /// Gives an input; waits while too many wait already. What an endpoint of an ended lease says is dropped: it has been reset.
    pub async fn submit(&self, input: Input) -> Result<(), Stopped> {
        self.inputs.send(input).await.map_err(|_| Stopped)
    }

    /// Waits while the shard loads again after a failure: endpoints that come meanwhile would be reset at once.
    pub async fn ready(&self) -> Result<(), Stopped> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            // Gone with its thread, or told how it ended.
            _ = ended.wait_for(Option::is_some) => Err(Stopped),
            () = self.endpoints.ready() => Ok(()),
        }
    }

    /// A number for a new endpoint: never used before, also not before the last restart.
    pub fn next_endpoint(&self) -> EndpointId {
        self.endpoints.next()
    }

    /// Effects of this endpoint go there from now on. To be called before its `Opened` is submitted.
    pub fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>) {
        self.endpoints.register(endpoint, post);
    }

    /// The endpoint is gone; its `Gone` is to be submitted beside.
    pub fn unregister(&self, endpoint: EndpointId) {
        self.endpoints.unregister(endpoint);
    }

    /// Reads committed transcripts.
    pub fn transcripts(&self) -> Transcripts {
        self.transcripts.clone()
    }

    /// The centre as it is now, for people to look at. It may be ahead of what is stored by two batches.
    pub async fn view(&self) -> Result<View, Stopped> {
        self.ask(Order::View).await
    }

    /// The same without a row for each person or session, which is cheap.
    pub async fn summary(&self) -> Result<Summary, Stopped> {
        self.ask(Order::Summary).await
    }

    /// What it has done so far.
    pub async fn counts(&self) -> Result<Counts, Stopped> {
        self.ask(Order::Counts).await
    }

    /// Puts another rule in the place of one that decides, with what that one remembers; the old one goes on where that fails. While the shard
    /// loads again there is none to replace, and the next load makes the new one.
    pub async fn exchange(&self, exchange: Exchange) -> Result<(), ExchangeError> {
        self.ask(|answer| Order::Exchange(Box::new(exchange), answer)).await?
    }

    /// Puts other settings in force, with their rules; the old ones stay where a rule does not open. While the shard loads again, the next load
    /// makes the new ones.
    pub async fn renew(&self, renewal: Renewal) -> Result<(), RenewalError> {
        self.ask(|answer| Order::Renew(Box::new(renewal), answer)).await?
    }

    /// Takes nothing more, handles and stores what was submitted, and ends. Effects of the last batches are still handed out.
    pub async fn drain(&self) -> Ending {
        // One that has ended already says how.
        let _ = self.orders.send(Order::Drain).await;
        self.ended().await
    }

    /// Waits for the end, and says how it came.
    pub async fn ended(&self) -> Ending {
        let mut ended = self.ended.clone();
        let last = ended.wait_for(Option::is_some).await.map(|ending| ending.clone());
        last.ok().flatten().unwrap_or_else(|| Ending::Failed("the shard's thread has panicked".to_owned()))
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }
}

/// The thread's whole life.
fn drive(driver: Driver, ready: oneshot::Sender<Result<(), StartError>>, ended: &watch::Sender<Option<Ending>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // The starter is gone only with the whole host.
            let _ = ready.send(Err(StartError::System(error.to_string())));
            return;
        }
    };
    // Also when the thread panics.
    let _resets = ResetAtEnd(driver.endpoints());
    let ending = runtime.block_on(driver.run(ready));
    ended.send_replace(Some(ending));
}

/// Resets the endpoints when it is dropped.
struct ResetAtEnd(Arc<Endpoints>);

impl Drop for ResetAtEnd {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
pub(crate) mod tests;
