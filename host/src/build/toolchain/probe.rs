//! Which compilers are on the machine, and what they have.

use super::{Machine, TARGET};
use std::path::{Path, PathBuf};

/// A Rust compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// Cargo's path.
    pub cargo: PathBuf,
    /// The compiler's path.
    pub rustc: PathBuf,
    /// As it says itself: `1.96.0` or `1.98.0-nightly`.
    pub version: String,
    /// The one that `rustc` means here.
    pub active: bool,
    /// The target's standard library is installed.
    pub has_target: bool,
    /// The standard library's source is present.
    pub has_source: bool,
    /// The linker that came with it.
    pub linker: Option<PathBuf>,
}

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The active one first; the system's last.
    pub compilers: Vec<Compiler>,
    /// For compilers without a linker of their own.
    pub linker: Option<PathBuf>,
    /// The package that has the linker which the system's compiler expects.
    pub linker_package: String,
    /// rustup's path.
    pub rustup: Option<PathBuf>,
    /// Packages are installed by apt.
    pub apt: bool,
    /// We may install packages.
    pub root: bool,
}

/// Looks around; changes nothing.
pub(super) fn probe(machine: &dyn Machine) -> Found {
    let active = machine.ask(Path::new("rustc"), &["--print", "sysroot"]).map(|sysroot| PathBuf::from(sysroot.trim()));
    let managed = machine.rustup_home().map(|home| machine.folder(&home.join("toolchains"))).unwrap_or_default();
    let mut sysroots: Vec<PathBuf> = active.clone().into_iter().chain(managed).chain([PathBuf::from("/usr")]).collect();
    let mut seen = Vec::new();
    sysroots.retain(|sysroot| {
        let new = !seen.contains(sysroot);
        seen.push(sysroot.clone());
        new
    });
    let compilers: Vec<Compiler> =
        sysroots.iter().filter_map(|sysroot| compiler(machine, sysroot, active.as_ref() == Some(sysroot))).collect();
    let on_path = ["rust-lld", "wasm-ld"].iter().find_map(|name| machine.on_path(name));
    let link =
        machine.link(Path::new("/usr/bin/rust-lld")).and_then(|link| Some(link.file_name()?.to_str()?.to_owned()));
    Found {
        linker: compilers.iter().find_map(|compiler| compiler.linker.clone()).or(on_path),
        compilers,
        linker_package: link.unwrap_or_else(|| "lld".to_owned()),
        rustup: machine.on_path("rustup"),
        apt: machine.on_path("apt-get").is_some(),
        root: machine.is_root(),
    }
}

fn compiler(machine: &dyn Machine, sysroot: &Path, active: bool) -> Option<Compiler> {
    let rustc = sysroot.join("bin/rustc");
    let cargo = sysroot.join("bin/cargo");
    let cargo = if machine.exists(&cargo) { cargo } else { machine.on_path("cargo").filter(|_| active)? };
    let version = machine.ask(&rustc, &["-V"])?.split_whitespace().nth(1)?.to_owned();
    let rustlib = sysroot.join("lib/rustlib");
    let linkers = machine.folder(&rustlib).into_iter().map(|host| host.join("bin/rust-lld"));
    Some(Compiler {
        has_target: machine.exists(&rustlib.join(TARGET).join("lib")),
        has_source: machine.exists(&rustlib.join("src/rust/library/std/Cargo.toml")),
        linker: linkers.into_iter().find(|linker| machine.exists(linker)),
        cargo,
        rustc,
        version,
        active,
    })
}

/// Major and minor; what is no version counts as the oldest.
pub(super) fn version_of(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
