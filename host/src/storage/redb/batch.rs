//! Writes one batch into a transaction. Nothing in memory changes here; [`Changes`] are applied once the transaction is committed.
//!
//! Invariant: writing a batch that is stored already changes nothing: records are absolute, appends and the journal's entry are known again.

use super::index::Index;
use super::table::{self, FileRow, Head, MessageRow, Place, ShardRow, Transcript, unwritable};
use super::{JournalLimits, Lease, StoreError, codec, journal, key, lock};
use crate::model::record::{Batch, Entry, Op, Shard};
use crate::model::{Seq, SessionId};
use ::redb::{ReadableTable, Table, WriteTransaction};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Transcripts written to before the table of heads is brought up to date, all at once.
const MAX_UNWRITTEN_HEADS: usize = 1024;
/// Entries stored before it is, however few transcripts they are of: so many are read again on opening.
const MAX_SINCE_WRITTEN: usize = 16_384;

/// What a batch came to.
pub(super) enum Written {
    /// To be committed.
    Changed(Changes),
    /// There was nothing to write.
    Nothing,
    /// A newer lease exists.
    Fenced,
}

/// What the index has to know of a batch.
pub(super) struct Changes {
    /// New entries: their session, place and arrival.
    pub(super) appended: Vec<(SessionId, Seq, u64)>,
    /// Whether the table of heads is complete now.
    pub(super) heads_written: bool,
}

type ByteTable<'t> = Table<'t, table::Bytes, table::Bytes>;
type MessageTable<'t> = Table<'t, u64, table::Bytes>;

/// Gives a shard its next epoch.
pub(super) fn raise_epoch(transaction: &WriteTransaction, shard: Shard) -> Result<u32, StoreError> {
    let mut row = shard_row(transaction, shard)?;
    row.epoch += 1;
    put_meta(transaction, &table::shard_row_key(shard), &row)?;
    Ok(row.epoch)
}

/// Writes a batch.
pub(super) fn write(
    transaction: &WriteTransaction,
    limits: &JournalLimits,
    index: &Mutex<Index>,
    lease: Lease,
    batch: &Batch,
) -> Result<Written, StoreError> {
    let mut row = shard_row(transaction, lease.shard)?;
    if row.epoch != lease.epoch {
        return Ok(Written::Fenced);
    }
    let has_journal = !batch.journal.is_empty() || batch.segment.is_some();
    if batch.ops.is_empty() && batch.appends.is_empty() && !has_journal {
        return Ok(Written::Nothing);
    }
    write_ops(transaction, lease.shard, &batch.ops)?;
    let appended = append(transaction, index, lease.shard, &batch.appends)?;
    let heads_written = write_heads(transaction, index, lease.shard, &appended)?;
    if has_journal && journal::write(transaction, limits, lease.shard, &mut row, batch)? {
        put_meta(transaction, &table::shard_row_key(lease.shard), &row)?;
    }
    Ok(Written::Changed(Changes { appended, heads_written }))
}

fn write_ops(transaction: &WriteTransaction, shard: Shard, ops: &[Op]) -> Result<(), StoreError> {
    let mut records = transaction.open_table(table::RECORDS).map_err(unwritable)?;
    for op in ops {
        match op {
            Op::Put(record) => {
                let place = record.key();
                let value = codec::encode(format_args!("the record {place:?} of {shard:?}"), record)?;
                records.insert(key::record(shard, &place).as_slice(), value.as_slice()).map_err(unwritable)?;
            }
            Op::Delete(place) => {
                records.remove(key::record(shard, place).as_slice()).map_err(unwritable)?;
            }
        }
    }
    Ok(())
}

/// Appends what is not there yet, and answers with that.
fn append(
    transaction: &WriteTransaction,
    index: &Mutex<Index>,
    shard: Shard,
    entries: &[Entry],
) -> Result<Vec<(SessionId, Seq, u64)>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut messages = transaction.open_table(table::MESSAGES).map_err(unwritable)?;
    let stored_heads = transaction.open_table(table::HEADS).map_err(unwritable)?;
    let mut arrival = messages.last().map_err(unwritable)?.map_or(0, |(arrival, _)| arrival.value());
    let mut heads: BTreeMap<SessionId, Option<Head>> = BTreeMap::new();
    let mut appended = Vec::with_capacity(entries.len());
    for entry in entries {
        let head = match heads.get(&entry.session) {
            Some(head) => *head,
            None => find_head(index, &stored_heads, (shard, entry.session))?,
        };
        let expected = head.map_or(1, |head| head.seq.0 + 1);
        if entry.seq.0 < expected {
            check_resent(&messages, head, entry)?;
            heads.insert(entry.session, head);
            continue;
        }
        if entry.seq.0 > expected {
            return Err(conflict(entry, format!("the transcript ends before {expected}")));
        }
        arrival += 1;
        let row = MessageRow { shard, previous: head.map(|head| head.arrival), entry };
        let value = codec::encode(format_args!("message {arrival}"), &row)?;
        messages.insert(arrival, value.as_slice()).map_err(unwritable)?;
        heads.insert(entry.session, Some(Head { arrival, seq: entry.seq }));
        appended.push((entry.session, entry.seq, arrival));
    }
    Ok(appended)
}

fn find_head(index: &Mutex<Index>, heads: &ByteTable<'_>, transcript: Transcript) -> Result<Option<Head>, StoreError> {
    if let Some(head) = lock(index).head(transcript) {
        return Ok(Some(head));
    }
    let place = key::head(transcript.0, transcript.1);
    let Some(value) = heads.get(place.as_slice()).map_err(unwritable)? else { return Ok(None) };
    codec::decode(format_args!("the head of {transcript:?}"), value.value()).map(Some)
}

/// An entry whose place is taken must be the one that took it.
fn check_resent(messages: &MessageTable<'_>, head: Option<Head>, entry: &Entry) -> Result<(), StoreError> {
    let mut next = head.map(|head| head.arrival);
    while let Some(arrival) = next {
        let Some(value) = messages.get(arrival).map_err(unwritable)? else { break };
        let row: MessageRow<Place> = codec::decode(format_args!("message {arrival}"), value.value())?;
        if row.entry.seq > entry.seq {
            next = row.previous;
            continue;
        }
        let stored: MessageRow<Entry> = codec::decode(format_args!("message {arrival}"), value.value())?;
        return if stored.entry == *entry { Ok(()) } else { Err(conflict(entry, "another message has its place")) };
    }
    Err(conflict(entry, "what took its place is not there"))
}

fn conflict(entry: &Entry, detail: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: format!("message {} of session {}", entry.seq, entry.session), detail: detail.into() }
}

/// Brings the table of heads up to date where enough has come together; whether it did.
fn write_heads(
    transaction: &WriteTransaction,
    index: &Mutex<Index>,
    shard: Shard,
    appended: &[(SessionId, Seq, u64)],
) -> Result<bool, StoreError> {
    let Some(&(_, _, heads_through)) = appended.last() else { return Ok(false) };
    let mut unwritten = {
        let index = lock(index);
        let (unwritten, since) = index.unwritten();
        if unwritten.len() + appended.len() < MAX_UNWRITTEN_HEADS && since + appended.len() < MAX_SINCE_WRITTEN {
            return Ok(false);
        }
        unwritten.clone()
    };
    unwritten.extend(appended.iter().map(|&(session, seq, arrival)| ((shard, session), Head { arrival, seq })));
    let mut heads = transaction.open_table(table::HEADS).map_err(unwritable)?;
    for ((shard, session), head) in unwritten {
        let value = codec::encode(format_args!("the head of {session}"), &head)?;
        heads.insert(key::head(shard, session).as_slice(), value.as_slice()).map_err(unwritable)?;
    }
    put_meta(transaction, table::FILE_ROW, &FileRow { heads_through })?;
    Ok(true)
}

fn shard_row(transaction: &WriteTransaction, shard: Shard) -> Result<ShardRow, StoreError> {
    let meta = transaction.open_table(table::META).map_err(unwritable)?;
    let place = table::shard_row_key(shard);
    match meta.get(place.as_str()).map_err(unwritable)? {
        Some(value) => codec::decode(format_args!("the row of {shard:?}"), value.value()),
        None => Ok(ShardRow::default()),
    }
}

fn put_meta(transaction: &WriteTransaction, place: &str, row: &impl serde::Serialize) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(table::META).map_err(unwritable)?;
    let value = codec::encode(format_args!("the row {place}"), row)?;
    meta.insert(place, value.as_slice()).map_err(unwritable)?;
    Ok(())
}
