//! A service of one's own, from the annotated example, and the commands beside it.

use crate::Scenario;
use crate::rig::{Centre, Client, Host, Login, Need, accept_at, cordboard, root, said, text_of};
use std::fs;
use std::process::Output;
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "the annotated example serves, stops, and its journal replays",
        needs: &[Need::Slixmpp],
        run: serves_and_replays,
    },
    Scenario { name: "a file is checked, and each mistake has its line and its fix", needs: &[], run: checks },
    Scenario { name: "a plugin is built to a file and checked", needs: &[], run: builds_a_plugin },
    Scenario { name: "a file that is no plugin is refused with the reason", needs: &[], run: refuses_plugins },
];

fn run(arguments: &[&str]) -> Output {
    cordboard(arguments).output().expect("cordboard runs")
}

fn serves_and_replays() {
    let centre = Centre::adapted(&[]);
    let (centre_file, file) = (centre.file(), text_of(&centre.file()));
    let early = run(&["agent", "list", "--config", &file]);
    assert_eq!(early.status.code(), Some(1), "{}", said(&early));
    assert!(said(&early).contains("no cordboard is running"), "{}", said(&early));
    let mut host = Host::serve(centre);
    for arguments in [
        ["agent", "add", "jim", "--skills", "billing:7,sales:3", "--capacity", "chat=3"].as_slice(),
        &["customer", "add", "joe", "--shown-as", "Joe"],
    ] {
        let added = host.add(arguments, "a long secret");
        assert!(added.status.success(), "{}", said(&added));
    }
    let mut agent = Client::online(&Login::new("jim@desk.center.example/desk", "a long secret", host.agents()));
    host.look_until("agents", &["jim", "available"]);
    let mut customer = Client::online(&Login::new("joe@center.example/phone", "a long secret", host.customers()));
    customer.say("refunds@center.example", "c1", "I want it back");
    let alias = accept_at(&mut agent, "billing@desk.center.example", "I want it back");
    agent.say(&alias, "a1", "You get it back");
    customer.hears("You get it back");
    agent.say(&alias, "a2", "end");
    customer.hears("has ended");
    let busy = run(&["replay", "--config", &file]);
    assert_eq!(busy.status.code(), Some(1), "a running service's journal is its own: {}", said(&busy));
    let exported = text_of(&centre_file.with_file_name("exported.journal"));
    let export = run(&["journal", "export", &exported, "--config", &file]);
    assert_eq!(export.status.code(), Some(0), "while it runs: {}", said(&export));
    let again = run(&["replay", &exported]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("of 1 runs came out as they did"), "{}", said(&again));
    let other = run(&["replay", &exported, "--rules", "main=longest-idle", "--config", &file]);
    assert_eq!(other.status.code(), Some(0), "{}", said(&other));
    for part in [
        "main: sessions",
        "OTHER RULES",
        "0 sessions go to somebody else",
        "the model's error",
        "same rules   least-busy (",
        "other rules  longest-idle (",
        "decisions of the recorded day were put to the other rules; 0 of them differ",
    ] {
        assert!(said(&other).contains(part), "{part}: {}", said(&other));
    }
    let explained = run(&["explain", "1", "--config", &file]);
    assert_eq!(explained.status.code(), Some(0), "{}", said(&explained));
    for part in [
        "Joe came over the link refunds",
        "keeps jim",
        "so it goes to jim",
        "jim took it",
        "longest-idle (",
        "ended by the agent",
        "longest-idle of pool main answered as component",
        "the one that is at hand",
    ] {
        assert!(said(&explained).contains(part), "{part}: {}", said(&explained));
    }
    let stopped = run(&["stop", "--config", &file]);
    assert!(stopped.status.success(), "{}", said(&stopped));
    assert!(host.ended().success());
    let replayed = run(&["replay", "--config", &file]);
    assert_eq!(replayed.status.code(), Some(0), "{}", said(&replayed));
    assert!(said(&replayed).contains("of 1 runs came out as they did"), "{}", said(&replayed));
    assert!(!host.log().contains("a long secret"), "no password in the log");
}

fn checks() {
    let centre = Centre::adapted(&[]);
    let file = text_of(&centre.file());
    let fine = run(&["check", "--config", &file]);
    assert_eq!(fine.status.code(), Some(0), "{}", said(&fine));
    for part in ["fine", "longest-idle", "least-busy", "xmpp", "certificate can be used"] {
        assert!(said(&fine).contains(part), "{part}: {}", said(&fine));
    }
    fs::remove_file(centre.file().with_file_name("desk.key")).expect("it was made");
    let absent = run(&["check", "--config", &file]);
    assert_eq!(absent.status.code(), Some(1), "{}", said(&absent));
    assert!(said(&absent).contains("desk.key") && said(&absent).contains("`agents`"), "{}", said(&absent));
    let rules = "rules = [\"least-busy\", \"longest-idle\"]";
    centre.replace(rules, "rules = [\"least-bussy\", \"longest-idle\"]");
    let unknown = run(&["check", "--config", &file]);
    assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown));
    assert!(said(&unknown).contains("there is no rule \"least-bussy\""), "{}", said(&unknown));
    let line = centre.replace("expire_s = 20", "expire_s = \"soon\"");
    let output = run(&["check", "--config", &file]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for part in [&format!("{file}:{line}:12"), "expected: ", "found: the text \"soon\"", "fix: "] {
        assert!(said(&output).contains(part), "{part}: {}", said(&output));
    }
    let refused = run(&["serve", "--config", &file]);
    assert_eq!(refused.status.code(), Some(1), "what check refuses is not served: {}", said(&refused));
    let nowhere = run(&["check", "--config", "nowhere.toml"]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", said(&nowhere));
    assert!(said(&nowhere).contains("nowhere.toml"), "{}", said(&nowhere));
}

fn builds_a_plugin() {
    let folder = TempDir::new().expect("a folder");
    let file = text_of(&folder.path().join("mine.wasm"));
    let built = run(&["plugin", "build", "plugins/rules/longest-idle", "-o", &file]);
    assert_eq!(built.status.code(), Some(0), "{}", said(&built));
    assert_eq!(String::from_utf8_lossy(&built.stdout).trim(), file, "the file alone goes to standard output");
    let checked = run(&["plugin", "check", &file]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    for part in ["can be loaded", "rule longest-idle", "cordboard:strategy/rule", "sha256"] {
        assert!(said(&checked).contains(part), "{part}: {}", said(&checked));
    }
    let nothing = text_of(folder.path());
    let refused = run(&["plugin", "build", &nothing, "-o", &file]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains(&nothing), "{}", said(&refused));
}

fn refuses_plugins() {
    let folder = TempDir::new().expect("a folder");
    let whole = fs::read(cordboard::build::for_tests().join("least-busy.wasm")).expect("it was built");
    let table: [(&str, &[u8], &str); 4] = [
        ("notes.wasm", b"some notes", "WebAssembly"),
        ("empty.wasm", b"", "WebAssembly"),
        ("module.wasm", b"\0asm\x01\0\0\0", "component"),
        ("half.wasm", &whole[..whole.len() / 2], "damaged or incomplete"),
    ];
    for (name, bytes, reason) in table {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("the folder can be written");
        let output = run(&["plugin", "check", &text_of(&file)]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(name) && said(&output).contains(reason), "{name}: {}", said(&output));
    }
    let absent = run(&["plugin", "check", &text_of(&root().join("nowhere.wasm"))]);
    assert_eq!(absent.status.code(), Some(1), "{}", said(&absent));
    assert!(said(&absent).contains("nowhere.wasm"), "{}", said(&absent));
}
