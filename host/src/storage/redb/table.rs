//! The tables, their rows as they are stored, and what redb's errors mean to us.
//!
//! Invariant: every value but a journal entry is [`codec`]'s, so every one carries its version.

use super::{StoreError, codec, key};
use crate::model::record::{Record, Shard};
use crate::model::{Seq, SessionId, Timestamp};
use ::redb::{Database, ReadTransaction, ReadableDatabase, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

pub(super) type Bytes = &'static [u8];

pub(super) const META: TableDefinition<'static, &'static str, Bytes> = TableDefinition::new("meta");
pub(super) const RECORDS: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("records");
pub(super) const MESSAGES: TableDefinition<'static, u64, Bytes> = TableDefinition::new("messages");
pub(super) const HEADS: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("heads");
pub(super) const JOURNAL: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("journal");

/// The key of [`FileRow`] in [`META`].
pub(super) const FILE_ROW: &str = "file";

/// A transcript of a shard.
pub(super) type Transcript = (Shard, SessionId);

/// What is known of the whole file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileRow {
    /// Every message up to this arrival is accounted for in [`HEADS`].
    pub(super) heads_through: u64,
}

/// What is known of a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShardRow {
    /// Of the newest lease.
    pub(super) epoch: u32,
    /// Number of the oldest journal entry that is kept.
    pub(super) journal_first: u64,
    /// Number of the newest; 0 before the first.
    pub(super) journal_last: u64,
    /// Bytes of all that are kept.
    pub(super) journal_bytes: u64,
    /// The journal's segments, the oldest first.
    #[serde(default)]
    pub(super) segments: VecDeque<SegmentRow>,
    /// Where the next one will have begun once its last part is stored. Its entries count as those of the newest until then.
    #[serde(default)]
    pub(super) begun: Option<SegmentRow>,
}

/// A segment of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentRow {
    /// The number of its first entry.
    pub(super) first: u64,
    /// When it was begun.
    pub(super) at: Timestamp,
    /// Bytes of its entries.
    pub(super) bytes: u64,
}

/// The newest entry of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Its arrival.
    pub(super) arrival: u64,
    /// Its place.
    pub(super) seq: Seq,
}

/// One message; `E` is an entry, or as much of it as one wants to read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MessageRow<E> {
    /// Whose session it is.
    pub(super) shard: Shard,
    /// Arrival of the entry before it in the same transcript.
    pub(super) previous: Option<u64>,
    /// What was said.
    pub(super) entry: E,
}

/// The part of an entry that says where it belongs.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Place {
    /// Whose transcript.
    pub(super) session: SessionId,
    /// Where in it.
    pub(super) seq: Seq,
}

/// The key of a [`ShardRow`] in [`META`].
pub(super) fn shard_row_key(shard: Shard) -> String {
    match shard {
        Shard::Directory => "shard/directory".to_owned(),
        Shard::Pool(number) => format!("shard/pool/{number}"),
    }
}

/// What is known of a shard.
pub(super) fn shard_row(transaction: &ReadTransaction, shard: Shard) -> Result<ShardRow, StoreError> {
    let meta = transaction.open_table(META).map_err(unreadable)?;
    match meta.get(shard_row_key(shard).as_str()).map_err(unreadable)? {
        Some(value) => codec::decode(format_args!("the row of {shard:?}"), value.value()),
        None => Ok(ShardRow::default()),
    }
}

/// Makes the tables that are not there.
pub(super) fn create(transaction: &WriteTransaction) -> Result<(), ::redb::Error> {
    transaction.open_table(META)?;
    transaction.open_table(RECORDS)?;
    transaction.open_table(MESSAGES)?;
    transaction.open_table(HEADS)?;
    transaction.open_table(JOURNAL)?;
    Ok(())
}

/// Heads of the transcripts that were written to since [`FileRow::heads_through`], and how many entries that were.
pub(super) fn recent_heads(database: &Database) -> Result<(BTreeMap<Transcript, Head>, usize), StoreError> {
    let transaction = database.begin_read().map_err(unreadable)?;
    let meta = transaction.open_table(META).map_err(unreadable)?;
    let row: FileRow = match meta.get(FILE_ROW).map_err(unreadable)? {
        Some(value) => codec::decode("the file's row", value.value())?,
        None => FileRow::default(),
    };
    let messages = transaction.open_table(MESSAGES).map_err(unreadable)?;
    let mut heads = BTreeMap::new();
    let mut entries = 0;
    for message in messages.range(row.heads_through + 1..).map_err(unreadable)? {
        let (arrival, value) = message.map_err(unreadable)?;
        let arrival = arrival.value();
        let row: MessageRow<Place> = codec::decode(format_args!("message {arrival}"), value.value())?;
        heads.insert((row.shard, row.entry.session), Head { arrival, seq: row.entry.seq });
        entries += 1;
    }
    Ok((heads, entries))
}

/// A record, checked against its key.
pub(super) fn decode_record(shard: Shard, stored_at: &[u8], value: &[u8]) -> Result<Record, StoreError> {
    let record: Record = codec::decode(format_args!("the record {stored_at:02x?} of {shard:?}"), value)?;
    if key::record(shard, &record.key()) == stored_at {
        return Ok(record);
    }
    Err(StoreError::Damaged {
        what: format!("the record {stored_at:02x?} of {shard:?}"),
        detail: format!("the value there belongs to {:?}", record.key()),
    })
}

/// An error while reading.
pub(super) fn unreadable(error: impl Into<::redb::Error>) -> StoreError {
    StoreError::Damaged { what: "the file".to_owned(), detail: error.into().to_string() }
}

/// An error before a commit: nothing is stored.
pub(super) fn unwritable(error: impl Into<::redb::Error>) -> StoreError {
    match error.into() {
        ::redb::Error::Corrupted(detail) => StoreError::Damaged { what: "the file".to_owned(), detail },
        error => StoreError::Retry(error.to_string()),
    }
}
