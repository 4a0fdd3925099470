//! What outlives the process. Nothing above [`Store`] knows which database is behind it.
//!
//! Invariant: a batch is stored whole and durable, or not at all; only the newest lease of a shard may commit.

pub mod codec;
#[cfg(test)]
pub(crate) mod faulty;
mod key;
#[cfg(test)]
pub(crate) mod memory;
mod redb;
#[cfg(test)]
pub(crate) mod samples;

pub use redb::{Durability, FILE, JournalLimits, RedbOptions, RedbStore};

use crate::model::record::{Batch, Entry, Record, Shard};
use crate::model::{Seq, SessionId, Timestamp};

/// The right to write a shard, until a newer one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Of which shard.
    pub shard: Shard,
    /// Rises with every lease of the shard.
    pub epoch: u32,
}

/// What became of a batch that was stored or refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Stored and durable.
    Stored,
    /// A newer lease exists: nothing was stored, the shard is somebody else's.
    Fenced,
}

/// Why an operation of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data folder.
    #[error(
        "the data folder {folder} is in use by another cordboard; stop it first, or choose another folder with --data or [storage] folder"
    )]
    InUse {
        /// Which folder.
        folder: String,
    },
    /// Nothing was stored; the same batch may be sent again.
    #[error("the store is busy: {0}")]
    Retry(String),
    /// Whether the batch is stored is not known; the shard must be loaded again.
    #[error("the store failed, and whether the last batch is stored is unknown: {0}")]
    Unknown(String),
    /// A stored value can't be read.
    #[error("a stored value can't be read ({what}): {detail}; restore a back-up, or ask for help with this message")]
    Damaged {
        /// Which.
        what: String,
        /// Why.
        detail: String,
    },
    /// The folder or file can't be used.
    #[error("can't open the store in {folder}: {detail}")]
    Open {
        /// Which folder.
        folder: String,
        /// Why.
        detail: String,
    },
}

/// Durable storage of shards. Calls block: they are made from threads that may.
pub trait Store: Send + Sync {
    /// Becomes the shard's owner; every earlier lease is fenced from then on.
    fn acquire(&self, shard: Shard) -> Result<Lease, StoreError>;
    /// All records of the shard, in the order of their keys.
    fn load(&self, lease: &Lease) -> Result<Vec<Record>, StoreError>;
    /// Stores a batch, durable on return.
    fn commit(&self, lease: &Lease, batch: &Batch) -> Result<Committed, StoreError>;
    /// At most `limit` committed entries of a transcript behind `after`, in order.
    fn read(&self, shard: Shard, session: SessionId, after: Seq, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// The last `limit` committed entries of a transcript, in order.
    fn tail(&self, shard: Shard, session: SessionId, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// At most `limit` entries of the shard's journal from number `from` (counted from 1), in order, with their numbers.
    fn journal(&self, shard: Shard, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;
    /// The segments of the shard's journal that are kept whole, the oldest first.
    fn segments(&self, shard: Shard) -> Result<Vec<SegmentStart>, StoreError>;
}

/// Where a [`Segment`](crate::model::record::Segment) of a journal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentStart {
    /// The number of its first entry.
    pub number: u64,
    /// When it was begun.
    pub at: Timestamp,
}
