//! The segments of a journal: what each begins with, and when the next one begins.
//!
//! ```text
//!  │ loaded: records, ends of transcripts │ resumption │ batch │ ... │ mark │ batch │ part │ batch │ part │ ... │ last part │ batch │ ...
//!  └──────────────── begun by a start ───────────────────────────────┘ └── begun in the middle of a run ───────────────────────────
//! ```
//! Each segment can be replayed by itself, so the oldest can be removed. What a segment begins with is bounded: where a shard is too
//! large for it, the segment goes on, and only what was begun by a start can be replayed.
//!
//! In the middle of a run a segment begins with a checkpoint of the centre. It is encoded elsewhere while the shard goes on, and stored in
//! parts with the batches that come meanwhile. A mark stands where it belongs, and [`stored`](super::journal::stored) reads it from there. Until
//! the last part is stored the segment before goes on, so nothing is lost where the parts end early.
//!
//! ```text
//!  ┌─► gathering ── long or old enough: mark, snapshot ──► encoding ── parts ──► storing ── the last part ──┐
//!  └───────────────────────────────────── too large ──────────┴─────────────────────────────────────────────┘
//! ```
//!
//! Invariant: a mark stands between two batches, in the commit of the one before, and its checkpoint is of that moment; at most one is made
//! at a time.

use super::encoding::Unfit;
use crate::centre::journal::Ledger;
use crate::centre::{Checkpoint, Loaded};
use crate::model::record::{Record, RecordKey, Segment};
use crate::model::{SessionId, Timestamp};
use crate::storage::{JournalLimits, StoreError, codec};
use std::vec;

/// The first byte of what was loaded; entries begin with their version, which counts from 1.
const LOADED: u8 = 0;
/// The first byte of a checkpoint. (255 was the same before it was stored in parts.)
pub(super) const RUNNING: u8 = 254;
/// The first byte where a checkpoint belongs that is stored in parts.
const MARK: u8 = 253;
/// The first byte of a part; its number follows.
pub(super) const PART: u8 = 252;
/// The first byte of the last part.
pub(super) const LAST_PART: u8 = 251;
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
    /// Of a checkpoint, in one commit.
    pub part_bytes: usize,
}

impl SegmentLimits {
    /// So much costs a commit little beside its fsync.
    const PART_BYTES: usize = 256 * 1024;

    /// For a journal of which so much is kept: an eighth of it goes at a time.
    pub fn of_kept(kept: JournalLimits) -> Self {
        Self {
            bytes: kept.bytes / 8,
            age_ms: kept.age_ms / 8,
            first_bytes: kept.bytes / 4,
            part_bytes: Self::PART_BYTES,
        }
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
        let what = format!("the beginning of a segment in journal entry {number}");
        match bytes.split_first() {
            Some((&LOADED, bytes)) => codec::decode(what, bytes).map(|loaded| Some(Self::Loaded(ledger(loaded)))),
            Some((&RUNNING, bytes)) => match Checkpoint::read(bytes) {
                Ok(checkpoint) => Ok(Some(Self::Running(checkpoint))),
                Err(error) => Err(StoreError::Damaged { what, detail: error.to_string() }),
            },
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

/// An entry as it is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stored<'a> {
    /// Here belongs a checkpoint whose parts follow.
    Mark,
    /// A part of it.
    Part {
        /// From 0.
        number: u32,
        is_last: bool,
        bytes: &'a [u8],
    },
    /// A run begins.
    Loaded,
    /// A batch.
    Batch,
}

impl<'a> Stored<'a> {
    pub(super) fn of(entry: &'a [u8]) -> Self {
        match entry {
            [MARK] => Self::Mark,
            [tag @ (PART | LAST_PART), a, b, c, d, bytes @ ..] => {
                Self::Part { number: u32::from_be_bytes([*a, *b, *c, *d]), is_last: *tag == LAST_PART, bytes }
            }
            [LOADED, ..] => Self::Loaded,
            _ => Self::Batch,
        }
    }
}

/// How far the segment is that is being written.
pub(super) struct Progress {
    limits: SegmentLimits,
    since: Timestamp,
    bytes: u64,
    /// Not before so many.
    least_bytes: u64,
    next: Next,
}

/// What the next segment begins with.
enum Next {
    /// It is not due.
    Gathering,
    Encoding,
    /// The rest of the parts.
    Storing(vec::IntoIter<Vec<u8>>),
}

impl Progress {
    /// Of the segment that a start begins, and that; `None` where the shard is too large for it.
    pub(super) fn begin(
        limits: SegmentLimits,
        now: Timestamp,
        loaded: &Loaded,
    ) -> Result<(Self, Option<Segment>), StoreError> {
        let mut first = vec![LOADED];
        first.extend(codec::encode("the beginning of a segment", loaded)?);
        let mut progress = Self { limits, since: now, bytes: 0, least_bytes: 0, next: Next::Gathering };
        let bytes = first.len() as u64;
        progress.begins_with(bytes);
        if bytes > limits.first_bytes {
            progress.is_too_large();
            return Ok((progress, None));
        }
        Ok((progress, Some(Segment::Whole { at: now, first })))
    }

    /// Counts the entry of a batch that came to its end. What is to be stored with it: a mark where a new segment is due, for which a snapshot
    /// is to be taken then, or the next part.
    pub(super) fn add(&mut self, now: Timestamp, entry: &[u8]) -> Option<Segment> {
        self.bytes += entry.len() as u64;
        let is_long = self.bytes >= self.limits.bytes.max(self.least_bytes);
        let is_due = is_long || now.since_ms(self.since) >= self.limits.age_ms;
        match self.next {
            Next::Gathering if is_due => {
                (self.since, self.bytes, self.next) = (now, 0, Next::Encoding);
                Some(Segment::Begins { at: now, mark: vec![MARK] })
            }
            _ => self.next_part(),
        }
    }

    /// The snapshot has been encoded, or that was given up.
    pub(super) fn encoded(&mut self, parts: Result<Vec<Vec<u8>>, Unfit>) {
        self.next = Next::Gathering;
        match parts {
            Ok(parts) => {
                self.begins_with(parts.iter().map(|part| part.len() as u64).sum());
                self.next = Next::Storing(parts.into_iter());
            }
            Err(Unfit::TooLarge) => {
                self.begins_with(self.limits.first_bytes);
                self.is_too_large();
            }
            Err(Unfit::Failed(error)) => tracing::error!(error, "the journal's segment goes on"),
        }
    }

    /// The next part to store.
    pub(super) fn next_part(&mut self) -> Option<Segment> {
        let Next::Storing(parts) = &mut self.next else { return None };
        let part = parts.next()?;
        if part.first() != Some(&LAST_PART) {
            return Some(Segment::Part(part));
        }
        self.next = Next::Gathering;
        Some(Segment::LastPart(part))
    }

    fn begins_with(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.least_bytes = bytes.saturating_mul(TIMES_FIRST);
    }

    fn is_too_large(&self) {
        let limit = self.limits.first_bytes;
        tracing::warn!(limit, "the shard is too large for a segment of the journal; raise [journal] keep_mb");
    }
}

#[cfg(test)]
mod tests;
