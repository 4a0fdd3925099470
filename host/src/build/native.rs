//! Runs a plugin crate's own tests, natively.

use super::{BuildError, environment};
use std::path::Path;
use std::process::{Command, Stdio};

/// `cargo test` in the crate's folder, by the cargo that its author uses; all that it says goes to standard error. With `target_dir` it
/// compiles there, and not in the crate's own target folder.
pub fn test_natively(crate_dir: &Path, target_dir: Option<&Path>) -> Result<(), BuildError> {
    let mut command = Command::new("cargo");
    environment::clean(&mut command).arg("test").current_dir(crate_dir).stdin(Stdio::null());
    if let Some(target_dir) = target_dir {
        command.arg("--target-dir").arg(target_dir);
    }
    command.stdout(Stdio::from(std::io::stderr()));
    let status = command.status().map_err(|error| BuildError::io("run", Path::new("cargo"), error))?;
    if status.success() { Ok(()) } else { Err(BuildError::Tests { dir: crate_dir.to_path_buf() }) }
}
