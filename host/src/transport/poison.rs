//! Keeps inputs that broke an adapter for its developer, one file each.
//!
//! Invariant: the folder holds at most [`FILES`] of them, readable by the owner alone: what people say and sign in with may
//! be in it.

use crate::model::adapter::{GuestFailure, Input};
use crate::model::{Contact, EndpointId, Timestamp};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Files kept; beyond it nothing is written until somebody clears the folder.
pub(super) const FILES: usize = 100;

/// Bytes of a file in which its head stands.
const HEAD_BYTES: u64 = 16 * 1024;

/// One input that broke an adapter.
#[derive(Debug)]
pub(super) struct Poison {
    pub(super) provider: String,
    pub(super) endpoint: EndpointId,
    /// Whose it was, where that is known.
    pub(super) contact: Option<Contact>,
    /// How many there were so far at this provider.
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) input: Option<Box<Input>>,
    pub(super) failure: GuestFailure,
}

impl Poison {
    /// Writes it, and says so: the 1st, 2nd, 4th, 8th, ... of a provider.
    pub(super) fn keep(self, folder: &Path) {
        let written = self.write(folder);
        if !self.number.is_power_of_two() {
            return;
        }
        let (provider, endpoint, number) = (&self.provider, self.endpoint, self.number);
        let failure = self.failure.to_string();
        let summary = failure.lines().next().unwrap_or_default();
        match written {
            Ok(Some(file)) => {
                let file = file.display();
                tracing::error!(%provider, %endpoint, number, failure = summary, %file, "an adapter failed; its input is kept");
            }
            Ok(None) => {
                let folder = folder.display();
                tracing::error!(%provider, %endpoint, number, failure = summary, %folder, "an adapter failed; its input is not kept, the folder is full");
            }
            Err(error) => {
                tracing::error!(%provider, %endpoint, number, failure = summary, %error, "an adapter failed; its input can't be kept");
            }
        }
    }

    fn write(&self, folder: &Path) -> io::Result<Option<PathBuf>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if fs::read_dir(folder)?.count() >= FILES {
            return Ok(None);
        }
        let file = folder.join(format!("{}-{}-{}-{}.txt", self.provider, self.at.0, self.endpoint, self.number));
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
        let contact = self.contact.as_ref().map_or("", Contact::as_str).replace(char::is_control, "\u{fffd}");
        let Self { provider, endpoint, at, failure, .. } = self;
        let mut text = format!("provider: {provider}\nendpoint: {endpoint}\ncontact: {contact}\nat: {}\n", at.0);
        _ = write!(text, "failure: {failure}\n\n");
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

/// One input that was kept, as the head of its file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its file.
    pub file: PathBuf,
    /// When the adapter failed.
    pub at: Timestamp,
    /// At which listener or provider.
    pub provider: String,
    /// Whose it was; empty where that is not known.
    pub contact: String,
    /// How the adapter failed, in one line.
    pub failure: String,
}

/// The inputs kept in a folder, the oldest first; none where there is no folder. What else lies there is left out.
pub fn kept(folder: &Path) -> io::Result<Vec<Kept>> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut kept: Vec<Kept> = files.take(FILES).filter_map(|file| head_of(&file.ok()?.path())).collect();
    kept.sort_by(|a, b| (a.at, &a.file).cmp(&(b.at, &b.file)));
    Ok(kept)
}

fn head_of(file: &Path) -> Option<Kept> {
    let opened = fs::File::open(file).ok()?.take(HEAD_BYTES);
    let mut lines = BufReader::new(opened).lines();
    let mut value = |name: &str| {
        let line = lines.next()?.ok()?;
        line.strip_prefix(name).map(|value| value.trim_start_matches(':').trim().to_owned())
    };
    let (provider, _endpoint, contact) = (value("provider")?, value("endpoint")?, value("contact")?);
    let (at, failure) = (Timestamp(value("at")?.parse().ok()?), value("failure")?);
    Some(Kept { file: file.to_owned(), at, provider, contact, failure })
}
