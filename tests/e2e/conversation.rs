//! A customer and an agent hold a conversation, each with software of their own, and see nothing of each other but aliases.

use crate::Scenario;
use crate::rig::{BILLING, Client, Host, Login, Need, Software, accept, bare, fact, has, jim, joe, talking};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a customer and an agent on slixmpp hold a conversation",
        needs: &[Need::Slixmpp],
        run: both_on_slixmpp,
    },
    Scenario {
        name: "an agent on profanity serves a customer on slixmpp",
        needs: &[Need::Slixmpp, Need::Profanity],
        run: || served(Software::Slixmpp, Software::Profanity),
    },
    Scenario {
        name: "a customer on libpurple is served by an agent on slixmpp",
        needs: &[Need::Slixmpp, Need::Libpurple],
        run: || served(Software::Libpurple, Software::Slixmpp),
    },
    Scenario {
        name: "a customer on profanity is served by an agent on aioxmpp",
        needs: &[Need::Profanity, Need::Aioxmpp],
        run: || served(Software::Profanity, Software::Aioxmpp),
    },
    Scenario {
        name: "a customer on aioxmpp is served by an agent on @xmpp/client",
        needs: &[Need::Aioxmpp, Need::XmppJs],
        run: || served(Software::Aioxmpp, Software::XmppJs),
    },
    Scenario {
        name: "a customer on @xmpp/client is served by an agent on slixmpp",
        needs: &[Need::Slixmpp, Need::XmppJs],
        run: || served(Software::XmppJs, Software::Slixmpp),
    },
    Scenario {
        name: "what was said before arrives first and is marked as delayed",
        needs: &[Need::Slixmpp],
        run: said_before,
    },
    Scenario { name: "each sees only the alias of the other", needs: &[Need::Slixmpp], run: only_aliases },
    Scenario {
        name: "receipts and chat states reach the other side",
        needs: &[Need::Slixmpp],
        run: receipts_and_states,
    },
    Scenario {
        name: "an accepted session is a contact with the customer's name and presence",
        needs: &[Need::Slixmpp],
        run: session_is_a_contact,
    },
    Scenario { name: "an agent ends a conversation in its window", needs: &[Need::Slixmpp], run: ended_in_its_window },
    Scenario {
        name: "what an agent says to a conversation that is over is refused",
        needs: &[Need::Slixmpp],
        run: stale_is_refused,
    },
];

fn both_on_slixmpp() {
    let (host, mut customer, mut agent, alias) = talking("My bill is wrong");
    agent.say(&alias, "a1", "Good day, which bill?");
    let message = customer.hears("which bill?");
    assert_eq!(bare(fact(&message, "sender")), BILLING, "an answer comes from the link");
    customer.say(BILLING, "c2", "The one of May");
    let message = agent.hears("The one of May");
    assert_eq!(bare(fact(&message, "sender")), alias, "a session has a window of its own");
    assert!(fact(&message, "delayed").is_empty(), "what is said now is not delayed: {message}");
    host.look_until("bindings", &[alias.split('@').next().unwrap_or_default(), "jim"]);
}

/// An agent with this software serves a customer with that; what each says the other hears, under the right names.
fn served(customers: Software, agents: Software) {
    let host = Host::start();
    let mut agent = Client::online(&Login::new("jim@desk.localhost/desk", "jim", host.agents()).on(agents));
    host.look_until("agents", &["jim", "available"]);
    let mut customer = Client::online(&Login::new("joe@localhost/phone", "joe", host.customers()).on(customers));
    customer.say(BILLING, "c1", "Is anybody there?");
    let alias = accept(&mut agent, "Is anybody there?");
    agent.say(&alias, "a1", "Yes, I am");
    let answer = customer.hears("Yes, I am");
    assert_eq!(bare(fact(&answer, "sender")), BILLING, "{answer}");
    customer.say(BILLING, "c2", "How good");
    let message = agent.hears("How good");
    assert_eq!(bare(fact(&message, "sender")), alias, "{message}");
    if agents == Software::Profanity {
        agent.order(&json!({ "do": "type", "line": "/win 3" }));
        crate::rig::until("profanity shows the conversation", || {
            agent.order(&json!({ "do": "screen" }));
            has(&agent.expect("screen", "what it shows", |_| true), "text", "Yes, I am")
        });
    }
}

fn said_before() {
    let host = Host::start();
    let mut customer = joe(&host);
    for (id, words) in [("1", "One of three"), ("2", "Two of three"), ("3", "Three of three")] {
        customer.say(BILLING, id, words);
    }
    host.look_until("sessions", &["waiting"]);
    let mut agent = jim(&host);
    let alias = accept(&mut agent, "One of three");
    let rest: Vec<_> = (0..2).map(|_| agent.hears("of three")).collect();
    assert!(has(&rest[0], "body", "Two") && has(&rest[1], "body", "Three"), "in their order: {rest:?}");
    assert!(rest.iter().all(|message| !fact(message, "delayed").is_empty()), "marked as delayed: {rest:?}");
    customer.say(BILLING, "4", "And now");
    let now = agent.hears("And now");
    assert_eq!((fact(&now, "delayed"), bare(fact(&now, "sender"))), ("", alias.as_str()));
}

fn only_aliases() {
    let (_host, mut customer, mut agent, alias) = talking("Who are you?");
    agent.say(&alias, "a1", "Somebody of billing");
    agent.state(&alias, "composing");
    customer.hears("Somebody of billing");
    customer.expect("message", "composing", |message| fact(message, "state") == "composing");
    customer.order(&json!({ "do": "roster" }));
    customer.expect("roster", "the roster", |_| true);
    agent.say(&alias, "a2", "end");
    customer.hears("ended");
    let wire = customer.wire();
    for inside in ["jim", "desk.localhost", &alias, "desk\""] {
        assert!(!wire.contains(inside), "the customer was sent {inside:?}: {}", around(&wire, inside));
    }
    let wire = agent.wire();
    for outside in ["joe@localhost", "/phone", "127.0.0.1:"] {
        assert!(!wire.contains(outside), "the agent was sent {outside:?}: {}", around(&wire, outside));
    }
}

fn around<'a>(text: &'a str, part: &str) -> &'a str {
    let at = text.find(part).unwrap_or_default();
    let start = (0..=at.saturating_sub(200)).rev().find(|start| text.is_char_boundary(*start)).unwrap_or_default();
    let end = (at + 200..text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    &text[start..end]
}

fn receipts_and_states() {
    let (_host, mut customer, mut agent, alias) = talking("Hello");
    customer.order(&json!({ "do": "say", "to": BILLING, "id": "asks", "body": "Do you read this?", "receipt": true }));
    let read = agent.hears("Do you read this?");
    assert_eq!(read["asks_receipt"], true, "{read}");
    customer.expect("message", "the receipt", |message| fact(message, "received") == "asks");
    for state in ["composing", "paused"] {
        agent.state(&alias, state);
        let message = customer.expect("message", state, |message| fact(message, "state") == state);
        assert_eq!(bare(fact(&message, "sender")), BILLING, "{message}");
        customer.state(BILLING, state);
        let message = agent.expect("message", state, |message| fact(message, "state") == state);
        assert_eq!(bare(fact(&message, "sender")), alias, "{message}");
    }
}

fn ended_in_its_window() {
    let (host, mut customer, mut agent, alias) = talking("Hello");
    agent.say(&alias, "a1", "end");
    customer.hears("The conversation has ended");
    customer.never("message", "the word itself", Duration::from_secs(1), |message| fact(message, "body") == "end");
    customer.say(BILLING, "again", "One more thing");
    let again = accept(&mut agent, "One more thing");
    assert_ne!(again, alias, "a new session has a new alias");
    host.look_until("bindings", &[again.split('@').next().unwrap_or_default()]);
}

fn stale_is_refused() {
    let (_host, mut customer, mut agent, alias) = talking("Hello");
    agent.say(&alias, "a1", "end");
    customer.hears("The conversation has ended");
    agent.say(&alias, "late", "One more thing from me");
    let refused = refusal(&mut agent, "late");
    assert!(["gone", "item-not-found"].contains(&refused.as_str()), "{refused}");
    customer.never("message", "late words", Duration::from_secs(1), |message| {
        has(message, "body", "One more thing from me")
    });
}

/// The condition under which a message was refused.
fn refusal(peer: &mut Client, id: &str) -> String {
    let error =
        peer.expect("message", "an error", |message| fact(message, "type") == "error" && fact(message, "id") == id);
    fact(&error, "error").to_owned()
}

fn session_is_a_contact() {
    let (_host, mut customer, mut agent, alias) = talking("Hello");
    let entry = |event: &Value, subscription: &str| {
        let entries = event["entries"].as_array().into_iter().flatten();
        entries
            .filter(|entry| fact(entry, "jid") == alias)
            .any(|entry| fact(entry, "name").contains("Joe") && fact(entry, "subscription") == subscription)
    };
    agent.order(&json!({ "do": "roster" }));
    agent.expect("roster", "the session by the customer's name", |roster| entry(roster, "both"));
    let shows = |event: &Value, kind: &str| bare(fact(event, "sender")) == alias && fact(event, "type") == kind;
    agent.expect("presence", "the customer's presence", |presence| shows(presence, "available"));
    customer.order(&json!({ "do": "presence", "show": "away", "status": "at lunch" }));
    agent.expect("presence", "that the customer is away", |presence| shows(presence, "away"));
    drop(customer);
    agent.expect("presence", "that the customer has gone", |presence| shows(presence, "unavailable"));
    agent.say(&alias, "e", "end");
    agent.order(&json!({ "do": "roster" }));
    crate::rig::until("the session is no contact any more", || {
        agent.order(&json!({ "do": "roster" }));
        let last = agent.gather().iter().rev().find(|event| event["event"] == "roster");
        last.is_some_and(|roster| !roster["entries"].to_string().contains(&alias))
    });
}
