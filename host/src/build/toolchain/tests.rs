//! The choice, by tables of machines.

use super::{Compiler, Found, Machine, PACKAGES, Source, Step, choose, find};
use crate::build::BuildError;
use expect_test::{Expect, expect};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A compiler in `root`; words of `has`: target, source, linker, active, old.
fn compiler(root: &str, has: &str) -> Compiler {
    let has = |word| has.split(' ').any(|found| found == word);
    Compiler {
        cargo: format!("{root}/bin/cargo").into(),
        rustc: format!("{root}/bin/rustc").into(),
        version: if has("old") { "1.63.0" } else { "1.96.0" }.into(),
        active: has("active"),
        has_target: has("target"),
        has_source: has("source"),
        linker: has("linker").then(|| format!("{root}/rust-lld").into()),
    }
}

fn found(compilers: Vec<Compiler>, has: &str) -> Found {
    let has = |word| has.split(' ').any(|found| found == word);
    Found {
        linker: compilers.iter().find_map(|compiler| compiler.linker.clone()),
        compilers,
        linker_package: "lld-22".into(),
        rustup: has("rustup").then(|| "/cargo/bin/rustup".into()),
        apt: has("apt"),
        root: has("root"),
    }
}

fn packages(names: &[&str]) -> Step {
    Step::Install(names.iter().map(|name| (*name).to_owned()).collect())
}

#[track_caller]
fn uses(found: &Found, rustc: &str, std: Source, linker: &str) {
    match choose(found, &[]) {
        Step::Use(toolchain) => {
            assert_eq!((toolchain.rustc, toolchain.std, toolchain.linker), (rustc.into(), std, linker.into()));
        }
        other => panic!("expected {rustc}, found {other:?}"),
    }
}

#[test]
fn the_active_toolchains_target_comes_first() {
    let compilers = vec![
        compiler("/stable", "active target linker"),
        compiler("/nightly", "target source linker"),
        compiler("/usr", "source"),
    ];
    uses(&found(compilers, "rustup apt root"), "/stable/bin/rustc", Source::Installed, "/stable/rust-lld");
}

#[test]
fn then_the_target_of_any_other() {
    let compilers = vec![compiler("/stable", "active source linker"), compiler("/nightly", "target linker")];
    uses(&found(compilers, "rustup"), "/nightly/bin/rustc", Source::Installed, "/nightly/rust-lld");
}

#[test]
fn then_the_library_source_of_any_with_a_borrowed_linker() {
    let compilers = vec![compiler("/stable", "active linker"), compiler("/usr", "source")];
    uses(&found(compilers, "rustup apt root"), "/usr/bin/rustc", Source::Built, "/stable/rust-lld");
}

#[test]
fn an_old_compiler_is_of_no_use() {
    let compilers = vec![compiler("/usr", "active target source linker old"), compiler("/nightly", "source linker")];
    uses(&found(compilers, ""), "/nightly/bin/rustc", Source::Built, "/nightly/rust-lld");
}

#[test]
fn then_rustup_then_packages_then_the_end() {
    let bare = || vec![compiler("/stable", "active linker")];
    let add = Step::AddTarget;
    let install = packages(&PACKAGES);
    assert_eq!(choose(&found(bare(), "rustup apt root"), &[]), add);
    assert_eq!(choose(&found(bare(), "rustup apt root"), std::slice::from_ref(&add)), install);
    assert_eq!(choose(&found(bare(), "rustup apt root"), &[add.clone(), install.clone()]), Step::GiveUp);
    assert_eq!(choose(&found(bare(), "apt root"), &[]), install);
    assert_eq!(choose(&found(bare(), "apt"), &[]), Step::GiveUp);
    assert_eq!(choose(&found(vec![], "rustup"), &[add]), Step::GiveUp);
}

#[test]
fn a_compiler_that_lacks_only_a_linker_gets_it() {
    let compilers = vec![compiler("/usr", "active source")];
    assert_eq!(choose(&found(compilers, "apt root"), &[]), packages(&["lld-22"]));
}

/// A machine of files and answers, on which commands do as scripted.
#[derive(Default)]
struct Scripted {
    files: BTreeSet<PathBuf>,
    answers: BTreeMap<String, String>,
    /// A command, what then appears, or how it fails.
    effects: BTreeMap<String, Result<Vec<&'static str>, &'static str>>,
    root: bool,
    log: Vec<String>,
}

impl Scripted {
    fn with_rustup() -> Self {
        let mut machine = Self::default();
        machine.add(&["/bin/rustup", "/stable/bin/cargo", "/stable/bin/rustc", "/stable/lib/rustlib/x86/bin/rust-lld"]);
        machine.answers.insert("rustc --print sysroot".into(), "/stable\n".into());
        machine.answers.insert("/stable/bin/rustc -V".into(), "rustc 1.97.0 (0 2026)".into());
        machine.answers.insert("/usr/bin/rustc -V".into(), "rustc 1.96.0 (0 2026)".into());
        machine
    }

    fn add(&mut self, files: &[&str]) {
        self.files.extend(files.iter().map(PathBuf::from));
    }
}

impl Machine for Scripted {
    fn exists(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file.starts_with(path))
    }
    fn folder(&self, path: &Path) -> Vec<PathBuf> {
        let below = self.files.iter().filter_map(|file| file.strip_prefix(path).ok()?.components().next());
        below.map(|name| path.join(name)).collect::<BTreeSet<_>>().into_iter().collect()
    }
    fn link(&self, path: &Path) -> Option<PathBuf> {
        (path == Path::new("/usr/bin/rust-lld")).then(|| "lld-22".into())
    }
    fn on_path(&self, name: &str) -> Option<PathBuf> {
        Some(Path::new("/bin").join(name)).filter(|file| self.files.contains(file))
    }
    fn ask(&self, program: &Path, arguments: &[&str]) -> Option<String> {
        let present = program == Path::new("rustc") || self.files.contains(program);
        self.answers.get(&format!("{} {}", program.display(), arguments.join(" "))).filter(|_| present).cloned()
    }
    fn rustup_home(&self) -> Option<PathBuf> {
        Some("/rustup".into())
    }
    fn is_root(&self) -> bool {
        self.root
    }
    fn say(&mut self, _text: &str) {}
    fn run(&mut self, command: &[&str], _watched: Option<&Path>, _still: Duration) -> Result<(), String> {
        let command = command.join(" ");
        self.log.push(command.clone());
        match self.effects.get(&command).cloned() {
            Some(Ok(files)) => self.add(&files),
            Some(Err(error)) => return Err(format!("`{command}`: {error}")),
            None => {}
        }
        Ok(())
    }
}

const ADD: &str = "rustup target add wasm32-unknown-unknown";
const INSTALL: &str = "apt-get install -y --no-remove --no-install-recommends rustc-web cargo-web rust-web-src";

#[test]
fn what_rustup_adds_is_used() {
    let mut machine = Scripted::with_rustup();
    machine.effects.insert(ADD.into(), Ok(vec!["/stable/lib/rustlib/wasm32-unknown-unknown/lib/libstd.rlib"]));
    let toolchain = find(&mut machine).unwrap();
    assert_eq!((toolchain.rustc, toolchain.std), ("/stable/bin/rustc".into(), Source::Installed));
    assert_eq!(toolchain.linker, Path::new("/stable/lib/rustlib/x86/bin/rust-lld"));
    assert_eq!(machine.log, [ADD]);
}

#[test]
fn without_a_network_for_rustup_the_packages_are_installed() {
    let mut machine = Scripted::with_rustup();
    machine.root = true;
    machine.add(&["/bin/apt-get"]);
    machine.effects.insert(ADD.into(), Err("given up after 20 s without progress"));
    let source = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
    machine.effects.insert(INSTALL.into(), Ok(vec!["/usr/bin/cargo", "/usr/bin/rustc", source]));
    let toolchain = find(&mut machine).unwrap();
    assert_eq!((toolchain.rustc, toolchain.std), ("/usr/bin/rustc".into(), Source::Built));
    assert_eq!(machine.log, [ADD, "apt-get update", INSTALL]);
}

#[track_caller]
fn refuses(mut machine: Scripted, expected: &Expect) {
    match find(&mut machine) {
        Err(error @ BuildError::NoCompiler { .. }) => expected.assert_eq(&error.to_string()),
        other => panic!("expected no compiler, found {other:?}"),
    }
}

#[test]
fn the_end_names_the_commands_to_run() {
    let mut machine = Scripted::with_rustup();
    machine.add(&["/bin/apt-get"]);
    machine.effects.insert(ADD.into(), Err("given up after 20 s without progress"));
    refuses(
        machine,
        &expect![[r"
        found no Rust compiler for wasm32-unknown-unknown of version 1.95 or later
        looked for: the target or the library source; found /stable/bin/rustc 1.97.0 (no target, no library source)
        tried: `rustup target add wasm32-unknown-unknown`: given up after 20 s without progress
        to fix it, run one of:
          rustup target add wasm32-unknown-unknown
          sudo apt-get install rustc-web cargo-web rust-web-src"]],
    );
    refuses(
        Scripted::default(),
        &expect![[r"
        found no Rust compiler for wasm32-unknown-unknown of version 1.95 or later
        looked for: any Rust compiler; found none
        to fix it, run one of:
          curl https://sh.rustup.rs | sh -s -- -y --target wasm32-unknown-unknown"]],
    );
}
