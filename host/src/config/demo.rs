//! The configuration of `cordboard dev`: everything on this machine, three links, and accounts to try it with.
//!
//! Invariant: it listens on 127.0.0.1 only, since its accounts' passwords are their names.

use super::{Config, Durability, Journal, Json, Listener, Log, Origin, PluginTrust, TOKENS, Tls};
use crate::model::limits::Limits;
use crate::model::settings::{Link, Pool, Queue, Settings, WaitingTimes};
use crate::model::{Alias, Side};
use crate::trust::Grants;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// The domain of customers' addresses.
pub const DEMO_CUSTOMER_DOMAIN: &str = "localhost";
/// The domain of agents' addresses.
pub const DEMO_DESK_DOMAIN: &str = "desk.localhost";

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
    Settings {
        name: "Cordboard".to_owned(),
        pools: vec![Pool::new("main", vec!["least-busy".to_owned(), "longest-idle".to_owned()])],
        queues: desks.iter().map(|(name, label)| queue(name, label)).collect(),
        links: desks.iter().map(|(name, label)| link(name, label)).collect(),
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

fn queue(name: &str, label: &str) -> Queue {
    Queue { label: label.to_owned(), ..Queue::new(name, "main") }
}

fn link(name: &str, label: &str) -> Link {
    Link {
        alias: Alias::new(name),
        label: label.to_owned(),
        parent: None,
        queue: name.to_owned(),
        greeting: format!("Welcome to {label}. Somebody will be with you in a moment."),
    }
}
