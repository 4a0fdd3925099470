//! One session and several agents: transfers with accept and blind, and a supervisor who listens and whispers.
//!
//! Invariant: of all that agents say among themselves, no byte is sent to the customer.

use crate::Scenario;
use crate::rig::{BILLING, Client, DESK, Host, Login, Need, accept_at, ann, bare, fact, has, said, talking};
use serde_json::Value;
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "an agent transfers a session with a note, and another takes it",
        needs: &[Need::Slixmpp],
        run: with_accept,
    },
    Scenario { name: "an agent passes a session on to a queue", needs: &[Need::Slixmpp], run: blind },
    Scenario {
        name: "a supervisor listens, whispers and speaks, and the customer hears only what is for him",
        needs: &[Need::Slixmpp],
        run: supervised,
    },
    Scenario {
        name: "a session goes from agent to agent while a supervisor listens",
        needs: &[Need::Slixmpp],
        run: three_agents,
    },
];

/// A supervisor of sales who takes no sessions, online.
fn sue(host: &Host) -> Client {
    let arguments = ["agent", "add", "sue", "--queues", "sales", "--supervisor", "--shown-as", "Susan"];
    let added = host.add(&arguments, "sue");
    assert!(added.status.success(), "{}", said(&added));
    let mut sue = Client::online(&Login::new("sue@desk.localhost/desk", "sue", host.agents()));
    sue.say(DESK, "w", "away supervising");
    sue.hears("You are away");
    sue
}

/// What no customer may ever be sent: inside names, notes and whispers.
fn heard_nothing_from_inside(customer: &Client, alias: &str) {
    let wire = customer.wire();
    for inside in ["desk.localhost", alias, "note for", "secret", "(inside)", "listens", "jim@", "ann@", "sue@"] {
        let at = wire.find(inside);
        assert!(at.is_none(), "the customer was sent {inside:?}: {}", &wire[at.unwrap_or_default()..]);
    }
}

/// The next message in a session's window with this part in it.
fn hears_in(agent: &mut Client, alias: &str, part: &str) -> Value {
    let in_window = |message: &Value| bare(fact(message, "sender")) == alias && has(message, "body", part);
    agent.expect("message", part, in_window)
}

fn with_accept() {
    let (host, mut customer, mut jim, alias) = talking("My bill is wrong");
    let mut ann = ann(&host);
    host.look_until("agents", &["ann", "available"]);
    jim.say(&alias, "t1", "/transfer ann he wants the secret discount");
    hears_in(&mut jim, &alias, "is asked to take Joe");
    let offer = ann.hears("asks you to take");
    assert!(has(&offer, "body", "secret discount"), "{offer}");
    jim.say(&alias, "j1", "A colleague knows more");
    customer.hears("A colleague knows more");
    ann.say(DESK, "d", "decline");
    hears_in(&mut jim, &alias, "has declined");
    jim.say(&alias, "t2", "/transfer ann please, the secret is yours");
    ann.hears("asks you to take");
    ann.say(DESK, "a", "accept");
    let first = ann.expect("message", "the transcript", |message| has(message, "body", "My bill is wrong"));
    assert_eq!((bare(fact(&first, "sender")), fact(&first, "delayed").is_empty()), (alias.as_str(), false), "{first}");
    hears_in(&mut ann, &alias, "(inside): note for");
    hears_in(&mut jim, &alias, "has taken over");
    customer.hears("is with you now");
    jim.say(&alias, "late", "One more thing from me");
    jim.expect("message", "a refusal", |message| fact(message, "type") == "error" && fact(message, "id") == "late");
    ann.say(&alias, "n1", "Good day, I am the second");
    customer.hears("I am the second");
    customer.say(BILLING, "c2", "Good day");
    hears_in(&mut ann, &alias, "Good day");
    jim.never("message", "what is said now", Duration::from_secs(1), |message| has(message, "body", "I am the second"));
    host.look_until("bindings", &["\"inside\":\"ann\"", "\"part\":\"owner\""]);
    heard_nothing_from_inside(&customer, &alias);
}

fn blind() {
    let (host, mut customer, mut jim, alias) = talking("I want to buy");
    let mut ann = ann(&host);
    host.look_until("agents", &["ann", "available"]);
    jim.say(&alias, "p", "/pass support he has a secret problem");
    jim.hears("You have passed Joe on to Support");
    customer.hears("somebody else will be with you");
    host.look_until("sessions", &["\"queue\":\"support\""]);
    let window = accept_at(&mut ann, "support@desk.localhost", "I want to buy");
    assert_eq!(window, alias, "it is the same session");
    hears_in(&mut ann, &alias, "secret problem");
    ann.say(&alias, "n", "What is broken?");
    customer.hears("What is broken?");
    heard_nothing_from_inside(&customer, &alias);
}

fn supervised() {
    let (host, mut customer, mut jim, alias) = talking("My bill is wrong");
    let mut sue = sue(&host);
    sue.say(DESK, "j", "join joe");
    sue.hears("You listen to Joe");
    hears_in(&mut jim, &alias, "Susan listens");
    hears_in(&mut sue, &alias, "My bill is wrong");
    sue.say(&alias, "no", "This is not for saying");
    sue.expect("message", "a refusal", |message| fact(message, "type") == "error" && fact(message, "id") == "no");
    sue.state(&alias, "composing");
    sue.say(&alias, "w1", "/whisper ask him for the secret number");
    hears_in(&mut jim, &alias, "Susan (inside): ask him for the secret number");
    jim.say(&alias, "w2", "/whisper it is a secret to me, too");
    hears_in(&mut sue, &alias, "(inside): it is a secret to me");
    jim.say(&alias, "typo", "/wisper this secret is mistyped");
    hears_in(&mut jim, &alias, "nobody has heard it");
    jim.say(&alias, "j1", "What is its number?");
    customer.hears("What is its number?");
    customer.say(BILLING, "c2", "Forty-two");
    hears_in(&mut sue, &alias, "Forty-two");
    host.look_until("bindings", &["\"part\":\"silent\""]);
    heard_nothing_from_inside(&customer, &alias);
    sue.say(&alias, "o", "/openly");
    customer.hears("Susan has joined the conversation");
    sue.say(&alias, "s1", "We will mend it at once");
    let message = customer.hears("We will mend it");
    assert_eq!((bare(fact(&message, "sender")), fact(&message, "body")), (BILLING, "Susan: We will mend it at once"));
    sue.say(&alias, "l", "/leave");
    customer.hears("Susan has left the conversation");
    let states = |message: &Value| fact(message, "state") == "composing";
    customer.never("message", "that somebody listens", Duration::from_secs(1), states);
    heard_nothing_from_inside(&customer, &alias);
}

fn three_agents() {
    let (host, mut customer, mut jim, alias) = talking("My bill is wrong");
    let (mut ann, mut sue) = (ann(&host), sue(&host));
    host.look_until("agents", &["ann", "available"]);
    sue.say(DESK, "j", "join joe");
    hears_in(&mut sue, &alias, "My bill is wrong");
    jim.say(&alias, "t", "/transfer ann the secret is in the attic");
    ann.hears("asks you to take");
    ann.say(DESK, "a", "accept");
    customer.hears("Ann is with you now");
    sue.say(&alias, "w", "/whisper be kind, he knows the secret");
    hears_in(&mut ann, &alias, "(inside): be kind");
    jim.say(DESK, "s", "status");
    jim.expect("message", "that he has no conversation", |message| {
        has(message, "body", "You are ready") && !has(message, "body", "Conversation")
    });
    ann.say(&alias, "n", "Good day");
    customer.hears("Good day");
    ann.say(&alias, "p", "/pass billing the secret was too much for me");
    customer.hears("somebody else will be with you");
    jim.hears("Say `accept");
    jim.say(DESK, "b", "accept");
    hears_in(&mut jim, &alias, "too much for me");
    sue.say(&alias, "w2", "/whisper well done, secret keeper");
    hears_in(&mut jim, &alias, "(inside): well done");
    jim.say(&alias, "j1", "Here I am again");
    customer.hears("Here I am again");
    customer.say(BILLING, "c2", "At last");
    hears_in(&mut jim, &alias, "At last");
    hears_in(&mut sue, &alias, "At last");
    jim.say(&alias, "e", "end");
    customer.hears("The conversation has ended");
    heard_nothing_from_inside(&customer, &alias);
}
