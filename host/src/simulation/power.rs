//! When the process dies: moments are counted, and at one of them everything stops.
//!
//! Invariant: from the moment on at which the power is off nothing is stored and nothing is sent, until it is restored.

use crate::model::record::{Batch, Entry, Record, Shard};
use crate::model::{Seq, SessionId};
use crate::storage::{Committed, Lease, SegmentStart, Store, StoreError};
use std::sync::{Arc, Mutex};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Power(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    moments: usize,
    off_at: Option<usize>,
    is_off: bool,
}

impl Power {
    /// It goes off at the moment of this number, counted from 1.
    pub(super) fn off_at(moment: Option<usize>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { off_at: moment, ..State::default() })))
    }

    /// A moment at which the process may die. Answers whether it goes on.
    pub(super) fn moment(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        state.moments += 1;
        state.is_off |= state.off_at == Some(state.moments);
        !state.is_off
    }

    /// How many there were.
    pub(super) fn moments(&self) -> usize {
        self.0.lock().unwrap().moments
    }

    pub(super) fn is_off(&self) -> bool {
        self.0.lock().unwrap().is_off
    }

    /// On again.
    pub(super) fn restore(&self) {
        self.0.lock().unwrap().is_off = false;
    }
}

/// A store of a process that may die before and after each commit.
pub(super) struct PoweredStore {
    pub(super) power: Arc<Power>,
    pub(super) store: Arc<dyn Store>,
}

fn died() -> StoreError {
    StoreError::Unknown("the process has died".to_owned())
}

impl Store for PoweredStore {
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError> {
        self.store.acquire(shard)
    }

    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError> {
        self.store.load(lease)
    }

    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError> {
        if !self.power.moment() {
            return Err(died());
        }
        let committed = self.store.commit(lease, batch)?;
        if self.power.moment() { Ok(committed) } else { Err(died()) }
    }

    fn read(&self, shard: Shard, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.read(shard, session, after, limit)
    }

    fn tail(&self, shard: Shard, session: SessionId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.tail(shard, session, limit)
    }

    fn journal(&self, shard: Shard, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.store.journal(shard, from, limit)
    }

    fn segments(&self, shard: Shard) -> Result<Vec<SegmentStart>, StoreError> {
        self.store.segments(shard)
    }
}
