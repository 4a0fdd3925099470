//! The segments of a journal: what each begins with, and when the next one begins.
//!
//! ```text
//!  │ loaded: records, ends of transcripts │ resumption │ batch │ batch │ ... │ running: a checkpoint │ batch │ batch │ ...
//!  └──────────────── begun by a start ─────────────────────────────────┘ └── begun in the middle of a run ──────────────
//! ```
//! Each segment can be replayed by itself, so the oldest can be removed. What a segment begins with is bounded: where a shard is too
//! large for it, the segment goes on, and only what was begun by a start can be replayed.
//!
//! Invariant: a segment begins between two batches, in the commit of the one before.

use crate::centre::journal::Ledger;
use crate::centre::{Centre, Checkpoint, Loaded};
use crate::model::record::{Record, RecordKey, Segment};
use crate::model::{SessionId, Timestamp};
use crate::storage::{JournalLimits, StoreError, codec};

/// The first byte of what was loaded; entries begin with their version, which counts from 1.
const LOADED: u8 = 0;
/// The first byte of a checkpoint.
const RUNNING: u8 = u8::MAX;
/// A segment has at least so many times the bytes that it begins with, so that checkpoints are a small part of the journal.
const TIMES_FIRST: u64 = 4;

/// When a new segment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentLimits {
    /// After so many bytes.
    pub bytes: u64,
    /// After so long, with the next batch.
    pub age_ms: u64,
    /// Not where it would begin with more bytes than these.
    pub first_bytes: u64,
}

impl SegmentLimits {
    /// For a journal of which so much is kept: an eighth of it goes at a time.
    pub fn of_kept(kept: JournalLimits) -> Self {
        Self { bytes: kept.bytes / 8, age_ms: kept.age_ms / 8, first_bytes: kept.bytes / 4 }
    }
}

impl Default for SegmentLimits {
    fn default() -> Self {
        Self::of_kept(JournalLimits::default())
    }
}

/// What a segment begins with, as it is read.
pub(super) enum First {
    /// What a run was loaded from.
    Loaded(Ledger),
    /// A centre in the middle of a run.
    Running(Checkpoint),
}

impl First {
    /// What begins a segment, or `None` for a batch's entry.
    pub(super) fn decode(number: u64, bytes: &[u8]) -> Result<Option<Self>, StoreError> {
        let what = format_args!("the beginning of a segment in journal entry {number}");
        match bytes.split_first() {
            Some((&LOADED, bytes)) => codec::decode(what, bytes).map(|loaded| Some(Self::Loaded(ledger(loaded)))),
            Some((&RUNNING, bytes)) => codec::decode(what, bytes).map(|checkpoint| Some(Self::Running(checkpoint))),
            _ => Ok(None),
        }
    }
}

/// The last session that had come when a segment began; `None` for a batch's entry, and for what can't be read.
pub(super) fn last_session(number: u64, bytes: &[u8]) -> Option<SessionId> {
    match First::decode(number, bytes).ok()?? {
        First::Loaded(ledger) => match ledger.records.get(&RecordKey::Meta) {
            Some(Record::Meta(meta)) => Some(meta.last_session),
            _ => Some(SessionId(0)),
        },
        First::Running(checkpoint) => Some(checkpoint.last_session),
    }
}

fn ledger(loaded: Loaded) -> Ledger {
    let records = loaded.records.into_iter().map(|record| (record.key(), record)).collect();
    Ledger { records, transcripts: loaded.tails.into_iter().collect() }
}

fn encode(tag: u8, first: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![tag];
    bytes.extend(codec::encode("the beginning of a segment", first)?);
    Ok(bytes)
}

/// How far the segment is that is being written.
pub(super) struct Progress {
    limits: SegmentLimits,
    since: Timestamp,
    bytes: u64,
    /// Not before so many.
    least_bytes: u64,
}

impl Progress {
    /// Of the segment that a start begins, and that; `None` where the shard is too large for it.
    pub(super) fn begin(
        limits: SegmentLimits,
        now: Timestamp,
        loaded: &Loaded,
    ) -> Result<(Self, Option<Box<Segment>>), StoreError> {
        let mut progress = Self { limits, since: now, bytes: 0, least_bytes: 0 };
        let segment = progress.next(now, encode(LOADED, loaded)?);
        Ok((progress, segment))
    }

    /// Counts the entry of a batch that came to its end. A new segment where one is due; the centre is as that batch left it.
    pub(super) fn add(&mut self, now: Timestamp, entry: &[u8], centre: &Centre) -> Option<Box<Segment>> {
        self.bytes += entry.len() as u64;
        let is_long = self.bytes >= self.limits.bytes.max(self.least_bytes);
        if !is_long && now.since_ms(self.since) < self.limits.age_ms {
            return None;
        }
        match encode(RUNNING, &centre.checkpoint()) {
            Ok(first) => self.next(now, first),
            Err(error) => {
                tracing::error!(%error, "the journal's segment goes on");
                self.bytes = 0;
                None
            }
        }
    }

    /// The next segment, if it is not too large to begin with.
    fn next(&mut self, now: Timestamp, first: Vec<u8>) -> Option<Box<Segment>> {
        let bytes = first.len() as u64;
        (self.since, self.bytes, self.least_bytes) = (now, bytes, bytes.saturating_mul(TIMES_FIRST));
        let limit = self.limits.first_bytes;
        if bytes > limit {
            tracing::warn!(
                bytes,
                limit,
                "the shard is too large for a segment of the journal; raise [journal] keep_mb"
            );
            return None;
        }
        Some(Box::new(Segment { at: now, first }))
    }
}

#[cfg(test)]
mod tests;
