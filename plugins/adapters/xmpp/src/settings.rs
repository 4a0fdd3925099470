//! What an endpoint is opened with, checked once.

use cordboard_sdk::adapter::Setup;
use cordboard_sdk::model::attribute;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// Bytes of a stanza before the peer has authenticated.
pub(crate) const STRANGER_STANZA_BYTES: usize = 16 * 1024;
/// What RFC 6120, 13.12 asks for at least, and what our memory allows at most.
const STANZA_BYTES: RangeInclusive<usize> = 10_000..=262_144;
/// Fewer than one is no service; more than so many don't fit into a sandbox.
const CONTACTS: RangeInclusive<usize> = 1..=100_000;

/// What we are to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A server, and the peer is somebody's client: one person a channel.
    Server,
    /// A component (XEP-0114), and the peer is a server: the channel carries all of its users who have to do with us.
    Component,
}

/// Whether a channel has to be secured before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// STARTTLS is the only thing offered.
    Required,
    /// STARTTLS is offered.
    Offered,
    /// There is no TLS.
    Absent,
}

/// The operator's settings; see `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    max_stanza_bytes: usize,
    max_contacts: usize,
}

impl Default for Given {
    fn default() -> Self {
        Self { max_stanza_bytes: 65_536, max_contacts: 10_000 }
    }
}

impl Given {
    /// Reads JSON that the host has checked against the schema. `serde_json` would bring 20 KB of tables into each sandbox, for floats.
    fn read(json: &str) -> Result<Self, String> {
        let json = if json.trim_ascii().is_empty() { "{}" } else { json };
        let wrong = |_| {
            let known = "\"max_stanza_bytes\" and \"max_contacts\"";
            format!("the settings are {json}; expected a table in which {known} may stand, each a whole number")
        };
        serde_json_core::from_str(json).map(|(given, _)| given).map_err(wrong)
    }
}

/// Settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What we are.
    pub(crate) role: Role,
    /// Whether the people are agents.
    pub(crate) agents: bool,
    /// The name of the component's secret.
    pub(crate) secret: String,
    /// People that a component knows at a time.
    pub(crate) contacts: usize,
    /// Our name, in lower case.
    pub(crate) domain: String,
    /// How the centre calls itself.
    pub(crate) name: String,
    /// The host's version.
    pub(crate) software_version: String,
    /// SASL mechanisms on a secured channel, strongest first.
    pub(crate) mechanisms: Vec<String>,
    /// SASL mechanisms without TLS.
    pub(crate) mechanisms_clear: Vec<String>,
    /// What is done about TLS.
    pub(crate) security: Security,
    /// Bytes of a message's text.
    pub(crate) message_bytes: usize,
    /// Bytes of a stanza of an authenticated peer.
    pub(crate) stanza_bytes: usize,
    /// Milliseconds until a peer must have bound a resource.
    pub(crate) authenticate_ms: u64,
    /// Milliseconds of silence after which a peer is asked, and again after which it is given up.
    pub(crate) idle_ms: u64,
}

impl Settings {
    /// Reads what the host gives. The error says what is wrong.
    pub(crate) fn new(setup: &Setup) -> Result<Self, String> {
        let role = role(&setup.role)?;
        let domain = setup.domain.trim_end_matches('.').to_ascii_lowercase();
        if domain.is_empty() {
            return Err("the domain is empty; an XMPP server needs one, such as \"im.example\"".into());
        }
        let given = Given::read(&setup.settings)?;
        let fact = |name| attribute(&setup.attributes, name);
        let secret = fact("secret").unwrap_or_default().to_owned();
        if role == Role::Component && secret.is_empty() {
            return Err("the attribute secret is missing; a component proves with it who it is".into());
        }
        Ok(Self {
            role,
            agents: setup.side == "agent",
            secret,
            contacts: within(given.max_contacts, &CONTACTS, "max_contacts")?,
            name: fact("name").unwrap_or(&setup.domain).to_owned(),
            software_version: fact("software-version").unwrap_or_default().to_owned(),
            mechanisms: words(fact("mechanisms")),
            mechanisms_clear: words(fact("mechanisms-clear")),
            security: security(fact("tls"))?,
            message_bytes: number(fact("max-message"), "max-message", 32 * 1024)?,
            stanza_bytes: within(given.max_stanza_bytes, &STANZA_BYTES, "max_stanza_bytes")?,
            authenticate_ms: number(fact("authenticate-ms"), "authenticate-ms", 30_000)?,
            idle_ms: number(fact("idle-ms"), "idle-ms", 150_000)?,
            domain,
        })
    }
}

fn role(word: &str) -> Result<Role, String> {
    match word {
        "server" => Ok(Role::Server),
        "component" => Ok(Role::Component),
        other => Err(format!("the role {other:?} is unknown here; known are \"server\" and \"component\"")),
    }
}

fn within(number: usize, range: &RangeInclusive<usize>, name: &str) -> Result<usize, String> {
    if range.contains(&number) {
        return Ok(number);
    }
    Err(format!("{name} is {number}; it must be from {} to {}", range.start(), range.end()))
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn security(word: Option<&str>) -> Result<Security, String> {
    match word.unwrap_or("required") {
        "required" => Ok(Security::Required),
        "offered" => Ok(Security::Offered),
        "none" => Ok(Security::Absent),
        other => Err(format!("the attribute tls is {other:?}; it must be \"required\", \"offered\" or \"none\"")),
    }
}

fn number<T: std::str::FromStr>(text: Option<&str>, name: &str, default: T) -> Result<T, String> {
    match text {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| format!("the attribute {name} is {text:?}; it must be a whole number")),
    }
}
