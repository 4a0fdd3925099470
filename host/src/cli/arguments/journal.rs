//! What is typed about the journal.

use super::Socket;
use crate::config::DEFAULT_FILE;
use crate::model::SessionId;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The journal.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Journal {
    /// Write what is kept of it into a file, which has everything that people said; the service may run
    Export(Export),
}

/// Where a journal is exported to.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Export {
    /// A file that is not there yet
    pub file: PathBuf,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}

/// Which journal to replay.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Replay {
    /// The data folder of a stopped service, or a file made by `cordboard journal export`; without it the configuration's data folder
    #[arg(value_name = "LOG")]
    pub log: Option<PathBuf>,
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub config: PathBuf,
}

/// Which session to explain.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Explain {
    /// Its number, as `cordboard sessions` shows it: 12 or s12
    #[arg(value_parser = super::session)]
    pub session: SessionId,
    /// From a data folder of a stopped service, or a file made by `cordboard journal export`, instead of the running service's journal
    #[arg(long, value_name = "LOG")]
    pub log: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
    /// Which service.
    #[command(flatten)]
    pub socket: Socket,
}
