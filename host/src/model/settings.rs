//! The centre's settings, as validated from the operator's file. Part of the journal: a replay uses those in force then.

use super::Alias;
use super::lane::{Canary, Lane};
use super::limits::Limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Dialogs; every link's dialog is among them.
    #[serde(default)]
    pub dialogs: Vec<Dialog>,
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
    /// What a session of a medium weighs; those that are not here weigh nothing.
    #[serde(default)]
    pub media: Vec<Medium>,
    /// For a customer's protocol the agents' protocols that serve it without translation, beside itself.
    #[serde(default)]
    pub compatibility: BTreeMap<String, Vec<String>>,
}

impl Settings {
    /// Of a centre with the usual times and limits, where each queue has a link of its own name.
    pub fn of(name: impl Into<String>, pools: Vec<Pool>, queues: Vec<Queue>) -> Self {
        Self {
            name: name.into(),
            pools,
            links: queues.iter().map(Link::to).collect(),
            dialogs: Vec::new(),
            queues,
            offer_ms: 20_000,
            customer_grace_ms: 300_000,
            agent_grace_ms: 30_000,
            max_hold_ms: 600_000,
            wrap_up_ms: 0,
            missed_offers: 3,
            waiting_times: WaitingTimes::default(),
            limits: Limits::default(),
            redirects: Vec::new(),
            media: Vec::new(),
            compatibility: BTreeMap::new(),
        }
    }

    /// The dialog of a name.
    pub fn dialog(&self, name: &str) -> Option<&Dialog> {
        self.dialogs.iter().find(|dialog| dialog.name == name)
    }

    /// What a session of a medium takes of an agent's units.
    pub fn weight(&self, medium: &str) -> u32 {
        self.media.iter().find(|known| known.name == medium).map_or(0, |known| known.weight.into())
    }

    /// Whether an agent's software of one protocol serves a customer's of another without translation.
    pub fn speaks(&self, agent: &str, customer: &str) -> bool {
        agent == customer
            || self.compatibility.get(customer).is_some_and(|known| known.iter().any(|protocol| protocol == agent))
    }

    /// The times of a queue: its own, or else those of all.
    pub fn times(&self, queue: Option<&Queue>) -> QueueTimes {
        QueueTimes {
            offer_ms: queue.and_then(|queue| queue.offer_ms).unwrap_or(self.offer_ms),
            missed_offers: queue.and_then(|queue| queue.missed_offers).unwrap_or(self.missed_offers),
            max_hold_ms: queue.and_then(|queue| queue.max_hold_ms).unwrap_or(self.max_hold_ms),
            wrap_up_ms: queue.and_then(|queue| queue.wrap_up_ms).unwrap_or(self.wrap_up_ms),
        }
    }
}

/// What holds for the sessions of one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueTimes {
    /// See [`Settings::offer_ms`].
    pub offer_ms: u64,
    /// See [`Settings::missed_offers`].
    pub missed_offers: u32,
    /// See [`Settings::max_hold_ms`]; zero: for ever.
    pub max_hold_ms: u64,
    /// See [`Settings::wrap_up_ms`].
    pub wrap_up_ms: u64,
}

/// A kind of service, and what it takes of an agent beside a slot of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// `chat`, `voice`, ...
    pub name: String,
    /// Units that a session takes of those an agent has over all media.
    pub weight: u16,
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
    /// Milliseconds of waiting that a point of priority is worth; zero: a higher priority always comes first.
    #[serde(default)]
    pub ageing_ms: u64,
    /// Rules that are asked beside those in service, and only compared; none of them: the built-in order is.
    #[serde(default)]
    pub shadow: Option<Vec<String>>,
    /// Rules that decide about a share of the sessions.
    #[serde(default)]
    pub canary: Option<Canary>,
}

impl Pool {
    /// A pool with strict priority and no candidates.
    pub fn new(name: impl Into<String>, rules: Vec<String>) -> Self {
        Self { name: name.into(), rules, ageing_ms: 0, shadow: None, canary: None }
    }

    /// The names of a chain's rules; nothing where the pool has no such chain.
    pub fn chain(&self, lane: Lane) -> Option<&[String]> {
        match lane {
            Lane::Service => Some(&self.rules),
            Lane::Canary => self.canary.as_ref().map(|canary| canary.rules.as_slice()),
            Lane::Shadow => self.shadow.as_deref(),
        }
    }

    /// Every chain that it has, with the names of its rules.
    pub fn chains(&self) -> impl Iterator<Item = (Lane, &[String])> {
        Lane::ALL.into_iter().filter_map(|lane| Some((lane, self.chain(lane)?)))
    }

    /// Whether any of its chains has the rule.
    pub fn names(&self, rule: &str) -> bool {
        self.chains().any(|(_, rules)| rules.iter().any(|name| name == rule))
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
    /// `chat`, `voice`, ...
    pub medium: String,
    /// Added to a session's priority.
    pub priority: i32,
    /// How many may wait.
    pub max_waiting: u32,
    /// In place of [`Settings::offer_ms`].
    #[serde(default)]
    pub offer_ms: Option<u64>,
    /// In place of [`Settings::missed_offers`].
    #[serde(default)]
    pub missed_offers: Option<u32>,
    /// In place of [`Settings::max_hold_ms`]; zero: rules may hold for ever.
    #[serde(default)]
    pub max_hold_ms: Option<u64>,
    /// In place of [`Settings::wrap_up_ms`].
    #[serde(default)]
    pub wrap_up_ms: Option<u64>,
    /// Skills that its sessions need, with levels; rules are told.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// The agent's own software has to speak the customer's protocol, see [`Settings::speaks`].
    #[serde(default)]
    pub own_software: bool,
}

impl Queue {
    /// A queue for chats with nothing of its own.
    pub fn new(name: impl Into<String>, pool: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            label: name.clone(),
            name,
            pool: pool.into(),
            medium: "chat".to_owned(),
            priority: 0,
            max_waiting: 1000,
            offer_ms: None,
            missed_offers: None,
            max_hold_ms: None,
            wrap_up_ms: None,
            skills: BTreeMap::new(),
            own_software: false,
        }
    }
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
    /// Whom its customers talk to before they wait.
    #[serde(default)]
    pub dialog: Option<String>,
}

impl Link {
    /// To a queue, with its name, and without a greeting.
    pub fn to(queue: &Queue) -> Self {
        Self {
            alias: Alias::new(queue.name.clone()),
            label: queue.label.clone(),
            parent: None,
            queue: queue.name.clone(),
            greeting: String::new(),
            dialog: None,
        }
    }
}

/// An automated partner of conversations. Its own settings are not the centre's affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// Its name.
    pub name: String,
    /// How it is shown.
    pub label: String,
    /// The name of the plugin that it is.
    pub plugin: String,
    /// How long it waits for a person who says nothing.
    pub silence_ms: u64,
    /// What becomes of a session when the dialog can't go on with it.
    pub fallback: Fallback,
}

impl Dialog {
    /// One that is called as its plugin.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { label: name.clone(), plugin: name.clone(), name, silence_ms: 600_000, fallback: Fallback::Queue }
    }
}

/// See [`Dialog::fallback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Fallback {
    /// It waits in its queue.
    #[default]
    Queue,
    /// It ends.
    Close,
}
