//! Keeps inputs that broke an adapter for its developer, one file each.
//!
//! Invariant: the folder holds at most [`FILES`] of them, readable by the owner alone: what people say and sign in with may
//! be in it.

use crate::model::adapter::{GuestFailure, Input};
use crate::model::{EndpointId, Timestamp};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Files kept; beyond it nothing is written until somebody clears the folder.
pub(super) const FILES: usize = 100;

/// One input that broke an adapter.
#[derive(Debug)]
pub(super) struct Poison {
    pub(super) listener: String,
    pub(super) endpoint: EndpointId,
    pub(super) at: Timestamp,
    pub(super) input: Option<Box<Input>>,
    pub(super) failure: GuestFailure,
}

impl Poison {
    /// Writes it and says it once.
    pub(super) fn keep(self, folder: &Path) {
        let (listener, endpoint) = (&self.listener, self.endpoint);
        let failure = self.failure.to_string();
        let summary = failure.lines().next().unwrap_or_default();
        match self.write(folder) {
            Ok(Some(file)) => {
                let file = file.display();
                tracing::error!(%listener, %endpoint, failure = summary, %file, "an adapter failed; its input is kept");
            }
            Ok(None) => {
                let folder = folder.display();
                tracing::error!(%listener, %endpoint, failure = summary, %folder, "an adapter failed; its input is not kept, the folder is full");
            }
            Err(error) => {
                tracing::error!(%listener, %endpoint, failure = summary, %error, "an adapter failed; its input can't be kept");
            }
        }
    }

    fn write(&self, folder: &Path) -> io::Result<Option<PathBuf>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if fs::read_dir(folder)?.count() >= FILES {
            return Ok(None);
        }
        let file = folder.join(format!("{}-{}-{}.txt", self.listener, self.at.0, self.endpoint));
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&file)?
            .write_all(self.to_text().as_bytes())?;
        Ok(Some(file))
    }

    fn to_text(&self) -> String {
        let mut text = format!("listener: {}\nendpoint: {}\nat: {}\n", self.listener, self.endpoint, self.at.0);
        _ = write!(text, "failure: {}\n\n", self.failure);
        match self.input.as_deref() {
            Some(Input::Received(chunk)) => {
                _ = write!(text, "received on channel {}:\n{}\n", chunk.channel, chunk.data.escape_ascii());
            }
            Some(other) => _ = writeln!(text, "{other:#?}"),
            None => text.push_str("no input: the adapter failed to save itself\n"),
        }
        text
    }
}
