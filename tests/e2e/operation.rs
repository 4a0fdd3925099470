//! What an operator sees and does.

use crate::Scenario;
use crate::rig::{Host, Need, cordboard, free_offset, talking};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "the command line shows the conversation that is going on", needs: &[Need::Slixmpp], run: looks },
    Scenario { name: "a second host on the same data is refused", needs: &[], run: second_host },
    Scenario { name: "a port in use is a clear error", needs: &[], run: port_in_use },
    Scenario { name: "Ctrl-C drains and ends", needs: &[Need::Slixmpp], run: drains },
    Scenario { name: "a new agent made on the command line can sign in", needs: &[Need::Slixmpp], run: new_agent },
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
    let socket = host.data().join("control.sock");
    let arguments = [
        "agent",
        "add",
        "eve",
        "--skills",
        "billing:7,sales:3",
        "--capacity",
        "chat=3",
        "--password-stdin",
        "--socket",
    ];
    let mut command = cordboard(&arguments);
    let mut child = command.arg(socket).stdin(std::process::Stdio::piped()).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("piped");
    std::io::Write::write_all(&mut input, b"eve-secret\n").expect("it takes a password");
    drop(input);
    assert!(child.wait().is_ok_and(|status| status.success()));
    let login = crate::rig::Login::new("eve@desk.localhost/x", "eve-secret", host.agents());
    crate::rig::Slixmpp::online(&login);
    host.look_until("agents", &["eve"]);
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}
