//! What happens to conversations when the program dies, or an agent stays away.

use crate::Scenario;
use crate::rig::{BILLING, Centre, Client, Host, Login, Need, accept, accept_at, bare, fact, said, talking, until};
use serde_json::json;
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "a conversation outlives kill -9", needs: &[Need::Slixmpp], run: outlives_a_kill },
    Scenario {
        name: "kill -9 in the middle of a torrent loses nothing that was acknowledged",
        needs: &[Need::Slixmpp],
        run: killed_in_a_torrent,
    },
    Scenario {
        name: "an agent who stays away too long loses the session to another",
        needs: &[Need::Slixmpp],
        run: goes_to_another,
    },
];

/// With stream management, so that it knows what was acknowledged.
fn with_acks(jid: &str, password: &str, port: u16) -> Client {
    let mut login = Login::new(jid, password, port);
    login.acks = true;
    let mut peer = Client::online(&login);
    peer.expect("acks-enabled", "stream management", |_| true);
    peer
}

/// Says it, and waits until it is acknowledged: then it must never be lost.
fn say_for_good(peer: &mut Client, to: &str, id: &str, words: &str) {
    peer.say(to, id, words);
    until(&format!("{words:?} is acknowledged"), || {
        ask_for_acks(peer);
        acked(peer).iter().any(|known| known == id)
    });
}

fn ask_for_acks(peer: &mut Client) {
    peer.order(&json!({ "do": "raw", "xml": "<r xmlns='urn:xmpp:sm:3'/>" }));
}

/// What was acknowledged of all that this client has said, by its identifiers.
fn acked(peer: &mut Client) -> Vec<String> {
    let events = peer.gather().iter().filter(|event| event["event"] == "acked");
    events.map(|event| fact(event, "id").to_owned()).collect()
}

fn outlives_a_kill() {
    let (mut host, customer, mut agent, alias) = talking("My bill is wrong");
    drop(customer);
    let mut customer = with_acks("joe@localhost/phone", "joe", host.customers());
    say_for_good(&mut customer, BILLING, "c2", "It is far too high");
    agent.hears("far too high");
    drop(agent);
    say_for_good(&mut customer, BILLING, "c3", "It is the one of May");
    drop(customer);
    host.kill();
    host.start_again();

    let mut agent = with_acks("jim@desk.localhost/desk", "jim", host.agents());
    let message = agent.hears("the one of May");
    assert_eq!(bare(fact(&message, "sender")), alias, "it is the same session");
    assert!(!fact(&message, "delayed").is_empty(), "it was said before: {message}");
    say_for_good(&mut agent, &alias, "a2", "You are right about May");
    drop(agent);
    host.kill();
    host.start_again();

    let mut customer = with_acks("joe@localhost/phone", "joe", host.customers());
    let message = customer.hears("right about May");
    assert_eq!(bare(fact(&message, "sender")), BILLING);
    let mut agent = with_acks("jim@desk.localhost/desk", "jim", host.agents());
    host.look_until("status", &["\"active\":1"]);
    customer.say(BILLING, "c4", "So what now?");
    assert_eq!(bare(fact(&agent.hears("So what now?"), "sender")), alias);
    agent.say(&alias, "a3", "You get it back");
    customer.hears("You get it back");
    agent.never("message", "another offer", Duration::from_millis(500), |message| {
        fact(message, "body").starts_with("Offer ")
    });
}

fn killed_in_a_torrent() {
    let mut host = Host::start();
    let mut agent = with_acks("jim@desk.localhost/desk", "jim", host.agents());
    host.look_until("agents", &["jim"]);
    let mut customer = with_acks("joe@localhost/phone", "joe", host.customers());
    customer.say(BILLING, "first", "Hello");
    let alias = accept(&mut agent, "Hello");
    for number in 0..200 {
        customer.say(BILLING, &format!("word-{number}."), &format!("word-{number}."));
    }
    until("some words are acknowledged", || {
        ask_for_acks(&mut customer);
        acked(&mut customer).iter().any(|id| id.starts_with("word-"))
    });
    host.kill();
    for peer in [&mut customer, &mut agent] {
        peer.expect("disconnected", "the end of the connection", |_| true);
    }
    let acked = acked(&mut customer);
    let mut heard = agent.gather().to_vec();
    drop((customer, agent));
    host.start_again();
    let mut agent = with_acks("jim@desk.localhost/desk", "jim", host.agents());
    until("every word that was acknowledged has arrived", || {
        heard.extend_from_slice(agent.gather());
        let arrived = |id: &String| heard.iter().any(|event| fact(event, "body") == id);
        acked.iter().filter(|id| id.starts_with("word-")).all(arrived)
    });
    let strange =
        heard.iter().find(|event| fact(event, "body").starts_with("word-") && bare(fact(event, "sender")) != alias);
    assert!(strange.is_none(), "all of it is in one session: {strange:?}");
}

fn goes_to_another() {
    let host = Host::serve(Centre::adapted(&[("agent_s = 30", "agent_s = 2")]));
    for (name, skill) in [("jim", "billing:7"), ("ann", "billing:5")] {
        let added = host.add(&["agent", "add", name, "--skills", skill], name);
        assert!(added.status.success(), "{}", said(&added));
    }
    let added = host.add(&["customer", "add", "joe"], "joe");
    assert!(added.status.success(), "{}", said(&added));
    let (link, queue) = ("billing@center.example", "billing@desk.center.example");
    let jim = Login::new("jim@desk.center.example/desk", "jim", host.agents());
    let mut first = Client::online(&jim);
    host.look_until("agents", &["jim", "available"]);
    let mut customer = Client::online(&Login::new("joe@center.example/phone", "joe", host.customers()));
    customer.say(link, "c1", "Is anybody there?");
    let alias = accept_at(&mut first, queue, "Is anybody there?");
    let mut second = Client::online(&Login::new("ann@desk.center.example/desk", "ann", host.agents()));
    drop(first);
    customer.say(link, "c2", "Hello?");
    let again = accept_at(&mut second, queue, "Is anybody there?");
    second.hears("Hello?");
    let mut first = Client::online(&jim);
    first.say(&alias, "late", "Here I am again");
    let refused = first.expect("message", "the refusal", |message| fact(message, "type") == "error");
    assert_eq!((fact(&refused, "id"), fact(&refused, "error")), ("late", "gone"), "{refused}");
    second.say(&again, "a1", "It is me now");
    customer.hears("It is me now");
    customer.never("message", "what the former agent says", Duration::from_millis(500), |message| {
        fact(message, "body").contains("Here I am again")
    });
}
