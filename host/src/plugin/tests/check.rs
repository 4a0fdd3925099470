//! Files that are refused, and what is said of them.

use super::components::{component, loader};
use crate::model::limits::Limits;
use crate::plugin::{PluginError, PluginSet, embed, extract};
use crate::trust::{Grant, Grants, KeyPair, Policy, Trust, digest_of, sign};
use expect_test::{Expect, expect};
use std::collections::BTreeMap;
use std::path::Path;

fn refusal(bytes: &[u8]) -> String {
    loader(&Limits::default()).load(Path::new("plugins/new.wasm"), bytes).unwrap_err().to_string()
}

fn manifest(kind: &str) -> String {
    format!("name = \"new\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\ndescription = \"A new one\"\n")
}

/// A component in text form, with the manifest of a plugin of that kind.
fn written(kind: &str, text: &str) -> Vec<u8> {
    embed(&wat::parse_str(text).unwrap(), &manifest(kind)).unwrap()
}

/// Offsets and sizes depend on the compiler.
fn without_numbers(words: &str) -> String {
    let mut plain = words.to_owned();
    for before in ["(at offset ", "wanted "] {
        if let Some(at) = plain.find(before).map(|at| at + before.len()) {
            let end = at + plain[at..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(0);
            plain.replace_range(at..end, "N");
        }
    }
    plain
}

fn check(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&without_numbers(&refusal(bytes)));
}

#[test]
fn no_web_assembly() {
    check(
        b"",
        &expect![
            "plugin new.wasm: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found an empty file; build it with `cordboard plugin build`"
        ],
    );
    check(
        b"#!/bin/sh\n",
        &expect![
            "plugin new.wasm: is not WebAssembly: expected a component, which begins with the bytes 00 61 73 6d, found 23 21 2f 62; build it with `cordboard plugin build`"
        ],
    );
    check(
        &wat::parse_str("(module)").unwrap(),
        &expect![
            "plugin new.wasm: is a core WebAssembly module, expected a component; `cordboard plugin build` makes one of a plugin's crate"
        ],
    );
}

#[test]
fn cut_off_anywhere_it_is_refused() {
    let whole = component("longest-idle");
    check(
        &whole[..whole.len() / 2],
        &expect![
            "plugin new.wasm: is damaged or incomplete: unexpected end-of-file (at offset N); copy it again, or build it again"
        ],
    );
    check(
        &whole[..9],
        &expect![
            "plugin new.wasm: is damaged or incomplete: unexpected end-of-file (at offset N); copy it again, or build it again"
        ],
    );
    let manifest = extract(&whole).unwrap().len();
    for cut in (0..whole.len()).step_by(whole.len() / 97).chain([whole.len() - manifest / 2, whole.len() - 1]) {
        refusal(&whole[..cut]);
    }
}

#[test]
fn damaged_inside_it_is_refused() {
    let mut damaged = component("longest-idle");
    let at = damaged.windows(6).position(|bytes| bytes == b"memory").unwrap();
    damaged[at..at + 6].copy_from_slice(b"\xff\xff\xff\xff\xff\xff");
    let refused = refusal(&damaged);
    assert!(refused.contains("is damaged or incomplete"), "{refused}");
}

#[test]
fn too_large() {
    let mut large = b"\0asm\x0d\0\x01\0".to_vec();
    large.resize(16 * 1024 * 1024 + 1, 0);
    check(
        &large,
        &expect![
            "plugin new.wasm: has 16777217 bytes, a plugin may have at most 16777216; build it in release mode and without debug information"
        ],
    );
}

#[test]
fn without_a_manifest_or_with_a_bad_one() {
    check(
        &wat::parse_str("(component)").unwrap(),
        &expect![
            "plugin new.wasm: has no manifest: expected the custom section `cordboard:manifest` with its plugin.toml; build it with `cordboard plugin build`, which puts it in"
        ],
    );
    let text = r#"(component (@custom "cordboard:manifest" "name = \"new\"\nversion = \"1.0.0\"\ndescription = \"A new one\"\n"))"#;
    check(
        &wat::parse_str(text).unwrap(),
        &expect![[r#"
        plugin new.wasm: its manifest (plugin.toml) is not valid: TOML parse error at line 1, column 1
          |
        1 | name = "new"
          | ^
        missing field `kind`"#]],
    );
    let text = r#"(component (@custom "cordboard:manifest" "\ff\fe"))"#;
    check(
        &wat::parse_str(text).unwrap(),
        &expect![
            "plugin new.wasm: its manifest (plugin.toml) is not valid: invalid utf-8 sequence of 1 bytes from index 0"
        ],
    );
}

#[test]
fn imports_that_nobody_gets() {
    let import = |kind: &str, name: &str| written(kind, &format!("(component (import \"{name}\" (instance)))"));
    check(
        &import("rule", "wasi:cli/environment@0.2.3"),
        &expect![
            "plugin new: is a plugin of kind rule and imports wasi:cli/environment@0.2.3; that kind may import cordboard:model/types, cordboard:host/log and nothing else; compile it for wasm32-unknown-unknown, without WASI"
        ],
    );
    check(
        &import("adapter", "cordboard:host/clock@1.1.0"),
        &expect![
            "plugin new: is a plugin of kind adapter and imports cordboard:host/clock@1.1.0; that kind may import cordboard:model/types, cordboard:host/log, cordboard:host/text and nothing else; it is built for a newer host"
        ],
    );
    check(
        &import("rule", "cordboard:host/text@1.0.0"),
        &expect![
            "plugin new: is a plugin of kind rule and imports cordboard:host/text@1.0.0; that kind may import cordboard:model/types, cordboard:host/log and nothing else"
        ],
    );
    check(
        &import("dialog", "cordboard:host/log@2.0.0"),
        &expect![
            "plugin new: is built for cordboard:host/log@2.0.0, this host speaks cordboard:host/log@1.0.0; build it with the guest SDK of this host's version"
        ],
    );
}

#[test]
fn another_world() {
    let export =
        |kind: &str, name: &str| written(kind, &format!("(component (instance $i) (export \"{name}\" (instance $i)))"));
    check(
        &written("rule", "(component)"),
        &expect![[
            r#"plugin new: its manifest says kind = "rule", so it should export cordboard:strategy/rule@1.0.0; it exports nothing; correct `kind` in plugin.toml, or export the world of that kind"#
        ]],
    );
    check(
        &export("rule", "cordboard:adapter/protocol@1.0.0"),
        &expect![[
            r#"plugin new: its manifest says kind = "rule", so it should export cordboard:strategy/rule@1.0.0; it exports cordboard:adapter/protocol@1.0.0; correct `kind` in plugin.toml, or export the world of that kind"#
        ]],
    );
    check(
        &export("rule", "cordboard:strategy/rule@2.0.0"),
        &expect![
            "plugin new: is built for cordboard:strategy/rule@2.0.0, this host speaks cordboard:strategy/rule@1.0.0; build it with the guest SDK of this host's version"
        ],
    );
    check(
        &export("dialog", "cordboard:dialog/script@1.0.0"),
        &expect![
            "plugin new: says cordboard:dialog/script@1.0.0, but its functions are not those of this host's contract: instance export `cordboard:dialog/script@1.0.0` does not have export `[static]conversation.open`; build it with the guest SDK of this host's version"
        ],
    );
}

#[test]
fn the_right_names_with_other_types() {
    let text = r#"(component
        (import "cordboard:host/log@1.0.0" (instance (export "log" (func (param "text" string)))))
        (instance $i) (export "cordboard:strategy/rule@1.0.0" (instance $i)))"#;
    check(
        &written("rule", text),
        &expect![
            "plugin new: says cordboard:strategy/rule@1.0.0, but its functions are not those of this host's contract: component imports instance `cordboard:host/log@1.0.0`, but a matching implementation was not found in the linker: instance export `log` has the wrong type: type mismatch with parameters: expected 2-tuple, found 1-tuple; build it with the guest SDK of this host's version"
        ],
    );
    let text = r#"(component
        (import "cordboard:host/log@1.0.0" (instance (export "flush" (func))))
        (instance $i) (export "cordboard:strategy/rule@1.0.0" (instance $i)))"#;
    check(
        &written("rule", text),
        &expect![
            "plugin new: says cordboard:strategy/rule@1.0.0, but its functions are not those of this host's contract: component imports instance `cordboard:host/log@1.0.0`, but a matching implementation was not found in the linker: instance export `flush` has the wrong type: function implementation is missing; build it with the guest SDK of this host's version"
        ],
    );
}

#[test]
fn more_memory_than_the_operator_gives() {
    let greedy = format!("{}[limits]\nmemory_bytes = 4194304\n", manifest("adapter"));
    check(
        &embed(&component("echoes"), &greedy).unwrap(),
        &expect![
            "plugin new: asks for 4194304 bytes of memory, the limit is 2097152; raise `limits.adapter_memory_bytes` if it should have them"
        ],
    );
    let tiny = format!("{}[limits]\nmemory_bytes = 1024\n", manifest("adapter"));
    check(
        &embed(&component("echoes"), &tiny).unwrap(),
        &expect!["plugin new: can't be started: exceeded a limit: wanted N bytes of memory and may have 1024"],
    );
    let modest = format!("{}[limits]\nmemory_bytes = 1500000\n", manifest("adapter"));
    let plugin = loader(&Limits::default()).load(Path::new("new.wasm"), &embed(&component("echoes"), &modest).unwrap());
    assert_eq!(plugin.unwrap().about().memory_bytes, 1_500_000);
}

/// Built from source like any other plugin, so that the words are those of a plugin that somebody really made.
#[test]
fn a_plugin_of_another_world_or_of_the_future() {
    check(
        &component("wrong-world"),
        &expect![[
            r#"plugin wrong-world: its manifest says kind = "rule", so it should export cordboard:strategy/rule@1.0.0; it exports cordboard:adapter/protocol@1.0.0; correct `kind` in plugin.toml, or export the world of that kind"#
        ]],
    );
    check(
        &component("future-contract"),
        &expect![
            "plugin future-contract: is built for cordboard:strategy/rule@2.0.0, this host speaks cordboard:strategy/rule@1.0.0; build it with the guest SDK of this host's version"
        ],
    );
}

/// A manifest as somebody without our tools would put it in.
fn with_manifest(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (@custom \"cordboard:manifest\" {text:?}))")).unwrap()
}

#[test]
fn a_schema_that_is_none() {
    let manifest = manifest("rule");
    check(
        &with_manifest(&format!("{manifest}[settings]\ntype = \"objekt\"\n")),
        &expect![[
            r#"plugin new.wasm: its manifest (plugin.toml) is not valid: `settings.type` is "\"objekt\"", expected "object": `settings` is a JSON Schema"#
        ]],
    );
    check(
        &with_manifest(&format!("{manifest}[settings]\ntype = \"object\"\nminProperties = -1\n")),
        &expect![
            "plugin new.wasm: its manifest (plugin.toml) is not valid: `settings` is not a JSON Schema: `settings.minProperties`: -1 is less than the minimum of 0"
        ],
    );
}

#[test]
fn hosts_that_were_not_granted() {
    let asking =
        embed(&component("longest-idle"), &format!("hosts = [\"api.example\"]\n{}", manifest("rule"))).unwrap();
    let under = |grants: Grants| {
        let policy = Policy { grants, ..Policy::default() };
        loader(&Limits::default()).under(policy).load(Path::new("plugins/new.wasm"), &asking)
    };
    let only = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Grants::Only([("new".to_owned(), Grant { hosts, ..Grant::default() })].into())
    };
    expect![[r#"
        plugin new: wants to reach api.example over HTTP, and is granted no host; if it may, write in the operator's file
          [plugins.grants]
          new = { hosts = ["api.example"] }"#]].assert_eq(&under(Grants::Only(BTreeMap::default())).unwrap_err().to_string());
    assert_eq!(under(only(&["*.example"])).unwrap().about().hosts, ["api.example"]);
    assert_eq!(under(Grants::Everything).unwrap().about().hosts, ["api.example"], "as a developer wants it");
}

#[test]
fn what_is_not_trusted_is_not_even_looked_at() {
    let pair = KeyPair::generate(None).unwrap();
    let trusting = |trust: Trust| loader(&Limits::default()).under(Policy { trust, ..Policy::default() });
    let signed = trusting(Trust::Signatures(vec![pair.public.clone()]));
    let listed = trusting(Trust::Digests([digest_of(&component("longest-idle"))].into()));
    let path = Path::new("plugins/new.wasm");
    let junk = b"\0asm that no parser should meet";
    for refusal in [signed.load(path, junk).unwrap_err(), listed.load(path, junk).unwrap_err()] {
        assert!(matches!(&refusal, PluginError::Untrusted { plugin, .. } if plugin == "new.wasm"), "{refusal}");
    }
    let signature = |bytes: &[u8]| sign(&pair.secret_file, None, bytes, "").unwrap().0;
    let good = component("longest-idle");
    assert!(signed.load_signed(path, &good, Some(&signature(&good))).is_ok());
    assert!(listed.load(path, &good).is_ok());
    let refusal = signed.load_signed(path, junk, Some(&signature(junk))).unwrap_err();
    assert!(matches!(refusal, PluginError::Malformed { .. }), "trusted, and still checked: {refusal}");
}

#[test]
fn a_folder_is_read_with_its_signatures() {
    let pair = KeyPair::generate(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let idle = component("longest-idle");
    put("longest-idle.wasm", &idle);
    put("longest-idle.wasm.minisig", sign(&pair.secret_file, None, &idle, "").unwrap().0.as_bytes());
    put("least-busy.wasm", &component("least-busy"));
    put("echoes.wasm", &component("echoes"));
    put("echoes.wasm.minisig", b"\xff\xfe");
    let policy = Policy { trust: Trust::Signatures(vec![pair.public.clone()]), ..Policy::default() };
    let (set, refused) = PluginSet::load(&loader(&Limits::default()).under(policy), folder.path());
    assert_eq!(set.iter().map(|plugin| plugin.about().manifest.name.as_str()).collect::<Vec<_>>(), ["longest-idle"]);
    let refused: Vec<_> =
        refused.iter().map(|error| error.to_string().replace(&pair.public.id().to_string(), "OURS")).collect();
    expect![[r"
        plugin echoes.wasm: has a signature that can't be read: expected what minisign writes, but it is not made of four lines as minisign writes them; copy the .minisig file again, or sign again
        plugin least-busy.wasm: has no signature: expected a file of its name with .minisig beside it, signed with the key OURS, found none; copy the signature that its author gives along, or sign it yourself: `cordboard plugin sign`"]].assert_eq(&refused.join("\n"));
}
