//! `plugin new`: a plugin's crate that builds, tests and is accepted at once.
//!
//! Its files are `guest-sdk/templates/`, embedded in this program. It depends on the SDK by its path where this program was built from is
//! still there, else by its version.
//!
//! Invariant: nothing that is there is changed.

use crate::plugin::Kind;
use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a name.
const NAME_BYTES: usize = 64;
/// What stands for the name in the templates.
const NAME: &str = "template-name";

macro_rules! template {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../guest-sdk/templates/", $path)))
    };
}

const CARGO: (&str, &str) = template!("Cargo.toml.in");
const RULE: [(&str, &str); 4] = [
    template!("rule/plugin.toml"),
    template!("rule/src/lib.rs"),
    template!("rule/src/tests.rs"),
    template!("rule/trials/skilled-first.trial"),
];
const ADAPTER: [(&str, &str); 5] = [
    template!("adapter/plugin.toml"),
    template!("adapter/src/lib.rs"),
    template!("adapter/src/tests.rs"),
    template!("adapter/src/wire.rs"),
    template!("adapter/trials/chat.trial"),
];
const DIALOG: [(&str, &str); 4] = [
    template!("dialog/plugin.toml"),
    template!("dialog/src/lib.rs"),
    template!("dialog/src/tests.rs"),
    template!("dialog/trials/interview.trial"),
];

pub(super) fn new(kind: Kind, name: &str, dir: Option<&Path>) -> anyhow::Result<()> {
    let dir = dir.map_or_else(|| PathBuf::from(name), Path::to_path_buf);
    write(kind, name, &dir, workspace().as_deref())?;
    println!("{}", dir.display());
    eprintln!("{kind} {name}: made, and it works; try it with `cordboard plugin test {}`", dir.display());
    Ok(())
}

/// The workspace that this program was built from, if it is still there.
fn workspace() -> Option<PathBuf> {
    let workspace = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).parent()?).ok()?;
    workspace.join("guest-sdk/Cargo.toml").is_file().then_some(workspace)
}

/// Writes the crate to a folder that is not there yet.
pub(super) fn write(kind: Kind, name: &str, dir: &Path, workspace: Option<&Path>) -> anyhow::Result<()> {
    check_name(name)?;
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(|| format!("can't make the folder {}", parent.display()))?;
    }
    if let Err(error) = fs::create_dir(dir) {
        if dir.exists() {
            bail!("{} is there already and nothing was changed; name another folder with --dir", dir.display());
        }
        return Err(error).with_context(|| format!("can't make the folder {}", dir.display()));
    }
    let place = Place::of(&fs::canonicalize(dir)?, workspace);
    for (path, text) in files(kind, name, &place) {
        let file = dir.join(path);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, text));
        written.with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(())
}

/// The name becomes that of a file, a crate, and a word of the operator's configuration.
fn check_name(name: &str) -> anyhow::Result<()> {
    let letter = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
    let is_name = name.len() <= NAME_BYTES
        && name.starts_with(|sign: char| sign.is_ascii_lowercase())
        && name.chars().all(letter)
        && !name.ends_with('-');
    if !is_name {
        bail!(
            "a plugin's name has 1 to {NAME_BYTES} lower-case letters, digits and hyphens, begins with a letter and does not end with a \
             hyphen, as in `night-shift`; found {name:?}"
        );
    }
    Ok(())
}

/// Where the crate lies.
enum Place {
    /// Among the plugins of the workspace, which takes all crates of this folder as its members.
    Inside,
    /// Elsewhere, with the workspace at hand.
    Beside(PathBuf),
    /// Without it.
    Alone,
}

impl Place {
    fn of(dir: &Path, workspace: Option<&Path>) -> Self {
        match workspace {
            Some(workspace) if is_member(workspace, dir) => Self::Inside,
            Some(workspace) => Self::Beside(workspace.to_owned()),
            None => Self::Alone,
        }
    }

    /// How one of the SDK's crates is named in `Cargo.toml`.
    fn dependency(&self, folder: &str) -> String {
        match self {
            Self::Inside => "{ workspace = true }".to_owned(),
            Self::Beside(workspace) => {
                format!("{{ path = {} }}", toml::Value::from(workspace.join(folder).to_string_lossy().as_ref()))
            }
            Self::Alone => format!("{:?}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Whether a crate in this folder is a member of the workspace, by its `plugins/rules/*` and the like. Elsewhere below it, a crate has
/// to be a workspace of its own.
fn is_member(workspace: &Path, dir: &Path) -> bool {
    let folder = dir.parent().and_then(|parent| parent.strip_prefix(workspace).ok());
    let members = folder.map(|folder| format!("\"{}/*\"", folder.display()));
    let cargo = fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    members.is_some_and(|members| cargo.contains(&members))
}

/// The files of a crate, with their paths in it.
fn files(kind: Kind, name: &str, place: &Place) -> Vec<(String, String)> {
    let (folder, templates): (&str, &[(&str, &str)]) = match kind {
        Kind::Rule => ("rule/", &RULE),
        Kind::Adapter => ("adapter/", &ADAPTER),
        Kind::Dialog => ("dialog/", &DIALOG),
    };
    let mut files: Vec<(String, String)> = templates
        .iter()
        .map(|(path, text)| (path.trim_start_matches(folder).to_owned(), text.replace(NAME, name)))
        .collect();
    let (_, cargo) = CARGO;
    let mut cargo = cargo
        .replace("KIND", kind.as_str())
        .replace(NAME, name)
        .replace("DESCRIPTION", &format!("The {kind} {name} for Cordboard"))
        .replace("SDK", &place.dependency("guest-sdk"))
        .replace("TESTING", &place.dependency("guest-sdk/testing"));
    if !matches!(place, Place::Inside) {
        cargo.push_str("\n# A workspace of its own, wherever it lies.\n[workspace]\n");
        files.push((".gitignore".to_owned(), "target/\n".to_owned()));
    }
    files.push(("Cargo.toml".to_owned(), cargo));
    if let Place::Beside(workspace) = place {
        // The versions that are known to work together; cargo takes what it needs of them.
        let lock = fs::read_to_string(workspace.join("Cargo.lock"));
        files.extend(lock.ok().map(|lock| ("Cargo.lock".to_owned(), lock)));
    }
    files
}
