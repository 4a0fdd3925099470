//! What plugins may reach: the hosts that their manifests ask for, and that the operator grants by name; and the secrets that are put into what
//! they say there.
//!
//! Invariant: a plugin gets no host that was not both asked for and granted, and no secret at all: only the host it talks to does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is granted, by the names of plugins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Grants {
    /// Whatever is asked for: a developer's, never an operator's.
    #[default]
    Everything,
    /// These, and nothing to any other plugin.
    Only(BTreeMap<String, Grant>),
}

/// What one plugin may reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// Hosts over HTTP: `api.example.com`, or `*.example.com` for all below it.
    pub hosts: Vec<String>,
    /// Secrets by the names under which the plugin writes them into headers: `{secret:token}`.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file, with or without a newline at its end.
    File(PathBuf),
    /// In an environment variable of the service.
    Variable(String),
}

/// In a manifest: whichever hosts the operator grants, for a plugin whose settings say whom it asks.
pub const ANY_HOST: &str = "*";

/// Hosts that are asked for and not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "wants to reach {} over HTTP, and is granted {}; \
     if it may, write in the operator's file\n  [plugins.grants]\n  {plugin} = {{ hosts = {} }}",
    listed(missing), if granted.is_empty() { "no host".to_owned() } else { listed(granted) }, array(wanted)
)]
pub struct Ungranted {
    /// Who.
    pub plugin: String,
    /// What it asks for in all.
    pub wanted: Vec<String>,
    /// What it has of the operator.
    pub granted: Vec<String>,
    /// What it lacks.
    pub missing: Vec<String>,
}

impl Grants {
    /// The hosts that a plugin may reach: all it asks for, or a refusal. One that asks for [`ANY_HOST`] gets what is granted.
    pub fn hosts_of(&self, plugin: &str, wanted: &[String]) -> Result<Vec<String>, Ungranted> {
        let granted = match self {
            Self::Everything => return Ok(wanted.to_vec()),
            Self::Only(grants) => grants.get(plugin).map_or(&[][..], |grant| &grant.hosts),
        };
        if wanted.iter().any(|host| host == ANY_HOST) {
            return Ok(granted.to_vec());
        }
        let missing: Vec<String> = wanted.iter().filter(|host| !is_covered(granted, host)).cloned().collect();
        if missing.is_empty() {
            return Ok(wanted.to_vec());
        }
        Err(Ungranted { plugin: plugin.to_owned(), wanted: wanted.to_vec(), granted: granted.to_vec(), missing })
    }

    /// Hosts granted to a plugin that it never asks for.
    pub fn unused(&self, plugin: &str, wanted: &[String]) -> Vec<String> {
        let Self::Only(grants) = self else { return Vec::new() };
        let granted = grants.get(plugin).map_or(&[][..], |grant| &grant.hosts);
        let used = |host: &String| wanted.iter().any(|wanted| wanted == ANY_HOST || covers(host, wanted));
        granted.iter().filter(|host| !used(host)).cloned().collect()
    }

    /// The secrets of a plugin.
    pub fn secrets_of(&self, plugin: &str) -> impl Iterator<Item = (&str, &SecretSource)> {
        let grant = match self {
            Self::Everything => None,
            Self::Only(grants) => grants.get(plugin),
        };
        grant.into_iter().flat_map(|grant| &grant.secrets).map(|(name, source)| (name.as_str(), source))
    }

    /// Files of secrets start at this folder.
    #[must_use]
    pub fn beneath(mut self, folder: &Path) -> Self {
        if let Self::Only(grants) = &mut self {
            grants.values_mut().flat_map(|grant| grant.secrets.values_mut()).for_each(|secret| secret.start_at(folder));
        }
        self
    }

    /// Names that something is granted to.
    pub fn plugins(&self) -> impl Iterator<Item = &str> {
        let grants = match self {
            Self::Everything => None,
            Self::Only(grants) => Some(grants),
        };
        grants.into_iter().flatten().map(|(plugin, _)| plugin.as_str())
    }
}

impl SecretSource {
    /// A file's path starts at this folder.
    pub fn start_at(&mut self, folder: &Path) {
        if let Self::File(file) = self {
            *file = folder.join(&*file);
        }
    }
}

/// Whether a host is among those granted.
pub fn is_covered(granted: &[String], wanted: &str) -> bool {
    granted.iter().any(|granted| covers(granted, wanted))
}

/// Whether what is granted includes what is wanted; both may begin with `*.`, which stands for any host below, at any depth.
fn covers(granted: &str, wanted: &str) -> bool {
    let (granted, wanted) = (granted.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    if granted == wanted {
        return true;
    }
    let Some(below) = granted.strip_prefix('*') else { return false };
    wanted.trim_start_matches('*').strip_suffix(below).is_some_and(|front| !front.is_empty())
}

/// What a manifest may ask for: hosts, or [`ANY_HOST`].
pub fn may_be_wanted(host: &str) -> bool {
    host == ANY_HOST || is_host(host)
}

/// A host's name, or `*.` and one.
pub fn is_host(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
}

fn listed(hosts: &[String]) -> String {
    hosts.join(", ")
}

/// As TOML writes it; hosts need no escapes.
fn array(hosts: &[String]) -> String {
    format!("[{}]", hosts.iter().map(|host| format!("\"{host}\"")).collect::<Vec<_>>().join(", "))
}
