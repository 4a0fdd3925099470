//! The operator's file: read as text, checked once at the edge, and from then on a [`Config`] that nobody checks again.
//!
//! ```text
//! text ─ toml ─► spanned tree ─ raw.rs ─► raw sections ─ check.rs ─► Config        every problem on the way: problem.rs
//! ```
//! Invariant: a [`Config`] is consistent in itself (names resolve, numbers are in range). What lies outside of the file
//! (certificates, plugins, ports) is found out by those who use it.

mod check;
mod demo;
mod dialog;
mod names;
mod origin;
mod plugins;
mod pool;
mod problem;
mod provider;
mod raw;
mod rule;
mod section;
#[cfg(test)]
mod tests;

pub use crate::trust::SecretSource as Secret;
pub use demo::{DEMO_CUSTOMER_DOMAIN, DEMO_DESK_DOMAIN, DemoError};
pub use origin::Origin;
pub use plugins::PluginTrust;
pub use problem::{Place, Problem, Problems, place};
pub use rule::NamedRule;
pub use section::nearest;

use crate::model::Side;
use crate::model::settings::{Pool, Settings};
use crate::trust::Grants;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "cordboard.toml";

/// The file of tokens in the data folder, where no other is named.
pub const TOKENS: &str = "tokens.toml";

/// All that the operator decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the data lie.
    pub data: PathBuf,
    /// When a batch counts as stored.
    pub durability: Durability,
    /// How much of the journal is kept.
    pub journal: Journal,
    /// Where the plugins lie, each a file `<name>.wasm`.
    pub plugins: PathBuf,
    /// Whose plugins are let in.
    pub trust: PluginTrust,
    /// What plugins may reach.
    pub grants: Grants,
    /// Where compiled plugins are kept, so that the next start is quick. Code is run from there: nobody else may write to it.
    pub compiled: PathBuf,
    /// Names and addresses are used once. For each side there is at least one listener or provider.
    pub listeners: Vec<Listener>,
    /// Names are used once, and by no listener.
    pub providers: Vec<Provider>,
    /// Settings of rules by their names; a rule that is not here has none.
    pub rules: BTreeMap<String, Json>,
    /// Rules that are not called as their plugins, by their names.
    pub named_rules: BTreeMap<String, NamedRule>,
    /// Settings of dialogs by the dialogs' names.
    pub dialogs: BTreeMap<String, Json>,
    /// What the centre works by.
    pub settings: Settings,
    /// Whether the operator has named [`Limits::connections`](crate::model::limits::Limits); else it is what the machine holds.
    pub connections_named: bool,
    /// Where HTTP is served; `None`: nowhere.
    pub web: Option<SocketAddr>,
    /// The tokens of other systems, as digests.
    pub tokens: PathBuf,
    /// The control socket.
    pub control: PathBuf,
    /// What is logged, and how.
    pub log: Log,
    /// The text of all this, to show where a setting stands.
    pub origin: Origin,
}

impl Config {
    /// The plugin that a rule is: the one of its name, unless the file says otherwise.
    pub fn plugin_of<'a>(&'a self, rule: &'a str) -> &'a str {
        self.named_rules.get(rule).map_or(rule, |named| &named.plugin)
    }

    /// The rules of all pools' chains that are this plugin, each once.
    pub fn rules_of(&self, plugin: &str) -> BTreeSet<&str> {
        let chains = self.settings.pools.iter().flat_map(Pool::chains);
        let rules = chains.flat_map(|(_, rules)| rules).map(String::as_str);
        rules.filter(|rule| self.plugin_of(rule) == plugin).collect()
    }
}

/// A table of settings as it is handed to a plugin.
pub type Json = serde_json::Map<String, serde_json::Value>;

/// When a batch counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When the disk has it: nothing that was acknowledged is lost when the machine stops.
    #[default]
    Immediate,
    /// When the system has it: faster; a stop of the machine (not of Cordboard) may lose the last moments.
    Relaxed,
}

/// How much of the journal is kept; the oldest goes when either is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journal {
    /// Mebibytes.
    pub keep_mb: u64,
    /// Days.
    pub keep_days: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { keep_mb: 256, keep_days: 30 }
    }
}

/// An address at which IM software connects.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// Its name in logs, tables and as the sessions' provider.
    pub name: String,
    /// The adapter that speaks there.
    pub protocol: String,
    /// Whom it serves.
    pub side: Side,
    /// Where it listens.
    pub address: SocketAddr,
    /// The domain of its outside addresses.
    pub domain: String,
    /// Its certificate.
    pub tls: Tls,
    /// Whether nothing is served before TLS.
    pub require_tls: bool,
    /// Whether a password may be sent in the clear where TLS is not used.
    pub plain_without_tls: bool,
    /// Whether people without an account may come in.
    pub guests: bool,
    /// Connections at a time; absent: as many as [`Limits::connections`](crate::model::limits::Limits::connections) says.
    pub connections: Option<usize>,
    /// Where its customers are sent on: a host, or host and port.
    pub redirect: Option<String>,
    /// Handed to the adapter.
    pub settings: Json,
}

/// Somebody else's server that we are a part of, with its users for our contacts.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Its name in logs, tables and as the sessions' provider.
    pub name: String,
    /// The adapter that speaks to it.
    pub protocol: String,
    /// Whom it hosts.
    pub side: Side,
    /// What we are there.
    pub role: Role,
    /// Where it takes us: a host and a port, looked up whenever it is dialled.
    pub address: String,
    /// Our name there.
    pub domain: String,
    /// What we prove ourselves with.
    pub secret: Secret,
    /// Where its customers are sent on: a host, or host and port.
    pub redirect: Option<String>,
    /// Handed to the adapter.
    pub settings: Json,
}

/// What we are at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A component with a domain of its own (XEP-0114).
    Component,
}

impl Role {
    /// As an adapter is told it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
        }
    }
}

/// A listener's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// From files in PEM.
    Files {
        /// The chain, the listener's own first.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// Made at the start; for trying out.
    SelfSigned,
    /// No TLS.
    None,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How.
    pub format: LogFormat,
    /// What: a level (`info`) or a filter as `RUST_LOG` takes it; `RUST_LOG` goes before it.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// How lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people where standard error is a terminal, else JSON.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Why there is no [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration {file}: {source}; name it with --config FILE (an annotated example is cordboard.example.toml)", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that can't be.
    #[error("{0}")]
    Invalid(Problems),
}

impl Config {
    /// Reads and checks a file.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&file.display().to_string(), &text, folder).map_err(ConfigError::Invalid)
    }

    /// Checks a file's text; `folder` is what relative paths start from.
    pub fn parse(file: &str, text: &str, folder: &Path) -> Result<Self, Problems> {
        let config = check::parse(file, text, folder)?;
        Ok(Self { origin: Origin::new(file, text), ..config })
    }

    /// Only the control socket's path of a file, for programs that ask a running host.
    pub fn control_socket(file: &Path) -> Result<PathBuf, ConfigError> {
        Self::read(file).map(|config| config.control)
    }
}
