//! Plugin crates as they lie on the disk: what the build must know of each `plugin.toml`.
//!
//! Only name and kind matter here; the file is embedded as it is, and `plugin` says whether all of it is right.

use super::BuildError;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A crate to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PluginCrate {
    /// The plugin's name; the component's file is called so.
    pub(super) name: String,
    /// `rule`, `adapter` or `dialog`.
    pub(super) kind: String,
    /// Canonical path.
    pub(super) dir: PathBuf,
    /// `plugin.toml`, byte for byte.
    pub(super) manifest: Vec<u8>,
}

#[derive(Deserialize)]
struct Manifest {
    name: String,
    kind: String,
}

/// Reads them all; their names differ.
pub(super) fn read(dirs: &[PathBuf]) -> Result<Vec<PluginCrate>, BuildError> {
    let mut crates: Vec<PluginCrate> = Vec::new();
    for dir in dirs {
        let plugin = read_one(dir)?;
        if let Some(other) = crates.iter().find(|other| other.name == plugin.name) {
            return Err(BuildError::SameName { name: plugin.name, first: other.dir.clone(), second: plugin.dir });
        }
        crates.push(plugin);
    }
    Ok(crates)
}

fn read_one(dir: &Path) -> Result<PluginCrate, BuildError> {
    for missing in ["Cargo.toml", "plugin.toml"] {
        if !dir.join(missing).is_file() {
            return Err(BuildError::NotAPlugin { dir: dir.to_path_buf(), missing });
        }
    }
    let dir = fs::canonicalize(dir).map_err(|error| BuildError::io("find", dir, error))?;
    let file = dir.join("plugin.toml");
    let text = fs::read_to_string(&file).map_err(|error| BuildError::io("read", &file, error))?;
    let refuse = |reason| BuildError::Manifest { file: file.clone(), reason };
    let manifest: Manifest = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    check(&manifest).map_err(refuse)?;
    Ok(PluginCrate { name: manifest.name, kind: manifest.kind, dir, manifest: text.into_bytes() })
}

/// The name becomes a file's name.
fn check(manifest: &Manifest) -> Result<(), String> {
    let Manifest { name, kind } = manifest;
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(letter) {
        return Err(format!("name: expected 1 to 64 of a-z, 0-9 and -, found {name:?}"));
    }
    if !matches!(kind.as_str(), "rule" | "adapter" | "dialog") {
        return Err(format!("kind: expected \"rule\", \"adapter\" or \"dialog\", found {kind:?}"));
    }
    Ok(())
}
