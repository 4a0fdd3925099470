//! Offers go to agents in turn, and agents' words are answered.

use crate::Scenario;
use crate::rig::{BILLING, BILLING_QUEUE, Client, DESK, Host, Login, Need, accept, ann, bare, fact, has, jim, joe};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "an offer says who, which link, which software, and how to accept",
        needs: &[Need::Slixmpp],
        run: what_an_offer_says,
    },
    Scenario {
        name: "an offer that nobody answers expires and goes to the next agent",
        needs: &[Need::Slixmpp],
        run: expires_to_the_next,
    },
    Scenario { name: "a declined offer goes to the next agent", needs: &[Need::Slixmpp], run: declined_to_the_next },
    Scenario {
        name: "an answer to an offer that has gone changes nothing and is answered",
        needs: &[Need::Slixmpp],
        run: stale_offer,
    },
    Scenario {
        name: "an agent who is away is offered nothing until ready",
        needs: &[Need::Slixmpp],
        run: away_and_ready,
    },
    Scenario {
        name: "an unknown word is answered with the words there are",
        needs: &[Need::Slixmpp],
        run: unknown_word,
    },
    Scenario {
        name: "words are taken at the queue and at the desk itself",
        needs: &[Need::Slixmpp],
        run: words_at_both_addresses,
    },
    Scenario {
        name: "a word with a wrong number, or in capitals, is understood as far as it goes",
        needs: &[Need::Slixmpp],
        run: numbers_and_capitals,
    },
    Scenario {
        name: "an agent who has three conversations is offered the fourth when one ends",
        needs: &[Need::Slixmpp],
        run: nobody_over_capacity,
    },
];

/// A host with two agents online, a customer who has written, and the agents with the first to be offered first.
fn offered() -> (Host, Client, [Client; 2], Value) {
    let host = Host::start();
    let (mut jim, mut ann) = (jim(&host), ann(&host));
    host.look_until("agents", &["jim", "ann"]);
    let mut customer = joe(&host);
    customer.say(BILLING, "c1", "Hello there");
    let mut first = None;
    crate::rig::until("one of both is offered the session", || {
        first = [&mut jim, &mut ann]
            .into_iter()
            .position(|agent| agent.gather().iter().any(|event| has(event, "body", "Offer ")));
        first.is_some()
    });
    let mut agents = if first == Some(0) { [jim, ann] } else { [ann, jim] };
    let offer = agents[0].hears("Offer ");
    (host, customer, agents, offer)
}

fn what_an_offer_says() {
    let (_host, _customer, [_first, mut second], offer) = offered();
    for part in ["Joe", "member", "billing", "XMPP", "Cordboard's test 7.5", "accept", "decline"] {
        assert!(fact(&offer, "body").to_lowercase().contains(&part.to_lowercase()), "{part}: {offer}");
    }
    assert!(has(&offer, "sender", BILLING_QUEUE), "{offer}");
    second.never("message", "a second offer", Duration::from_secs(2), |message| has(message, "body", "Offer "));
}

fn expires_to_the_next() {
    let (_host, mut customer, [mut first, mut second], _) = offered();
    // The demo's offers stand for 20 seconds, which is all the patience there is: so half of it is slept away.
    std::thread::sleep(Duration::from_secs(15));
    accept(&mut second, "Hello there");
    first.hears("has gone");
    first.say(BILLING_QUEUE, "late", "accept");
    let told = |message: &Value| has(message, "body", "no offer") || has(message, "body", "has gone");
    first.expect("message", "that there is nothing to accept any more", told);
    customer.never("message", "two agents", Duration::from_secs(1), |message| fact(message, "type") == "error");
}

fn declined_to_the_next() {
    let (_host, mut customer, [mut first, mut second], _) = offered();
    first.say(BILLING_QUEUE, "d1", "Decline");
    let alias = accept(&mut second, "Hello there");
    second.say(&alias, "a1", "I am the second");
    customer.hears("I am the second");
}

fn stale_offer() {
    let (host, _customer, [mut first, mut second], offer) = offered();
    let number = fact(&offer, "body")
        .split("Offer ")
        .nth(1)
        .and_then(|rest| rest.split(':').next())
        .unwrap_or_default()
        .to_owned();
    assert!(number.parse::<u32>().is_ok(), "an offer has a number: {offer}");
    first.say(BILLING_QUEUE, "d1", &format!("decline {number}"));
    second.hears("Offer ");
    first.say(BILLING_QUEUE, "a1", &format!("accept {number}"));
    first.hears(&format!("Offer {number} has gone"));
    host.look_until("sessions", &["offered"]);
}

fn away_and_ready() {
    let host = Host::start();
    let mut agent = jim(&host);
    agent.say(DESK, "w1", "away at lunch");
    agent.hears("away");
    let mut customer = joe(&host);
    customer.say(BILLING, "c1", "Hello there");
    host.look_until("sessions", &["waiting"]);
    agent.never("message", "an offer", Duration::from_secs(3), |message| has(message, "body", "Offer "));
    agent.say(DESK, "w2", "READY");
    accept(&mut agent, "Hello there");
}

fn unknown_word() {
    let host = Host::start();
    let mut agent = jim(&host);
    agent.say(DESK, "w1", "acept");
    let answer = agent.hears("acept");
    for word in ["accept", "decline", "ready", "away", "end", "status", "help"] {
        assert!(has(&answer, "body", word), "{word}: {answer}");
    }
    agent.never("message", "an error", Duration::from_millis(500), |message| fact(message, "type") == "error");
}

fn words_at_both_addresses() {
    let host = Host::start();
    let mut agent = jim(&host);
    for address in [DESK, BILLING_QUEUE] {
        for word in ["help", "status"] {
            agent.order(&json!({ "do": "say", "to": address, "id": word, "body": word }));
            let from = |message: &Value| has(message, "sender", address) && !fact(message, "body").is_empty();
            agent.expect("message", &format!("the answer to {word} from {address}"), from);
        }
    }
}

fn numbers_and_capitals() {
    let (_host, mut customer, [mut first, _second], _) = offered();
    for (word, answer) in [
        ("accept 99", "Offer 99 has gone"),
        ("accept three", "`three` is no number"),
        ("end 99", "You have no conversation"),
        ("ACCEPT #99", "Offer 99 has gone"),
    ] {
        first.say(BILLING_QUEUE, "w", word);
        first.hears(answer);
    }
    first.say(BILLING_QUEUE, "w", "Accept");
    let window =
        |message: &Value| has(message, "body", "Hello there") && !fact(message, "sender").starts_with(BILLING_QUEUE);
    let alias = bare(fact(&first.expect("message", "the first words", window), "sender")).to_owned();
    first.say(BILLING_QUEUE, "w", "end 99");
    first.expect("message", "that there is no conversation 99", |message| {
        has(message, "body", "99") && !has(message, "body", "Offer 99 has gone")
    });
    first.say(&alias, "a1", "End of May");
    customer.hears("End of May");
    first.say(&alias, "a2", "END");
    customer.hears("has ended");
}

fn nobody_over_capacity() {
    let host = Host::start();
    let mut agent = jim(&host);
    host.look_until("agents", &["jim"]);
    let mut login = Login::new("localhost", "", host.customers());
    login.mechanism = Some("ANONYMOUS");
    let mut windows = Vec::new();
    let mut guests: Vec<Client> = (0..4).map(|_| Client::online(&login)).collect();
    for (guest, words) in guests.iter_mut().zip(["I am one", "I am two", "I am three"]) {
        guest.say(BILLING, "g", words);
        windows.push(accept(&mut agent, words));
    }
    guests[3].say(BILLING, "g", "I am four");
    host.look_until("sessions", &["waiting"]);
    agent.never("message", "a fourth offer", Duration::from_secs(2), |message| has(message, "body", "Offer 4: "));
    host.look_until("status", &["\"active\":3", "\"waiting\":1"]);
    agent.say(&windows[1], "e", "end");
    guests[1].hears("has ended");
    let fourth = accept(&mut agent, "I am four");
    assert!(!windows.contains(&fourth), "a session has an address of its own: {fourth}");
    agent.say(&windows[0], "a", "One, are you there?");
    agent.say(&fourth, "b", "Good day, four");
    guests[0].hears("One, are you there?");
    guests[3].hears("Good day, four");
}
