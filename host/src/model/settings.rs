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
    /// Limits.
    pub limits: Limits,
    /// Providers and listeners whose customers are sent elsewhere.
    #[serde(default)]
    pub redirects: Vec<Redirect>,
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
    /// Milliseconds of waiting that a point of priority is worth; zero: a higher priority always comes first.
    #[serde(default)]
    pub ageing_ms: u64,
}

impl Pool {
    /// A pool with strict priority.
    pub fn new(name: impl Into<String>, rules: Vec<String>) -> Self {
        Self { name: name.into(), rules, ageing_ms: 0 }
    }
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
