//! From a provider of the configuration to a link that serves: what the adapter is told, and the secret it is never told.
//!
//! Invariant: a secret is read once, at the start; one that is missing or empty is an error then, and not a link that is refused.

use super::listeners::{attributes_of_all, poison_folder};
use super::plugins::settings_text;
use crate::config::{self, Config, Provider};
use crate::model::Attribute;
use crate::model::adapter::Setup;
use crate::transport::{Bans, InService, Link, Secret};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of a secret.
const SECRET_BYTES: u64 = 4096;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file can't be read.
    #[error("its secret can't be read from {file}: {detail}; write the secret agreed on with the server there, readable by cordboard's user", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        detail: String,
    },
    /// The variable is not set.
    #[error(
        "its secret is not in the environment: {variable} is not set, or is no text; set it where cordboard is started, or name a file with `secret = {{ file = \"FILE\" }}`"
    )]
    Unset {
        /// Which.
        variable: String,
    },
    /// There is nothing in it.
    #[error("its secret is empty; write the secret agreed on with the server to {place}")]
    Empty {
        /// Where.
        place: String,
    },
    /// That is no secret.
    #[error("its secret has more than {SECRET_BYTES} bytes; is {place} the right one?")]
    TooLong {
        /// Where.
        place: String,
    },
}

/// A provider's secret, without the newline at its end.
pub fn secret_of(provider: &Provider) -> Result<Secret, SecretError> {
    let (place, mut value) = match &provider.secret {
        config::Secret::File(file) => {
            let unreadable =
                |error: std::io::Error| SecretError::Unreadable { file: file.clone(), detail: error.to_string() };
            let mut value = Vec::new();
            let opened = File::open(file).map_err(unreadable)?;
            opened.take(SECRET_BYTES + 2).read_to_end(&mut value).map_err(unreadable)?;
            (file.display().to_string(), value)
        }
        config::Secret::Variable(variable) => {
            let unset = |_| SecretError::Unset { variable: variable.clone() };
            (format!("the variable {variable}"), std::env::var(variable).map_err(unset)?.into_bytes())
        }
    };
    while value.pop_if(|last| matches!(last, b'\n' | b'\r')).is_some() {}
    match value.len() as u64 {
        0 => Err(SecretError::Empty { place }),
        1..=SECRET_BYTES => Ok(Secret::new(provider.name.clone(), value)),
        _ => Err(SecretError::TooLong { place }),
    }
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
