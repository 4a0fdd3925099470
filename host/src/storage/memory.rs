//! A store in memory, for simulations: it outlives the shards that use it, and nothing else.
//!
//! Invariant: as with the real one, a batch is stored whole, by the newest lease only, and a batch that comes again changes nothing.

use super::{Committed, Lease, SegmentStart, Store, StoreError};
use crate::model::record::{Batch, Entry, Op, Record, RecordKey, Segment, Shard};
use crate::model::{Seq, SessionId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// See the [module](self).
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<BTreeMap<Shard, Kept>>);

#[derive(Default)]
struct Kept {
    epoch: u32,
    records: BTreeMap<RecordKey, Record>,
    transcripts: BTreeMap<SessionId, Vec<Entry>>,
    journal: Vec<Vec<u8>>,
    segments: Vec<SegmentStart>,
    /// Where the next segment will have begun.
    begun: Option<SegmentStart>,
}

impl Kept {
    fn apply(&mut self, batch: &Batch) {
        let segment = batch.segment.as_ref().map(Segment::entry);
        let added = [batch.journal.as_slice()].into_iter().chain(segment);
        let added: Vec<Vec<u8>> = added.filter(|entry| !entry.is_empty()).map(<[u8]>::to_vec).collect();
        if !added.is_empty() && self.journal.ends_with(&added) {
            return;
        }
        for op in &batch.ops {
            match op {
                Op::Put(record) => self.records.insert(record.key(), record.clone()),
                Op::Delete(key) => self.records.remove(key),
            };
        }
        for entry in &batch.appends {
            let transcript = self.transcripts.entry(entry.session).or_default();
            assert_eq!(
                entry.seq.0 as usize,
                transcript.len() + 1,
                "I4: a transcript with a gap or a double: {entry:?}"
            );
            transcript.push(entry.clone());
        }
        self.journal.extend(added);
        if let Some(Segment::Whole { at, .. } | Segment::Begins { at, .. }) = &batch.segment {
            self.begun = Some(SegmentStart { number: self.journal.len() as u64, at: *at });
        }
        if let Some(Segment::Whole { .. } | Segment::LastPart(_)) = &batch.segment {
            self.segments.extend(self.begun.take());
        }
    }
}

impl MemoryStore {
    /// Every transcript of a shard, whole.
    pub(crate) fn transcripts(&self, shard: Shard) -> BTreeMap<SessionId, Vec<Entry>> {
        self.kept().get(&shard).map(|kept| kept.transcripts.clone()).unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Shard, Kept>> {
        self.0.lock().unwrap()
    }

    fn look<T>(&self, shard: Shard, look: impl FnOnce(&Kept) -> T) -> T {
        look(self.kept().entry(shard).or_default())
    }
}

impl Store for MemoryStore {
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError> {
        let mut kept = self.kept();
        let kept = kept.entry(shard).or_default();
        kept.epoch += 1;
        Ok(Lease { shard, epoch: kept.epoch })
    }

    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError> {
        Ok(self.look(lease.shard, |kept| kept.records.values().cloned().collect()))
    }

    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError> {
        let mut kept = self.kept();
        let kept = kept.entry(lease.shard).or_default();
        if kept.epoch != lease.epoch {
            return Ok(Committed::Fenced);
        }
        kept.apply(batch);
        Ok(Committed::Stored)
    }

    fn read(&self, shard: Shard, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let behind = |transcript: &Vec<Entry>| transcript.iter().skip(after.0 as usize).take(limit).cloned().collect();
        Ok(self.look(shard, |kept| kept.transcripts.get(&session).map(behind).unwrap_or_default()))
    }

    fn tail(&self, shard: Shard, session: SessionId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let end = |transcript: &Vec<Entry>| transcript[transcript.len().saturating_sub(limit)..].to_vec();
        Ok(self.look(shard, |kept| kept.transcripts.get(&session).map(end).unwrap_or_default()))
    }

    fn journal(&self, shard: Shard, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let numbered = |kept: &Kept| {
            let entries = (1..).zip(kept.journal.iter().cloned());
            entries.skip_while(|(number, _)| *number < from).take(limit).collect()
        };
        Ok(self.look(shard, numbered))
    }

    fn segments(&self, shard: Shard) -> Result<Vec<SegmentStart>, StoreError> {
        Ok(self.look(shard, |kept| kept.segments.clone()))
    }
}

#[test]
fn an_older_lease_stores_nothing_and_a_batch_that_comes_again_changes_nothing() {
    use super::samples;
    let (store, part) = (MemoryStore::default(), Shard::Pool(0));
    let old = store.acquire(part).unwrap();
    let new = store.acquire(part).unwrap();
    let entry = samples::entry(SessionId(1), 1);
    let batch = Batch { journal: b"one".to_vec(), appends: vec![entry.clone()], ..Batch::default() };
    assert_eq!(store.commit(&old, &batch).unwrap(), Committed::Fenced);
    assert_eq!(store.commit(&new, &batch).unwrap(), Committed::Stored);
    assert_eq!(store.commit(&new, &batch).unwrap(), Committed::Stored);
    assert_eq!(store.journal(part, 1, 9).unwrap(), [(1, b"one".to_vec())]);
    assert_eq!(store.tail(part, SessionId(1), 9).unwrap(), [entry]);
}
