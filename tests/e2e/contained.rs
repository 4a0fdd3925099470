//! Bad plugins in a live host: each does its worst while two people talk, who notice nothing; and `cordboard plugins` says what it was.

use crate::Scenario;
use crate::rig::{Bystanders, CENTER_BILLING, Centre, Host, Raw, cordboard, root, said, text_of, until};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "rules that trap, loop, allocate, shout and lie are quarantined, and nobody notices",
        needs: &[],
        run: bad_rules,
    },
    Scenario {
        name: "adapters that trap, loop, allocate, flood, shout and recurse disturb nobody else",
        needs: &[],
        run: bad_adapters,
    },
    Scenario { name: "adapters that can't be saved or restored disturb nobody else", needs: &[], run: bad_states },
    Scenario {
        name: "plugins of another world or contract are refused beside those that serve, and one that does not start is said so",
        needs: &[],
        run: refused,
    },
];

const RULES: [(&str, &str); 4] =
    [("trap", "traps-rule"), ("loop", "loops-rule"), ("allocate", "allocates-rule"), ("shout", "shouts-rule")];
const LIAR: &str = "lies-about-candidates";
/// Enough for a machine that does much else; without anything else it is a few milliseconds.
const UNDISTURBED: Duration = Duration::from_secs(3);
/// An endpoint is at rest after five seconds.
const REST: Duration = Duration::from_millis(6_500);

/// The example in the clear with our plugins and these bad ones in its folder, two strikes, and more lines at its end.
pub(crate) fn centre(bad: &[&str], rules: &str, more: &str) -> Centre {
    let centre =
        Centre::in_the_clear(&[("quarantine_strikes = 5", "quarantine_strikes = 2"), ("missed = 3", "missed = 0")]);
    let folder = centre.file().with_file_name("plugins");
    fs::create_dir(&folder).expect("a folder");
    let own = cordboard::build::for_tests();
    let files = ["xmpp", "longest-idle", "least-busy"].map(|name| own.join(format!("{name}.wasm")));
    let bad = bad.iter().map(|name| cordboard::build::bad_for_tests().join(format!("{name}.wasm")));
    for file in files.into_iter().chain(bad) {
        fs::copy(&file, folder.join(file.file_name().expect("a file")))
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    centre.replace(&format!("folder = {:?}", text_of(&own)), &format!("folder = {:?}", text_of(&folder)));
    centre.replace("rules = [\"least-busy\", \"longest-idle\"]", &format!("rules = [{rules}]"));
    let mut text = fs::read_to_string(centre.file()).expect("the file is there");
    text.push_str(more);
    fs::write(centre.file(), text).expect("the folder can be written");
    centre
}

fn row(host: &Host, name: &str) -> Value {
    let rows = host.look("plugins");
    let of_name = rows.as_array().expect("rows").iter().find(|row| row["name"] == name);
    of_name.unwrap_or_else(|| panic!("{name} is not among {rows:#}")).clone()
}

/// Waits until a plugin stands so; gives its row.
pub(crate) fn stands(host: &Host, name: &str, state: &str) -> Value {
    let mut last = Value::Null;
    until(&format!("{name} is {state}"), || {
        last = row(host, name);
        last["state"] == state
    });
    last
}

/// What failed last, and in which functions.
fn failure(row: &Value) -> (String, String) {
    let last = &row["last_failure"];
    (last["what"].as_str().unwrap_or_default().to_owned(), last["running"].to_string())
}

fn undisturbed(bystanders: &mut Bystanders) {
    let took = bystanders.round_trip();
    assert!(took < UNDISTURBED, "a round trip took {took:?}");
}

fn bad_rules() {
    let mut more = String::new();
    for (queue, _) in RULES {
        write!(
            more,
            "\n[[queue]]\nname = \"{queue}\"\npool = \"main\"\n[[link]]\nalias = \"{queue}\"\nqueue = \"{queue}\"\n"
        )
        .expect("a string takes all");
    }
    let names: Vec<&str> = RULES.iter().map(|(_, rule)| *rule).chain([LIAR]).collect();
    let chain: Vec<String> = names.iter().chain(&["longest-idle"]).map(|name| format!("{name:?}")).collect();
    let host = Host::serve(centre(&names, &chain.join(", "), &more));
    host.people(&[("jim", 3)], &["joe", "eve", "max"]);
    let queues: Vec<&str> = RULES.iter().map(|(queue, _)| *queue).collect();
    let ann = ["agent", "add", "ann", "--queues", &queues.join(","), "--capacity", "chat=100"];
    assert!(host.add(&ann, "ann").status.success());
    let _ann = Raw::online(host.agents(), "ann@desk.center.example/desk", "ann");
    let mut bystanders = Bystanders::at(&host);
    let mut strangers =
        ["eve", "max"].map(|name| Raw::online(host.customers(), &format!("{name}@center.example/phone"), name));
    for (queue, _) in RULES {
        for stranger in &mut strangers {
            stranger.say(&format!("{queue}@center.example"), queue, "Help");
            undisturbed(&mut bystanders);
        }
    }
    let expected = [
        ("traps-rule", "trapped", "traps_rule"),
        ("loops-rule", "used all its fuel", ""),
        ("allocates-rule", "exceeded a limit: wanted", ""),
        ("shouts-rule", "exceeded a limit", ""),
        (LIAR, "broke the contract", ""),
    ];
    for (rule, what, function) in expected {
        let row = stands(&host, rule, "quarantined");
        assert!(row["why"].as_str().is_some_and(|why| why.starts_with("failed 2 times within 600 s")), "{row:#}");
        let (told, running) = failure(&row);
        assert!(told.starts_with(what) && running.contains(function), "{row:#}");
    }
    assert_eq!(row(&host, "longest-idle")["state"], "in service");
    strangers[0].say(CENTER_BILLING, "b1", "Now a good one");
    let sessions = host.look_until("sessions", &["without traps-rule, loops-rule"]);
    let rows = sessions.as_array().expect("rows");
    assert!(
        rows.iter().all(|session| session["state"] != "waiting"),
        "everybody was offered to somebody: {sessions:#}"
    );
    undisturbed(&mut bystanders);
    let released = host.ask(&["plugin", "release", "traps-rule"]);
    assert!(released.status.success(), "{}", said(&released));
    stands(&host, "traps-rule", "in service");
    let again = host.ask(&["plugin", "release", "longest-idle"]);
    assert!(said(&again).contains("nothing is held against a plugin \"longest-idle\""), "{}", said(&again));
    undisturbed(&mut bystanders);
}

/// A host with a listener for each of these adapters; their ports in the same order.
fn with_listeners(adapters: &[&str]) -> (Host, Vec<u16>) {
    let centre = centre(adapters, "\"longest-idle\"", "");
    let mut text = fs::read_to_string(centre.file()).expect("the file is there");
    let first = Host::port_beside(&centre);
    let ports: Vec<u16> = (first..).take(adapters.len()).collect();
    for (adapter, port) in adapters.iter().zip(&ports) {
        write!(
            text,
            "\n[[listener]]\nname = \"{adapter}\"\nprotocol = \"{adapter}\"\nside = \"customer\"\naddress = \"127.0.0.1:{port}\"\n\
             domain = \"{adapter}.example\"\ntls = \"none\"\nguests = true\n"
        )
        .expect("a string takes all");
    }
    fs::write(centre.file(), text).expect("the folder can be written");
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &["joe"]);
    (host, ports)
}

/// Says a word to a listener.
fn poke(port: u16, word: &str) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    socket.write_all(word.as_bytes()).expect("it is read");
    socket
}

fn bad_adapters() {
    let vices = [
        ("traps-adapter", "trap", "trapped"),
        ("loops-adapter", "loop", "used all its fuel"),
        ("allocates-adapter", "allocate", "exceeded a limit: wanted"),
        ("floods-adapter", "flood 5000", "exceeded a limit"),
        ("shouts-adapter", "shout 2000000", "exceeded a limit"),
        ("recurses", "recurse", "trapped"),
    ];
    let (host, ports) = with_listeners(&vices.map(|(adapter, ..)| adapter));
    let mut bystanders = Bystanders::at(&host);
    let mut sockets = Vec::new();
    for ((_, word, _), port) in vices.iter().zip(ports) {
        for _ in 0..2 {
            sockets.push(poke(port, word));
            undisturbed(&mut bystanders);
        }
    }
    for (adapter, _, what) in vices {
        let row = stands(&host, adapter, "failing");
        assert!(row["why"].as_str().is_some_and(|why| why.starts_with("failed 2 times within 600 s")), "{row:#}");
        let failed: u64 = row["failures"].as_object().expect("kinds").values().filter_map(Value::as_u64).sum();
        assert!(failed >= 2, "{row:#}");
        if what == "trapped" {
            assert!(failure(&row).1.contains("::"), "functions have names: {row:#}");
        }
    }
    let xmpp = row(&host, "xmpp");
    assert_eq!((&xmpp["state"], &xmpp["last_failure"]), (&Value::from("in service"), &Value::Null), "{xmpp:#}");
    undisturbed(&mut bystanders);
}

fn bad_states() {
    let adapters = ["save-traps", "save-lies", "restore-refuses", "restore-lies"];
    let (host, ports) = with_listeners(&adapters);
    let mut bystanders = Bystanders::at(&host);
    let mut sockets: Vec<TcpStream> =
        ports.iter().flat_map(|port| [poke(*port, "hello"), poke(*port, "hello")]).collect();
    let mut answer = [0; 64];
    for socket in &mut sockets {
        let read = socket.read(&mut answer).expect("an echo");
        assert_eq!(&answer[..read], b"1 hello");
    }
    sleep(REST);
    undisturbed(&mut bystanders);
    for socket in &mut sockets {
        // Who can't be restored is gone, which is what this is about.
        _ = socket.write_all(b"again");
        undisturbed(&mut bystanders);
    }
    for (adapter, what) in
        [("save-traps", "trapped"), ("save-lies", "broke the contract"), ("restore-refuses", "refused")]
    {
        let row = stands(&host, adapter, "failing");
        let (told, running) = failure(&row);
        assert!(told.starts_with(what), "{row:#}");
        assert!(what != "trapped" || running.contains("save_traps"), "{row:#}");
    }
    assert_eq!(
        row(&host, "restore-lies")["state"],
        "in service",
        "its lie is its own business: nobody else's count is wrong"
    );
    undisturbed(&mut bystanders);
}

fn refused() {
    let bad = ["wrong-world", "future-contract", "never-drops", "slow-start"];
    let host = Host::serve(centre(&bad, "\"longest-idle\"", ""));
    host.people(&[("jim", 3)], &["joe"]);
    let mut bystanders = Bystanders::at(&host);
    undisturbed(&mut bystanders);
    for (name, why) in [("wrong-world", "its manifest says kind"), ("future-contract", "this host speaks")] {
        let rows = host.look("plugins");
        let mut rows = rows.as_array().expect("rows").iter();
        let row =
            rows.find(|row| row["state"] == "refused" && row["name"].as_str().is_some_and(|n| n.starts_with(name)));
        let row = row.unwrap_or_else(|| panic!("{name} is not refused: {:#}", host.look("plugins")));
        assert!(row["why"].as_str().is_some_and(|told| told.contains(why)), "{row:#}");
    }
    for name in ["never-drops", "slow-start"] {
        assert_eq!(row(&host, name)["state"], "unused");
    }
    let slow = "\n[[listener]]\nname = \"slow\"\nprotocol = \"slow-start\"\nside = \"customer\"\naddress = \"127.0.0.1:1\"\n\
                domain = \"slow.example\"\ntls = \"none\"\n";
    let centre = centre(&["slow-start"], "\"longest-idle\"", slow);
    let checked =
        cordboard(&["check", "--config", &text_of(&centre.file())]).current_dir(root()).output().expect("it runs");
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    assert!(said(&checked).contains("the adapter slow-start does not start: used all its fuel"), "{}", said(&checked));
    undisturbed(&mut bystanders);
}
