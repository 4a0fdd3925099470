//! The centre's settings, as validated from the operator's file. Part of the journal: a replay uses those in force then.

use super::Alias;
use super::limits::Limits;
use serde::{Deserialize, Serialize};

/// All that the centre is configured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How the centre is shown when it speaks itself.
    pub name: String,
    /// Pools; every queue's pool is among them.
    pub pools: Vec<Pool>,
    /// Queues; every link's queue is among them.
    pub queues: Vec<Queue>,
    /// Links; parents before children.
    pub links: Vec<Link>,
    /// How long an offer stands.
    pub offer_ms: u64,
    /// How long a session waits for a customer who dropped.
    pub customer_grace_ms: u64,
    /// How long a session waits for an agent who dropped.
    pub agent_grace_ms: u64,
    /// How long rules may hold a session, from the first hold.
    pub max_hold_ms: u64,
    /// How long an agent is busy with a session that is over.
    pub wrap_up_ms: u64,
    /// After so many missed offers in a row the agent is set away; zero: never.
    pub missed_offers: u32,
    /// Who is told how long it will take.
    #[serde(default)]
    pub waiting_times: WaitingTimes,
    /// Limits.
    pub limits: Limits,
    /// Providers and listeners whose customers are sent elsewhere.
    #[serde(default)]
    pub redirects: Vec<Redirect>,
}

/// Whether and when customers who wait are told how long it will take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingTimes {
    /// Whether at all.
    pub tell: bool,
    /// How often at most without being asked, and how often it is looked at.
    pub every_ms: u64,
    /// So many who waited must have been served before anything is said.
    pub after: u32,
}

impl Default for WaitingTimes {
    fn default() -> Self {
        Self { tell: true, every_ms: 60_000, after: 20 }
    }
}

/// Customers of a provider or listener are sent to a listener of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The provider's or listener's name.
    pub provider: String,
    /// Where to: `host` or `host:port`.
    pub target: String,
}

/// Queues that share agents, and the rules that match them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Names of rules, the most significant first.
    pub rules: Vec<String>,
}

/// Sessions waiting for the same kind of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its name; also its alias towards agents.
    pub name: String,
    /// How it is shown.
    pub label: String,
    /// Which agents.
    pub pool: String,
    /// `chat`.
    pub medium: String,
    /// Added to a session's priority.
    pub priority: i32,
    /// How many may wait.
    pub max_waiting: u32,
}

/// An advertised address that starts a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its outside name.
    pub alias: Alias,
    /// How it is shown.
    pub label: String,
    /// The link it stands under.
    pub parent: Option<Alias>,
    /// Where its sessions wait.
    pub queue: String,
    /// What the customer is told when the session starts; empty: nothing.
    pub greeting: String,
}
