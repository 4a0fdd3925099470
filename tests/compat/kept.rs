//! Plugins of each contract version, kept as source: `tests/compat/<version>/<kind>`, built against `wit/released/<version>` without the
//! SDK, which goes on changing. Their transcripts, in which saved states of their time are restored, must come out as they did.
//!
//! `next` is what will be kept of the version that is released next; it is built against `wit/` as it is now.

use super::{load, root};
use cordboard::build;
use cordboard::plugin::trial;
use std::fs;
use std::path::PathBuf;

/// What each package's plugins are.
const KINDS: [(&str, &str); 3] = [("adapter", "adapter"), ("dialog", "dialog"), ("strategy", "rule")];

/// The kept versions, and the next.
fn versions() -> Vec<String> {
    let entries = fs::read_dir(root().join("tests/compat")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut versions: Vec<String> =
        names.filter(|name| name == "next" || name.starts_with(|sign: char| sign.is_ascii_digit())).collect();
    versions.sort();
    versions
}

/// The components of a version, built from its source.
fn components(version: &str) -> Vec<build::Built> {
    let kept = KINDS.map(|(_, kind)| root().join("tests/compat").join(version).join(kind));
    let crates: Vec<PathBuf> = kept.into_iter().filter(|kept| kept.is_dir()).collect();
    let folder = root().join("target/plugins/compat").join(version);
    build::plugins(&root(), &crates, &folder, |line| eprintln!("{line}")).unwrap()
}

#[test]
fn every_released_contract_has_kept_plugins() {
    let released = fs::read_dir(root().join("wit/released")).into_iter().flatten();
    for version in released.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let name = version.file_name().unwrap().to_string_lossy().into_owned();
        for (package, kind) in KINDS.into_iter().filter(|(package, _)| version.join(package).is_dir()) {
            let kept = root().join("tests/compat").join(&name).join(kind);
            assert!(kept.is_dir(), "cordboard:{package}@{name} was released; keep a {kind} in {}", kept.display());
        }
    }
    for (_, kind) in KINDS {
        assert!(root().join("tests/compat/next").join(kind).is_dir(), "{kind}");
    }
}

#[test]
fn kept_plugins_load_and_do_what_they_did() {
    for version in versions() {
        for built in components(&version) {
            let bytes = fs::read(&built.file).unwrap();
            let plugin = load(&built.name, &bytes).unwrap_or_else(|error| panic!("{version}: {error}"));
            let passed = trial::check_embedded(&plugin, &bytes)
                .unwrap_or_else(|error| panic!("{version} {}\n{error}", built.name));
            assert!(
                passed.trials >= 2,
                "{version} {}: a transcript from the start, and one from a saved state",
                built.name
            );
            let restores =
                trial::embedded(&bytes).unwrap().iter().any(|transcript| transcript.text.contains("\"state\":"));
            assert!(restores, "{version} {}: a saved state of its time is restored", built.name);
        }
    }
}
