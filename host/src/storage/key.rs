//! Keys as bytes, in the order of [`RecordKey`]: a shard's records are one range.
//!
//! Invariant: `a < b` of one shard exactly when `record(shard, a) < record(shard, b)`; the bytes are part of the file format.

use crate::model::quarantine::Quarantined;
use crate::model::record::{RecordKey, Shard};
use crate::model::{Lane, Participant, SessionId, Side};

/// A shard: what the keys of its records and of its journal begin with.
pub(super) fn shard(shard: Shard) -> Vec<u8> {
    match shard {
        Shard::Directory => vec![0],
        Shard::Pool(number) => {
            let [high, low] = number.to_be_bytes();
            vec![1, high, low]
        }
    }
}

/// The first key behind all keys of a shard.
pub(super) fn behind(of: Shard) -> Vec<u8> {
    match of {
        Shard::Directory => vec![1],
        Shard::Pool(u16::MAX) => vec![2],
        Shard::Pool(number) => shard(Shard::Pool(number + 1)),
    }
}

/// A record.
pub(super) fn record(of: Shard, key: &RecordKey) -> Vec<u8> {
    let mut bytes = shard(of);
    match key {
        RecordKey::Meta => bytes.push(0),
        RecordKey::Session(id) => {
            bytes.push(1);
            bytes.extend(id.0.to_be_bytes());
        }
        RecordKey::Cursor(id, participant) => row(&mut bytes, 2, *id, *participant),
        RecordKey::Agent(name) => text(&mut bytes, 3, name.as_str()),
        RecordKey::Binding(id, participant) => row(&mut bytes, 4, *id, *participant),
        RecordKey::Account(side, name) => {
            bytes.push(5);
            let side = match side {
                Side::Customer => 0,
                Side::Agent => 1,
            };
            text(&mut bytes, side, name);
        }
        RecordKey::Memory(pool, rule) => {
            text(&mut bytes, 6, pool);
            text(&mut bytes, 0, rule);
        }
        RecordKey::Subscription(provider, contact, presentity) => {
            text(&mut bytes, 7, provider);
            text(&mut bytes, 0, contact.as_str());
            text(&mut bytes, 0, presentity.as_str());
        }
        RecordKey::Served(customer) => {
            text(&mut bytes, 8, &customer.provider);
            text(&mut bytes, 0, customer.alias.as_str());
        }
        RecordKey::Quarantine(Quarantined::Rule { pool, lane, rule }) => {
            bytes.push(9);
            text(&mut bytes, 0, pool);
            let lane = match lane {
                Lane::Service => 0,
                Lane::Canary => 1,
                Lane::Shadow => 2,
            };
            text(&mut bytes, lane, rule);
        }
        RecordKey::Quarantine(Quarantined::Dialog(name)) => {
            bytes.push(9);
            text(&mut bytes, 1, name);
        }
        RecordKey::Waits(pool) => text(&mut bytes, 10, pool),
    }
    bytes
}

/// A journal entry.
pub(super) fn journal(of: Shard, number: u64) -> Vec<u8> {
    numbered(of, number)
}

/// The head of a transcript.
pub(super) fn head(of: Shard, session: SessionId) -> Vec<u8> {
    numbered(of, session.0)
}

/// The number at the end of a [`journal`] key.
pub(super) fn number(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

fn numbered(of: Shard, number: u64) -> Vec<u8> {
    let mut bytes = shard(of);
    bytes.extend(number.to_be_bytes());
    bytes
}

fn row(bytes: &mut Vec<u8>, tag: u8, session: SessionId, participant: Participant) {
    bytes.push(tag);
    bytes.extend(session.0.to_be_bytes());
    bytes.extend(participant.0.to_be_bytes());
}

/// Text ends with two zeros, and a zero inside is followed by 255, so that a text comes before those that begin with it.
fn text(bytes: &mut Vec<u8>, tag: u8, text: &str) {
    bytes.push(tag);
    for byte in text.bytes() {
        bytes.push(byte);
        if byte == 0 {
            bytes.push(255);
        }
    }
    bytes.extend([0, 0]);
}

#[cfg(test)]
mod tests;
