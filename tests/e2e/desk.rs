//! Offers and the agents' words.

use crate::conversation::{bare, offer_number};
use crate::host::Host;
use crate::peers::slixmpp::{Slixmpp, python};
use serde_json::json;
use std::time::Duration;

#[test]
fn an_offer_that_nobody_answers_goes_to_the_next_agent() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "anybody?");
    let first = jim.hears("Offer");
    let mut ann = Slixmpp::online(&python, "ann@desk.localhost", host.agents_port());
    // Offers stand for 20 s by default.
    std::thread::sleep(Duration::from_secs(5));
    let second = ann.hears("Offer");
    jim.hears(&offer_number(&first).to_string());
    jim.say("billing@desk.localhost", &format!("accept {}", offer_number(&first)));
    let refused = jim.hears(&format!("ffer {}", offer_number(&first)));
    assert_ne!(refused["type"], "error");
    ann.say("billing@desk.localhost", &format!("accept {}", offer_number(&second)));
    let window = bare(&ann.hears("anybody?")["sender"]);
    ann.say(&window, "Ann here");
    joe.hears("Ann here");
}

#[test]
fn a_declined_offer_goes_to_the_next_agent_at_once() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    let mut ann = Slixmpp::online(&python, "ann@desk.localhost", host.agents_port());
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "pick me");
    host.look_until("sessions", |s| s.to_string().contains("offered"));
    let agents = host.look("sessions").to_string();
    let (first, second) = if agents.contains("jim") { (&mut jim, &mut ann) } else { (&mut ann, &mut jim) };
    first.hears("Offer");
    first.say("desk.localhost", "decline");
    second.hears("Offer");
    second.say("desk.localhost", "accept");
    second.hears("pick me");
}

#[test]
fn an_agent_who_is_away_is_offered_nothing_until_ready() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    jim.say("desk.localhost", "away at lunch");
    jim.expect("message", |m| bare(&m["sender"]) == "desk.localhost");
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "hello?");
    jim.never(Duration::from_secs(4), "message", |m| m["body"].as_str().is_some_and(|b| b.contains("Offer")));
    jim.say("desk.localhost", "ready");
    jim.hears("Offer");
}

#[test]
fn the_words_help_and_status_are_answered_and_an_unknown_word_too() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    jim.say("desk.localhost", "help");
    let help = jim.expect("message", |m| bare(&m["sender"]) == "desk.localhost");
    for word in ["accept", "decline", "ready", "away", "end", "status"] {
        assert!(help["body"].as_str().is_some_and(|b| b.contains(word)), "help names {word}: {help}");
    }
    jim.say("desk.localhost", "status");
    jim.expect("message", |m| bare(&m["sender"]) == "desk.localhost");
    jim.say("billing@desk.localhost", "acept");
    let answer = jim.expect("message", |m| bare(&m["sender"]) == "billing@desk.localhost");
    assert!(answer["body"].as_str().is_some_and(|b| b.contains("acept") && b.contains("accept")), "{answer}");
}

#[test]
fn nobody_is_over_capacity_and_the_next_session_waits() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    let mut guests: Vec<Slixmpp> = Vec::new();
    for n in 1..=4 {
        let mut guest = Slixmpp::guest(&python, "localhost", host.customers_port());
        guest.say("billing@localhost", &format!("question {n}"));
        guests.push(guest);
        if n <= 3 {
            let offer = jim.hears("Offer");
            jim.say("desk.localhost", &format!("accept {}", offer_number(&offer)));
            jim.hears(&format!("question {n}"));
        }
    }
    // jim takes three at a time; the fourth waits until one of them ends.
    jim.never(Duration::from_secs(4), "message", |m| m["body"].as_str().is_some_and(|b| b.contains("Offer")));
    let waiting = host.look("queues");
    assert!(waiting.to_string().contains("billing"), "{waiting}");
    drop(guests.remove(0));
    let sessions = host.look("sessions");
    let alias = crate::conversation::find(&sessions, "alias").expect("a session").to_owned();
    jim.say(&format!("{alias}@desk.localhost"), "end");
    jim.hears("Offer");
}

#[test]
fn the_agents_window_carries_the_customers_name_and_presence() {
    let Some(python) = python() else { return };
    let host = Host::start();
    let mut jim = Slixmpp::online(&python, "jim@desk.localhost", host.agents_port());
    let mut joe = Slixmpp::online(&python, "joe@localhost", host.customers_port());
    joe.say("billing@localhost", "hi");
    jim.hears("Offer");
    jim.say("desk.localhost", "accept");
    let window = bare(&jim.hears("hi")["sender"]);
    let push = jim.expect("roster", |r| r["push"] == true && !r["items"][&window].is_null());
    assert_eq!(push["items"][&window]["name"], "joe");
    jim.expect("presence", |p| bare(&p["sender"]) == window && p["type"] == "available");
    joe.ask(&json!({"do": "presence", "show": "away"}));
    jim.expect("presence", |p| bare(&p["sender"]) == window && p["type"] == "away");
}
