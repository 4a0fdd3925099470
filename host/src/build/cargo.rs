//! Runs cargo: what a workspace holds, and one build of all wanted crates.
//!
//! Invariant: cargo is not told what an outer cargo (of `cargo run` or `cargo test`) was told: toolchain, flags and profile are ours, the
//! user's network settings stay.

use super::crates::PluginCrate;
use super::toolchain::{Source, TARGET, Toolchain};
use super::{BuildError, environment};
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

/// Lines of the compiler's output that are kept for the error.
const OUTPUT_LINES: usize = 2_000;
/// The stack of a guest, in bytes: 16 times less than the linker's default, and every instance has one.
const STACK_BYTES: u32 = 64 * 1024;

/// What cargo says of a workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Workspace {
    packages: Vec<Package>,
    pub(super) target_directory: PathBuf,
    #[serde(rename = "workspace_root")]
    root: PathBuf,
}

/// A crate as cargo knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
    manifest_path: PathBuf,
}

impl Workspace {
    /// The package of a plugin crate.
    pub(super) fn member(&self, plugin: &PluginCrate, root: &Path) -> Result<&Package, BuildError> {
        let here = |package: &&Package| {
            package
                .manifest_path
                .parent()
                .and_then(|dir| fs::canonicalize(dir).ok())
                .is_some_and(|dir| dir == plugin.dir)
        };
        let missing = || BuildError::NotAMember { dir: plugin.dir.clone(), workspace: root.to_path_buf() };
        self.packages.iter().find(here).ok_or_else(missing)
    }
}

/// What the workspace or crate in `root` holds.
pub(super) fn metadata(toolchain: &Toolchain, root: &Path) -> Result<Workspace, BuildError> {
    let mut command = command(toolchain, root);
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    let output = command.output().map_err(|error| BuildError::io("run", &toolchain.cargo, error))?;
    let refuse = |output: String| BuildError::Workspace { dir: root.to_path_buf(), output };
    if !output.status.success() {
        return Err(refuse(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| refuse(error.to_string()))
}

/// The workspace that a crate belongs to; the crate itself if to none.
pub(super) fn workspace_root(toolchain: &Toolchain, crate_dir: &Path) -> Result<PathBuf, BuildError> {
    metadata(toolchain, crate_dir).map(|workspace| workspace.root)
}

/// Builds the packages and returns the module of each, in their order.
pub(super) fn build(
    toolchain: &Toolchain,
    root: &Path,
    target_dir: &Path,
    packages: &[&Package],
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<PathBuf>, BuildError> {
    let mut command = build_command(toolchain, root, target_dir);
    command.args(packages.iter().flat_map(|package| ["-p", &package.name]));
    let mut child = command.spawn().map_err(|error| BuildError::io("run", &toolchain.cargo, error))?;
    let artifacts = artifacts_of(&mut child);
    let output = follow(&mut child, progress);
    let artifacts = artifacts.join().unwrap_or_default();
    let status = child.wait().map_err(|error| BuildError::io("run", &toolchain.cargo, error))?;
    if !status.success() {
        return Err(BuildError::Compile { output });
    }
    let module = |package: &&Package| {
        let made = artifacts.iter().find(|artifact| artifact.manifest_path == package.manifest_path);
        made.and_then(Artifact::module).ok_or_else(|| BuildError::NoModule { package: package.name.clone() })
    };
    output.lines().for_each(progress);
    packages.iter().map(module).collect()
}

/// A message of `cargo --message-format=json`.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    filenames: Vec<PathBuf>,
}

impl Artifact {
    fn module(&self) -> Option<PathBuf> {
        self.filenames.iter().find(|file| file.extension() == Some(OsStr::new("wasm"))).cloned()
    }
}

/// Reads what was made, on a thread of its own so that neither pipe fills up.
fn artifacts_of(child: &mut Child) -> thread::JoinHandle<Vec<Artifact>> {
    let stdout = child.stdout.take().map(BufReader::new);
    thread::spawn(move || {
        let lines = stdout.into_iter().flat_map(|stdout| stdout.lines().map_while(Result::ok));
        let artifacts = lines.filter_map(|line| serde_json::from_str::<Artifact>(&line).ok());
        artifacts.filter(|artifact| artifact.module().is_some()).collect()
    })
}

/// Tells the progress, and returns what is for a person to read: all but the lines of mere progress.
fn follow(child: &mut Child, progress: &mut dyn FnMut(&str)) -> String {
    const PROGRESS: [&str; 9] =
        ["Compiling", "Finished", "Blocking", "Fresh", "Locking", "Updating", "Downloading", "Downloaded", "Adding"];
    let mut kept = String::new();
    let Some(stderr) = child.stderr.take() else { return kept };
    for (number, line) in BufReader::new(stderr).split(b'\n').map_while(Result::ok).enumerate() {
        let line = String::from_utf8_lossy(&line);
        if PROGRESS.contains(&line.split_whitespace().next().unwrap_or_default()) {
            progress(line.trim());
        } else if number < OUTPUT_LINES {
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    kept
}

fn build_command(toolchain: &Toolchain, root: &Path, target_dir: &Path) -> Command {
    let mut command = command(toolchain, root);
    command.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
        "--target-dir",
    ]);
    command.arg(target_dir);
    if toolchain.std == Source::Built {
        // Without its default features the library does not unwind or read debug information, which no guest can.
        command.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="]).env("RUSTC_BOOTSTRAP", "1");
    }
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &toolchain.linker);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    // The names of functions stay, for the backtrace of a trap.
    let profile = [
        ("LTO", "true"),
        ("PANIC", "abort"),
        ("CODEGEN_UNITS", "1"),
        ("DEBUG", "0"),
        ("STRIP", "debuginfo"),
        ("OPT_LEVEL", "3"),
    ];
    command.envs(profile.map(|(name, value)| (format!("CARGO_PROFILE_RELEASE_{name}"), value)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn command(toolchain: &Toolchain, dir: &Path) -> Command {
    let mut command = Command::new(&toolchain.cargo);
    environment::clean(&mut command).current_dir(dir).env("RUSTC", &toolchain.rustc).stdin(Stdio::null());
    command
}
