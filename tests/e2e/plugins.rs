//! The plugin folder of a running program: files that are replaced, spoiled, taken back and removed while people talk and wait.
//!
//! Everybody is a client of `tests/load` who notices each word that is lost, doubled or out of order, and each lost connection.

pub(crate) mod soak;

use crate::Scenario;
use crate::crash_load::person::{Everybody, Person};
use crate::rig::{Centre, Host, cordboard, said, text_of, until};
use cordboard::build;
use cordboard::plugin::{embed, extract, trial};
use cordboard_load::client::Login;
use serde_json::Value;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "rule and adapter are replaced, taken back and removed while people talk and wait",
        needs: &[],
        run: replaced,
    },
    Scenario {
        name: "whatever is put in a plugin's place is refused, and what serves goes on",
        needs: &[],
        run: refused,
    },
    Scenario {
        name: "where signatures are wanted, a component takes over when it is signed and not before",
        needs: &[],
        run: signed,
    },
];

const CUSTOMER_DOMAIN: &str = "center.example";
const DESK_DOMAIN: &str = "desk.center.example";
const LINK: &str = "billing@center.example";
const RULE: &str = "least-busy";
const ADAPTER: &str = "xmpp";
/// Sessions of one agent.
const CAPACITY: usize = 3;

/// A host with a plugin folder of its own, and people who talk.
struct Floor {
    host: Host,
    plugins: TempDir,
    config: String,
    people: Runtime,
    everybody: Arc<Everybody>,
    tasks: Vec<JoinHandle<()>>,
}

/// The plugin's component, with this version in its manifest.
pub(crate) fn version(name: &str, version: &str) -> Vec<u8> {
    altered(name, name, &format!("version = {version:?}"))
}

/// A component of the workspace, or a bad one, under the name of a plugin and with its version's line replaced.
pub(crate) fn altered(file: &str, name: &str, line: &str) -> Vec<u8> {
    let path = |folder: &Path| folder.join(format!("{file}.wasm"));
    let bytes = fs::read(path(&build::for_tests())).or_else(|_| fs::read(path(&build::bad_for_tests())));
    let bytes = bytes.expect("it was built");
    let manifest = String::from_utf8(extract(&bytes).expect("a manifest").to_vec()).expect("text");
    let changed = |line_of: &str| match line_of {
        old if old.starts_with("version = ") => line.to_owned(),
        old if old.starts_with("name = ") => format!("name = {name:?}"),
        old => old.to_owned(),
    };
    let manifest: Vec<String> = manifest.lines().map(changed).collect();
    embed(&bytes, &manifest.join("\n")).expect("a manifest")
}

/// A component with one more transcript, of at most a hundred bytes.
fn with_transcript(mut component: Vec<u8>, transcript: &str) -> Vec<u8> {
    let byte = |length: usize| u8::try_from(length).ok().filter(|length| *length < 128).expect("a length of one byte");
    let name = trial::SECTION.as_bytes();
    component.extend([0, byte(1 + name.len() + transcript.len()), byte(name.len())]);
    component.extend([name, transcript.as_bytes()].concat());
    component
}

impl Floor {
    /// Agents who talk with as many customers as they can, and customers beyond that, who wait.
    fn open(agents: usize, waiting: usize) -> Self {
        Self::open_trusting(agents, waiting, |_| "trust = \"any\"".to_owned())
    }

    /// The same with a folder that was prepared, and whom to trust.
    fn open_trusting(agents: usize, waiting: usize, prepare: impl FnOnce(&Path) -> String) -> Self {
        let plugins = TempDir::new().expect("a folder");
        for entry in fs::read_dir(build::for_tests()).expect("it was built").flatten() {
            if entry.path().extension().is_some_and(|kind| kind == "wasm") {
                fs::copy(entry.path(), plugins.path().join(entry.file_name())).expect("the folder can be written");
            }
        }
        let trust = prepare(plugins.path());
        let folder = |path: &Path| format!("folder = {:?}", text_of(path));
        let centre = Centre::in_the_clear(&[
            ("trust = \"any\"", &trust),
            (&folder(&build::for_tests()), &folder(plugins.path())),
            ("wrap_up_s = 30", "wrap_up_s = 0"),
        ]);
        let config = text_of(&centre.file());
        let host = Host::serve(centre);
        let people = Runtime::new().expect("a runtime");
        let mut floor = Self { host, plugins, config, people, everybody: Arc::default(), tasks: Vec::new() };
        (0..agents).for_each(|number| floor.agent(&format!("agent{number}")));
        floor.host.look_until("status", &[&format!("\"agents\":{agents}")]);
        (0..agents * CAPACITY).for_each(|number| floor.customer(&format!("joe{number}")));
        floor.host.look_until("status", &[&format!("\"active\":{}", agents * CAPACITY)]);
        (0..waiting).for_each(|number| floor.customer(&format!("waiting{number}")));
        floor.host.look_until("status", &[&format!("\"waiting\":{waiting}")]);
        floor
    }

    fn agent(&mut self, name: &str) {
        let capacity = format!("chat={CAPACITY}");
        let added = self.host.add(&["agent", "add", name, "--skills", "billing:5", "--capacity", &capacity], name);
        assert!(added.status.success(), "{}", said(&added));
        self.come(name, self.host.agents(), DESK_DOMAIN, None);
    }

    fn customer(&mut self, name: &str) {
        let added = self.host.add(&["customer", "add", name], name);
        assert!(added.status.success(), "{}", said(&added));
        self.come(name, self.host.customers(), CUSTOMER_DOMAIN, Some(LINK.to_owned()));
    }

    fn come(&mut self, name: &str, port: u16, domain: &str, link: Option<String>) {
        let login = Login {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            domain: domain.to_owned(),
            account: Some((name.to_owned(), name.to_owned())),
            acks: true,
        };
        let person = Person::new(login, link, Arc::clone(&self.everybody));
        self.tasks.push(self.people.spawn(person.live()));
    }

    /// As an operator replaces a file: in one step.
    fn put(&self, name: &str, bytes: &[u8]) {
        let hidden = self.plugins.path().join(format!(".{name}.new"));
        fs::write(&hidden, bytes).expect("the folder can be written");
        fs::rename(hidden, self.plugins.path().join(format!("{name}.wasm"))).expect("the folder can be written");
    }

    /// The row of the component in service.
    fn serving(&self, name: &str) -> Value {
        let rows = self.host.look("plugins");
        let row = rows.as_array().into_iter().flatten().find(|row| row["name"] == name && row["state"] == "in service");
        row.unwrap_or_else(|| panic!("{name} serves: {rows}")).clone()
    }

    /// Whether a file is shown that serves nowhere.
    fn has_refused(&self) -> bool {
        let rows = self.host.look("plugins");
        rows.as_array().into_iter().flatten().any(|row| row["state"] == "refused")
    }

    fn generation(&self, name: &str) -> u64 {
        self.serving(name)["generation"].as_u64().expect("what serves has a generation")
    }

    fn is_version(&self, name: &str, version: &str) -> bool {
        self.serving(name)["version"] == version
    }

    /// People go on talking: more words are said than before, all in order.
    fn goes_on(&self) {
        let before = self.everybody.words_said();
        until("more is said", || self.everybody.words_said() > before + 2 * self.tasks.len());
        assert_eq!(self.everybody.arrivals(), self.tasks.len(), "nobody was disconnected");
        assert!(!self.tasks.iter().any(JoinHandle::is_finished), "nobody has anything to complain of");
    }

    /// All that was said arrives, and nobody was disconnected; then the program ends and its journal comes out the same.
    fn close(self) {
        let Self { mut host, people, everybody, tasks, config, plugins, .. } = self;
        everybody.hush();
        until("every word has arrived", || everybody.all_has_arrived());
        assert_eq!(everybody.arrivals(), tasks.len(), "nobody was disconnected");
        everybody.end();
        for task in tasks {
            people.block_on(task).expect("nobody has anything to complain of");
        }
        let stopped = cordboard(&["stop", "--config", &config]).output().expect("cordboard runs");
        assert!(stopped.status.success(), "{}", said(&stopped));
        assert!(host.ended().success());
        drop(plugins);
        let replayed = cordboard(&["replay", "--config", &config]).output().expect("cordboard runs");
        assert_eq!(replayed.status.code(), Some(0), "{}", said(&replayed));
    }
}

fn replaced() {
    let mut floor = Floor::open(2, 2);
    floor.put(RULE, &version(RULE, "7.0.0"));
    floor.put(ADAPTER, &version(ADAPTER, "7.0.0"));
    until("both are noticed", || floor.is_version(RULE, "7.0.0") && floor.is_version(ADAPTER, "7.0.0"));
    assert_eq!((floor.generation(RULE), floor.generation(ADAPTER)), (2, 2));
    floor.goes_on();
    // Who waited is offered by the new rule.
    floor.agent("late");
    floor.host.look_until("status", &["\"waiting\":0"]);
    for name in [RULE, ADAPTER] {
        let back = floor.host.ask(&["plugin", "rollback", name]);
        assert!(back.status.success() && said(&back).contains("as generation 3"), "{}", said(&back));
    }
    assert!(!floor.is_version(RULE, "7.0.0") && !floor.is_version(ADAPTER, "7.0.0"));
    floor.goes_on();
    let nothing = floor.host.ask(&["plugin", "reload"]);
    assert!(nothing.status.success() && said(&nothing).contains("nothing has changed"), "{}", said(&nothing));
    fs::write(floor.plugins.path().join("least-busy.wasm"), version(RULE, "7.1.0")).expect("the folder can be written");
    floor.host.hang_up();
    until("SIGHUP is heard", || floor.is_version(RULE, "7.1.0"));
    fs::remove_file(floor.plugins.path().join("least-busy.wasm")).expect("it is there");
    until("its going is noticed", || floor.host.log().contains("plugin-orphaned"));
    floor.goes_on();
    floor.close();
}

fn refused() {
    let mut floor = Floor::open(2, 1);
    let whole = version(RULE, "7.0.0");
    let table: [(&str, Vec<u8>, &[&str]); 12] = [
        (RULE, whole[..whole.len() / 2].to_vec(), &["least-busy.wasm", "damaged or incomplete", "copy it again"]),
        (RULE, b"some notes".to_vec(), &["is not WebAssembly", "73 6f 6d 65", "plugin build"]),
        (RULE, b"\0asm\x01\0\0\0".to_vec(), &["core WebAssembly module", "plugin build"]),
        (RULE, altered("wrong-world", RULE, "version = \"7.0.0\""), &["should export cordboard:strategy/rule@1.0.0"]),
        (RULE, altered("future-contract", RULE, "version = \"7.0.0\""), &["@2.0.0", "this host speaks", "guest SDK"]),
        (
            RULE,
            altered(RULE, RULE, "version = \"7.0.0\"\nlimits = { memory_bytes = 999999999 }"),
            &["rule_memory_bytes"],
        ),
        (RULE, altered(RULE, RULE, "version = \"7.0.0\"\nhosts = [\"crm.example\"]"), &["crm.example", "grants"]),
        (
            RULE,
            altered(RULE, RULE, "version = \"7.0.0\"\nstate = { writes = 9, reads = [9] }"),
            &["can't take over from generation 1", "state.reads"],
        ),
        (ADAPTER, altered("slow-start", ADAPTER, "version = \"7.0.0\""), &["does not start", "used all its fuel"]),
        (ADAPTER, altered("xmpp", "other", "version = \"7.0.0\""), &[]),
        (
            RULE,
            with_transcript(version(RULE, "7.0.0"), "odd\ntrial 1 rule\n< refused \"no\"\n"),
            &["trials/odd.trial:1"],
        ),
        (ADAPTER, version(RULE, "7.0.0"), &["both the rule least-busy", "remove one of them"]),
    ];
    for (name, bytes, parts) in table {
        floor.put(name, &bytes);
        let reloaded = floor.host.ask(&["plugin", "reload"]);
        assert_eq!(reloaded.status.success(), parts.is_empty(), "{}", said(&reloaded));
        for part in parts {
            assert!(said(&reloaded).contains(part), "{part}: {}", said(&reloaded));
        }
        assert_eq!(floor.has_refused(), !parts.is_empty(), "it stays visible");
        assert_eq!((floor.generation(RULE), floor.generation(ADAPTER)), (1, 1));
        floor.put(name, &fs::read(build::for_tests().join(format!("{name}.wasm"))).expect("it was built"));
        let healed = floor.host.ask(&["plugin", "reload"]);
        assert!(healed.status.success(), "{}", said(&healed));
        assert!(!floor.has_refused(), "it is whole again");
    }
    floor.goes_on();
    let first = floor.host.ask(&["plugin", "rollback", RULE]);
    assert_eq!(first.status.code(), Some(1), "{}", said(&first));
    assert!(said(&first).contains("has no previous generation"), "{}", said(&first));
    floor.agent("late");
    floor.close();
}

fn signed() {
    let keys = TempDir::new().expect("a folder");
    let key = keys.path().join("ours.key");
    let made =
        cordboard(&["plugin", "keygen", "--no-password", "--key", &text_of(&key)]).output().expect("cordboard runs");
    assert!(made.status.success(), "{}", said(&made));
    let sign = |file: &Path| {
        let arguments = ["plugin", "sign", &text_of(file), "--key", &text_of(&key), "--replace"];
        let signed = cordboard(&arguments).output().expect("cordboard runs");
        assert!(signed.status.success(), "{}", said(&signed));
    };
    let mut floor = Floor::open_trusting(2, 1, |plugins| {
        for file in fs::read_dir(plugins).expect("it was made").flatten() {
            sign(&file.path());
        }
        format!("trust = \"signatures\"\nkeys = [{{ file = {:?} }}]", text_of(&key.with_extension("pub")))
    });
    let refused = |floor: &Floor, part: &str| {
        let reloaded = floor.host.ask(&["plugin", "reload"]);
        assert!(!reloaded.status.success() && said(&reloaded).contains(part), "{part}: {}", said(&reloaded));
        assert_eq!(floor.generation(RULE), 1);
    };
    floor.put(RULE, &version(RULE, "7.0.0"));
    refused(&floor, "signature");
    let file = floor.plugins.path().join(format!("{RULE}.wasm"));
    fs::remove_file(file.with_extension("wasm.minisig")).expect("it is there");
    refused(&floor, "has no signature");
    floor.goes_on();
    sign(&file);
    until("it takes over", || floor.is_version(RULE, "7.0.0"));
    floor.agent("late");
    floor.host.look_until("status", &["\"waiting\":0"]);
    floor.goes_on();
    floor.close();
}
