//! `plugin.toml`: what a plugin says of itself. It stands beside the plugin's source and is embedded in its component.
//!
//! Invariant: a [`Manifest`] is valid; there is no other way to one than [`Manifest::parse`].

use super::schema::Schema;
use crate::model::SavedState;
use crate::model::adapter::GuestFailure;
use crate::trust::may_be_wanted;
use serde::Deserialize;
use std::fmt;

/// Bytes of a manifest.
const MANIFEST_BYTES: usize = 64 * 1024;
/// Bytes of a name or a description.
const NAME_BYTES: usize = 64;
const DESCRIPTION_BYTES: usize = 1000;

/// What a plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Filters candidates and puts them in tiers.
    Rule,
    /// Speaks an IM protocol.
    Adapter,
    /// Talks to a person.
    Dialog,
}

impl Kind {
    /// The word of the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Adapter => "adapter",
            Self::Dialog => "dialog",
        }
    }

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Rule, Self::Adapter, Self::Dialog].into_iter().find(|kind| kind.as_str() == word)
    }

    /// The interface that a plugin of this kind exports, without its version.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Rule => "cordboard:strategy/rule",
            Self::Adapter => "cordboard:adapter/protocol",
            Self::Dialog => "cordboard:dialog/script",
        }
    }

    /// The interfaces that it may import, without their version.
    pub const fn imports(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["cordboard:model/types", "cordboard:host/log"],
            Self::Adapter | Self::Dialog => &["cordboard:model/types", "cordboard:host/log", "cordboard:host/text"],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// How the operator's file names it: lower-case letters, digits and hyphens.
    pub name: String,
    /// Of the plugin: `1.2.3`.
    pub version: String,
    /// What it is.
    pub kind: Kind,
    /// For the operator, in a sentence or two.
    pub description: String,
    /// Hosts that it wants to reach over HTTP, as in `api.example.com` or `*.example.com`. The operator grants them. `*` is for one whose
    /// settings say whom it asks: whichever are granted.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Limits other than the host's defaults.
    #[serde(default)]
    pub limits: Wishes,
    /// Formats of its saved state.
    #[serde(default)]
    pub state: Formats,
    /// JSON Schema of its settings; absent: it has none.
    #[serde(default)]
    pub settings: Option<toml::Table>,
}

/// Limits that a plugin asks for. Less than the host's are its own choice; more have to be in the operator's limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// Linear memory of one sandbox.
    pub memory_bytes: Option<usize>,
}

/// Numbers of saved-state formats.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    /// What it saves.
    pub writes: u32,
    /// What it restores; `writes` is among them.
    pub reads: Vec<u32>,
}

impl Formats {
    /// Whether it may be given this state; if not, the refusal.
    pub fn check_read(&self, state: &SavedState) -> Result<(), GuestFailure> {
        if self.reads.contains(&state.format) {
            return Ok(());
        }
        let words =
            format!("the state has format {}, the plugin's manifest says that it reads {:?}", state.format, self.reads);
        Err(GuestFailure::Refused(words))
    }

    /// Whether it saved in the format that it promised.
    pub fn check_written(&self, format: u32) -> Result<(), GuestFailure> {
        if self.writes == format {
            return Ok(());
        }
        let words = format!("saved format {format}, its manifest says that it writes {}", self.writes);
        Err(GuestFailure::Contract(words))
    }
}

impl Default for Formats {
    fn default() -> Self {
        Self { writes: 1, reads: vec![1] }
    }
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, or not these keys.
    #[error("{0}")]
    Syntax(String),
    /// A value that can't be.
    #[error("`{key}` is {found:?}, expected {expected}")]
    Value {
        /// Where.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A schema that is none, or not one that is taken.
    #[error("`settings` is not a JSON Schema: {0}")]
    Schema(String),
    /// Not a component, so it can carry none.
    #[error("it can't be put into this file: {0}")]
    Carrier(String),
}

impl Manifest {
    /// Reads and checks `plugin.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MANIFEST_BYTES {
            let found = format!("{} bytes", text.len());
            return Err(ManifestError::Value { key: "plugin.toml", found, expected: "at most 64 KiB" });
        }
        let manifest: Self =
            toml::from_str(text).map_err(|e| ManifestError::Syntax(e.to_string().trim_end().to_owned()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let expect = |holds: bool, key: &'static str, found: &str, expected: &'static str| {
            if holds { Ok(()) } else { Err(ManifestError::Value { key, found: found.to_owned(), expected }) }
        };
        expect(
            is_name(&self.name),
            "name",
            &self.name,
            "lower-case letters, digits and hyphens, beginning with a letter",
        )?;
        expect(is_version(&self.version), "version", &self.version, "three numbers, as in 1.2.3")?;
        expect(
            !self.description.trim().is_empty() && self.description.len() <= DESCRIPTION_BYTES,
            "description",
            &self.description,
            "a sentence for the operator, of at most 1000 bytes",
        )?;
        for host in &self.hosts {
            expect(may_be_wanted(host), "hosts", host, "names of hosts, as in api.example.com or *.example.com")?;
        }
        let reads = format!("{:?}", self.state.reads);
        expect(
            self.state.reads.contains(&self.state.writes),
            "state.reads",
            &reads,
            "a list with `state.writes` among it",
        )?;
        self.schema().map(drop)
    }

    /// The schema of its settings, compiled.
    pub fn schema(&self) -> Result<Schema, ManifestError> {
        Schema::compile(self.settings.as_ref())
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_version(version: &str) -> bool {
    let core = version.split_once(['-', '+']).map_or(version, |(core, _)| core);
    let numbers: Vec<_> = core.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u32>().is_ok())
}
