//! Where the sources are: `dev` builds plugins, so it needs Cordboard's workspace.
//!
//! Invariant: what is found has plugins to build and contracts to build them against.

use anyhow::bail;
use std::path::{Path, PathBuf};

/// The workspace this program was built from, if it is still there; else the one around the current folder.
pub(super) fn find() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let found = here.ancestors().chain(built_from).find(|folder| is_workspace(folder));
    match found {
        Some(folder) => Ok(folder.to_owned()),
        None => bail!(
            "`dev` builds plugins and needs Cordboard's sources: expected a folder with Cargo.toml, wit/ and plugins/ at {} or above it; \
             run it in a clone, or run `cordboard serve` with plugins that were built",
            here.display()
        ),
    }
}

fn is_workspace(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join("wit").is_dir() && folder.join("plugins").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_of_these_tests_is_found() {
        let found = find().unwrap();
        assert!(found.join("host/src/cli/dev/workspace.rs").is_file(), "{}", found.display());
    }

    #[test]
    fn any_folder_is_not_a_workspace() {
        assert!(!is_workspace(Path::new("/")));
        assert!(!is_workspace(Path::new(env!("CARGO_MANIFEST_DIR"))));
    }
}
