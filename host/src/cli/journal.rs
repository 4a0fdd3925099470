//! The journal: `journal export`, and where other commands take one from.
//!
//! Invariant: the store of a running service is left to it: what is asked of its journal, it exports itself.

use super::arguments::{Export, Journal, Socket};
use super::ask;
use crate::config::{Config, DEFAULT_FILE};
use crate::control::{Answer, AskError, Request};
use crate::model::SessionId;
use crate::shard::JOURNAL;
use crate::shard::journal::{self, Entries};
use crate::storage::{FILE, RedbOptions, RedbStore};
use anyhow::bail;
use std::path::{Path, PathBuf};

pub(super) fn journal(command: Journal) -> anyhow::Result<()> {
    match command {
        Journal::Export(Export { file, socket }) => {
            println!("{}", export(&socket, &file, None)?);
            Ok(())
        }
    }
}

/// Has the journal written into a file: by the service, or where none runs from its data folder. Answers what was done.
pub(super) fn export(socket: &Socket, file: &Path, session: Option<SessionId>) -> anyhow::Result<String> {
    let request = Request::JournalExport { file: std::path::absolute(file)?, session };
    match crate::control::ask(&ask::socket_of(socket)?, &request) {
        Ok(Answer::Done(done)) => Ok(done),
        Ok(_) => ask::unexpected(),
        Err(AskError::NotRunning { .. }) if socket.socket.is_none() => {
            let config = socket.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
            let store = open(&Config::read(&config)?.data)?;
            let first = journal::first_of(&store, JOURNAL, session)?;
            let entries = journal::export(journal::stored(&store, JOURNAL, first), file)?;
            Ok(format!("{entries} entries of the journal are in {}", file.display()))
        }
        Err(error) => Err(error.into()),
    }
}

/// A journal to read.
pub(super) enum Log {
    /// Of a stopped service.
    Stored(RedbStore),
    /// Exported.
    File(PathBuf),
}

impl Log {
    /// A data folder, or an exported file.
    pub(super) fn open(log: &Path) -> anyhow::Result<Self> {
        if log.is_file() { Ok(Self::File(log.to_owned())) } else { Ok(Self::Stored(open(log)?)) }
    }

    /// Its entries, from the first that is kept.
    pub(super) fn entries(&self) -> anyhow::Result<Entries<'_>> {
        Ok(match self {
            Self::Stored(store) => journal::stored(store, JOURNAL, 1),
            Self::File(file) => journal::exported(file)?,
        })
    }
}

/// The store of a data folder that is there.
fn open(folder: &Path) -> anyhow::Result<RedbStore> {
    if !folder.join(FILE).is_file() {
        bail!(
            "there is no journal in {}: it is no data folder in which a service has run, and no file made by `cordboard journal export`",
            folder.display()
        );
    }
    Ok(RedbStore::open(folder, RedbOptions::default())?)
}
