//! What follows `cordboard plugin`. Wrong usage ends with code 2, as everywhere.

use super::Socket;
use crate::plugin::Kind;
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// Plugins.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Plugin {
    /// Make a plugin's crate: a small one that works, to be changed
    New {
        /// rule, adapter or dialog
        #[arg(value_parser = kind)]
        kind: Kind,
        /// Its name: lower-case letters, digits and hyphens
        name: String,
        /// Its folder, which must not be there yet; without it one of that name in this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Build a plugin's crate to a component
    Build {
        /// The crate's folder
        dir: PathBuf,
        /// The component; without it `<name>.wasm` in this folder
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Check a component: its manifest, its world, what it imports
    Check {
        /// The component
        file: PathBuf,
    },
    /// Test a plugin's crate: its native tests, then its transcripts in the real engine, and for a rule the law of its contract
    Test {
        /// The crate's folder
        dir: PathBuf,
        /// Write what the plugin answers now into its transcripts, in place of what it should answer
        #[arg(long, visible_alias = "bless")]
        record: bool,
    },
    /// Show what is in a component: manifest, world, contract, imports, size, digest, memory, transcripts
    Inspect {
        /// The component
        file: PathBuf,
        /// Answer in JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Look at the plugin folder now, and put in service what is new; a file that was refused is looked at again
    Reload {
        /// Which service.
        #[command(flatten)]
        socket: Socket,
    },
    /// Put the previous version of a plugin in service again, until its file changes
    Rollback(Rollback),
    /// Put a plugin into service again that failed too often and was quarantined
    Release(Release),
    /// Make a pair of keys to sign plugins with, as minisign does
    Keygen(Keygen),
    /// Sign a component; operators who trust your key let it in
    Sign(Sign),
    /// Check the signature beside a component
    Verify(Verify),
}

fn kind(written: &str) -> Result<Kind, String> {
    Kind::named(written).ok_or_else(|| "expected rule, adapter or dialog".to_owned())
}

/// A plugin whose previous version is to serve again.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Rollback {
    /// Its name
    pub name: String,
    /// rule, adapter or dialog, where several have the name
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub kind: Option<Kind>,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// A plugin to put into service again.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Release {
    /// Its name, as `cordboard plugins` shows it
    pub name: String,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// A pair of keys.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Keygen {
    /// Where the secret key goes; the public one goes beside it, with .pub
    #[arg(long, value_name = "FILE", default_value = "cordboard-plugins.key")]
    pub key: PathBuf,
    /// Read the key's password from the first line of a file; without it you are asked
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Give the key no password: whoever reads its file can sign in your name
    #[arg(long, conflicts_with = "password_file")]
    pub no_password: bool,
}

impl Keygen {
    /// Where the public key goes.
    pub fn public_key(&self) -> PathBuf {
        self.key.with_extension("pub")
    }
}

/// A component to sign.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Sign {
    /// The component; the signature goes beside it, with .minisig
    pub file: PathBuf,
    /// The secret key
    #[arg(long, value_name = "FILE", default_value = "cordboard-plugins.key")]
    pub key: PathBuf,
    /// Read the key's password from the first line of a file; without it you are asked, if the key has one
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Write over a signature that is there
    #[arg(long)]
    pub replace: bool,
}

/// A signed component.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(group = ArgGroup::new("keys").required(true).multiple(true).args(["key", "key_file"]))]
pub struct Verify {
    /// The component; the signature is the file beside it, with .minisig
    pub file: PathBuf,
    /// A public key that is trusted
    #[arg(long, value_name = "RW...")]
    pub key: Vec<String>,
    /// A public key's file
    #[arg(long, value_name = "FILE")]
    pub key_file: Vec<PathBuf>,
}
