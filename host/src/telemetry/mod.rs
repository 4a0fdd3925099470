//! What is told to whoever watches the service: lines for people on a terminal, JSON for machines otherwise.
//!
//! Invariant: [`event`] names all that may be logged of people's traffic; no text of a message and no secret is among it.

pub mod event;
#[cfg(test)]
mod tests;

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The environment's filter, which goes before the operator's file.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter isn't one.
    #[error(
        "the log filter {filter:?} (from {from}) is not one: {detail}; write a level such as `info`, or `info,cordboard::transport=debug`"
    )]
    Filter {
        /// As written.
        filter: String,
        /// Who wrote it.
        from: &'static str,
        /// Why not.
        detail: String,
    },
    /// Something else logs already.
    #[error("logging was set up already: {0}")]
    Twice(String),
}

/// Starts logging to standard error, for the whole process, once.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let terminal = std::io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    let filter = filter(&log.level, std::env::var(FILTER_VARIABLE).ok())?;
    let twice = |error: tracing::subscriber::SetGlobalDefaultError| TelemetryError::Twice(error.to_string());
    if json {
        tracing::subscriber::set_global_default(json_lines(filter, std::io::stderr)).map_err(twice)
    } else {
        tracing::subscriber::set_global_default(human_lines(filter, terminal, std::io::stderr)).map_err(twice)
    }
}

fn filter(level: &str, variable: Option<String>) -> Result<EnvFilter, TelemetryError> {
    let (written, from) = match variable.filter(|written| !written.is_empty()) {
        Some(written) => (written, FILTER_VARIABLE),
        None => (level.to_owned(), "[log] level"),
    };
    EnvFilter::try_new(&written).map_err(|error| TelemetryError::Filter {
        filter: written,
        from,
        detail: error.to_string(),
    })
}

fn human_lines<W>(filter: EnvFilter, colours: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_target(false).with_writer(writer).finish()
}

fn json_lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(writer).finish()
}
