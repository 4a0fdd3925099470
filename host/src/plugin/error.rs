//! Why a file is not taken as a plugin: who, what was wanted, what was found, and the fix.

use super::file::file_name;
use super::manifest::{Kind, ManifestError};
use crate::trust::{Distrust, Ungranted};
use std::path::PathBuf;

/// A refused plugin. `plugin` is the file's name, or the plugin's once that is known.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The folder or file can't be read.
    #[error("{}: can't be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Nobody trusted says that this is what it should be. `plugin` is the file's name: nothing of it was read.
    #[error("plugin {plugin}: {error}")]
    Untrusted {
        /// Which.
        plugin: String,
        /// What is wanted, what was found, and the fix.
        error: Distrust,
    },
    /// It asks for hosts that the operator did not grant.
    #[error("plugin {}: {_0}", .0.plugin)]
    Ungranted(Ungranted),
    /// Too many bytes.
    #[error(
        "plugin {plugin}: has {found} bytes, a plugin may have at most {limit}; build it in release mode and without debug information"
    )]
    TooLarge {
        /// Which.
        plugin: String,
        /// Its bytes.
        found: u64,
        /// How many it may have.
        limit: u64,
    },
    /// No WebAssembly.
    #[error(
        "plugin {plugin}: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found {found}; \
         build it with `cordboard plugin build`"
    )]
    NotWasm {
        /// Which.
        plugin: String,
        /// Its first bytes.
        found: String,
    },
    /// A core module.
    #[error(
        "plugin {plugin}: is a core WebAssembly module, expected a component; \
         `cordboard plugin build` makes one of a plugin's crate"
    )]
    CoreModule {
        /// Which.
        plugin: String,
    },
    /// It breaks off, or is damaged.
    #[error("plugin {plugin}: is damaged or incomplete: {reason}; copy it again, or build it again")]
    Malformed {
        /// Which.
        plugin: String,
        /// What the parser says.
        reason: String,
    },
    /// No manifest.
    #[error(
        "plugin {plugin}: has no manifest: expected the custom section `cordboard:manifest` with its plugin.toml; \
         build it with `cordboard plugin build`, which puts it in"
    )]
    NoManifest {
        /// Which.
        plugin: String,
    },
    /// A manifest that says nothing, or the impossible.
    #[error("plugin {plugin}: its manifest (plugin.toml) is not valid: {error}")]
    Manifest {
        /// Which.
        plugin: String,
        /// What is wrong.
        error: ManifestError,
    },
    /// It wants something of the host that no plugin gets.
    #[error(
        "plugin {plugin}: is a plugin of kind {kind} and imports {found}; that kind may import {wanted} and nothing else{fix}"
    )]
    ForeignImport {
        /// Which.
        plugin: String,
        /// Its kind.
        kind: Kind,
        /// The import.
        found: String,
        /// What it may have.
        wanted: String,
        /// Further advice, or nothing.
        fix: &'static str,
    },
    /// The interface of another kind, or none.
    #[error(
        "plugin {plugin}: its manifest says kind = \"{kind}\", so it should export {wanted}; it exports {found}; \
         correct `kind` in plugin.toml, or export the world of that kind"
    )]
    OtherWorld {
        /// Which.
        plugin: String,
        /// What the manifest says.
        kind: Kind,
        /// The interface of that kind.
        wanted: String,
        /// What it exports.
        found: String,
    },
    /// The right interface in another major version.
    #[error(
        "plugin {plugin}: is built for {found}, this host speaks {wanted}; \
         build it with the guest SDK of this host's version"
    )]
    OtherVersion {
        /// Which.
        plugin: String,
        /// Interface and version.
        found: String,
        /// Interface and version.
        wanted: String,
    },
    /// The right names, and other types or functions behind them.
    #[error(
        "plugin {plugin}: says {wanted}, but its functions are not those of this host's contract: {reason}; \
         build it with the guest SDK of this host's version"
    )]
    OtherContract {
        /// Which.
        plugin: String,
        /// Interface and version.
        wanted: String,
        /// What wasmtime says.
        reason: String,
    },
    /// It wants more than the operator gives.
    #[error(
        "plugin {plugin}: asks for {found} bytes of memory, the limit is {limit}; raise `{setting}` if it should have them"
    )]
    Memory {
        /// Which.
        plugin: String,
        /// What the manifest asks for.
        found: usize,
        /// What there is.
        limit: usize,
        /// The operator's setting.
        setting: &'static str,
    },
    /// It can't even be started.
    #[error("plugin {plugin}: can't be started: {reason}")]
    Start {
        /// Which.
        plugin: String,
        /// What became of it.
        reason: String,
    },
    /// Two files with one name.
    #[error("plugin {plugin}: {} and {} are both the {kind} {plugin}; remove one of them", first.display(), second.display())]
    Twice {
        /// Which.
        plugin: String,
        /// Its kind.
        kind: Kind,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// None of that name.
    #[error("there is no {kind} {plugin:?} in {}; there is {found}; put {plugin}.wasm there, or correct the name", folder.display())]
    Unknown {
        /// Which.
        plugin: String,
        /// Of what kind.
        kind: Kind,
        /// Where it was looked for.
        folder: PathBuf,
        /// Names of that kind that are there.
        found: String,
    },
}

impl PluginError {
    /// The plugin's name, or its file's where nothing else is known.
    pub fn plugin(&self) -> String {
        match self {
            Self::Unreadable { path, .. } => file_name(path),
            Self::Ungranted(error) => error.plugin.clone(),
            Self::Untrusted { plugin, .. }
            | Self::TooLarge { plugin, .. }
            | Self::NotWasm { plugin, .. }
            | Self::CoreModule { plugin }
            | Self::Malformed { plugin, .. }
            | Self::NoManifest { plugin }
            | Self::Manifest { plugin, .. }
            | Self::ForeignImport { plugin, .. }
            | Self::OtherWorld { plugin, .. }
            | Self::OtherVersion { plugin, .. }
            | Self::OtherContract { plugin, .. }
            | Self::Memory { plugin, .. }
            | Self::Start { plugin, .. }
            | Self::Twice { plugin, .. }
            | Self::Unknown { plugin, .. } => plugin.clone(),
        }
    }
}
