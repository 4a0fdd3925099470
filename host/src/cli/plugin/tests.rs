//! What authors type: new crates that work at once, transcripts that are recorded, components that are looked at.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

mod guide;

use super::inspect::told;
use super::new::write;
use super::test::{Tried, try_out, write_answers};
use super::{contents, load};
use crate::build;
use crate::plugin::inspect::inspect;
use crate::plugin::{Kind, trial};
use expect_test::{Expect, expect};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

/// A new crate in a folder of its own, beside the workspace.
fn made(kind: Kind, name: &str) -> (TempDir, PathBuf) {
    let outside = tempfile::tempdir().unwrap();
    let dir = outside.path().join(name);
    write(kind, name, &dir, Some(&root())).unwrap();
    (outside, dir)
}

fn refused(name: &str) -> String {
    let outside = tempfile::tempdir().unwrap();
    write(Kind::Rule, name, &outside.path().join("a"), None).unwrap_err().to_string()
}

/// Builds it in the target folder of the tests, so that the SDK is not compiled for each.
fn tried(dir: &Path) -> Tried {
    let file = dir.join("built.wasm");
    build::plugin_in(dir, &root().join("target/plugins"), &file, |line| eprintln!("{line}")).unwrap();
    let bytes = contents(&file).unwrap();
    Tried { plugin: load(&file, &bytes).unwrap(), bytes }
}

/// It builds, its native tests pass, it can be loaded, its transcripts come out and a rule keeps the law.
#[track_caller]
fn works_at_once(kind: Kind, name: &str) {
    let (_outside, dir) = made(kind, name);
    let tried = tried(&dir);
    assert_eq!(tried.plugin.about().manifest.name, name);
    assert_eq!(tried.plugin.about().manifest.kind, kind);
    let transcripts = trial::embedded(&tried.bytes).unwrap();
    assert!(!transcripts.is_empty(), "it has a transcript");
    assert!(transcripts.iter().all(|transcript| transcript.text.contains("\n< ")), "with answers");
    try_out(&tried).unwrap();
    assert_eq!(write_answers(&dir, &tried).unwrap(), 0, "what is recorded is what it answers");
    build::test_natively(&dir, Some(&root().join("target/plugins/native"))).unwrap();
}

#[test]
fn a_new_rule_works_at_once() {
    works_at_once(Kind::Rule, "new-rule");
}

#[test]
fn a_new_adapter_works_at_once() {
    works_at_once(Kind::Adapter, "new-adapter");
}

#[test]
fn a_new_dialog_works_at_once() {
    works_at_once(Kind::Dialog, "new-dialog");
}

#[test]
fn a_transcript_is_recorded_and_then_comes_out() {
    let (_outside, dir) = made(Kind::Rule, "recorded");
    let tried = tried(&dir);
    let file = dir.join("trials/skilled-first.trial");
    let template = fs::read_to_string(&file).unwrap();
    let wrong = template.replace("< keep [{\"agent\":2,\"tier\":0}]", "< hold \"nobody\"");
    assert_ne!(wrong, template);
    fs::write(&file, wrong).unwrap();
    assert_eq!(write_answers(&dir, &tried).unwrap(), 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), template);
}

#[test]
fn names_that_can_not_be_are_refused() {
    let expected = |found: &str| {
        format!(
            "a plugin's name has 1 to 64 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen, as in \
             `night-shift`; found {found:?}"
        )
    };
    for name in ["", "Night", "night_shift", "../night", "1st", "night-", "nächte", &"n".repeat(65)] {
        assert_eq!(refused(name), expected(name));
    }
}

#[test]
fn a_folder_that_is_there_is_left_alone() {
    let (_outside, dir) = made(Kind::Dialog, "kept");
    fs::write(dir.join("src/lib.rs"), "mine").unwrap();
    let error = write(Kind::Rule, "kept", &dir, None).unwrap_err().to_string();
    assert!(error.ends_with("is there already and nothing was changed; name another folder with --dir"), "{error}");
    assert_eq!(fs::read_to_string(dir.join("src/lib.rs")).unwrap(), "mine");
    let file = dir.join("plugin.toml");
    assert!(write(Kind::Rule, "kept", &file, None).unwrap_err().to_string().contains("is there already"));
}

#[test]
fn without_the_workspace_it_depends_on_the_sdk_by_version() {
    let outside = tempfile::tempdir().unwrap();
    let dir = outside.path().join("deep/alone");
    write(Kind::Rule, "alone", &dir, None).unwrap();
    let cargo: toml::Table = toml::from_str(&fs::read_to_string(dir.join("Cargo.toml")).unwrap()).unwrap();
    assert_eq!(cargo["dependencies"]["cordboard-sdk"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(cargo["dev-dependencies"]["cordboard-sdk-testing"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert!(cargo.contains_key("workspace"), "it is its own workspace");
    assert!(!dir.join("Cargo.lock").exists());
}

#[test]
fn only_where_the_workspace_takes_it_a_crate_is_its_member() {
    let workspace = tempfile::tempdir().unwrap();
    fs::create_dir_all(workspace.path().join("plugins")).unwrap();
    // As this workspace says it.
    fs::copy(root().join("Cargo.toml"), workspace.path().join("Cargo.toml")).unwrap();
    let written = |kind: Kind, dir: &str| {
        let (workspace, dir) = (fs::canonicalize(workspace.path()).unwrap(), workspace.path().join(dir));
        write(kind, "here", &dir, Some(&workspace)).unwrap();
        toml::from_str::<toml::Table>(&fs::read_to_string(dir.join("Cargo.toml")).unwrap()).unwrap()
    };
    for (kind, folder) in [(Kind::Rule, "rules"), (Kind::Adapter, "adapters"), (Kind::Dialog, "dialogs")] {
        let inside = written(kind, &format!("plugins/{folder}/here"));
        assert_eq!(inside["dependencies"]["cordboard-sdk"]["workspace"].as_bool(), Some(true), "{folder}");
        assert!(!inside.contains_key("workspace"), "{folder}");
    }
    for elsewhere in ["plugins/others/here", "plugins/here", "here"] {
        let alone = written(Kind::Rule, elsewhere);
        assert!(alone["dependencies"]["cordboard-sdk"]["path"].as_str().unwrap().ends_with("/guest-sdk"));
        assert!(alone.contains_key("workspace"), "{elsewhere}");
    }
}

#[test]
fn nothing_of_the_templates_placeholders_is_left() {
    for (kind, name) in [(Kind::Rule, "a"), (Kind::Adapter, "b"), (Kind::Dialog, "c")] {
        let (_outside, dir) = made(kind, name);
        for file in ["Cargo.toml", "plugin.toml", "src/lib.rs", "src/tests.rs"] {
            let text = fs::read_to_string(dir.join(file)).unwrap();
            for left in ["template", "KIND", "DESCRIPTION", "TESTING"] {
                assert!(!text.contains(left), "{left} in {file}: {text}");
            }
        }
        let cargo: toml::Table = toml::from_str(&fs::read_to_string(dir.join("Cargo.toml")).unwrap()).unwrap();
        assert_eq!(cargo["package"]["name"].as_str(), Some(&*format!("cordboard-{kind}-{name}")));
    }
}

#[test]
fn what_is_in_a_component_is_shown() {
    let bytes = contents(&build::for_tests().join("longest-idle.wasm")).unwrap();
    let mut found = inspect("longest-idle.wasm", &bytes).unwrap();
    assert_eq!(found.size_bytes, bytes.len());
    assert!(found.code_bytes > 10_000 && found.code_bytes < found.size_bytes, "{found:?}");
    assert!(found.data_bytes > 0 && found.data_segments > 0 && found.memory_bytes >= 65_536, "{found:?}");
    assert_eq!(found.memory_bytes % 65_536, 0);
    // What the compiler decides.
    (found.size_bytes, found.code_bytes, found.memory_bytes, found.data_bytes, found.data_segments) = (5, 4, 3, 2, 1);
    found.sections.iter_mut().chain(&mut found.transcripts).for_each(|part| part.bytes = 0);
    found.sha256 = "00".repeat(32);
    expect![[r#"
        plugin       rule longest-idle 0.1.0
        about        Prefers the agent who has been idle longest
        state        writes format 1, reads [1]
        hosts        nothing
        settings     nothing
        world        cordboard:strategy/rule-plugin
        contract     1.0.0
        imports      cordboard:host/log@1.0.0, cordboard:model/types@1.0.0
        exports      cordboard:strategy/rule@1.0.0
        size         5 bytes, 4 of them code
        memory       3 bytes at the start
        data         2 bytes in 1 segments
        sections     component-name (0 bytes), producers (0 bytes), version (0 bytes), description (0 bytes), licenses (0 bytes), cordboard:manifest (0 bytes), cordboard:trial (0 bytes), cordboard:trial (0 bytes)
        transcripts  longest-first (0 bytes), no-settings (0 bytes)
        sha256       0000000000000000000000000000000000000000000000000000000000000000
        accepted     yes
    "#]]
    .assert_eq(&told(&found));
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
    assert_eq!((&json["manifest"]["name"], &json["contract"]), (&"longest-idle".into(), &"1.0.0".into()));
    let bytes = contents(&build::for_tests().join("least-busy.wasm")).unwrap();
    let lines = told(&inspect("least-busy.wasm", &bytes).unwrap());
    assert!(lines.contains("\nsettings     medium\n"), "{lines}");
}

#[test]
fn what_would_be_refused_is_shown_with_the_reason() {
    let text = r#"(component (import "wasi:cli/environment@0.2.3" (instance)))"#;
    let manifest = "name = \"new\"\nversion = \"1.0.0\"\nkind = \"rule\"\ndescription = \"A new one\"\n";
    let bytes = crate::plugin::embed(&wat::parse_str(text).unwrap(), manifest).unwrap();
    let found = inspect("new.wasm", &bytes).unwrap();
    assert_eq!(found.imports, ["wasi:cli/environment@0.2.3"]);
    assert_eq!((found.world, found.contract), (None, None));
    assert!(found.refused.unwrap().contains("and imports wasi:cli/environment@0.2.3"));
    let bare = inspect("bare.wasm", &wat::parse_str("(component)").unwrap()).unwrap();
    assert!(bare.manifest.is_none() && bare.refused.unwrap().contains("has no manifest"));
}

#[track_caller]
fn no_component(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&inspect("x.wasm", bytes).unwrap_err().to_string());
}

#[test]
fn what_is_no_component_is_said() {
    no_component(
        b"#!/bin/sh",
        &expect![
            "plugin x.wasm: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found 23 21 2f 62; build it with `cordboard plugin build`"
        ],
    );
    no_component(
        &wat::parse_str("(module)").unwrap(),
        &expect![
            "plugin x.wasm: is a core WebAssembly module, expected a component; `cordboard plugin build` makes one of a plugin's crate"
        ],
    );
    let bytes = contents(&build::for_tests().join("longest-idle.wasm")).unwrap();
    assert!(inspect("x.wasm", &bytes[..bytes.len() / 2]).unwrap_err().to_string().contains("is damaged or incomplete"));
}

fn of_the_bad(name: &str) -> Tried {
    let file = build::bad_for_tests().join(format!("{name}.wasm"));
    let bytes = contents(&file).unwrap();
    Tried { plugin: load(&file, &bytes).unwrap(), bytes }
}

#[test]
fn a_rule_that_breaks_the_law_fails_the_test_and_recording_does_not_help() {
    assert_eq!(try_out(&of_the_bad("moody")).unwrap_err().to_string(), "1 problem found");
}

#[test]
fn problems_of_transcripts_fail_the_test() {
    let (_outside, dir) = made(Kind::Dialog, "broken");
    let file = dir.join("trials/interview.trial");
    let text = fs::read_to_string(&file).unwrap().replace("Thank you", "Thanks");
    fs::write(&file, text).unwrap();
    let error = try_out(&tried(&dir)).unwrap_err().to_string();
    assert_eq!(error, "1 problem found; if the answers are as they should be now, write them with `--record`");
    fs::write(dir.join("trials/Not A Name.trial"), "").unwrap();
    let error = build::transcripts(&dir).unwrap_err().to_string();
    assert!(
        error.ends_with("a transcript's name has 1 to 64 of a-z, 0-9 and - in front of .trial, found \"Not A Name\""),
        "{error}"
    );
}
