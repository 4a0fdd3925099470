//! Compiled plugins, which every host of a run would make again: the first keeps what it has made, and the others begin with copies.
//!
//! Invariant: a host's own folder is its own; what is lent is copied, and named by what it was compiled from.

use super::root;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Whether this run has kept something.
static KEPT: Mutex<bool> = Mutex::new(false);

/// Where it is kept; a run begins with nothing of the run before.
fn kept() -> PathBuf {
    root().join("target/compiled-for-scenarios")
}

/// Where a host keeps it.
fn folder(data: &Path) -> PathBuf {
    data.join("compiled")
}

/// Gives a host that has not started yet what another one has compiled.
pub(super) fn lend(data: &Path) {
    let has_kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if *has_kept && !folder(data).exists() {
        copy(&kept(), &folder(data)).expect("compiled plugins can be copied");
    }
}

/// Keeps what the first host has compiled.
pub(super) fn keep(data: &Path) {
    let mut has_kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if !*has_kept && folder(data).exists() {
        let _nothing_yet = fs::remove_dir_all(kept());
        copy(&folder(data), &kept()).expect("compiled plugins can be copied");
        *has_kept = true;
    }
}

/// What vanishes meanwhile (the host may be at work there) is left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else if let Err(error) = fs::copy(&path, &target)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
    }
    Ok(())
}
