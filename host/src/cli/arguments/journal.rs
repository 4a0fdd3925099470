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
    /// Play the day with other rules and compare: a pool and its chain, each rule a component's file or a name in the plugin folder; may be
    /// given several times, and a pool that is not named keeps its rules
    #[arg(long, value_name = "POOL=RULE,...", value_parser = chain)]
    pub rules: Vec<OtherRules>,
    /// The service level counts those who were served within so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub within: u32,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub config: PathBuf,
}

/// Other rules for a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRules {
    /// Which pool.
    pub pool: String,
    /// Its chain: files, or names of the plugin folder.
    pub rules: Vec<String>,
}

fn chain(written: &str) -> Result<OtherRules, String> {
    let wrong = || format!("expected a pool and its rules, as main=vip,new/least-busy.wasm; found {written:?}");
    let (pool, rules) = written.split_once('=').ok_or_else(wrong)?;
    let rules: Vec<String> = rules.split(',').filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
    if pool.is_empty() { Err(wrong()) } else { Ok(OtherRules { pool: pool.to_owned(), rules }) }
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
