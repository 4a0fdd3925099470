//! Reads transcripts for deliveries: the newest entries from memory, older ones from the store.
//!
//! Invariant: an entry that can be read here is committed.

use super::recent::{Recent, RecentLimits};
use crate::model::record::{Entry, Shard};
use crate::model::{Seq, SessionId};
use crate::storage::{Store, StoreError};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Reads of the store at a time; more wait their turn.
const MAX_READS: usize = 16;

/// Reads the transcripts of one shard. Cheap to clone.
#[derive(Clone)]
pub struct Transcripts {
    shard: Shard,
    store: Arc<dyn Store>,
    recent: Arc<Mutex<Recent>>,
    reads: Arc<Semaphore>,
}

impl Transcripts {
    pub(super) fn new(shard: Shard, store: Arc<dyn Store>, limits: RecentLimits) -> Self {
        Self {
            shard,
            store,
            recent: Arc::new(Mutex::new(Recent::new(limits))),
            reads: Arc::new(Semaphore::new(MAX_READS)),
        }
    }

    /// At most `limit` committed entries behind `after`, in order; fewer only where there are no more.
    ///
    /// Runs in a tokio runtime.
    ///
    /// # Errors
    /// What the store's [`read`](Store::read) fails with.
    pub async fn read(&self, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        if let Some(entries) = self.recent(session, after, limit) {
            return Ok(entries);
        }
        let stopping = |_| StoreError::Retry("the host is stopping".to_owned());
        let _turn = self.reads.acquire().await.map_err(stopping)?;
        let (store, shard) = (Arc::clone(&self.store), self.shard);
        match spawn_blocking(move || store.read(shard, session, after, limit)).await {
            Ok(read) => read,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::Retry("the host is stopping".to_owned())),
        }
    }

    /// The same from memory alone; `None` where the store has to be asked.
    pub fn recent(&self, session: SessionId, after: Seq, limit: usize) -> Option<Vec<Entry>> {
        self.lock().read(session, after, limit)
    }

    /// These were committed.
    pub(super) fn committed(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let mut recent = self.lock();
        for entry in entries {
            recent.add(entry);
        }
    }

    /// What was committed last is not known: memory can't be trusted to have the newest entries.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        // A panic under the lock can only be a defect in arithmetic; entries are whole.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
