//! The configuration of `cordboard dev`: everything on this machine, three links, a dialog, and accounts to try it with.
//!
//! Invariant: it listens on 127.0.0.1 only, since its accounts' passwords are their names.

use super::{Config, Durability, Journal, Json, Listener, Log, Origin, PluginTrust, TOKENS, Tls};
use crate::model::Side;
use crate::model::settings::{Dialog, Fallback, Link, Pool, Queue, Settings};
use crate::trust::Grants;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// The domain of customers' addresses.
pub const DEMO_CUSTOMER_DOMAIN: &str = "localhost";
/// The domain of agents' addresses.
pub const DEMO_DESK_DOMAIN: &str = "desk.localhost";

/// The dialog to which an agent may pass a customer on.
const SURVEY: &str = "survey";

const CUSTOMER_PORT: u16 = 5222;
const AGENT_PORT: u16 = 5232;
const WEB_PORT: u16 = 8080;

/// Why there is no such demo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    /// The ports end at 65535.
    #[error("--port-offset {offset} is too large: the HTTP port would be {WEB_PORT} + {offset}, and ports end at 65535; use at most {most}", most = u16::MAX - WEB_PORT)]
    PortOffset {
        /// What was asked for.
        offset: u16,
    },
}

impl Config {
    /// What `dev` runs with: data below `data`, every port `port_offset` above its usual number, plugins from `plugins`.
    pub fn dev(data: &Path, port_offset: u16, plugins: &Path) -> Result<Self, DemoError> {
        let address = |port: u16| {
            let port = port.checked_add(port_offset).ok_or(DemoError::PortOffset { offset: port_offset })?;
            Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        };
        Ok(Self {
            data: data.to_owned(),
            durability: Durability::Immediate,
            journal: Journal::default(),
            plugins: plugins.to_owned(),
            compiled: data.join("compiled"),
            trust: PluginTrust::Any,
            grants: Grants::default(),
            listeners: vec![
                listener("customers", Side::Customer, address(CUSTOMER_PORT)?, DEMO_CUSTOMER_DOMAIN),
                listener("agents", Side::Agent, address(AGENT_PORT)?, DEMO_DESK_DOMAIN),
            ],
            providers: Vec::new(),
            rules: BTreeMap::new(),
            named_rules: BTreeMap::new(),
            dialogs: BTreeMap::from([(SURVEY.to_owned(), survey())]),
            settings: settings(),
            connections_named: false,
            web: Some(address(WEB_PORT)?),
            tokens: data.join(TOKENS),
            control: data.join("control.sock"),
            log: Log::default(),
            origin: Origin::default(),
        })
    }
}

fn listener(name: &str, side: Side, address: SocketAddr, domain: &str) -> Listener {
    Listener {
        name: name.to_owned(),
        protocol: "xmpp".to_owned(),
        side,
        address,
        domain: domain.to_owned(),
        tls: Tls::SelfSigned,
        require_tls: false,
        plain_without_tls: false,
        connections: None,
        guests: side == Side::Customer,
        redirect: None,
        settings: Json::new(),
    }
}

fn settings() -> Settings {
    let desks = [("billing", "Billing"), ("sales", "Sales"), ("support", "Support")];
    let pool = Pool::new("main", vec!["least-busy".to_owned(), "longest-idle".to_owned()]);
    let queues = desks.iter().map(|(name, label)| queue(name, label)).collect();
    let links = desks.iter().map(|(name, label)| link(name, label)).collect();
    let survey = Dialog {
        label: "Survey".to_owned(),
        plugin: "questions".to_owned(),
        fallback: Fallback::Close,
        ..Dialog::new(SURVEY)
    };
    Settings { links, dialogs: vec![survey], ..Settings::of("Cordboard", vec![pool], queues) }
}

fn queue(name: &str, label: &str) -> Queue {
    Queue { label: label.to_owned(), ..Queue::new(name, "main") }
}

fn link(name: &str, label: &str) -> Link {
    let greeting = format!("Welcome to {label}. Somebody will be with you in a moment.");
    Link { greeting, ..Link::to(&queue(name, label)) }
}

/// What the dialog of the demo asks.
fn survey() -> Json {
    let settings = serde_json::json!({
        "greeting": "Three short questions, if we may.",
        "questions": [
            { "name": "solved", "text": "Is it solved?", "kind": "yes-no" },
            { "name": "grade", "text": "How did you like it, from 1 to 10?", "kind": "number", "min": 1, "max": 10 },
            { "name": "wish", "text": "What could be better?", "required": false },
        ],
        "thanks": "Thank you.",
        "then": "close",
        "otherwise": "close",
    });
    settings.as_object().cloned().unwrap_or_default()
}
