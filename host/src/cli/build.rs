//! `plugin build`: a component from a plugin's crate.
//!
//! Invariant: what cargo says goes to standard error, the built file's name alone to standard output.

use crate::build;
use std::path::Path;

pub(super) fn build(crate_dir: &Path, output: Option<&Path>) -> anyhow::Result<()> {
    let built = build::plugin(crate_dir, output, |line| eprintln!("{line}"))?;
    eprintln!("{} {} {}", built.kind, built.name, if built.changed { "was built" } else { "is up to date" });
    println!("{}", built.file.display());
    Ok(())
}
