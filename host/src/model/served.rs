//! Who served a customer last, as it is stored.
//!
//! Invariant: it says nothing of how; that is in the transcripts.

use super::record::Customer;
use super::{AgentName, Timestamp};
use serde::{Deserialize, Serialize};

/// Who served a customer last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Whom.
    pub customer: Customer,
    /// When the last time was.
    pub at: Timestamp,
    /// In which pool by whom; the last is the latest.
    pub agents: Vec<(String, AgentName)>,
}

impl Served {
    /// By nobody yet.
    pub fn new(customer: Customer) -> Self {
        Self { customer, at: Timestamp::default(), agents: Vec::new() }
    }
}
