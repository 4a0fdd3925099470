//! Builds the workspace's own plugins with the compiler of this machine, and crates that are wrong in one way each.

use super::toolchain::{Local, find};
use super::{BuildError, Built, MANIFEST_SECTION, Workshop, build, crates, discover, for_tests, plugins, replace};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasmparser::{Operator, Parser, Payload};
use wit_component::DecodedWasm;

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn longest_idle() -> Vec<u8> {
    fs::read(for_tests().join("longest-idle.wasm")).unwrap()
}

/// All custom sections; whether each is at the component's top level, its name and content.
fn sections(component: &[u8]) -> Vec<(bool, String, Vec<u8>)> {
    let mut depth = 0;
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(component).map(Result::unwrap) {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) => {
                found.push((depth == 0, section.name().to_owned(), section.data().to_vec()));
            }
            _ => {}
        }
    }
    found
}

/// Imports and exports of a component.
fn world(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component).unwrap() else {
        panic!("not a component");
    };
    let world = &resolve.worlds[world];
    let names = |keys: Vec<_>| {
        let mut names: Vec<String> = keys.into_iter().map(|key| resolve.name_world_key(key)).collect();
        names.sort();
        names
    };
    (names(world.imports.keys().collect()), names(world.exports.keys().collect()))
}

#[test]
fn a_rule_becomes_a_component_of_its_world() {
    let (imports, exports) = world(&longest_idle());
    assert_eq!(imports, ["cordboard:host/log@1.0.0", "cordboard:model/types@1.0.0"]);
    assert_eq!(exports, ["cordboard:strategy/rule@1.0.0"]);
}

#[test]
fn an_adapter_becomes_a_component_of_its_world() {
    let (dir, built) = build_stray("stray-adapter", "adapter", ADAPTER);
    built.unwrap();
    let (imports, exports) = world(&fs::read(dir.path().join("stray-adapter.wasm")).unwrap());
    assert_eq!(imports, ["cordboard:host/log@1.0.0", "cordboard:host/text@1.0.0", "cordboard:model/types@1.0.0"]);
    assert_eq!(exports, ["cordboard:adapter/protocol@1.0.0"]);
}

#[test]
fn a_dialog_becomes_a_component_of_its_world() {
    let (dir, built) = build_stray("stray-dialog", "dialog", DIALOG);
    built.unwrap();
    let (_, exports) = world(&fs::read(dir.path().join("stray-dialog.wasm")).unwrap());
    assert_eq!(exports, ["cordboard:dialog/script@1.0.0"]);
}

#[test]
fn the_manifest_is_embedded_byte_for_byte_beside_the_metadata() {
    let manifest = fs::read(root().join("plugins/rules/longest-idle/plugin.toml")).unwrap();
    let sections = sections(&longest_idle());
    let top = |name: &str| {
        sections
            .iter()
            .filter(|(top, found, _)| *top && found == name)
            .map(|(.., data)| data.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(top(MANIFEST_SECTION), [manifest]);
    assert_eq!(top("version"), [env!("CARGO_PKG_VERSION").as_bytes()]);
    assert_eq!(top("licenses"), [b"Apache-2.0"]);
    assert_eq!(top("description"), [b"Prefers the agent who has been idle longest"]);
}

#[test]
fn the_names_of_functions_stay_for_backtraces() {
    let component = longest_idle();
    let names = sections(&component).into_iter().filter(|(top, name, _)| !top && name == "name");
    let names: String = names.map(|(.., data)| String::from_utf8_lossy(&data).into_owned()).collect();
    assert!(names.contains("#[method]router.rank-agents"));
    assert!(names.contains("cordboard_rule_longest_idle"));
    assert!(!sections(&component).iter().any(|(_, name, _)| name.starts_with(".debug")));
}

#[test]
fn the_stack_of_a_guest_is_64_kib() {
    let component = longest_idle();
    let pointer = Parser::new(0).parse_all(&component).map(Result::unwrap).find_map(|payload| match payload {
        Payload::GlobalSection(globals) => {
            globals.into_iter().next().map(|global| global.unwrap().init_expr.get_operators_reader().read().unwrap())
        }
        _ => None,
    });
    assert!(matches!(pointer, Some(Operator::I32Const { value: 65_536 })), "{pointer:?}");
}

#[test]
fn what_is_up_to_date_is_not_written_again() {
    let folder = for_tests();
    let built = plugins(&root(), &discover(&root()).unwrap(), &folder, |_| {}).unwrap();
    assert!(built.iter().all(|built| !built.changed), "{built:?}");
    let idle = Built {
        name: "longest-idle".into(),
        kind: "rule".into(),
        file: folder.join("longest-idle.wasm"),
        changed: false,
    };
    assert!(built.contains(&idle), "{built:?}");
}

/// A crate of no workspace.
fn stray(package: &str, manifest: &str, source: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let sdk = root().join("guest-sdk");
    let cargo = format!(
        "[package]\nname = \"{package}\"\nversion = \"2.0.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\
         [dependencies]\ncordboard-sdk = {{ path = {sdk:?} }}\n"
    );
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("Cargo.toml"), cargo).unwrap();
    fs::copy(root().join("Cargo.lock"), dir.path().join("Cargo.lock")).unwrap();
    fs::write(dir.path().join("plugin.toml"), manifest).unwrap();
    fs::write(dir.path().join("src/lib.rs"), source).unwrap();
    dir
}

/// Builds one with what is compiled for the tests' plugins, to a file in its folder. In the shared target folder each needs another name.
fn build_stray(name: &str, kind: &str, source: &str) -> (TempDir, Result<Vec<Built>, BuildError>) {
    for_tests();
    let dir = stray(name, &format!("name = {name:?}\nkind = {kind:?}\n"), source);
    let toolchain = find(&mut Local::new(dir.path(), &mut |_| {})).unwrap();
    let target_dir = root().join("target/plugins");
    let workshop = Workshop { toolchain: &toolchain, root: dir.path(), target_dir: Some(&target_dir) };
    let file = |name: &str| dir.path().join(name).with_extension("wasm");
    let built = build(&workshop, &[dir.path().to_path_buf()], &file, &mut |_| {});
    (dir, built)
}

const RULE: &str = "
use cordboard_sdk::rule::{Agent, Fit, NoSettings, Rule, Session};
pub struct Stray;
impl Rule for Stray {
    type Settings = NoSettings;
    fn open(_: NoSettings) -> Result<Self, String> { Ok(Self) }
    fn fit(&self, _: u64, _: &Session, _: &Agent) -> Fit { Fit::keep() }
}
";

const ADAPTER: &str = "
use cordboard_sdk::adapter::{Adapter, Input, Output, Setup};
use cordboard_sdk::model::SavedState;
pub struct Stray;
impl Adapter for Stray {
    fn open(_: u64, setup: Setup) -> Result<Self, String> { cordboard_sdk::text::prepare(\"nodeprep\", &setup.domain).map(|_| Self) }
    fn handle(&mut self, _: u64, _: Input) -> Vec<Output> { Vec::new() }
    fn save(&self) -> SavedState { cordboard_sdk::saved::write(1, &()) }
    fn restore(_: Setup, _: SavedState) -> Result<Self, String> { Ok(Self) }
}
cordboard_sdk::export_adapter!(Stray);
";

const DIALOG: &str = "
use cordboard_sdk::dialog::{Action, Dialog, Event, Setup};
use cordboard_sdk::model::SavedState;
pub struct Stray;
impl Dialog for Stray {
    fn open(_: u64, _: Setup) -> Result<Self, String> { Ok(Self) }
    fn handle(&mut self, _: u64, _: Event) -> Vec<Action> { Vec::new() }
    fn save(&self) -> SavedState { cordboard_sdk::saved::write(1, &()) }
    fn restore(_: Setup, _: SavedState) -> Result<Self, String> { Ok(Self) }
}
cordboard_sdk::export_dialog!(Stray);
";

#[test]
fn a_crate_of_no_workspace_is_built_too() {
    let (dir, built) = build_stray("stray-rule", "rule", &format!("{RULE}cordboard_sdk::export_rule!(Stray);"));
    let file = dir.path().join("stray-rule.wasm");
    assert_eq!(
        built.unwrap(),
        [Built { name: "stray-rule".into(), kind: "rule".into(), file: file.clone(), changed: true }]
    );
    assert_eq!(world(&fs::read(file).unwrap()).1, ["cordboard:strategy/rule@1.0.0"]);
}

#[test]
fn a_crate_without_the_export_macro_is_told_so() {
    let error = build_stray("stray-mute", "rule", RULE).1.unwrap_err().to_string();
    assert_eq!(
        error,
        "stray-mute: the module exports no contract of Cordboard; is `cordboard_sdk::export_rule!` missing in its lib.rs?"
    );
}

#[test]
fn compile_errors_are_passed_on_readably() {
    let error = build_stray("stray-broken", "rule", "pub fn broken() -> u32 { \"text\" }\n").1.unwrap_err().to_string();
    assert!(
        error.starts_with("the plugins don't compile:\nerror[E0308]: mismatched types\n --> src/lib.rs:1:26\n"),
        "{error}"
    );
    assert!(!error.contains("Compiling"), "{error}");
}

const STRAY: &str = "name = \"stray\"\nkind = \"rule\"\n";

#[track_caller]
fn refused(dirs: &[&Path]) -> String {
    let dirs: Vec<PathBuf> = dirs.iter().map(|dir| dir.to_path_buf()).collect();
    crates::read(&dirs).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_with_a_crate_is_named() {
    let empty = tempfile::tempdir().unwrap();
    assert!(
        refused(&[empty.path()])
            .ends_with("not a plugin crate: found no Cargo.toml; a plugin has Cargo.toml and plugin.toml side by side")
    );
    let path = stray("stray", "name = \"../x\"\nkind = \"rule\"\n", "");
    assert!(refused(&[path.path()]).ends_with("plugin.toml: name: expected 1 to 64 of a-z, 0-9 and -, found \"../x\""));
    let kind = stray("stray", "name = \"x\"\nkind = \"robot\"\n", "");
    assert!(refused(&[kind.path()]).ends_with("kind: expected \"rule\", \"adapter\" or \"dialog\", found \"robot\""));
    let (one, two) = (stray("stray", STRAY, ""), stray("stray", STRAY, ""));
    assert!(
        refused(&[one.path(), two.path()])
            .ends_with("both have the name \"stray\"; give one of them another in its plugin.toml")
    );
}

#[test]
fn a_crate_that_is_no_member_is_named() {
    let stray = stray("stray", STRAY, "");
    let error = plugins(&root(), &[stray.path().to_path_buf()], stray.path(), |_| {}).unwrap_err().to_string();
    assert!(error.contains("no member of the workspace in"), "{error}");
}

#[test]
fn a_file_is_replaced_only_when_it_differs() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new/a.wasm");
    assert!(replace(&file, b"one").unwrap());
    assert!(!replace(&file, b"one").unwrap());
    assert!(replace(&file, b"two").unwrap());
    assert_eq!(fs::read(&file).unwrap(), b"two");
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
}
