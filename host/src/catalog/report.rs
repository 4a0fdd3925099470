//! What the catalog tells: of one look at the folder, and of all there is.

use super::{Component as _, Generation, Holding, Key, Left};
use crate::model::{Digest, Timestamp};
use crate::plugin::{AnyPlugin, Kind};
use std::fmt;
use std::path::PathBuf;

/// A generation that was put in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Of which plugin.
    pub key: Key,
    /// Its number.
    pub generation: u64,
    /// Of the component, as its manifest says.
    pub version: String,
    /// Of the component.
    pub digest: Digest,
}

impl Served {
    pub(super) fn new(plugin: &AnyPlugin, generation: u64) -> Self {
        let version = plugin.about().manifest.version.clone();
        Self { key: plugin.key(), generation, version, digest: plugin.digest() }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, generation, version, digest } = self;
        write!(f, "{key} {version} ({digest}) is in service as generation {generation}")
    }
}

/// What came of one look at the folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Put in service.
    pub served: Vec<Served>,
    /// Why files were refused.
    pub refused: Vec<String>,
    /// What has no file any more.
    pub left: Left,
}

impl fmt::Display for Report {
    /// A line for each thing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let served = self.served.iter().map(ToString::to_string);
        let orphaned = self.left.orphaned.iter().map(|key| {
            format!("{key} goes on without its file, but the next start will fail: the configuration names it")
        });
        let dropped = self.left.dropped.iter().map(|key| format!("{key} is not in service any more"));
        let refused = self.refused.iter().map(|reason| format!("refused: {reason}"));
        let lines: Vec<String> = served.chain(orphaned).chain(dropped).chain(refused).collect();
        if lines.is_empty() { f.write_str("nothing has changed") } else { f.write_str(&lines.join("\n")) }
    }
}

/// A file that wanted to serve and may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Which.
    pub file: PathBuf,
    /// What was wanted, what was found, and the fix.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A plugin, or a file that can't be told to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its kind and name; of a file that is no plugin there is neither.
    pub key: Option<Key>,
    /// Where it came from.
    pub file: PathBuf,
    /// What serves.
    pub serving: Option<Served>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What served before, for a rollback.
    pub previous: Option<Served>,
    /// An operator went back, and the file has not changed since.
    pub is_rolled_back: bool,
    /// The file is not there any more.
    pub is_orphaned: bool,
    /// The last file that wanted its place and may not have it, until that file changes.
    pub refused: Option<RefusedFile>,
}

impl Row {
    pub(super) fn of(holding: &Holding<'_, AnyPlugin>) -> Self {
        let served = |generation: &Generation<AnyPlugin>| Served::new(&generation.component, generation.number);
        let refused = holding.refused.map(|(file, refused)| RefusedFile {
            file: file.to_owned(),
            reason: refused.reason.clone(),
            at: refused.at,
        });
        Self {
            key: holding.key.cloned(),
            file: holding.file.to_owned(),
            serving: holding.present.map(served),
            since: holding.present.map(|present| present.since),
            previous: holding.previous.map(served),
            is_rolled_back: holding.is_rolled_back,
            is_orphaned: holding.is_orphaned,
            refused,
        }
    }

    /// Its name, or that of the file.
    pub fn name(&self) -> String {
        let file = || self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.key.as_ref().map_or_else(file, |key| key.name.clone())
    }

    /// Its kind.
    pub fn kind(&self) -> Option<Kind> {
        self.key.as_ref().map(|key| key.kind)
    }
}
