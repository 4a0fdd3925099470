//! Clients that we did not write: slixmpp, profanity and libpurple.

pub(crate) mod profanity;
pub(crate) mod purple;
pub(crate) mod slixmpp;

use std::path::PathBuf;

/// What a scenario does about a peer that is not there: says so, and is counted as skipped; with `CI` set it fails.
pub(crate) fn absent(peer: &str, fix: &str) {
    let text = format!("SKIPPED: this scenario needs {peer}; {fix}");
    assert!(std::env::var_os("CI").is_none(), "{text}");
    eprintln!("\n*** {text} ***\n");
}

/// Whether a program is on the path.
pub(crate) fn installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|d| d.join(program).is_file()))
}

/// The folder that `.ci/run` keeps the peers' packages in.
pub(crate) fn folder() -> PathBuf {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    workspace.join("target/peers")
}

/// The scripts beside this crate.
pub(crate) fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/peers")
}
