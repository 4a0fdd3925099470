//! The thread that owns the centre: gathers batches, hands them to the committer, and starts over where one fails.
//!
//! ```text
//!            ┌─────────────── store failed ◄──────────────┐
//!            ▼                                            │
//! start ─► loading ─► serving ──── drain ──► draining ────┤
//!            │  ▲ again  │ fenced               │         │
//!            └──┘        ▼                      ▼
//!                      ended                  ended
//! ```
//! Invariant: at most one batch is in flight and at most one is open; both are forgotten together with the centre that made them.

use super::committer::{CommitError, Committer, Storing, Work};
use super::encoding::{Encoding, Parts, Unfit};
use super::endpoints::Endpoints;
use super::term::Term;
use super::{Counts, Ending, Exchange, ExchangeError, Renewal, RenewalError, ShardSetup, StartError, Transcripts};
use crate::centre::Input;
use crate::centre::view::{Summary, View};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// What the handle asks for beside inputs.
pub(super) enum Order {
    /// The centre as it is.
    View(oneshot::Sender<View>),
    /// The centre without a row for each person or session.
    Summary(oneshot::Sender<Summary>),
    /// What was done.
    Counts(oneshot::Sender<Counts>),
    /// Another rule in the place of one.
    Exchange(Box<Exchange>, oneshot::Sender<Result<(), ExchangeError>>),
    /// Other settings, and their rules.
    Renew(Box<Renewal>, oneshot::Sender<Result<(), RenewalError>>),
    /// The end.
    Drain,
}

/// See the [module](self).
pub(super) struct Driver {
    setup: ShardSetup,
    inputs: mpsc::Receiver<Input>,
    orders: mpsc::Receiver<Order>,
    endpoints: Arc<Endpoints>,
    transcripts: Transcripts,
    counts: Counts,
    /// Loadings and runs that failed since a batch was last stored.
    failures: u32,
    /// Nothing more is taken into the queue.
    draining: bool,
    /// Nothing is left in it.
    drained: bool,
}

/// What lasts as long as a lease.
struct Run {
    term: Term,
    committer: Committer,
    /// Since when the batch in flight is.
    committing: Instant,
    /// A checkpoint on its way.
    encoding: Option<Encoding>,
}

impl Driver {
    pub(super) fn new(
        setup: ShardSetup,
        inputs: mpsc::Receiver<Input>,
        orders: mpsc::Receiver<Order>,
        endpoints: Arc<Endpoints>,
        transcripts: Transcripts,
    ) -> Self {
        Self {
            setup,
            inputs,
            orders,
            endpoints,
            transcripts,
            counts: Counts::default(),
            failures: 0,
            draining: false,
            drained: false,
        }
    }

    pub(super) fn endpoints(&self) -> Arc<Endpoints> {
        Arc::clone(&self.endpoints)
    }

    /// Runs to the end. `ready` is told how the first loading went.
    pub(super) async fn run(mut self, ready: oneshot::Sender<Result<(), StartError>>) -> Ending {
        let mut loaded = self.load();
        if let Err(error) = loaded {
            let ending = error.ending();
            // Whoever started it is gone only with the whole host.
            let _ = ready.send(Err(error));
            return ending;
        }
        let _ = ready.send(Ok(()));
        loop {
            let ended = match loaded {
                Ok(run) => self.live(run).await,
                Err(error) => self.not_loaded(&error),
            };
            if let Some(ending) = ended {
                return ending;
            }
            self.failures += 1;
            self.counts.reloads += 1;
            self.pause().await;
            loaded = self.load();
        }
    }

    /// A lease's life. `None`: it is to be loaded again.
    async fn live(&mut self, mut run: Run) -> Option<Ending> {
        let ended = self.serve(&mut run).await;
        // Waits for the commit thread: nothing of the old lease is under way any more.
        drop(run);
        let endpoints = self.endpoints.end();
        let Err(error) = ended else { return Some(Ending::Drained) };
        self.transcripts.forget();
        let shard = self.setup.number;
        if let CommitError::Fenced { .. } = error {
            tracing::error!(shard, endpoints, %error, "the shard has ended");
            return Some(Ending::Fenced);
        }
        tracing::error!(shard, endpoints, %error, "a batch is not known to be stored; the shard forgets its memory and loads again");
        None
    }

    fn not_loaded(&self, error: &StartError) -> Option<Ending> {
        let shard = self.setup.number;
        if error.may_pass() && !self.draining {
            tracing::warn!(shard, %error, failures = self.failures, "the shard can't be loaded yet");
            return None;
        }
        tracing::error!(shard, %error, "the shard has ended");
        Some(error.ending())
    }

    /// Waits before loading again, longer each time, but not through a drain. Who asks for anything meanwhile gets no answer.
    async fn pause(&mut self) {
        let Some(doublings) = self.failures.checked_sub(2) else { return };
        let options = &self.setup.options;
        let wait_ms = options.reload_wait_ms.saturating_mul(1 << doublings.min(16)).min(options.reload_max_wait_ms);
        let over = tokio::time::sleep(Duration::from_millis(wait_ms));
        tokio::pin!(over);
        while !self.draining {
            tokio::select! {
                () = &mut over => return,
                order = self.orders.recv() => match order {
                    None | Some(Order::Drain) => self.begin_draining(),
                    Some(Order::Exchange(exchange, answer)) => {
                        (exchange.done)();
                        // Who asked may have gone meanwhile.
                        let _ = answer.send(Ok(()));
                    }
                    Some(Order::Renew(renewal, answer)) => {
                        self.setup.settings = renewal.settings;
                        (renewal.done)();
                        let _ = answer.send(Ok(()));
                    }
                    Some(Order::View(_) | Order::Summary(_) | Order::Counts(_)) => {}
                },
            }
        }
    }

    fn begin_draining(&mut self) {
        self.inputs.close();
        self.draining = true;
    }

    /// Handles what comes until all is drained or a commit fails.
    async fn serve(&mut self, run: &mut Run) -> Result<(), CommitError> {
        loop {
            let wait_ms = self.commit_if_due(run);
            if self.drained && !run.term.has_open() && !run.committer.is_busy() {
                return Ok(());
            }
            let full = run.term.is_full();
            let tick_ms =
                if run.term.has_open() || self.drained { None } else { run.term.tick_in_ms(&*self.setup.clock) };
            let sleep_ms = wait_ms.or(tick_ms);
            let clock = Arc::clone(&self.setup.clock);
            tokio::select! {
                biased;
                done = run.committer.done(), if run.committer.is_busy() => {
                    done?;
                    self.counts.committing_us += u64::try_from(run.committing.elapsed().as_micros()).unwrap_or(u64::MAX);
                    self.failures = 0;
                }
                parts = encoded(&mut run.encoding) => run.term.encoded(parts),
                order = self.orders.recv(), if !self.draining => self.obey(run, order),
                input = self.inputs.recv(), if !full && !self.drained => self.take(run, input),
                () = clock.sleep(sleep_ms.unwrap_or(0)), if sleep_ms.is_some() => if tick_ms.is_some() {
                    self.handle(run, Input::Tick);
                },
            }
        }
    }

    /// A centre under a new lease; the batch of its resumption is in flight.
    fn load(&mut self) -> Result<Run, StartError> {
        let (term, work) = Term::load(&self.setup)?;
        let mut committer = self.committer(&term)?;
        self.endpoints.begin(term.lease().epoch);
        self.counts.batches += 1;
        committer.commit(work);
        Ok(Run { term, committer, committing: Instant::now(), encoding: None })
    }

    fn committer(&self, term: &Term) -> Result<Committer, StartError> {
        let (endpoints, transcripts) = (Arc::clone(&self.endpoints), self.transcripts.clone());
        let storing = Storing::new(term.lease(), &self.setup, endpoints, transcripts);
        Committer::start(storing).map_err(|error| StartError::System(error.to_string()))
    }

    /// Gives the open batch to the committer once that is free, and nothing more is there that could go with it; else the next part of a
    /// checkpoint. In how many milliseconds to look again, where the batch waits for company.
    fn commit_if_due(&mut self, run: &mut Run) -> Option<u64> {
        if run.committer.is_busy() {
            return None;
        }
        let wait_ms = run.term.close_in_ms(&*self.setup.clock);
        let work = if wait_ms.is_some_and(|wait_ms| wait_ms == 0 || self.drained) {
            run.term.close()
        } else {
            run.term.next_part().filter(|_| !self.drained)
        };
        let Some(work) = work else { return wait_ms };
        if let Some(snapshot) = run.term.take_snapshot() {
            run.encoding = Some(Encoding::start(snapshot, self.setup.options.segments));
        }
        self.count(&work);
        run.committing = Instant::now();
        run.committer.commit(work);
        None
    }

    fn count(&mut self, work: &Work) {
        self.counts.batches += u64::from(!work.batch.journal.is_empty());
        self.counts.entries += work.batch.appends.len() as u64;
    }

    fn take(&mut self, run: &mut Run, input: Option<Input>) {
        let Some(input) = input else {
            self.drained = true;
            run.term.stop(&*self.setup.clock, seed);
            return;
        };
        self.handle(run, input);
        while !run.term.is_full() {
            let Ok(input) = self.inputs.try_recv() else { return };
            self.handle(run, input);
        }
    }

    fn handle(&mut self, run: &mut Run, input: Input) {
        if let Input::Settings(settings) = &input {
            self.setup.settings = (**settings).clone();
        }
        self.counts.inputs += u64::from(run.term.handle(&*self.setup.clock, input, seed));
    }

    fn obey(&mut self, run: &mut Run, order: Option<Order>) {
        match order {
            // Who asked may have gone meanwhile.
            Some(Order::View(answer)) => drop(answer.send(run.term.view(&*self.setup.clock))),
            Some(Order::Summary(answer)) => drop(answer.send(run.term.summary(&*self.setup.clock))),
            Some(Order::Counts(answer)) => drop(answer.send(self.counts)),
            Some(Order::Exchange(exchange, answer)) => {
                drop(answer.send(run.term.exchange(&*self.setup.clock, *exchange, seed)));
            }
            Some(Order::Renew(renewal, answer)) => {
                let settings = renewal.settings.clone();
                let renewed = run.term.renew(&*self.setup.clock, *renewal, seed);
                if renewed.is_ok() {
                    self.setup.settings = settings;
                }
                drop(answer.send(renewed));
            }
            // None: every handle is gone.
            Some(Order::Drain) | None => self.begin_draining(),
        }
    }
}

/// What became of a checkpoint on its way; waits for ever where there is none.
async fn encoded(encoding: &mut Option<Encoding>) -> Result<Parts, Unfit> {
    let Some(under_way) = encoding else { return std::future::pending().await };
    let parts = under_way.done().await;
    *encoding = None;
    parts
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system gives random bytes: without them no alias may be made");
    seed
}
