//! Plugin crates as they lie on the disk: what the build must know of each `plugin.toml`, and its transcripts.
//!
//! Only name and kind matter here; the files are embedded as they are, and `plugin` says whether all of it is right.

use super::BuildError;
use crate::model::limits::{TRIAL_BYTES, TRIALS, TRIALS_BYTES};
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
    /// Those in its folder `trials/`, in the order of their names.
    pub(super) transcripts: Vec<TranscriptFile>,
}

/// A transcript of a plugin: `trials/<name>.trial` of its crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptFile {
    /// Where it is.
    pub path: PathBuf,
    /// Without `.trial`.
    pub name: String,
    /// As it stands.
    pub text: String,
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
    let transcripts = transcripts(&dir)?;
    Ok(PluginCrate { name: manifest.name, kind: manifest.kind, dir, manifest: text.into_bytes(), transcripts })
}

/// The transcripts of a crate, in the order of their names; none where it has no folder `trials`.
pub(super) fn transcripts(dir: &Path) -> Result<Vec<TranscriptFile>, BuildError> {
    let folder = dir.join("trials");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).map_err(|error| BuildError::io("read the folder", &folder, error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "trial"));
    paths.sort();
    let transcripts = paths.into_iter().map(transcript).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = transcripts.iter().map(|file| file.name.len() + 1 + file.text.len()).sum();
    if transcripts.len() > TRIALS || bytes > TRIALS_BYTES {
        let reason = format!(
            "{} transcripts of {bytes} bytes; a plugin may have {TRIALS} of {TRIALS_BYTES} bytes together",
            transcripts.len()
        );
        return Err(BuildError::Manifest { file: folder, reason });
    }
    Ok(transcripts)
}

fn transcript(path: PathBuf) -> Result<TranscriptFile, BuildError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if !is_name(&name) {
        let reason = format!("a transcript's name has 1 to 64 of a-z, 0-9 and - in front of .trial, found {name:?}");
        return Err(BuildError::Manifest { file: path, reason });
    }
    let text = fs::read_to_string(&path).map_err(|error| BuildError::io("read", &path, error))?;
    if text.len() > TRIAL_BYTES {
        let reason = format!("{} bytes; a transcript may have {TRIAL_BYTES}, make several of it", text.len());
        return Err(BuildError::Manifest { file: path, reason });
    }
    Ok(TranscriptFile { path, name, text })
}

/// The name becomes a file's name.
fn check(manifest: &Manifest) -> Result<(), String> {
    let Manifest { name, kind } = manifest;
    if !is_name(name) {
        return Err(format!("name: expected 1 to 64 of a-z, 0-9 and -, found {name:?}"));
    }
    if !matches!(kind.as_str(), "rule" | "adapter" | "dialog") {
        return Err(format!("kind: expected \"rule\", \"adapter\" or \"dialog\", found {kind:?}"));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 64 && name.chars().all(letter)
}
