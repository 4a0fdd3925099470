//! From a listener of the configuration to one that serves: what the adapter is told, whom it lets in, which certificate it has.
//!
//! Invariant: without TLS nothing is offered that the operator did not allow there.

use super::plugins::settings_text;
use crate::config::{Config, Listener, Tls};
use crate::identity::Entrance;
use crate::model::Attribute;
use crate::model::adapter::Setup;
use crate::transport::{self, Bans, CertificateError, CertificateFiles, InService, tls};
use rustls::ServerConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Self-signed certificates, in the data folder.
const CERTIFICATES: &str = "tls";
/// Inputs that broke an adapter, in the data folder.
const POISON: &str = "poison";

/// Where inputs that broke an adapter are kept.
pub(super) fn poison_folder(config: &Config) -> PathBuf {
    config.data.join(POISON)
}

/// Whom a listener lets in.
pub(super) fn entrance_of(listener: &Listener) -> Entrance {
    Entrance {
        guests: listener.guests,
        scram_in_clear: !listener.require_tls,
        plain_in_clear: !listener.require_tls && listener.plain_without_tls,
        ..Entrance::new(listener.side, &listener.domain)
    }
}

/// What the adapter of a listener is told of it.
fn attributes_of(config: &Config, listener: &Listener) -> Vec<Attribute> {
    let entrance = entrance_of(listener);
    let tls = match (&listener.tls, listener.require_tls) {
        (Tls::None, _) => "none",
        (_, true) => "required",
        (_, false) => "offered",
    };
    let mut attributes = vec![
        Attribute::new("mechanisms", entrance.mechanism_names(true)),
        Attribute::new("mechanisms-clear", entrance.mechanism_names(false)),
        Attribute::new("tls", tls),
    ];
    attributes.extend(attributes_of_all(config));
    attributes
}

/// What every adapter is told, of listeners and providers.
pub(super) fn attributes_of_all(config: &Config) -> [Attribute; 5] {
    let limits = &config.settings.limits;
    [
        Attribute::new("software-version", env!("CARGO_PKG_VERSION")),
        Attribute::new("max-message", limits.message_bytes.to_string()),
        Attribute::new("name", config.settings.name.clone()),
        Attribute::new("authenticate-ms", limits.authenticate_ms.to_string()),
        Attribute::new("idle-ms", limits.idle_ms.to_string()),
    ]
}

/// What a machine of the listener's adapter is opened with.
pub(super) fn setup_of(config: &Config, listener: &Listener, seed: Vec<u8>) -> Setup {
    Setup {
        side: listener.side,
        role: "server".to_owned(),
        domain: listener.domain.clone(),
        settings: settings_text(&listener.settings),
        seed,
        attributes: attributes_of(config, listener),
    }
}

/// A listener's certificate, ready to be offered. A self-signed one is made in the data folder where there is none yet.
pub fn certificate_of(data: &Path, listener: &Listener) -> Result<Option<Arc<ServerConfig>>, CertificateError> {
    let files = match &listener.tls {
        Tls::None => return Ok(None),
        Tls::SelfSigned => tls::self_signed(&data.join(CERTIFICATES), &listener.domain)?,
        Tls::Files { certificate, key } => CertificateFiles { certificate: certificate.clone(), key: key.clone() },
    };
    tls::server_config(&files).map(Some)
}

/// The listener as the transport serves it.
pub(super) fn transport_of(
    config: &Config,
    listener: &Listener,
    adapter: InService,
    bans: Arc<Bans>,
) -> Result<transport::Listener, CertificateError> {
    let mut limits = config.settings.limits.clone();
    limits.connections = listener.connections.unwrap_or(limits.connections);
    Ok(transport::Listener {
        name: listener.name.clone(),
        address: listener.address,
        side: listener.side,
        domain: listener.domain.clone(),
        protocol: listener.protocol.clone(),
        adapter,
        tls: certificate_of(&config.data, listener)?,
        settings: settings_text(&listener.settings),
        attributes: attributes_of(config, listener),
        limits,
        poison_folder: poison_folder(config),
        bans,
    })
}
