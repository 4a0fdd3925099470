//! A shard's journal in the file: entries under their numbers, in segments that are removed whole, the oldest first.
//!
//! ```text
//!   removed        ┌── segment ──┐┌── segment ──┐┌── being written ──
//!  ...............  4 5 6 7 8 9 10 11 12 13 14 15 16 17
//! ```
//! A segment begins with what the rest of it starts from, so a journal that lacks the beginning of one can't be replayed there. Where that
//! is stored in parts, the segment counts once the last of them is there, from the entry where it was begun. Entries of removed segments
//! go a few with every commit, so that no commit is slow.
//!
//! Invariant: at most as many bytes are kept as the limit says and one entry, however large segments are.

use super::table::{self, SegmentRow, ShardRow, unwritable};
use super::{JournalLimits, StoreError, key};
use crate::model::record::{Batch, Segment, Shard};
use ::redb::{ReadableTable, Table, WriteTransaction};

/// Entries removed by one commit at most.
const MAX_TRIMMED: u64 = 256;
/// Bytes removed by one commit, with the entry in which they are reached, where nothing is over the limit: they are read for it.
const MAX_TRIMMED_BYTES: u64 = 4 * 1024 * 1024;
/// Segments kept at most: a service that is started again and again makes small ones.
const MAX_SEGMENTS: usize = 512;

type Entries<'t> = Table<'t, table::Bytes, table::Bytes>;

/// Adds a batch's entries and removes what exceeds the limits; whether the row has changed.
pub(super) fn write(
    transaction: &WriteTransaction,
    limits: &JournalLimits,
    shard: Shard,
    row: &mut ShardRow,
    batch: &Batch,
) -> Result<bool, StoreError> {
    let mut entries = transaction.open_table(table::JOURNAL).map_err(unwritable)?;
    let first = batch.segment.as_ref().map(Segment::entry);
    let added: Vec<&[u8]> =
        [batch.journal.as_slice()].into_iter().filter(|entry| !entry.is_empty()).chain(first).collect();
    if is_there(&entries, shard, row, &added)? {
        return Ok(false);
    }
    row.journal_first = row.journal_first.max(1);
    if !batch.journal.is_empty() {
        add(&mut entries, shard, row, &batch.journal)?;
    }
    if let Some(segment) = &batch.segment {
        write_segment(&mut entries, shard, row, segment)?;
    }
    drop_segments(limits, row);
    trim(&mut entries, limits, shard, row)?;
    Ok(true)
}

fn write_segment(
    entries: &mut Entries<'_>,
    shard: Shard,
    row: &mut ShardRow,
    segment: &Segment,
) -> Result<(), StoreError> {
    if let Segment::Whole { at, .. } | Segment::Begins { at, .. } = segment {
        row.begun = Some(SegmentRow { first: row.journal_last + 1, at: *at, bytes: 0 });
    }
    add(entries, shard, row, segment.entry())?;
    if matches!(segment, Segment::Whole { .. } | Segment::LastPart(_)) {
        complete(row);
    }
    Ok(())
}

/// The segment that was begun is there.
fn complete(row: &mut ShardRow) {
    let Some(segment) = row.begun.take().filter(|begun| begun.first >= row.journal_first) else { return };
    match row.segments.back_mut() {
        Some(before) => before.bytes = before.bytes.saturating_sub(segment.bytes),
        None if segment.first > row.journal_first => {
            // What stands before the first segment, written by an older release: it is kept like one.
            let bytes = row.journal_bytes - segment.bytes;
            row.segments.push_back(SegmentRow { first: row.journal_first, at: segment.at, bytes });
        }
        None => {}
    }
    row.segments.push_back(segment);
}

/// Whether the newest entries are these: then the batch is sent again. Entries differ in their seed, so no other batch has the same.
fn is_there(entries: &Entries<'_>, shard: Shard, row: &ShardRow, added: &[&[u8]]) -> Result<bool, StoreError> {
    let Some(before) = row.journal_last.checked_sub(added.len() as u64) else { return Ok(false) };
    for (number, entry) in (before + 1..).zip(added) {
        let there = entries.get(key::journal(shard, number).as_slice()).map_err(unwritable)?;
        if there.is_none_or(|there| there.value() != *entry) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn add(entries: &mut Entries<'_>, shard: Shard, row: &mut ShardRow, entry: &[u8]) -> Result<(), StoreError> {
    row.journal_last += 1;
    row.journal_bytes += entry.len() as u64;
    for segment in row.segments.back_mut().into_iter().chain(&mut row.begun) {
        segment.bytes += entry.len() as u64;
    }
    entries.insert(key::journal(shard, row.journal_last).as_slice(), entry).map_err(unwritable)?;
    Ok(())
}

/// Forgets segments that are too old, or too many bytes with the newer ones; the newest stays.
fn drop_segments(limits: &JournalLimits, row: &mut ShardRow) {
    let Some(newest) = row.segments.back().map(|segment| segment.at) else { return };
    let mut bytes: u64 = row.segments.iter().map(|segment| segment.bytes).sum();
    while let (Some(oldest), Some(next)) = (row.segments.front(), row.segments.get(1)) {
        let is_old = next.at.plus_ms(limits.age_ms) < newest;
        if !is_old && bytes <= limits.bytes && row.segments.len() <= MAX_SEGMENTS {
            return;
        }
        bytes -= oldest.bytes;
        row.segments.pop_front();
    }
}

/// Removes entries of segments that are gone, and where that is not enough, the oldest of the one that is being written.
fn trim(entries: &mut Entries<'_>, limits: &JournalLimits, shard: Shard, row: &mut ShardRow) -> Result<(), StoreError> {
    let kept_from = row.segments.front().map_or(0, |segment| segment.first);
    let mut trimmed = 0;
    for _ in 0..MAX_TRIMMED {
        let is_over = row.journal_bytes > limits.bytes && row.journal_first < row.journal_last;
        if !is_over && (row.journal_first >= kept_from || trimmed >= MAX_TRIMMED_BYTES) {
            return Ok(());
        }
        let removed = entries.remove(key::journal(shard, row.journal_first).as_slice()).map_err(unwritable)?;
        let bytes = removed.map_or(0, |value| value.value().len() as u64);
        trimmed += bytes;
        row.journal_bytes = row.journal_bytes.saturating_sub(bytes);
        if let Some(cut) = row.segments.front_mut().filter(|segment| segment.first <= row.journal_first) {
            cut.bytes = cut.bytes.saturating_sub(bytes);
        }
        row.journal_first += 1;
    }
    Ok(())
}
