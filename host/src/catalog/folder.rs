//! The plugin folder as it is now: each file is read once, and what was read is what is loaded.
//!
//! Invariant: the print of a file is of the bytes that are given along, whatever happens to the file meanwhile.

use crate::model::Digest;
use crate::plugin::{PluginError, PluginFile, component_files};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was read of one file.
pub(super) type Read = Result<PluginFile, PluginError>;

/// A folder.
pub(super) struct Listing {
    /// Of every file.
    pub(super) prints: BTreeMap<PathBuf, Digest>,
    /// Those that are not known.
    pub(super) unknown: BTreeMap<PathBuf, Read>,
}

/// Reads all files, and keeps those that are others than they were.
pub(super) fn list(folder: &Path, known: &BTreeMap<PathBuf, Digest>) -> Result<Listing, PluginError> {
    let mut listing = Listing { prints: BTreeMap::new(), unknown: BTreeMap::new() };
    for path in component_files(folder)? {
        let read = PluginFile::read(&path);
        let print = match &read {
            Ok(file) => file.print(),
            // While it can't be read for the same reason it has not changed.
            Err(error) => PluginFile { bytes: error.to_string().into_bytes(), signature: None }.print(),
        };
        if known.get(&path) != Some(&print) {
            listing.unknown.insert(path.clone(), read);
        }
        listing.prints.insert(path, print);
    }
    Ok(listing)
}
