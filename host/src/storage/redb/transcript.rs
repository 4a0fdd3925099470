//! Reads a transcript: entries that the index knows directly, older ones by walking the chain back from the oldest known.
//!
//! Invariant: entries come in order and without gaps, or not at all.

use super::index::Index;
use super::table::{self, Head, MessageRow, Transcript, unreadable};
use super::{StoreError, codec, key, lock};
use crate::model::record::{Entry, Shard};
use crate::model::{Seq, SessionId};
use ::redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::Mutex;

/// Which part of a transcript.
#[derive(Clone, Copy)]
pub(super) enum Extent {
    /// At most so many behind this one.
    Behind(Seq, usize),
    /// The last so many.
    Last(usize),
}

type Messages = ReadOnlyTable<u64, table::Bytes>;

/// Reads a part of a transcript.
pub(super) fn read(
    database: &Database,
    index: &Mutex<Index>,
    shard: Shard,
    session: SessionId,
    extent: Extent,
) -> Result<Vec<Entry>, StoreError> {
    let transcript = (shard, session);
    // The head first: the transaction then sees at least as much as the index knew.
    let known_head = lock(index).head(transcript);
    let transaction = database.begin_read().map_err(unreadable)?;
    let Some(head) = known_head.map_or_else(|| stored_head(&transaction, transcript), |head| Ok(Some(head)))? else {
        return Ok(Vec::new());
    };
    let (first, last) = match extent {
        Extent::Behind(after, limit) => {
            (after.0.saturating_add(1), after.0.saturating_add(places(limit)).min(head.seq.0))
        }
        Extent::Last(limit) => ((head.seq.0 + 1).saturating_sub(places(limit)).max(1), head.seq.0),
    };
    if first > last {
        return Ok(Vec::new());
    }
    let messages = transaction.open_table(table::MESSAGES).map_err(unreadable)?;
    let arrivals = locate(&messages, index, transcript, head, first)?;
    let wanted = arrivals.iter().take_while(|(seq, _)| seq.0 <= last);
    wanted.map(|&(seq, arrival)| entry(&messages, transcript, seq, arrival)).collect()
}

fn places(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

fn stored_head(transaction: &ReadTransaction, transcript: Transcript) -> Result<Option<Head>, StoreError> {
    let heads = transaction.open_table(table::HEADS).map_err(unreadable)?;
    let place = key::head(transcript.0, transcript.1);
    let Some(value) = heads.get(place.as_slice()).map_err(unreadable)? else { return Ok(None) };
    codec::decode(format_args!("the head of {transcript:?}"), value.value()).map(Some)
}

/// Where the entries from `first` to the head are, in order.
fn locate(
    messages: &Messages,
    index: &Mutex<Index>,
    transcript: Transcript,
    head: Head,
    first: u32,
) -> Result<Vec<(Seq, u64)>, StoreError> {
    let known = lock(index).arrivals(transcript, first);
    let (mut seq, mut arrival, mut older) = match known.first() {
        Some(&(seq, _)) if seq.0 == first => return Ok(known),
        Some(&(seq, arrival)) => (seq.0, arrival, Vec::new()),
        None => (head.seq.0, head.arrival, vec![(head.seq, head.arrival)]),
    };
    while seq > first {
        let link = link(messages, arrival)?;
        arrival = link.previous.ok_or_else(|| broken(transcript, Seq(seq), arrival, "it names none before it"))?;
        seq -= 1;
        older.push((Seq(seq), arrival));
    }
    older.reverse();
    lock(index).learn(transcript, &older);
    older.extend(known);
    Ok(older)
}

/// As much of a [`MessageRow`] as a walk needs.
#[derive(Deserialize)]
struct Link {
    previous: Option<u64>,
    #[serde(rename = "entry")]
    _entry: IgnoredAny,
}

fn link(messages: &Messages, arrival: u64) -> Result<Link, StoreError> {
    let value = messages.get(arrival).map_err(unreadable)?.ok_or_else(|| missing(arrival))?;
    codec::decode(format_args!("message {arrival}"), value.value())
}

fn entry(messages: &Messages, transcript: Transcript, seq: Seq, arrival: u64) -> Result<Entry, StoreError> {
    let value = messages.get(arrival).map_err(unreadable)?.ok_or_else(|| missing(arrival))?;
    let row: MessageRow<Entry> = codec::decode(format_args!("message {arrival}"), value.value())?;
    if (row.shard, row.entry.session, row.entry.seq) == (transcript.0, transcript.1, seq) {
        return Ok(row.entry);
    }
    Err(broken(
        transcript,
        seq,
        arrival,
        format!("message {} of session {} is there", row.entry.seq, row.entry.session),
    ))
}

fn missing(arrival: u64) -> StoreError {
    StoreError::Damaged {
        what: format!("message {arrival}"),
        detail: "it is not there, though its transcript goes on".to_owned(),
    }
}

fn broken(transcript: Transcript, seq: Seq, arrival: u64, detail: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        what: format!("message {seq} of session {} of {:?}", transcript.1, transcript.0),
        detail: format!("at arrival {arrival} {detail}"),
    }
}
