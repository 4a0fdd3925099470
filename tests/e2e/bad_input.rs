//! Input that is wrong: a proper answer, one line in the log, and nobody else is disturbed.

use crate::host::Host;
use crate::peers::slixmpp::{SignIn, Slixmpp, python};
use crate::raw::{Raw, header};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn a_broken_stream_gets_a_stream_error_and_nobody_else_notices() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    let long = format!("{}<a>{}", header("localhost"), "x".repeat(200_000));
    let deep = format!("{}{}", header("localhost"), "<a>".repeat(5_000));
    let unknown_host = header("elsewhere.example");
    let authenticated = format!("{}<message to='billing@localhost'><body>hi</body></message>", header("localhost"));
    let cases = [
        ("not-well-formed", format!("{}<a></b>", header("localhost"))),
        ("not-well-formed", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
        ("restricted-xml", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>".to_owned()),
        ("host-unknown", unknown_host),
        ("invalid-namespace", "<stream xmlns='urn:other' to='localhost' version='1.0'>".to_owned()),
        ("not-authorized", authenticated),
        ("policy-violation", long),
        ("policy-violation", deep),
    ];
    for (condition, bytes) in cases {
        let mut raw = Raw::connect(host.customers_port());
        raw.send(&bytes);
        let answer = raw.until_closed();
        assert!(answer.contains(condition), "{condition} expected for {:?}, got {answer:?}", &bytes[..bytes.len().min(200)]);
        assert!(answer.contains("</stream:stream>"), "the stream is closed: {answer:?}");
    }
    joe.say("billing@localhost", "am I disturbed?");
    host.look_until("sessions", |s| s.to_string().contains("joe"));
}

#[test]
fn a_wrong_password_is_refused_late_and_a_source_is_limited() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let sign_in = |mechanism| SignIn {
        jid: "joe@localhost",
        password: Some("wrong"),
        port: host.customers_port(),
        mechanism: Some(mechanism),
    };
    let began = Instant::now();
    let refused = Slixmpp::connect(&python, &sign_in("PLAIN")).expect("refused", |_| true);
    assert_eq!(refused["condition"], "not-authorized", "{refused}");
    assert!(began.elapsed() >= Duration::from_secs(1), "a refusal takes its time: {:?}", began.elapsed());

    let mut last = refused;
    for _ in 0..20 {
        last = Slixmpp::connect(&python, &sign_in("SCRAM-SHA-1")).expect("refused", |_| true);
        if last["condition"] != "not-authorized" {
            break;
        }
    }
    assert_eq!(last["condition"], "temporary-auth-failure", "a source that keeps guessing is limited: {last}");
    let log = host.log_lines().join("\n");
    assert!(!log.contains("wrong"), "no password in the log");
}

#[test]
fn an_unknown_link_is_answered_with_the_known_ones() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("biling@localhost", "hi");
    let error = joe.expect("message", |m| m["type"] == "error");
    assert_eq!(error["condition"], "item-not-found", "{error}");
    assert!(error["text"].as_str().is_some_and(|t| t.contains("billing")), "the answer names the links: {error}");
}

#[test]
fn a_flood_of_connections_that_say_nothing_disturbs_nobody() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let silent: Vec<TcpStream> =
        (0..200).filter_map(|_| TcpStream::connect(("127.0.0.1", host.customers_port())).ok()).collect();
    assert_eq!(silent.len(), 200);
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "still here?");
    host.look_until("sessions", |s| s.to_string().contains("joe"));
}
