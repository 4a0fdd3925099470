//! A store for tests that fails where it is told to, in front of a real one.
//!
//! Commits are counted from 1 over the life of this value, whoever makes them. Invariant: what it does not spoil is the real store's answer.

use super::{Committed, Lease, SegmentStart, Store, StoreError};
use crate::model::record::{Batch, Entry, Record, Shard};
use crate::model::{Seq, SessionId};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How a commit goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is stored, and the caller is told that it may send the batch again.
    Busy,
    /// Nothing is stored, and the caller can't know.
    LostUnknown,
    /// It is stored, and the caller can't know.
    StoredUnknown,
    /// Nothing is stored, and the store answers nothing any more: a kill before the commit.
    DiesBefore,
    /// It is stored, and the store answers nothing any more: a kill after the commit.
    DiesAfter,
    /// The commit stands still before it stores anything, until [`FaultyStore::let_go`].
    Held,
}

/// See the [module](self).
pub(crate) struct FaultyStore {
    real: Arc<dyn Store>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    faults: BTreeMap<usize, Fault>,
    commits: usize,
    held: bool,
    dead: bool,
    /// What was stored: the number of inputs is not to be seen here, that of appended entries is.
    stored: Vec<Batch>,
}

impl FaultyStore {
    pub(crate) fn new(real: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { real, state: Mutex::default(), changed: Condvar::new() })
    }

    /// The commit of this number will go wrong.
    pub(crate) fn fail_at(&self, commit: usize, fault: Fault) {
        self.state.lock().unwrap().faults.insert(commit, fault);
    }

    /// The next commit will go wrong.
    pub(crate) fn fail_next(&self, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        let next = state.commits + 1;
        state.faults.insert(next, fault);
    }

    /// Commits that were tried.
    pub(crate) fn commits(&self) -> usize {
        self.state.lock().unwrap().commits
    }

    /// All that was stored through this value, in order.
    pub(crate) fn stored(&self) -> Vec<Batch> {
        self.state.lock().unwrap().stored.clone()
    }

    /// Whether it answers no more.
    pub(crate) fn is_dead(&self) -> bool {
        self.state.lock().unwrap().dead
    }

    /// Waits until a commit stands still.
    pub(crate) fn wait_until_held(&self) {
        let state = self.state.lock().unwrap();
        let (state, waited) =
            self.changed.wait_timeout_while(state, Duration::from_secs(10), |state| !state.held).unwrap();
        drop(state);
        assert!(!waited.timed_out(), "no commit came");
    }

    /// Lets the commit go on that stands still.
    pub(crate) fn let_go(&self) {
        self.state.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    fn answer<T>(&self, ask: impl FnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_dead() { Err(StoreError::Unknown("it is dead".to_owned())) } else { ask(&*self.real) }
    }

    fn hold(&self) {
        let mut state = self.state.lock().unwrap();
        state.held = true;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| state.held).unwrap());
    }

    fn die(&self) -> StoreError {
        self.state.lock().unwrap().dead = true;
        StoreError::Unknown("it died".to_owned())
    }
}

impl Store for FaultyStore {
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError> {
        self.answer(|real| real.acquire(shard))
    }

    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError> {
        self.answer(|real| real.load(lease))
    }

    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError> {
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.commits += 1;
            let number = state.commits;
            state.faults.remove(&number)
        };
        let store = || {
            let outcome = self.answer(|real| real.commit(lease, batch))?;
            self.state.lock().unwrap().stored.push(batch.clone());
            Ok(outcome)
        };
        match fault {
            None => store(),
            Some(Fault::Busy) => Err(StoreError::Retry("it is busy".to_owned())),
            Some(Fault::LostUnknown) => Err(StoreError::Unknown("lost".to_owned())),
            Some(Fault::StoredUnknown) => store().and(Err(StoreError::Unknown("stored".to_owned()))),
            Some(Fault::DiesBefore) => Err(self.die()),
            Some(Fault::DiesAfter) => store().and_then(|_| Err(self.die())),
            Some(Fault::Held) => {
                self.hold();
                store()
            }
        }
    }

    fn read(&self, shard: Shard, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.answer(|real| real.read(shard, session, after, limit))
    }

    fn tail(&self, shard: Shard, session: SessionId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.answer(|real| real.tail(shard, session, limit))
    }

    fn journal(&self, shard: Shard, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.answer(|real| real.journal(shard, from, limit))
    }

    fn segments(&self, shard: Shard) -> Result<Vec<SegmentStart>, StoreError> {
        self.answer(|real| real.segments(shard))
    }
}
