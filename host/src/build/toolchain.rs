//! Finds a Rust compiler for `wasm32-unknown-unknown`.
//!
//! ```text
//! probe ─► choose ─► use it
//!   ▲        ├─► rustup target add ─┐
//!   │        ├─► apt-get install ───┤
//!   └────────┼──────────────────────┘ each at most once
//!            └─► give up, with the commands to run
//! ```
//!
//! [`choose`] is pure; [`Machine`] is all it takes to look and to install.
//!
//! Invariant: nothing is downloaded or installed while something that works is there.

mod machine;
mod probe;

pub use machine::{Local, Machine};
pub use probe::{Compiler, Found};

use super::BuildError;
use probe::{probe, version_of};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What plugins are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The first Rust that compiles the SDK.
const MINIMUM: &str = env!("CARGO_PKG_RUST_VERSION");
/// Debian's newest compiler, with the source of its standard library.
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// A download that stands still for so long is given up.
const DOWNLOAD_STILL: Duration = Duration::from_secs(20);
/// Unpacking a large package says nothing for a while.
const INSTALL_STILL: Duration = Duration::from_secs(90);

/// Where the target's standard library comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It is installed.
    Installed,
    /// Cargo builds it from its source, once for each target folder.
    Built,
}

/// A compiler that can make modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// Cargo's path.
    pub cargo: PathBuf,
    /// The compiler's path.
    pub rustc: PathBuf,
    /// As the compiler says it: `1.96.0`.
    pub version: String,
    /// The standard library.
    pub std: Source,
    /// The linker's path.
    pub linker: PathBuf,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rustc.display(), self.version)
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This one will do.
    Use(Toolchain),
    /// `rustup target add`, to the active toolchain.
    AddTarget,
    /// Debian packages.
    Install(Vec<String>),
    /// Nothing is left to try.
    GiveUp,
}

/// Finds a compiler, or installs one where that can be done without asking.
pub fn find(machine: &mut dyn Machine) -> Result<Toolchain, BuildError> {
    let mut tried = Vec::new();
    let mut failures = Vec::new();
    loop {
        let found = probe(machine);
        let step = choose(&found, &tried);
        let outcome = match &step {
            Step::Use(toolchain) => return Ok(toolchain.clone()),
            Step::AddTarget => add_target(machine),
            Step::Install(packages) => install(machine, packages),
            Step::GiveUp => return Err(no_compiler(&found, failures)),
        };
        failures.extend(outcome.err());
        tried.push(step);
    }
}

/// The next step; a step that was tried is not chosen again.
pub fn choose(found: &Found, tried: &[Step]) -> Step {
    let recent = || found.compilers.iter().filter(|compiler| version_of(&compiler.version) >= version_of(MINIMUM));
    let installed = |active| recent().filter(move |compiler| compiler.has_target && compiler.active == active);
    let with_source = || recent().filter(|compiler| compiler.has_source);
    let ready =
        installed(true).chain(installed(false)).filter_map(|compiler| usable(found, compiler, Source::Installed));
    let to_build = with_source().filter_map(|compiler| usable(found, compiler, Source::Built));
    if let Some(toolchain) = ready.chain(to_build).next() {
        return Step::Use(toolchain);
    }
    let lacks_linker_only = with_source().next().is_some();
    let packages =
        if lacks_linker_only { vec![found.linker_package.clone()] } else { PACKAGES.map(str::to_owned).to_vec() };
    let add_target = found.rustup.is_some().then_some(Step::AddTarget);
    let install = (found.apt && found.root).then_some(Step::Install(packages));
    [add_target, install].into_iter().flatten().find(|step| !tried.contains(step)).unwrap_or(Step::GiveUp)
}

/// With its own linker or else with any; without one it is of no use.
fn usable(found: &Found, compiler: &Compiler, std: Source) -> Option<Toolchain> {
    let linker = compiler.linker.clone().or_else(|| found.linker.clone())?;
    let (cargo, rustc, version) = (compiler.cargo.clone(), compiler.rustc.clone(), compiler.version.clone());
    Some(Toolchain { cargo, rustc, version, std, linker })
}

fn add_target(machine: &mut dyn Machine) -> Result<(), String> {
    machine.say(&format!("no {TARGET} here yet: rustup target add {TARGET}"));
    let downloads = machine.rustup_home().map(|home| home.join("downloads"));
    machine.run(&["rustup", "target", "add", TARGET], downloads.as_deref(), DOWNLOAD_STILL)
}

fn install(machine: &mut dyn Machine, packages: &[String]) -> Result<(), String> {
    let archives = Some(Path::new("/var/cache/apt/archives/partial"));
    let mut command = vec!["apt-get", "install", "-y", "--no-remove", "--no-install-recommends"];
    command.extend(packages.iter().map(String::as_str));
    machine.say(&format!("no {TARGET} here yet: {}", command.join(" ")));
    machine.run(&["apt-get", "update"], Some(Path::new("/var/lib/apt/lists/partial")), DOWNLOAD_STILL)?;
    machine.run(&command, archives, INSTALL_STILL)
}

fn no_compiler(found: &Found, tried: Vec<String>) -> BuildError {
    let seen = |compiler: &Compiler| {
        let (target, source) =
            (if compiler.has_target { "" } else { "no " }, if compiler.has_source { "" } else { "no " });
        format!("{} {} ({target}target, {source}library source)", compiler.rustc.display(), compiler.version)
    };
    let compilers = found.compilers.iter().map(seen).collect::<Vec<_>>().join(", ");
    let looked_for = if compilers.is_empty() {
        "any Rust compiler; found none".to_owned()
    } else {
        format!("the target or the library source; found {compilers}")
    };
    let mut commands = Vec::new();
    if found.rustup.is_some() {
        commands.push(format!("  rustup target add {TARGET}"));
    } else {
        commands.push(format!("  curl https://sh.rustup.rs | sh -s -- -y --target {TARGET}"));
    }
    if found.apt {
        let linker = if found.linker.is_none() { found.linker_package.as_str() } else { "" };
        commands.push(format!("  sudo apt-get install {} {linker}", PACKAGES.join(" ")).trim_end().to_owned());
    }
    BuildError::NoCompiler { minimum: MINIMUM.to_owned(), looked_for, tried, commands: commands.join("\n") }
}

#[cfg(test)]
mod tests;
