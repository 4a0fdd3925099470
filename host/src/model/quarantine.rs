//! What is out of service because it has failed too often, as it is stored: so a restart brings nothing back that was found to fail.
//!
//! Invariant: a quarantine is of one component with its settings; another in its place has none.

use super::{Digest, Lane, Timestamp};
use serde::{Deserialize, Serialize};

/// What may be out of service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Quarantined {
    /// A rule, in one of the chains that have it.
    Rule {
        /// Of which pool.
        pool: String,
        /// In which of its chains.
        lane: Lane,
        /// As the operator's file names it.
        rule: String,
    },
    /// A dialog, as the operator's file names it.
    Dialog(String),
}

/// Since when something is out of service, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfService {
    /// The failure that was one too many.
    pub since: Timestamp,
    /// In words, at most [`Self::WHY_BYTES`].
    pub why: String,
}

impl OutOfService {
    /// What a guest says of its end may be long; its beginning tells what it was.
    pub const WHY_BYTES: usize = 1024;

    /// From now on, for this reason.
    pub fn new(since: Timestamp, mut why: String) -> Self {
        why.truncate(why.floor_char_boundary(Self::WHY_BYTES));
        Self { since, why }
    }
}

/// Something that is out of service until another component takes its place or the operator releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// What.
    pub of: Quarantined,
    /// Which component with which settings: the quarantine is of no other.
    pub digest: Digest,
    /// Since when, and why.
    pub out: OutOfService,
}
