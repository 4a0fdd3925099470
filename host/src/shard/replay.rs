//! Runs a shard's stored journal again and says where it comes out otherwise (I8).
//!
//! The journal of a shard is a row of runs: a snapshot of what was loaded, the batch of the resumption, and the batches that followed.
//! Where older entries were trimmed, what comes before the first snapshot can't be run and is passed over.
//!
//! Invariant: nothing is written, and no plugin is asked.

use crate::centre::journal::{Divergence, JournalError, Ledger, Replay};
use crate::centre::{JournalEntry, Loaded};
use crate::model::record::Shard as Part;
use crate::storage::{Store, StoreError, codec};

/// The first byte of a snapshot; entries begin with their version, which counts from 1.
const SNAPSHOT: u8 = 0;
/// Larger snapshots are left out of the journal.
const MAX_SNAPSHOT_BYTES: usize = 16 * 1024 * 1024;
/// Entries read at a time.
const PAGE: usize = 64;

/// What a replay came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Times that the shard was loaded.
    pub runs: u64,
    /// Batches that gave the outputs they gave then.
    pub batches: u64,
    /// Entries before the first that can be run from.
    pub passed_over: u64,
}

/// Where a replay stopped. Numbers are the journal's, from 1.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal can't be read from the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry can't be read.
    #[error("journal entry {number}: {error}")]
    Unreadable {
        /// Which.
        number: u64,
        /// Why.
        error: JournalError,
    },
    /// An entry came out otherwise.
    #[error("journal entry {number}: {difference}")]
    Differs {
        /// The first such.
        number: u64,
        /// How.
        difference: Divergence,
    },
    /// What a run started from is not what the run before it had left.
    #[error("journal entry {number}: the shard was loaded with other records than the batches before it had stored")]
    OtherRecords {
        /// The snapshot.
        number: u64,
    },
}

/// Replays all of a shard's journal that is kept. Blocks.
///
/// # Errors
/// The first difference, or what kept the journal from being read.
pub fn replay(store: &dyn Store, shard: Part) -> Result<Replayed, ReplayError> {
    let mut run = Rerun::default();
    let mut from = 1;
    loop {
        let page = store.journal(shard, from, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(run.replayed) };
        from = last + 1;
        for (number, bytes) in page {
            run.step(number, &bytes)?;
        }
    }
}

/// What was loaded, as it stands in the journal.
pub(super) struct Snapshot;

impl Snapshot {
    /// The bytes; `None` where they would be too many.
    pub(super) fn encode(loaded: &Loaded) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = vec![SNAPSHOT];
        bytes.extend(codec::encode("a snapshot", loaded)?);
        Ok((bytes.len() <= MAX_SNAPSHOT_BYTES).then_some(bytes))
    }

    fn decode(number: u64, bytes: &[u8]) -> Result<Ledger, StoreError> {
        let loaded: Loaded = codec::decode(format_args!("the snapshot in journal entry {number}"), bytes)?;
        let records = loaded.records.into_iter().map(|record| (record.key(), record)).collect();
        Ok(Ledger { records, transcripts: loaded.tails.into_iter().collect() })
    }
}

#[derive(Default)]
struct Rerun {
    replay: Option<Replay>,
    /// What the batches so far have stored.
    stored: Ledger,
    replayed: Replayed,
}

impl Rerun {
    fn step(&mut self, number: u64, bytes: &[u8]) -> Result<(), ReplayError> {
        if let Some((&SNAPSHOT, snapshot)) = bytes.split_first() {
            return self.begin(number, Snapshot::decode(number, snapshot)?);
        }
        let entry = JournalEntry::decode(bytes).map_err(|error| ReplayError::Unreadable { number, error })?;
        if number == 1 {
            self.replay = Some(Replay::new(Ledger::default()));
        }
        let Some(replay) = &mut self.replay else {
            self.replayed.passed_over += 1;
            return Ok(());
        };
        let output = replay.step(&entry).map_err(|difference| ReplayError::Differs { number, difference })?;
        self.stored.apply(&output);
        self.replayed.batches += 1;
        self.replayed.runs += u64::from(entry.start.is_some());
        Ok(())
    }

    fn begin(&mut self, number: u64, ledger: Ledger) -> Result<(), ReplayError> {
        if self.replay.is_some() && self.stored.records != ledger.records {
            return Err(ReplayError::OtherRecords { number });
        }
        self.stored = ledger.clone();
        self.replay = Some(Replay::new(ledger));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
