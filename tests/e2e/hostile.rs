//! Bad input: a proper answer, one line in the log, and nobody else affected.

pub(crate) mod door;
pub(crate) mod pressure;
pub(crate) mod streams;
pub(crate) mod xml;

use crate::Scenario;
use crate::rig::{BILLING, Host, Need, Raw, accept, ann, fact, has, header, jim, joe, talking};

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a message of somebody who has not signed in is answered by not-authorized",
        needs: &[],
        run: unauthenticated,
    },
    Scenario {
        name: "malformed XML ends its stream with not-well-formed and no other",
        needs: &[Need::Slixmpp],
        run: malformed,
    },
    Scenario { name: "what XMPP forbids, and what is too much, ends the stream", needs: &[], run: forbidden },
    Scenario {
        name: "a stanza that is malformed in a conversation ends that stream only",
        needs: &[Need::Slixmpp],
        run: malformed_in_a_conversation,
    },
    Scenario {
        name: "a message to an unknown link is answered with the links there are",
        needs: &[Need::Slixmpp],
        run: unknown_link,
    },
];

/// So many of these, one behind the other.
fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

/// What the host answers to these bytes until it closes.
fn answer_to(port: u16, text: &str) -> String {
    let mut peer = Raw::connect(port);
    peer.send(text);
    peer.until_closed().clone()
}

fn unauthenticated() {
    let host = Host::start();
    let message =
        format!("{}<message to='{BILLING}' type='chat'><body>let me in</body></message>", header("localhost"));
    let answer = answer_to(host.customers(), &message);
    assert!(answer.contains("<stream:error") && answer.contains("<not-authorized"), "{answer}");
    assert!(answer.contains("</stream:stream>"), "{answer}");
    assert!(!host.look("sessions").to_string().contains("billing"), "no session has begun");
}

fn malformed() {
    let host = Host::start();
    let mut customer = joe(&host);
    let answer = answer_to(host.customers(), &format!("{}<a></b>", header("localhost")));
    assert!(answer.contains("<not-well-formed"), "{answer}");
    let mut agent = jim(&host);
    customer.say(BILLING, "c1", "Still here");
    accept(&mut agent, "Still here");
}

fn forbidden() {
    let host = Host::start();
    let stream = header("localhost");
    let table = [
        ("restricted-xml", format!("{stream}<!-- a comment -->")),
        ("restricted-xml", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned()),
        ("host-unknown", header("elsewhere.example")),
        ("policy-violation", format!("{stream}<a>{}</a>", "x".repeat(1 << 20))),
        ("policy-violation", format!("{stream}{}", "<a>".repeat(10_000))),
        ("not-well-formed", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
    ];
    for (condition, text) in table {
        let answer = answer_to(host.customers(), &text);
        assert!(answer.contains(&format!("<{condition}")), "{condition}: {answer}");
    }
}

fn malformed_in_a_conversation() {
    let (host, mut customer, mut agent, alias) = talking("Hello");
    let mut other = ann(&host);
    other.order(&serde_json::json!({ "do": "raw", "xml": "<message><body>oops</message>" }));
    other.expect("stream-error", "the end of that stream", |error| fact(error, "condition") == "not-well-formed");
    agent.say(&alias, "a1", "Did you notice?");
    customer.hears("Did you notice?");
}

fn unknown_link() {
    let host = Host::start();
    let mut customer = joe(&host);
    customer.say("billng@localhost", "c1", "Hello");
    let error = customer.expect("message", "a refusal", |message| fact(message, "id") == "c1");
    assert_eq!((fact(&error, "type"), fact(&error, "error")), ("error", "item-not-found"), "{error}");
    for link in ["billing", "sales", "support"] {
        assert!(has(&error, "text", link), "{link}: {error}");
    }
    let log = host.log();
    assert_eq!(log.matches("a report is refused").count(), 1, "logged once: {log}");
    assert!(!log.contains("billng"), "what a stranger wrote is not logged: {log}");
}
