//! Matching: which waiting session is offered to which agent.
//!
//! Inputs mark sessions and agents that may match now. After a batch one pass takes each marked agent through the waiting
//! sessions (`rank-sessions`, in windows), and then each marked session through the free agents (`rank-agents`), until the pass
//! has used its calls; what is left stays marked. Agents come first, so that one who has become free serves whoever waited
//! longest, not whoever came last; whom an agent finds is still offered to the best of the marked agents.
//!
//! A pool may have candidates beside its chain in service ([`lanes`]): a canary, which decides about a share of the sessions, and a shadow, which is
//! asked and compared.
//!
//! Invariant: a session that waits beside a free agent is marked, or the agent is, or a rule has said no to the two (I5).

mod calls;
mod carry_out;
mod chain;
mod changes;
mod choice;
mod consult;
mod decide;
mod health;
mod lanes;
mod learning;
mod marks;
mod others;
mod pass;
mod places;
mod ranking;
mod shadow;
mod transfers;
mod trials;

#[cfg(test)]
pub(crate) use chain::tests::order;
pub(super) use chain::{Chain, Standing};
pub(super) use consult::Consulting;
pub(super) use health::Health;
pub(super) use lanes::Lanes;
pub(super) use learning::Outcome;
pub(super) use marks::Pools;
pub(super) use others::Others;
pub(super) use trials::Trials;
pub use trials::{Compared, Decided, Difference, Differing};

use super::Components;
use crate::model::adapter::GuestFailure;
use crate::model::settings::{Pool, Settings};
use crate::model::{AgentName, Digest, Lane};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that a rule did wrong; it was left out of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Of which pool.
    pub pool: String,
    /// In which of its chains.
    pub lane: Lane,
    /// As the operator's file names it.
    pub rule: String,
    /// Which component with which settings.
    pub digest: Digest,
    /// What.
    pub failure: GuestFailure,
}

/// A rule of a pool's canary is out of service: the chain in service decides about the canary's share, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// Which pool.
    pub pool: String,
    /// The rule that failed.
    pub rule: String,
    /// How.
    pub why: String,
}

/// What a decision about a session comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concluded {
    /// It is offered to this agent.
    Offered(AgentName),
    /// Nobody may serve it now: the rule that dropped the last candidate, or no rule where nobody was free.
    Nobody(Option<String>),
    /// A rule holds it; why.
    Held(String),
    /// A rule sends it elsewhere.
    Diverted(String),
    /// A rule ends it with these words.
    Refused(String),
}

impl Concluded {
    /// In a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Offered(_) => "offered",
            Self::Nobody(_) => "nobody",
            Self::Held(_) => "held",
            Self::Diverted(_) => "diverted",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether the same is done, for whatever reason. In a transfer the owner keeps what nobody is asked to take.
    pub fn does_the_same(&self, other: &Self, is_transfer: bool) -> bool {
        match (self, other) {
            (Self::Offered(one), Self::Offered(other)) => one == other,
            (Self::Offered(_), _) | (_, Self::Offered(_)) => false,
            _ if is_transfer => true,
            (Self::Nobody(_), Self::Nobody(_)) | (Self::Held(_), Self::Held(_)) => true,
            _ => self == other,
        }
    }
}

/// The chains of each pool. Rules of pools and chains that the settings don't name are dropped.
pub(super) fn chains(settings: &Settings, mut rules: Components) -> BTreeMap<String, Lanes> {
    let lanes = |pool: &Pool| (pool.name.clone(), Lanes::new(pool, &mut rules, &settings.limits));
    settings.pools.iter().map(lanes).collect()
}
