//! What authors of plugins do: a new crate of each kind, tested, built and looked at; and `dev` while sources are saved.

use crate::Scenario;
use crate::rig::{Centre, Host, cordboard, root, said, text_of, until_within};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "a new rule builds, tests and is accepted at once", needs: &[], run: new_rule },
    Scenario { name: "a new adapter builds, tests and is accepted at once", needs: &[], run: new_adapter },
    Scenario { name: "a new dialog builds, tests and is accepted at once", needs: &[], run: new_dialog },
    Scenario { name: "a test that fails shows what differs and what to do", needs: &[], run: fails_readably },
    Scenario { name: "dev goes on over a mistake, and builds what is saved", needs: &[], run: dev_on_save },
];

/// Time to compile a plugin and the SDK, on a machine that has other things to do.
const COMPILE: Duration = Duration::from_mins(10);

fn run(arguments: &[&str]) -> Output {
    cordboard(arguments).output().expect("cordboard runs")
}

#[track_caller]
fn works(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// A folder for crates; they compile to one target folder, so that the SDK is not compiled for each.
fn desk() -> TempDir {
    let desk = TempDir::new().expect("a folder");
    share_target(desk.path());
    desk
}

fn share_target(folder: &Path) {
    let target = text_of(&root().join("target/plugins/authors"));
    fs::create_dir(folder.join(".cargo")).expect("a folder for cargo's settings");
    fs::write(folder.join(".cargo/config.toml"), format!("[build]\ntarget-dir = {target:?}\n")).expect("a file");
}

/// New, tested, built, checked and looked at; gives the component and what the test said.
fn made(desk: &Path, kind: &str, name: &str) -> (PathBuf, String) {
    let dir = text_of(&desk.join(name));
    works(&["plugin", "new", kind, name, "--dir", &dir]);
    let tested = works(&["plugin", "test", &dir]);
    assert!(tested.contains("test result: ok"), "its native tests ran: {tested}");
    assert!(tested.contains(".trial: fine, "), "its transcript was played: {tested}");
    let file = desk.join(format!("{name}.wasm"));
    works(&["plugin", "build", &dir, "-o", &text_of(&file)]);
    let checked = works(&["plugin", "check", &text_of(&file)]);
    assert!(checked.contains(&format!("can be loaded, as {kind} {name}")), "{checked}");
    let inspected = run(&["plugin", "inspect", &text_of(&file), "--json"]);
    let found: serde_json::Value = serde_json::from_slice(&inspected.stdout).expect("JSON");
    assert_eq!((&found["manifest"]["kind"], &found["manifest"]["name"]), (&kind.into(), &name.into()), "{found}");
    assert!(found["refused"].is_null(), "{found}");
    assert_eq!(found["transcripts"].as_array().map(Vec::len), Some(1), "{found}");
    (file, tested)
}

fn new_rule() {
    let desk = desk();
    let (file, tested) = made(desk.path(), "rule", "night-shift");
    assert!(tested.contains("the law of rules: kept for "), "{tested}");
    // An operator drops it and names it.
    let plugins = TempDir::new().expect("a folder");
    for plugin in ["xmpp", "longest-idle", "least-busy"].map(|name| format!("{name}.wasm")) {
        fs::copy(cordboard::build::for_tests().join(&plugin), plugins.path().join(&plugin)).expect("it was built");
    }
    fs::copy(&file, plugins.path().join("night-shift.wasm")).expect("it was built");
    let folder = format!("folder = {:?}", text_of(&cordboard::build::for_tests()));
    let centre = Centre::adapted(&[(
        "rules = [\"least-busy\", \"longest-idle\"]",
        "rules = [\"night-shift\", \"longest-idle\"]",
    )]);
    centre.replace(&folder, &format!("folder = {:?}", text_of(plugins.path())));
    let checked = works(&["check", "--config", &text_of(&centre.file())]);
    assert!(checked.contains("rule night-shift 0.1.0"), "{checked}");
}

fn new_adapter() {
    made(desk().path(), "adapter", "line-chat");
}

fn new_dialog() {
    made(desk().path(), "dialog", "interview");
}

fn fails_readably() {
    let desk = desk();
    let dir = desk.path().join("picky");
    works(&["plugin", "new", "rule", "picky", "--dir", &text_of(&dir)]);
    let trial = dir.join("trials/skilled-first.trial");
    let text = fs::read_to_string(&trial).expect("it has a transcript");
    let wrong = text.replacen("< keep [{\"agent\":2,\"tier\":0}]", "< keep [{\"agent\":3,\"tier\":0}]", 1);
    assert_ne!(wrong, text);
    fs::write(&trial, wrong).expect("it can be written");
    let output = run(&["plugin", "test", &text_of(&dir)]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for part in [
        "trials/skilled-first.trial:11: > rank-agents {\"session\":7,\"explain\":true}",
        "    12 - keep [{\"agent\":3,\"tier\":0}]",
        "       + keep [{\"agent\":2,\"tier\":0}]",
        "1 problem found; if the answers are as they should be now, write them with `--record`",
    ] {
        assert!(said(&output).contains(part), "{part:?} in {}", said(&output));
    }
    let recorded = works(&["plugin", "test", &text_of(&dir), "--record"]);
    assert!(recorded.contains("trials/skilled-first.trial: recorded"), "{recorded}");
    assert_eq!(fs::read_to_string(&trial).expect("it is there"), text);
}

/// A copy of the workspace, without what was built.
fn workspace() -> TempDir {
    let copy = desk();
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(file), copy.path().join(file)).expect("a copy");
    }
    for folder in ["host", "guest-sdk", "plugins", "tests", "wit"] {
        copy_folder(&root().join(folder), &copy.path().join(folder));
    }
    // All of its plugins are compiled anew, so it has no more than the demonstration works with. The others are what tests of the host
    // depend on, which nobody builds here.
    let manifest = copy.path().join("host/Cargo.toml");
    let mut dependencies = fs::read_to_string(&manifest).expect("the host has a manifest");
    for rule in fs::read_dir(copy.path().join("plugins/rules")).expect("a folder").map(|rule| rule.expect("an entry")) {
        let name = rule.file_name().into_string().expect("a name in ASCII");
        if !["longest-idle", "least-busy"].contains(&name.as_str()) {
            fs::remove_dir_all(rule.path()).expect("it is ours");
            dependencies = dependencies.replace(&format!("cordboard-rule-{name}.workspace = true\n"), "");
        }
    }
    fs::write(manifest, dependencies).expect("it is ours");
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            fs::copy(&path, &copy).expect("a copy");
        }
    }
}

fn dev_on_save() {
    let workspace = workspace();
    let source = workspace.path().join("plugins/rules/longest-idle/src/lib.rs");
    let good = fs::read_to_string(&source).expect("the rule is there");
    let host = Host::start_in(workspace.path());
    let component = host.data().join("plugins/longest-idle.wasm");
    let built = || fs::read(&component).expect("a whole component is there all the time");
    let first = built();

    fs::write(&source, format!("{good}\nfn mistake() -> u32 {{ \"no number\" }}\n")).expect("it can be saved");
    until_within(COMPILE, "the mistake is shown", || host.log().contains("the demo goes on as it was"));
    assert!(host.log().contains("mismatched types"), "with what the compiler says");
    assert_eq!(built(), first, "nothing was changed");
    host.look("status");

    let other = good.replacen("idle for {", "has been idle for {", 1);
    assert_ne!(other, good);
    fs::write(&source, other).expect("it can be saved");
    until_within(COMPILE, "what was saved is built", || built() != first);
    cordboard::plugin::check("longest-idle.wasm", &built()).expect("it is whole");
    host.look_until("status", &["\"waiting\":0"]);
    let beside = fs::read_dir(host.data().join("plugins")).expect("the folder is there");
    let hidden = beside.filter(|entry| entry.as_ref().is_ok_and(|e| e.file_name().to_string_lossy().starts_with('.')));
    assert_eq!(hidden.count(), 0, "nothing is left beside the components");
}
