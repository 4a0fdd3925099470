//! What breaks a contract and what does not, by trying: copies of `wit/` are altered, a component is made for the altered contract (its
//! functions trap, nobody calls them), and the host, which speaks the unaltered one, is asked to load it.
//!
//! A host that has something more than an old plugin knows is played by a plugin that knows something less than this host.

use super::{load, root};
use cordboard::plugin::embed;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// A file of `wit/`, what stands there, and what is put in its place.
type Alteration<'a> = (&'a str, &'a str, &'a str);

const RULE: &str = "strategy/strategy.wit";
const ADAPTER: &str = "adapter/adapter.wit";
const DIALOG: &str = "dialog/dialog.wit";
const TYPES: &str = "model/types.wit";
const LOG: &str = "host/log.wit";

/// A copy of the contracts with these alterations.
fn altered(alterations: &[Alteration<'_>]) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["model", "host", "strategy", "adapter", "dialog"] {
        fs::create_dir(copy.path().join(folder)).unwrap();
        for file in fs::read_dir(root().join("wit").join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&file, copy.path().join(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    for (file, from, to) in alterations {
        let path = copy.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} stands once in {file}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    copy
}

/// A component of that kind's world in those contracts.
fn component(kind: &str, contracts: &Path) -> Vec<u8> {
    let (folder, world) = match kind {
        "rule" => ("strategy", "rule-plugin"),
        "adapter" => ("adapter", "adapter"),
        _ => ("dialog", "dialog"),
    };
    let mut resolve = Resolve::default();
    for shared in ["model", "host"] {
        resolve.push_dir(contracts.join(shared)).unwrap();
    }
    let (package, _) = resolve.push_dir(contracts.join(folder)).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// Whether the host loads a plugin of that kind that was built for contracts altered so.
fn outcome(kind: &str, alterations: &[Alteration<'_>]) -> Result<(), String> {
    let contracts = altered(alterations);
    let manifest = format!(
        "name = \"altered\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\ndescription = \"For altered contracts\"\n"
    );
    let component = embed(&component(kind, contracts.path()), &manifest).unwrap();
    load("altered", &component).map(drop).map_err(|error| error.to_string())
}

#[track_caller]
fn loads(kind: &str, alterations: &[Alteration<'_>]) {
    assert_eq!(outcome(kind, alterations), Ok(()));
}

/// Refused for the structure of its types or functions, with a message that says so.
#[track_caller]
fn breaks(kind: &str, alteration: Alteration<'_>) {
    let told = outcome(kind, &[alteration]).expect_err("it breaks the contract");
    assert!(told.contains("but its functions are not those of this host's contract: "), "{told}");
    assert!(told.ends_with("build it with the guest SDK of this host's version"), "{told}");
}

#[test]
fn the_contracts_as_they_are_load() {
    for kind in ["rule", "adapter", "dialog"] {
        loads(kind, &[]);
    }
}

#[test]
fn a_case_added_breaks_old_plugins() {
    breaks("rule", (RULE, "    divert(string),\n", ""));
    breaks("adapter", (ADAPTER, "    skipped(contact),\n", ""));
    breaks("adapter", (ADAPTER, "    asked-roster,\n", ""));
    breaks("dialog", (DIALOG, "    divert(string),\n", ""));
    breaks("dialog", (TYPES, "    menu(list<link-target>),\n", ""));
}

#[test]
fn a_field_added_breaks_old_plugins() {
    breaks("rule", (RULE, "    language: string,\n", ""));
    breaks("adapter", (TYPES, "    sender-name: string,\n", ""));
    breaks("dialog", (TYPES, "    sender-name: string,\n", ""));
}

#[test]
fn an_exported_function_added_breaks_old_plugins() {
    breaks("rule", (RULE, "    memory: func() -> option<saved-state>;\n", ""));
    breaks("adapter", (ADAPTER, "  sort-key: func(data: list<u8>) -> string;\n", ""));
    breaks("dialog", (DIALOG, "    save: func() -> saved-state;\n", ""));
}

#[test]
fn so_does_whatever_a_new_plugin_has_in_its_types() {
    breaks("rule", (RULE, "    refuse(string),\n", "    refuse(string),\n    postpone(timestamp),\n"));
    breaks("rule", (RULE, "    language: string,\n", "    language: string,\n    mood: string,\n"));
    breaks("adapter", (ADAPTER, "    timer(u32),\n", "    timer(u64),\n"));
    let two_exchanged = "record failure {\n    text: string,\n    code: string,\n  }\n  record former-failure {\n";
    breaks("dialog", (TYPES, "record failure {\n", two_exchanged));
}

#[test]
fn an_imported_function_added_does_not_break_old_plugins() {
    // They do not ask for it: neither for one function of an interface, nor for a whole one.
    loads("adapter", &[(ADAPTER, "  import cordboard:host/text@1.0.0;\n", "")]);
    loads("rule", &[(RULE, "  import cordboard:host/log@1.0.0;\n", "")]);
    loads("dialog", &[(LOG, "  log: func(level: level, text: string);\n", "")]);
}

#[test]
fn a_new_plugin_that_asks_for_what_this_host_has_not_is_refused_by_name() {
    let function = (LOG, "  log: func(", "  span: func(name: string);\n  log: func(");
    let told = outcome("rule", &[function]).unwrap_err();
    assert!(told.contains("cordboard:host/log@1.0.0") && told.contains("span"), "{told}");
    let interface = [
        (LOG, "interface log {", "interface clock {\n  now: func() -> u64;\n}\ninterface log {"),
        (RULE, "  import cordboard:host/log@1.0.0;\n", "  import cordboard:host/clock@1.0.0;\n"),
    ];
    let told = outcome("rule", &interface).unwrap_err();
    assert!(
        told.contains("imports cordboard:host/clock@1.0.0;") && told.ends_with("it is built for a newer host"),
        "{told}"
    );
}

#[test]
fn an_optional_interface_does_not_break() {
    let optional = [
        (
            RULE,
            "interface rule {",
            "interface forecast {\n  expected-ms: func(queue: string) -> u64;\n}\ninterface rule {",
        ),
        (RULE, "  export rule;\n", "  export rule;\n  export forecast;\n"),
    ];
    loads("rule", &optional);
}

#[test]
fn another_major_version_is_refused_by_its_number() {
    let two = [(RULE, "package cordboard:strategy@1.0.0;", "package cordboard:strategy@2.0.0;")];
    let told = outcome("rule", &two).unwrap_err();
    let expected = "is built for cordboard:strategy/rule@2.0.0, this host speaks cordboard:strategy/rule@1.0.0";
    assert!(told.contains(expected), "{told}");
}
