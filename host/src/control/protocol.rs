//! What can be asked, and what is answered. Spoken between a command line and a service of the same version.
//!
//! Invariant: no answer holds a password or what is kept of one.

use crate::centre::View;
use crate::centre::view::CandidatesView;
use crate::model::record::AgentProfile;
use crate::model::rule::Skill;
use crate::model::{Address, Attribute, SessionId, Side};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Who runs, since when, and where it listens.
    Health,
    /// What the centre has just now.
    View,
    /// An account for an agent.
    AgentAdd(NewAgent),
    /// All agents' accounts.
    AgentList,
    /// No account for an agent any more; what the agent has goes back to its queues.
    AgentRemove {
        /// Whose.
        name: String,
    },
    /// An account for a customer, who is a member then.
    CustomerAdd(NewCustomer),
    /// All customers' accounts.
    CustomerList,
    /// No account for a customer any more.
    CustomerRemove {
        /// Whose.
        name: String,
    },
    /// A name at a provider more, under which the person of an account may come.
    AddressAdd(NamedAddress),
    /// One less.
    AddressRemove(NamedAddress),
    /// Ends a session.
    Close {
        /// Which.
        session: SessionId,
        /// Why, for both sides.
        reason: String,
    },
    /// The plugins: what serves, what it does and costs, and what was refused.
    Plugins,
    /// The candidates beside the rules in service, and how they compare.
    Shadow,
    /// Takes back what is held against the plugins of a name.
    PluginRelease {
        /// Whose.
        name: String,
    },
    /// Inputs that broke adapters, as they are kept.
    Poison,
    /// Who is kept out.
    Bans,
    /// Keeps a person out for a time.
    BanAdd(NewBan),
    /// Lets a person in again.
    BanRevoke {
        /// Who.
        person: String,
        /// At which listener or provider; absent: at all.
        provider: Option<String>,
    },
    /// Looks at the plugin folder now.
    PluginReload,
    /// Puts the previous generation of a plugin in service again.
    PluginRollback {
        /// Its name.
        name: String,
        /// `rule`, `adapter` or `dialog`, where the name is not enough.
        kind: Option<String>,
    },
    /// Writes the journal into a file that is not there yet.
    JournalExport {
        /// Where, from the root.
        file: PathBuf,
        /// No more of it than what is kept of this session; absent: all.
        session: Option<SessionId>,
    },
    /// Reads the operator's file again.
    Reload,
    /// Drains and ends.
    Stop,
}

impl Request {
    /// Its name in logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::View => "view",
            Self::AgentAdd(_) => "agent-add",
            Self::AgentList => "agent-list",
            Self::AgentRemove { .. } => "agent-remove",
            Self::CustomerAdd(_) => "customer-add",
            Self::CustomerList => "customer-list",
            Self::CustomerRemove { .. } => "customer-remove",
            Self::AddressAdd(_) => "address-add",
            Self::AddressRemove(_) => "address-remove",
            Self::Close { .. } => "close",
            Self::Plugins => "plugins",
            Self::Shadow => "shadow",
            Self::PluginRelease { .. } => "plugin-release",
            Self::Poison => "poison",
            Self::Bans => "bans",
            Self::BanAdd(_) => "ban-add",
            Self::BanRevoke { .. } => "ban-revoke",
            Self::PluginReload => "plugin-reload",
            Self::PluginRollback { .. } => "plugin-rollback",
            Self::JournalExport { .. } => "journal-export",
            Self::Reload => "reload",
            Self::Stop => "stop",
        }
    }

    /// Whether it changes something, and is logged for that.
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Self::Health
                | Self::View
                | Self::AgentList
                | Self::CustomerList
                | Self::Plugins
                | Self::Shadow
                | Self::Poison
                | Self::Bans
        )
    }
}

/// A password on its way to become a verifier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Wraps what somebody typed.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// What somebody typed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// An agent's account to make or to replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAgent {
    /// The account.
    pub name: String,
    /// How customers are shown the agent; absent: `Agent`, since an account's name stays inside.
    pub shown_as: Option<String>,
    /// Abilities.
    pub skills: Vec<Skill>,
    /// Queues served; absent: those that a skill is named for.
    pub queues: Option<Vec<String>>,
    /// How many at a time, by medium.
    pub capacity: BTreeMap<String, u16>,
    /// What sessions of all media may weigh together; absent: the usual.
    pub units: Option<u16>,
    /// Names at providers; none: an account that is replaced keeps its own.
    pub addresses: Vec<Address>,
    /// Where a switch reaches the agent, by medium; none: an account that is replaced keeps its own.
    #[serde(default)]
    pub reached_at: BTreeMap<String, String>,
    /// Whether the agent may join any session.
    #[serde(default)]
    pub supervisor: bool,
    /// Absent: an account that is replaced keeps its own.
    pub password: Option<Password>,
    /// Whether an account of the name may be there already.
    pub replace: bool,
}

/// A customer's account to make or to replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCustomer {
    /// The account.
    pub name: String,
    /// How agents are shown the customer; absent: the name.
    pub shown_as: Option<String>,
    /// Names at providers; none: an account that is replaced keeps its own.
    pub addresses: Vec<Address>,
    /// Facts that rules are told; none: an account that is replaced keeps its own.
    pub attributes: Vec<Attribute>,
    /// Absent: an account that is replaced keeps its own.
    pub password: Option<Password>,
    /// Whether an account of the name may be there already.
    pub replace: bool,
}

/// An address of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAddress {
    /// Whose side.
    pub side: Side,
    /// The account.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// A person to keep out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBan {
    /// Who: at a listener the account, at a provider the name there.
    pub person: String,
    /// At which listener or provider.
    pub provider: String,
    /// For how long.
    pub minutes: u32,
}

/// What is answered; which one belongs to a request is said there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To [`Request::Health`].
    Health(Health),
    /// To [`Request::View`].
    View(Box<View>),
    /// To [`Request::AgentList`] and [`Request::CustomerList`], by name.
    Accounts(Vec<AccountRow>),
    /// To [`Request::Plugins`], by kind and name, the newest first; what was refused comes last.
    Plugins(Vec<PluginRow>),
    /// To [`Request::Shadow`], by pool.
    Candidates(Vec<CandidatesView>),
    /// To [`Request::Poison`], the oldest first.
    Poison(Vec<PoisonRow>),
    /// To [`Request::Bans`], by provider and person.
    Bans(Vec<BanRow>),
    /// To what changes something: what was done, in words.
    Done(String),
}

/// Why not, for the operator: who, what was expected, what was found, the fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// In words.
    pub message: String,
}

impl Refusal {
    /// Says why not.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string() }
    }
}

/// The line that is answered.
pub type Response = Result<Answer, Refusal>;

/// The running service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `running` or `draining`.
    pub status: String,
    /// Of the service; of the command line it may be another.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Seconds since it was ready.
    pub up_s: u64,
    /// Its data folder.
    pub data: String,
    /// Where it listens.
    pub listeners: Vec<ListenerRow>,
    /// Whose servers it is a part of.
    pub providers: Vec<ProviderRow>,
    /// Where it serves HTTP.
    pub web: Option<String>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerRow {
    /// Its name.
    pub name: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Whom it serves.
    pub side: Side,
    /// Where.
    pub address: String,
    /// Of its outside addresses.
    pub domain: String,
}

/// A link to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRow {
    /// Its name.
    pub name: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Whom it hosts.
    pub side: Side,
    /// Where it is dialled.
    pub address: String,
    /// Our name there.
    pub domain: String,
    /// `connecting`, `up`, `down`, `refused` (its server does not take us) or `ended`.
    pub state: String,
    /// Seconds since it is up.
    pub up_s: Option<u64>,
    /// Why it is not up; empty where that is not known.
    pub why: String,
    /// Seconds until it is tried again.
    pub retry_s: Option<u64>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its name.
    pub name: String,
    /// How the other side is shown the person.
    pub shown_as: String,
    /// Of an agent.
    pub agent: Option<AgentProfile>,
    /// Names at providers.
    pub addresses: Vec<Address>,
    /// Facts that rules are told.
    pub attributes: Vec<Attribute>,
}

/// An input that broke an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoisonRow {
    /// Seconds since.
    pub age_s: u64,
    /// At which listener or provider.
    pub provider: String,
    /// Whose it was; empty where that is not known.
    pub contact: String,
    /// How the adapter failed.
    pub failure: String,
    /// Where it is kept.
    pub file: String,
}

/// A person who is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanRow {
    /// At which listener or provider.
    pub provider: String,
    /// Who.
    pub person: String,
    /// Seconds since it began.
    pub age_s: u64,
    /// Seconds until it ends.
    pub left_s: u64,
    /// Why, in words.
    pub why: String,
}

/// One component: one that is loaded, or a file that was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRow {
    /// `rule`, `adapter`, `dialog`; empty where a refused file does not say.
    pub kind: String,
    /// Its name, or a refused file's.
    pub name: String,
    /// Its version, as its manifest says.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal digits.
    pub digest: String,
    /// How many of the name have been in service with it, since the start.
    pub generation: Option<u64>,
    /// `in service`; `unused`: nothing names it; `failing`: an adapter that goes on though it fails too often; `former`: it served before, and is kept for a rollback
    /// or by machines that have not gone over; `quarantined`: a rule that
    /// is left out; `refused`: a file that serves nowhere.
    pub state: String,
    /// Why it is refused, quarantined or failing.
    pub why: String,
    /// How many seconds it has been quarantined, restarts of the service included.
    #[serde(default)]
    pub quarantined_s: Option<u64>,
    /// Where it serves: `pool main`, `listener customers`.
    pub serves: Vec<String>,
    /// Seconds since it was loaded.
    pub age_s: u64,
    /// Sandboxes of it.
    pub machines: usize,
    /// Linear memory that they hold.
    pub memory_bytes: usize,
    /// How often it was entered, its starts included.
    pub calls: u64,
    /// Instructions, roughly.
    pub fuel: u64,
    /// Processor time.
    pub cpu_us: u64,
    /// Half of the calls took no longer.
    pub p50_ns: Option<u64>,
    /// 99 of 100 calls took no longer.
    pub p99_ns: Option<u64>,
    /// How often it failed, by kind of failure.
    pub failures: BTreeMap<String, u64>,
    /// How it failed the last time.
    pub last_failure: Option<FailureRow>,
}

/// A plugin's failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRow {
    /// Seconds since.
    pub age_s: u64,
    /// How, in words.
    pub what: String,
    /// The functions that were running, the innermost first.
    pub running: Vec<String>,
}
