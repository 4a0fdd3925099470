//! From a provider of the configuration to a link that serves: what the adapter is told, and the secret it is never told.
//!
//! Invariant: a secret is read once, at the start; one that is missing or empty is an error then, and not a link that is refused.

use super::listeners::{attributes_of_all, poison_folder};
use super::plugins::settings_text;
use super::secrets::{self, SecretError};
use crate::config::{Config, Provider};
use crate::model::Attribute;
use crate::model::adapter::Setup;
use crate::transport::{Bans, InService, Link, Secret};
use std::sync::Arc;

/// A provider's secret.
pub fn secret_of(provider: &Provider) -> Result<Secret, SecretError> {
    secrets::read(&provider.secret).map(|value| Secret::new(provider.name.clone(), value))
}

/// What a machine of the provider's adapter is opened with.
pub(super) fn setup_of(config: &Config, provider: &Provider, seed: Vec<u8>) -> Setup {
    let mut attributes = vec![Attribute::new("secret", provider.name.clone())];
    attributes.extend(attributes_of_all(config));
    Setup {
        side: provider.side,
        role: provider.role.as_str().to_owned(),
        domain: provider.domain.clone(),
        settings: settings_text(&provider.settings),
        seed,
        attributes,
    }
}

/// The provider as the transport links to it.
pub(super) fn link_of(
    config: &Config,
    provider: &Provider,
    adapter: InService,
    bans: Arc<Bans>,
) -> Result<Link, SecretError> {
    Ok(Link {
        name: provider.name.clone(),
        address: provider.address.clone(),
        protocol: provider.protocol.clone(),
        adapter,
        setup: setup_of(config, provider, Vec::new()),
        secret: secret_of(provider)?,
        limits: config.settings.limits.clone(),
        poison_folder: poison_folder(config),
        bans,
        status: Arc::default(),
    })
}
