//! Who drops and comes back within the grace period goes on where the conversation was.

use crate::Scenario;
use crate::rig::{
    CENTER_BILLING, CENTER_BILLING_QUEUE, Centre, Client, Host, Login, Need, Software, accept_at, bare, fact, has,
    until,
};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a customer whose connection is reset is back in the session, and hears what was said meanwhile",
        needs: &[Need::Slixmpp],
        run: customer_is_reset,
    },
    Scenario {
        name: "a customer comes back with another client",
        needs: &[Need::Slixmpp, Need::XmppJs],
        run: || comes_back_on(Software::XmppJs),
    },
    Scenario {
        name: "a customer comes back with aioxmpp",
        needs: &[Need::Slixmpp, Need::Aioxmpp],
        run: || comes_back_on(Software::Aioxmpp),
    },
    Scenario {
        name: "the session of an agent who drops goes to the front of its queue with its time and transcript",
        needs: &[Need::Slixmpp],
        run: agent_drops,
    },
];

fn customer(host: &Host, name: &str) -> Login<'static> {
    let jid = Box::leak(format!("{name}@center.example/phone").into_boxed_str());
    let password = Box::leak(name.to_owned().into_boxed_str());
    Login::new(jid, password, host.customers())
}

fn agent(host: &Host, name: &str) -> Client {
    let client = Client::online(&Login::new(&format!("{name}@desk.center.example/desk"), name, host.agents()));
    host.look_until("agents", &[name, "available"]);
    client
}

/// Says three things, one second apart from what follows.
fn says_three(agent: &mut Client, alias: &str, round: u32) {
    for number in 1..=3 {
        agent.say(alias, &format!("m{round}-{number}"), &format!("Meanwhile {number}"));
    }
    std::thread::sleep(Duration::from_secs(1));
}

/// The three are heard in order, each once, each marked with the time it was said.
fn hears_three(customer: &mut Client) {
    let heard: Vec<Value> = (0..3).map(|_| customer.hears("Meanwhile ")).collect();
    for (message, number) in heard.iter().zip(1..) {
        assert_eq!(fact(message, "body"), format!("Meanwhile {number}"), "{heard:?}");
        assert!(!fact(message, "delayed").is_empty(), "it was said before: {message}");
        assert_eq!(bare(fact(message, "sender")), CENTER_BILLING, "{message}");
    }
    customer
        .never("message", "anything twice", Duration::from_millis(500), |message| has(message, "body", "Meanwhile"));
}

fn customer_is_reset() {
    let host = Host::serve(Centre::adapted(&[]));
    host.people(&[("jim", 3)], &["joe"]);
    let mut jim = agent(&host, "jim");
    let mut joe = Client::online(&customer(&host, "joe"));
    joe.say(CENTER_BILLING, "c1", "Hello");
    let alias = accept_at(&mut jim, CENTER_BILLING_QUEUE, "Hello");
    let session = host.look("sessions");
    for round in 0..3 {
        joe.order(&json!({ "do": "reset" }));
        joe.expect("disconnected", "the loss", |_| true);
        jim.expect("presence", "that the customer has gone", |presence| {
            bare(fact(presence, "sender")) == alias && fact(presence, "type") == "unavailable"
        });
        says_three(&mut jim, &alias, round);
        joe = Client::online(&customer(&host, "joe").with_acks());
        hears_three(&mut joe);
        jim.expect("presence", "that the customer is back", |presence| {
            bare(fact(presence, "sender")) == alias && fact(presence, "type") == "available"
        });
        joe.say(CENTER_BILLING, &format!("back-{round}"), &format!("Back again {round}"));
        let message = jim.hears(&format!("Back again {round}"));
        assert_eq!(bare(fact(&message, "sender")), alias, "it is the same window");
    }
    let now = host.look("sessions");
    assert_eq!(id_of(&now), id_of(&session), "it is the same session: {now}");
    jim.never("message", "another offer", Duration::from_millis(200), |message| has(message, "body", "Say `accept"));
}

fn id_of(sessions: &Value) -> String {
    let list = sessions.as_array().or_else(|| sessions["sessions"].as_array());
    let [only] = list.map(Vec::as_slice).unwrap_or_default() else { panic!("one session: {sessions}") };
    only["id"].to_string() + &only["session"].to_string()
}

fn comes_back_on(software: Software) {
    let host = Host::serve(Centre::adapted(&[]));
    host.people(&[("jim", 3)], &["joe"]);
    let mut jim = agent(&host, "jim");
    let mut joe = Client::online(&customer(&host, "joe"));
    joe.say(CENTER_BILLING, "c1", "Hello");
    let alias = accept_at(&mut jim, CENTER_BILLING_QUEUE, "Hello");
    joe.order(&json!({ "do": "reset" }));
    joe.expect("disconnected", "the loss", |_| true);
    jim.expect("presence", "that the customer has gone", |presence| {
        bare(fact(presence, "sender")) == alias && fact(presence, "type") == "unavailable"
    });
    says_three(&mut jim, &alias, 0);
    let mut joe = Client::online(&Login { jid: "joe@center.example/tablet", ..customer(&host, "joe") }.on(software));
    hears_three(&mut joe);
    joe.say(CENTER_BILLING, "c2", "From my tablet");
    assert_eq!(bare(fact(&jim.hears("From my tablet"), "sender")), alias);
}

fn agent_drops() {
    let host = Host::serve(Centre::adapted(&[("agent_s = 30", "agent_s = 2")]));
    host.people(&[("jim", 1), ("ann", 1)], &["joe", "sue"]);
    let mut jim = agent(&host, "jim");
    let mut joe = Client::online(&customer(&host, "joe"));
    joe.say(CENTER_BILLING, "c1", "I was here first");
    let alias = accept_at(&mut jim, CENTER_BILLING_QUEUE, "I was here first");
    jim.say(&alias, "j1", "What can I do?");
    joe.hears("What can I do?");
    joe.say(CENTER_BILLING, "c2", "My bill is wrong");
    jim.hears("My bill is wrong");
    // Another customer waits since before the session comes back to the queue.
    let mut sue = Client::online(&customer(&host, "sue"));
    sue.say(CENTER_BILLING, "s1", "I came second");
    host.look_until("status", &["\"active\":1", "\"waiting\":1"]);
    jim.order(&json!({ "do": "reset" }));
    host.look_until("status", &["\"active\":0", "\"waiting\":2"]);
    joe.say(CENTER_BILLING, "c3", "Are you still there?");

    let mut ann = agent(&host, "ann");
    let offer = ann.hears("Offer ");
    assert!(
        has(&offer, "body", "joe"),
        "who came first is first in the queue, though he came back to it last: {offer}"
    );
    assert!(!has(&offer, "body", "waited 0 s") && !has(&offer, "body", "waited 1 s"), "with his time: {offer}");
    ann.say(CENTER_BILLING_QUEUE, "accept", "accept");
    let words = ["I was here first", "What can I do?", "My bill is wrong", "Are you still there?"];
    let again = bare(fact(&ann.hears(words[0]), "sender")).to_owned();
    for said in &words[1..] {
        let message = ann.expect("message", said, |message| has(message, "body", said));
        assert_eq!(bare(fact(&message, "sender")), again, "the transcript is in the same window: {message}");
        assert!(!fact(&message, "delayed").is_empty(), "it was said before: {message}");
    }
    late_words(&host, &alias, &mut joe);
    ann.say(&again, "a1", "It is me now");
    joe.hears("It is me now");
}

/// The former agent comes back and speaks to the alias from before.
fn late_words(host: &Host, alias: &str, customer: &mut Client) {
    let mut jim = Client::online(&Login::new("jim@desk.center.example/desk", "jim", host.agents()));
    for words in ["Here I am again", "end"] {
        jim.say(alias, words, words);
        let refused = jim.expect("message", "the refusal", |message| fact(message, "id") == words);
        assert_eq!((fact(&refused, "type"), fact(&refused, "error")), ("error", "gone"), "{refused}");
    }
    jim.state(alias, "composing");
    customer.never("message", "what the former agent says and does", Duration::from_millis(500), |message| {
        has(message, "body", "Here I am again")
            || has(message, "body", "ended")
            || fact(message, "state") == "composing"
    });
    until("the customer's session goes on", || host.look("status").to_string().contains("\"active\":1"));
}
