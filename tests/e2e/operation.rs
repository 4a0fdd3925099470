//! What an operator sees and does.

use crate::Scenario;
use crate::rig::{Client, Host, Login, Need, Raw, accept, ann, cordboard, free_offset, said, talking};
use std::net::{Ipv4Addr, TcpListener};
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "the command line shows the conversation that is going on", needs: &[Need::Slixmpp], run: looks },
    Scenario { name: "a second host on the same data is refused", needs: &[], run: second_host },
    Scenario { name: "a port in use is a clear error", needs: &[], run: port_in_use },
    Scenario { name: "Ctrl-C drains and ends", needs: &[Need::Slixmpp], run: drains },
    Scenario { name: "a new agent made on the command line can sign in", needs: &[Need::Slixmpp], run: new_agent },
    Scenario { name: "an account that can't be is refused with the reason", needs: &[], run: accounts_refused },
    Scenario { name: "an operator ends a session, and both are told", needs: &[Need::Slixmpp], run: closes_a_session },
    Scenario {
        name: "the sessions of an agent who is removed go back to their queue",
        needs: &[Need::Slixmpp],
        run: removes_an_agent,
    },
    Scenario { name: "HTTP says that it is healthy", needs: &[], run: healthy },
];

fn looks() {
    let (host, _customer, _agent, alias) = talking("Hello");
    let alias = alias.split('@').next().unwrap_or_default();
    host.look_until("status", &["\"active\":1"]);
    host.look_until("sessions", &[alias, "billing", "active"]);
    host.look_until("agents", &["jim"]);
    host.look_until("queues", &["billing", "sales", "support"]);
    let bindings = host.look_until("bindings", &[alias, "jim", "127.0.0.1"]);
    assert!(bindings.to_string().contains("joe"), "both sides have a row: {bindings}");
    for what in ["status", "sessions", "agents", "queues", "bindings"] {
        let output = host.ask(&[what]);
        assert!(output.status.success() && !output.stdout.is_empty(), "{what}: {}", said(&output));
    }
}

fn second_host() {
    let host = Host::start();
    let folder = host.data().to_str().expect("a path in UTF-8");
    let output =
        cordboard(&["dev", "--data", folder, "--port-offset", &free_offset().to_string()]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("in use"), "{}", said(&output));
    host.look("status");
}

fn port_in_use() {
    let offset = free_offset();
    let port = 5222 + offset;
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port was free");
    let data = TempDir::new().expect("a folder");
    let folder = data.path().to_str().expect("a path in UTF-8");
    let output = cordboard(&["dev", "--data", folder, "--port-offset", &offset.to_string()]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(&port.to_string()), "the error names the port {port}: {}", said(&output));
}

fn drains() {
    let (mut host, mut customer, mut agent, _) = talking("Hello");
    host.interrupt();
    for peer in [&mut customer, &mut agent] {
        peer.expect("stream-error", "the end of the stream", |error| error["condition"] == "system-shutdown");
    }
    let status = host.ended();
    assert!(status.success(), "{status:?}");
}

fn new_agent() {
    let host = Host::start();
    let added =
        host.add(&["agent", "add", "eve", "--skills", "billing:7,sales:3", "--capacity", "chat=3"], "eve-secret");
    assert!(added.status.success(), "{}", said(&added));
    let login = Login::new("eve@desk.localhost/x", "eve-secret", host.agents());
    Client::online(&login);
    host.look_until("agents", &["eve"]);
}

fn accounts_refused() {
    let host = Host::start();
    let table: [(&[&str], i32, &str); 9] = [
        (&["agent", "add", "eve", "--skills", "billing=7"], 2, "a skill is written name:level, for example billing:7"),
        (&["agent", "add", "eve", "--skills", "billing:11"], 2, "a skill's level is 1 to 10"),
        (&["agent", "add", "eve", "--skills", "billing:1,billing:2"], 2, "\"billing\" is named twice"),
        (
            &["agent", "add", "eve", "--skills", "billing:7", "--capacity", "3"],
            2,
            "a capacity is written medium=number",
        ),
        (&["agent", "add", "eve", "--skills", "billing:7", "--capacity", "chat=0"], 2, "a capacity is 1 to 1000"),
        (&["agent", "add", "eve", "--skills", "billing:7", "--queues", "nowhere"], 1, "there is no queue \"nowhere\""),
        (&["agent", "add", "eve", "--skills", "french:7"], 1, "would serve no queue"),
        (&["agent", "add", "jim", "--skills", "billing:7"], 1, "jim"),
        (&["customer", "add", "a b@c"], 1, "a b@c"),
    ];
    for (arguments, code, reason) in table {
        let output = host.add(arguments, "secret");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(reason), "{arguments:?} says {reason:?}: {}", said(&output));
    }
    let empty = host.add(&["agent", "add", "eve", "--skills", "billing:7"], "");
    assert_eq!(empty.status.code(), Some(1), "no password: {}", said(&empty));
    let accounts = host.ask(&["agent", "list", "--json"]);
    assert!(!said(&accounts).contains("\"name\": \"eve\""), "nothing was made: {}", said(&accounts));
}

fn closes_a_session() {
    let (host, mut customer, mut agent, alias) = talking("Hello");
    let unknown = host.ask(&["close", "99"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown));
    assert!(said(&unknown).contains("99"), "{}", said(&unknown));
    let closed = host.ask(&["close", "s1", "--reason", "We close now."]);
    assert!(closed.status.success(), "{}", said(&closed));
    customer.hears("We close now.");
    agent.hears("We close now.");
    agent.say(&alias, "late", "But");
    agent.expect("message", "a refusal", |message| message["error"] == "gone");
    host.look_until("status", &["\"active\":0"]);
    assert!(!host.look("bindings").to_string().contains("jim"), "the table has no row of it any more");
}

fn removes_an_agent() {
    let (host, mut customer, mut agent, _alias) = talking("Hello");
    let removed = host.ask(&["agent", "remove", "jim"]);
    assert!(removed.status.success(), "{}", said(&removed));
    agent.expect("disconnected", "the end of the stream", |_| true);
    let mut other = ann(&host);
    let alias = accept(&mut other, "Hello");
    other.say(&alias, "a1", "I take over");
    customer.hears("I take over");
    let again = host.ask(&["agent", "remove", "jim"]);
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    let login = Login::new("jim@desk.localhost/desk", "jim", host.agents());
    Client::try_sign_in(&login).expect("refused-all", "a refusal", |_| true);
}

fn healthy() {
    let host = Host::start();
    let mut peer = Raw::connect(host.web());
    peer.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = peer.until_closed();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
