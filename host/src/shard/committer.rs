//! The thread that commits, so that the next batch is handled while one is being stored.
//!
//! Invariant: a batch's effects are handed out after it is stored and in the order of batches; after the first that is not, none are.

use super::ShardSetup;
use super::endpoints::Endpoints;
use super::transcripts::Transcripts;
use crate::centre::{Effect, JournalEntry, Output};
use crate::model::record::Batch;
use crate::storage::{Committed, Lease, Store, StoreError};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::mpsc;

/// A batch and what waits for it.
pub(super) struct Work {
    /// What to store.
    pub(super) batch: Batch,
    /// What to do then, in order.
    pub(super) effects: Vec<Effect>,
}

impl Work {
    /// What a batch came to, with the entry that explains it.
    pub(super) fn new(output: Output, entry: &JournalEntry) -> Self {
        let batch = Batch { ops: output.ops, appends: output.appends, journal: entry.encode(), segment: None };
        Self { batch, effects: output.effects }
    }
}

/// How often a busy store is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitRetries {
    /// Further attempts at one batch.
    pub attempts: u32,
    /// Before the first of them; doubled before each further one.
    pub first_wait_ms: u64,
}

impl Default for CommitRetries {
    fn default() -> Self {
        Self { attempts: 5, first_wait_ms: 10 }
    }
}

/// Why a shard can't go on with what it has in memory.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommitError {
    #[error("another process has taken the shard over (epoch {epoch} is not the newest any more)")]
    Fenced { epoch: u32 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Commits for one lease.
pub(super) struct Committer {
    work: Option<SyncSender<Work>>,
    done: mpsc::Receiver<Result<(), CommitError>>,
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(storing: Storing) -> io::Result<Self> {
        let (work, works) = sync_channel(1);
        let (told, done) = mpsc::channel(1);
        let thread =
            thread::Builder::new().name("commit".to_owned()).spawn(move || storing.store_all(&works, &told))?;
        Ok(Self { work: Some(work), done, busy: false, thread: Some(thread) })
    }

    /// Whether a batch is in flight.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Stores a batch; only while none is in flight.
    pub(super) fn commit(&mut self, work: Work) {
        debug_assert!(!self.busy, "one batch in flight");
        self.busy = true;
        let is_full = self.work.as_ref().is_some_and(|to| matches!(to.try_send(work), Err(TrySendError::Full(_))));
        // Full it can't be. A thread that is gone is noticed in `done`.
        debug_assert!(!is_full, "one batch in flight");
    }

    /// What became of the batch in flight. Not to be asked again after an error. May be dropped and asked again.
    pub(super) async fn done(&mut self) -> Result<(), CommitError> {
        let outcome = self.done.recv().await;
        self.busy = false;
        outcome.unwrap_or_else(|| {
            Err(CommitError::Store(StoreError::Unknown("the commit thread has panicked".to_owned())))
        })
    }
}

impl Drop for Committer {
    /// Waits for a batch in flight: it may still be stored, and the store must not be used for loading before.
    fn drop(&mut self) {
        self.work = None;
        self.done.close();
        if let Some(thread) = self.thread.take() {
            // A panic there was reported as it happened.
            let _ = thread.join();
        }
    }
}

/// What it takes to store batches of one lease, and to hand out what waits for them.
pub(super) struct Storing {
    lease: Lease,
    store: Arc<dyn Store>,
    retries: CommitRetries,
    endpoints: Arc<Endpoints>,
    transcripts: Transcripts,
}

impl Storing {
    pub(super) fn new(lease: Lease, setup: &ShardSetup, endpoints: Arc<Endpoints>, transcripts: Transcripts) -> Self {
        let store = Arc::clone(&setup.store);
        Self { lease, store, retries: setup.options.retries, endpoints, transcripts }
    }

    fn store_all(&self, works: &Receiver<Work>, told: &mpsc::Sender<Result<(), CommitError>>) {
        for work in works {
            let outcome = self.store(work);
            let failed = outcome.is_err();
            if told.blocking_send(outcome).is_err() || failed {
                return;
            }
        }
    }

    /// Stores a batch, and only then hands out its effects.
    pub(super) fn store(&self, work: Work) -> Result<(), CommitError> {
        self.commit(&work.batch)?;
        self.transcripts.committed(work.batch.appends);
        work.effects.into_iter().for_each(|effect| self.endpoints.post(effect));
        Ok(())
    }

    fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
        let mut wait_ms = self.retries.first_wait_ms;
        let mut attempt = 0;
        loop {
            match self.store.commit(&self.lease, batch) {
                Ok(Committed::Stored) => return Ok(()),
                Ok(Committed::Fenced) => return Err(CommitError::Fenced { epoch: self.lease.epoch }),
                Err(StoreError::Retry(_)) if attempt < self.retries.attempts => {
                    thread::sleep(Duration::from_millis(wait_ms));
                    attempt += 1;
                    wait_ms *= 2;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
