//! `explain`: what happened to a session and why, in sentences or as JSON.
//!
//! The journal is taken from the running service, from the data folder of one that does not run, or from an exported file; it is replayed
//! here, so that the service has no more to do than to write down what is kept of the session.
//!
//! Invariant: what is taken from a running service is removed again.

mod words;

use super::arguments::Explain;
use super::ask;
use super::journal::{self, Log};
use crate::centre::journal::Reopen;
use crate::config::{Config, DEFAULT_FILE};
use crate::service::plugins;
use crate::shard::explain::explain as explain_session;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn explain(asked: &Explain) -> anyhow::Result<()> {
    let reopen = rules_at_hand(asked.socket.config.as_deref());
    let taken = Taken::new();
    let log = if let Some(log) = &asked.log {
        Log::open(log)?
    } else {
        journal::export(&asked.socket, &taken.0, Some(asked.session))?;
        Log::open(&taken.0)?
    };
    let explanation = explain_session(log.entries()?, asked.session, reopen)?;
    drop(taken);
    if asked.json {
        return ask::print_json(&explanation);
    }
    print!("{}", words::told(&explanation));
    Ok(())
}

/// Rules of the configuration, for their reasons; without a configuration that can be used there are none, and the rest is told all the same.
fn rules_at_hand(config: Option<&Path>) -> Reopen {
    let config = Config::read(config.unwrap_or(Path::new(DEFAULT_FILE))).ok();
    config.and_then(|config| plugins::reopen(&config).ok()).unwrap_or_else(|| Arc::new(|_, _, _| None))
}

/// A part of the journal, as long as it is looked at.
struct Taken(PathBuf);

impl Taken {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("cordboard-explain-{}.journal", std::process::id())))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // What was not made can't be removed.
        let _removed = fs::remove_file(&self.0);
    }
}
