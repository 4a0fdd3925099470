//! What the command line shows of a running host.

use crate::conversation::{bare, find};
use crate::host::Host;
use crate::peers::slixmpp::{Slixmpp, python};

#[test]
fn queue_address_table_and_sessions_can_be_looked_at() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "hi");
    jim.hears("Offer");
    jim.say("desk.localhost", "accept");
    let window = bare(&jim.hears("hi")["sender"]);
    let alias = window.split('@').next().expect("a local part");

    let sessions = host.look("sessions");
    assert_eq!(find(&sessions, "alias"), Some(alias));
    let bindings = host.look("bindings").to_string();
    for part in [alias, "jim", "127.0.0.1:", "billing", "joe"] {
        assert!(bindings.contains(part), "the address table shows {part}: {bindings}");
    }
    assert!(host.look("agents").to_string().contains("jim"));
    assert!(host.look("queues").to_string().contains("billing"));
    let text = host.command(&["status"]);
    assert!(text.status.success());
    for what in ["sessions", "agents", "queues", "bindings"] {
        let output = host.command(&[what]);
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && table.lines().count() >= 2, "cordboard {what} prints a table: {table}");
    }
}

#[test]
fn health_is_answered_over_http() {
    let host = Host::start();
    let mut raw = crate::raw::Raw::connect(host.http_port());
    raw.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = raw.until_closed();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("ok"), "{answer}");
}
