//! Compiles plugin crates to components.
//!
//! [`toolchain`] finds a compiler for `wasm32-unknown-unknown`, [`cargo`] runs it once for all crates, [`component`] makes components of the
//! modules. [`native`] runs a crate's own tests. What a component may do is not this module's business: `plugin` checks that, whoever built it.
//!
//! Invariant: a file in the output folder is a whole component; it is replaced in one step, and only when it differs.

mod cargo;
mod component;
mod crates;
mod environment;
mod error;
mod native;
mod patience;
pub mod toolchain;

pub use crates::TranscriptFile;
pub use error::BuildError;
pub use native::test_natively;

use crates::PluginCrate;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use toolchain::{Local, Toolchain};

/// The custom section of a component that holds its `plugin.toml`, byte for byte.
pub const MANIFEST_SECTION: &str = "cordboard:manifest";
/// The custom sections of a component that hold its transcripts: name, line feed and text of each.
pub const TRIAL_SECTION: &str = "cordboard:trial";

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// As `plugin.toml` names it.
    pub name: String,
    /// `rule`, `adapter` or `dialog`.
    pub kind: String,
    /// The component.
    pub file: PathBuf,
    /// Whether the file is new or differs from the one before.
    pub changed: bool,
}

/// Builds members of a workspace, all in one run of cargo, to `<out_dir>/<name>.wasm`.
///
/// Plugins that are up to date cost half a second together. `progress` is told in single lines what goes on.
pub fn plugins(
    workspace_root: &Path,
    crate_dirs: &[PathBuf],
    out_dir: &Path,
    mut progress: impl FnMut(&str),
) -> Result<Vec<Built>, BuildError> {
    plugins_by_way_of(None, workspace_root, crate_dirs, out_dir, &mut progress)
}

fn plugins_by_way_of(
    target_dir: Option<&Path>,
    workspace_root: &Path,
    crate_dirs: &[PathBuf],
    out_dir: &Path,
    mut progress: &mut dyn FnMut(&str),
) -> Result<Vec<Built>, BuildError> {
    let toolchain = toolchain::find(&mut Local::new(workspace_root, &mut progress))?;
    let workshop = Workshop { toolchain: &toolchain, root: workspace_root, target_dir };
    build(&workshop, crate_dirs, &|name| out_dir.join(format!("{name}.wasm")), progress)
}

/// Builds one plugin crate, member of a workspace or not, to `output` or else to `<name>.wasm` in the current folder.
pub fn plugin(crate_dir: &Path, output: Option<&Path>, mut progress: impl FnMut(&str)) -> Result<Built, BuildError> {
    let crate_dir = fs::canonicalize(crate_dir).map_err(|error| BuildError::io("find", crate_dir, error))?;
    let toolchain = toolchain::find(&mut Local::new(&crate_dir, &mut progress))?;
    let root = cargo::workspace_root(&toolchain, &crate_dir)?;
    let file = |name: &str| output.map_or_else(|| PathBuf::from(format!("{name}.wasm")), Path::to_path_buf);
    let workshop = Workshop { toolchain: &toolchain, root: &root, target_dir: None };
    let mut built = build(&workshop, std::slice::from_ref(&crate_dir), &file, &mut progress)?;
    Ok(built.remove(0))
}

/// Builds one plugin crate to be tried, to a file in the target folder of its workspace.
pub fn plugin_on_trial(crate_dir: &Path, mut progress: impl FnMut(&str)) -> Result<Built, BuildError> {
    let crate_dir = fs::canonicalize(crate_dir).map_err(|error| BuildError::io("find", crate_dir, error))?;
    let toolchain = toolchain::find(&mut Local::new(&crate_dir, &mut progress))?;
    let folder = cargo::metadata(&toolchain, &crate_dir)?.target_directory.join("plugins/trial");
    plugin(&crate_dir, Some(&folder.join(format!("{}.wasm", name_of(&crate_dir)?))), progress)
}

/// Builds one plugin crate in a target folder of one's choice.
#[cfg(test)]
pub(crate) fn plugin_in(
    crate_dir: &Path,
    target_dir: &Path,
    output: &Path,
    mut progress: impl FnMut(&str),
) -> Result<Built, BuildError> {
    let toolchain = toolchain::find(&mut Local::new(crate_dir, &mut progress))?;
    let workshop = Workshop { toolchain: &toolchain, root: crate_dir, target_dir: Some(target_dir) };
    let mut built = build(&workshop, &[crate_dir.to_path_buf()], &|_| output.to_path_buf(), &mut progress)?;
    Ok(built.remove(0))
}

fn name_of(crate_dir: &Path) -> Result<String, BuildError> {
    crates::read(&[crate_dir.to_path_buf()]).map(|mut crates| crates.remove(0).name)
}

/// The transcripts in a crate's folder `trials`, in the order of their names.
pub fn transcripts(crate_dir: &Path) -> Result<Vec<TranscriptFile>, BuildError> {
    crates::transcripts(crate_dir)
}

/// The folders of a workspace's plugin crates: those with a `plugin.toml` in `plugins/<kind>/<name>`, in the order of their paths.
pub fn discover(workspace_root: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    for kind in folders(&workspace_root.join("plugins"))? {
        found.extend(plugins_in(&kind)?);
    }
    Ok(found)
}

/// The folder with the components of this workspace's own plugins, built when they are not up to date. For tests and benchmarks.
///
/// # Panics
/// If they can't be built; the message is the error's.
pub fn for_tests() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built_for_tests("components", None, discover)).clone()
}

/// The folder with the components of `tests/bad_plugins`, all built in one run of cargo: plugins with vices, and `xmpp`, which fails at a
/// message that says "planted bug". They lie apart, so that nobody serves with them.
///
/// # Panics
/// If they can't be built; the message is the error's.
pub fn bad_for_tests() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    // One of them has the XMPP adapter in it with other features: in one target folder each build would undo the other's.
    let target_dir = Some("bad-target");
    BUILT.get_or_init(|| built_for_tests("bad", target_dir, |root| plugins_in(&root.join("tests/bad_plugins")))).clone()
}

fn built_for_tests(
    folder: &str,
    target_dir: Option<&str>,
    discover: impl FnOnce(&Path) -> Result<Vec<PathBuf>, BuildError>,
) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target/plugins");
    let (out_dir, target_dir) = (target.join(folder), target_dir.map(|name| target.join(name)));
    let told = &mut |line: &str| eprintln!("{line}");
    let built = discover(&root).and_then(|dirs| plugins_by_way_of(target_dir.as_deref(), &root, &dirs, &out_dir, told));
    built.unwrap_or_else(|error| panic!("the plugins that the tests need can't be built: {error}"));
    out_dir
}

/// Where cargo works.
struct Workshop<'a> {
    toolchain: &'a Toolchain,
    /// A workspace, or a crate of none.
    root: &'a Path,
    /// Absent: `plugins` in the workspace's target folder, apart from what is compiled natively.
    target_dir: Option<&'a Path>,
}

fn build(
    workshop: &Workshop<'_>,
    crate_dirs: &[PathBuf],
    file: &dyn Fn(&str) -> PathBuf,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Built>, BuildError> {
    let Workshop { toolchain, root, target_dir } = workshop;
    let crates = crates::read(crate_dirs)?;
    let workspace = cargo::metadata(toolchain, root)?;
    let target_dir = target_dir.map_or_else(|| workspace.target_directory.join("plugins"), Path::to_path_buf);
    let packages = crates.iter().map(|plugin| workspace.member(plugin, root)).collect::<Result<Vec<_>, _>>()?;
    let _lock = lock(&target_dir)?;
    progress(&format!("compiling {} with {toolchain}", names(&crates)));
    if !target_dir.join(toolchain::TARGET).exists() {
        progress("the first time takes a minute or two");
    }
    let modules = cargo::build(toolchain, root, &target_dir, &packages, progress)?;
    let mut built = Vec::new();
    for ((plugin, package), module) in crates.iter().zip(packages).zip(modules) {
        let file = file(&plugin.name);
        let changed = replace(&file, &component::make(plugin, package, &module)?)?;
        built.push(Built { name: plugin.name.clone(), kind: plugin.kind.clone(), file, changed });
    }
    Ok(built)
}

fn names(crates: &[PluginCrate]) -> String {
    crates.iter().map(|plugin| plugin.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// One build at a time in a target folder, so that nobody componentises what another run is just linking.
fn lock(target_dir: &Path) -> Result<File, BuildError> {
    fs::create_dir_all(target_dir).map_err(|error| BuildError::io("make the folder", target_dir, error))?;
    let path = target_dir.join(".cordboard-lock");
    let lock = || {
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|error| BuildError::io("lock", &path, error))
}

/// Whether the file had to be written.
fn replace(file: &Path, bytes: &[u8]) -> Result<bool, BuildError> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let temporary =
        folder.join(format!(".{}.{}.new", file.file_name().unwrap_or_default().display(), std::process::id()));
    let write = || {
        fs::create_dir_all(folder)?;
        let mut new = File::create(&temporary)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        fs::rename(&temporary, file)
    };
    write().map_err(|error| BuildError::io("write", file, error))?;
    Ok(true)
}

/// Folders with a `plugin.toml`.
fn plugins_in(parent: &Path) -> Result<Vec<PathBuf>, BuildError> {
    Ok(folders(parent)?.into_iter().filter(|dir| dir.join("plugin.toml").is_file()).collect())
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let entries = fs::read_dir(parent).map_err(|error| BuildError::io("read the folder", parent, error))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
