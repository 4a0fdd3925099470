//! A store in memory, with the faults that a real one has.

use crate::model::record::{Batch, Entry, Op, Record, RecordKey, Shard};
use crate::model::{Seq, SessionId};
use crate::storage::{Committed, Lease, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What happens to the next commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum Fault {
    Busy,
    StoredButUnknown,
    LostAndUnknown,
}

#[derive(Default)]
pub(in crate::identity) struct MemoryStore(Mutex<State>);

#[derive(Default)]
struct State {
    epoch: u32,
    records: BTreeMap<RecordKey, Record>,
    fault: Option<Fault>,
}

impl MemoryStore {
    pub(in crate::identity) fn fail_next(&self, fault: Fault) {
        self.0.lock().unwrap().fault = Some(fault);
    }
}

impl Store for MemoryStore {
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError> {
        let mut state = self.0.lock().unwrap();
        state.epoch += 1;
        Ok(Lease { shard, epoch: state.epoch })
    }

    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError> {
        assert_eq!(lease.shard, Shard::Directory);
        Ok(self.0.lock().unwrap().records.values().cloned().collect())
    }

    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError> {
        let mut state = self.0.lock().unwrap();
        if lease.epoch != state.epoch {
            return Ok(Committed::Fenced);
        }
        let fault = state.fault.take();
        match fault {
            Some(Fault::Busy) => return Err(StoreError::Retry("busy".into())),
            Some(Fault::LostAndUnknown) => return Err(StoreError::Unknown("lost".into())),
            _ => {}
        }
        for op in &batch.ops {
            match op {
                Op::Put(record) => state.records.insert(record.key(), record.clone()),
                Op::Delete(key) => state.records.remove(key),
            };
        }
        if fault == Some(Fault::StoredButUnknown) {
            Err(StoreError::Unknown("fsync".into()))
        } else {
            Ok(Committed::Stored)
        }
    }

    fn read(&self, _: Shard, _: SessionId, _: Seq, _: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn tail(&self, _: Shard, _: SessionId, _: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    fn journal(&self, _: Shard, _: u64, _: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        Ok(Vec::new())
    }

    fn segments(&self, _: Shard) -> Result<Vec<crate::storage::SegmentStart>, StoreError> {
        Ok(Vec::new())
    }
}
