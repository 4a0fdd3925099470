//! A rule in C (`tests/compat/c/`): bound by wit-bindgen, compiled by clang without any library, and made a component, as it is done for any
//! language that compiles to WebAssembly. Where a language's runtime wants WASI, it has to be stubbed in this step; the host grants none.
//!
//! Skipped, and said so, where clang or wasm-ld is absent; with `CI=true` that is a failure.

use super::{load, root};
use cordboard::model::limits::Limits;
use cordboard::model::rule::{Agent, Change, Rule as _, Session};
use cordboard::model::{AgentName, Timestamp};
use cordboard::plugin::trial::{self, Observed};
use cordboard::plugin::{AnyPlugin, RulePlugin, embed};
use std::fs;
use std::path::Path;
use std::process::Command;
use wasm_encoder::{ComponentSection, CustomSection};
use wit_bindgen_core::Files;
use wit_component::ComponentEncoder;
use wit_parser::Resolve;

/// Why the tools are not here.
fn absent() -> Option<String> {
    let runs =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let absent: Vec<&str> = ["clang", "wasm-ld"].into_iter().filter(|program| !runs(program)).collect();
    (!absent.is_empty()).then(|| format!("{} is absent (apt-get install clang lld)", absent.join(" and ")))
}

/// Header and source of the world `rule-plugin`, and an object with its types.
fn bind(folder: &Path) {
    let mut resolve = Resolve::default();
    for shared in ["model", "host"] {
        resolve.push_dir(root().join("wit").join(shared)).unwrap();
    }
    let (package, _) = resolve.push_dir(root().join("wit/strategy")).unwrap();
    let world = resolve.select_world(&[package], Some("rule-plugin")).unwrap();
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).unwrap();
    for (name, content) in files.iter() {
        fs::write(folder.join(name), content).unwrap();
    }
}

fn compile(folder: &Path) -> Vec<u8> {
    let source = root().join("tests/compat/c");
    let output = Command::new("clang")
        .args(["--target=wasm32-unknown-unknown", "-O2", "-ffreestanding", "-fno-builtin", "-nostdlib"])
        .args(["-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-Wl,--stack-first", "-Wl,-z,stack-size=65536"])
        .arg("-I")
        .arg(source.join("libc"))
        .arg("-I")
        .arg(folder)
        .arg(source.join("rule.c"))
        .arg(source.join("libc/libc.c"))
        .args(["rule_plugin.c", "rule_plugin_component_type.o"].map(|file| folder.join(file)))
        .args(["-o", "module.wasm"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(folder.join("module.wasm")).unwrap()
}

/// The component with its manifest and transcripts, as `cordboard plugin build` makes them of a crate.
fn component() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    bind(folder.path());
    let module = compile(folder.path());
    let component = ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
    let source = root().join("tests/compat/c");
    let mut component = embed(&component, &fs::read_to_string(source.join("plugin.toml")).unwrap()).unwrap();
    for name in ["home-queue", "no-settings"] {
        let text = fs::read_to_string(source.join("trials").join(name).with_extension(trial::EXTENSION)).unwrap();
        let data = format!("{name}\n{text}");
        CustomSection { name: trial::SECTION.into(), data: data.as_bytes().into() }.append_to_component(&mut component);
    }
    component
}

#[test]
fn a_rule_in_c_is_a_rule_like_any_other() {
    if let Some(why) = absent() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "a rule in C can't be built: {why}");
        eprintln!("SKIPPED: a rule in C can't be built: {why}");
        return;
    }
    let bytes = component();
    let plugin = load("home-queue", &bytes).unwrap();
    let passed = trial::check_embedded(&plugin, &bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(passed.trials, 2);
    let AnyPlugin::Rule(rule) = &plugin else { panic!("its manifest says that it is a rule") };
    assert!(matches!(trial::check_law(rule, "{}"), Observed::Kept(_)), "{:?}", trial::check_law(rule, "{}"));
    let mut rule = RulePlugin::open(rule, "home-queue", "{}", None).unwrap();
    frees_what_it_is_given(&mut rule);
    decides_for_ten_thousand(&mut rule);
}

fn agent(number: u32) -> Change {
    let text = |words: &str| words.to_owned();
    Change::Agent(Agent {
        agent: number,
        name: AgentName::new("jim"),
        kind: text("person"),
        state: text("available"),
        since: Timestamp(0),
        idle_since: Timestamp(0),
        queues: vec![text("sales"), text("billing")],
        skills: Vec::new(),
        loads: Vec::new(),
        software: vec![text("xmpp")],
        attributes: Vec::new(),
    })
}

fn session(number: u32) -> Change {
    let text = |words: &str| words.to_owned();
    Change::Session(Session {
        session: number,
        queue: text("billing"),
        medium: text("chat"),
        provider: String::new(),
        software: String::new(),
        software_version: String::new(),
        language: String::new(),
        priority: 0,
        arrived_at: Timestamp(0),
        waiting_since: Timestamp(0),
        member: String::new(),
        passed_over: vec![1, 2, 3],
        attributes: Vec::new(),
    })
}

/// C has no destructors: what is not freed adds up.
fn frees_what_it_is_given(rule: &mut RulePlugin) {
    rule.changed(&[session(7)]).unwrap();
    let mut rounds = |count: u32| {
        for _ in 0..count {
            rule.changed(&[agent(1), agent(2), Change::AgentGone(2), session(8), Change::SessionGone(8)]).unwrap();
            rule.rank_agents(Timestamp(1), 7, &[1, 2], true).unwrap();
            rule.rank_agents(Timestamp(1), 9, &[1, 2], false).unwrap();
            rule.rank_sessions(Timestamp(1), 1, &[7, 8], false).unwrap();
            rule.learned(Timestamp(1), 7, 1, "offered").unwrap();
        }
        rule.memory_bytes()
    };
    let settled = rounds(100);
    assert_eq!(rounds(5_000), settled, "its memory stays as large as it was");
}

fn decides_for_ten_thousand(rule: &mut RulePlugin) {
    let everybody: Vec<Change> = (0..10_000).map(agent).collect();
    rule.changed(&everybody).unwrap();
    let candidates: Vec<u32> = (0..10_000).collect();
    rule.rank_agents(Timestamp(1), 7, &candidates, false).unwrap();
    assert!(rule.fuel_used() < Limits::default().call_fuel, "{} of fuel", rule.fuel_used());
}
