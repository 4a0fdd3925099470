//! Why a plugin could not be built, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why plugins could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No compiler for the target, and none could be installed.
    #[error(
        "found no Rust compiler for wasm32-unknown-unknown of version {minimum} or later\n\
         looked for: {looked_for}\n\
         {}to fix it, run one of:\n{commands}",
        tried.iter().flat_map(|failure| ["tried: ", failure, "\n"]).collect::<String>()
    )]
    NoCompiler {
        /// What plugins need.
        minimum: String,
        /// Where.
        looked_for: String,
        /// What was run to install one, and how it failed.
        tried: Vec<String>,
        /// One a line.
        commands: String,
    },
    /// Something is missing in the folder.
    #[error("{}: not a plugin crate: found no {missing}; a plugin has Cargo.toml and plugin.toml side by side", dir.display())]
    NotAPlugin {
        /// The folder.
        dir: PathBuf,
        /// The file's name.
        missing: &'static str,
    },
    /// `plugin.toml` or a transcript can't be used.
    #[error("{}: {reason}", file.display())]
    Manifest {
        /// The file.
        file: PathBuf,
        /// What was expected and found.
        reason: String,
    },
    /// Two plugins would be written to one file.
    #[error("{} and {} both have the name {name:?}; give one of them another in its plugin.toml", first.display(), second.display())]
    SameName {
        /// The name.
        name: String,
        /// A folder.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
    /// Cargo doesn't know the crate.
    #[error("{}: no member of the workspace in {}; add it to `members` in the Cargo.toml there", dir.display(), workspace.display())]
    NotAMember {
        /// The crate.
        dir: PathBuf,
        /// The workspace.
        workspace: PathBuf,
    },
    /// Cargo could not make sense of the workspace.
    #[error("cargo can't read {}:\n{output}", dir.display())]
    Workspace {
        /// The workspace or crate.
        dir: PathBuf,
        /// What cargo said.
        output: String,
    },
    /// The compiler refused.
    #[error("the plugins don't compile:\n{output}")]
    Compile {
        /// What cargo and rustc said.
        output: String,
    },
    /// The crate's own tests fail.
    #[error("{}: its native tests fail (cargo test)", dir.display())]
    Tests {
        /// The crate.
        dir: PathBuf,
    },
    /// The crate makes no module.
    #[error(
        "{package}: cargo made no .wasm file; its Cargo.toml needs:\n  [lib]\n  crate-type = [\"cdylib\", \"rlib\"]"
    )]
    NoModule {
        /// The crate.
        package: String,
    },
    /// The module exports no contract.
    #[error(
        "{package}: the module exports no contract of Cordboard; is `cordboard_sdk::export_{kind}!` missing in its lib.rs?"
    )]
    NoContract {
        /// The crate.
        package: String,
        /// What its manifest says it is.
        kind: String,
    },
    /// The module is no component of the contract.
    #[error("{package}: no component can be made of the module: {reason}")]
    Component {
        /// The crate.
        package: String,
        /// Why.
        reason: String,
    },
    /// A file or program.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl BuildError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }
}
