//! The customers' server dies in a conversation, or we do; both go on.

use super::{befriend, centre, jim, user};
use crate::Scenario;
use crate::rig::{
    CENTER_BILLING_QUEUE, Client, Host, Need, Server, Side, Software, Whose, accept_at, bare, fact, has, until,
};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "Prosody dies in a conversation, and it goes on",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: || server_dies(Whose::Prosody),
    },
    Scenario {
        name: "ejabberd dies in a conversation, and it goes on",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: || server_dies(Whose::Ejabberd),
    },
    Scenario {
        name: "kill -9 in a conversation with a user of Prosody, who does nothing and notices nothing",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: || we_die(Whose::Prosody),
    },
    Scenario {
        name: "kill -9 in a conversation with a user of ejabberd, who does nothing and notices nothing",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: || we_die(Whose::Ejabberd),
    },
    Scenario {
        name: "a user who is away from his server gets what was said, in order, when he comes back",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: customer_leaves,
    },
];

/// A conversation between a user of that server and Jim; gives the window's address, too.
fn talking(server: &Server) -> (Host, Client, Client, String) {
    let (host, mut agent) = centre(server);
    let mut customer = user(server, "joe");
    let billing = server.link(Side::Customer, "billing");
    befriend(&mut customer, Software::Slixmpp, &billing);
    customer.say(&billing, "c1", "Hello");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "Hello");
    agent.say(&alias, "a1", "Good day");
    customer.hears("Good day");
    (host, customer, agent, alias)
}

/// The row of the only customer of a provider.
fn row_of(host: &Host, provider: &str) -> Value {
    let rows = host.look("bindings").as_array().cloned().unwrap_or_default();
    let row = rows.iter().find(|row| row["binding"]["provider"] == provider);
    row.unwrap_or_else(|| panic!("{provider} has a row: {rows:?}")).clone()
}

/// The number of the endpoint that carries the customers of a provider.
fn endpoint_of(host: &Host, provider: &str) -> u64 {
    row_of(host, provider)["binding"]["endpoint"].as_u64().expect("a number")
}

/// How much of the transcript the provider has taken.
fn taken_by(host: &Host, provider: &str) -> u64 {
    row_of(host, provider)["delivered_through"].as_u64().expect("a number")
}

/// All of "Word 1", "Word 2", ... arrive in order, and what comes again (its acknowledgement was lost) has the identifier it had.
fn hears_in_order(customer: &mut Client, words: &str, count: usize) {
    let mut heard: Vec<Value> = Vec::new();
    let is_known = |heard: &[Value], message: &Value| heard.iter().any(|known| known["id"] == message["id"]);
    while heard.len() < count {
        let message = customer.hears(words);
        if !is_known(&heard, &message) {
            heard.push(message);
        }
    }
    let bodies: Vec<&str> = heard.iter().map(|message| fact(message, "body")).collect();
    let expected: Vec<String> = (1..=count).map(|number| format!("{words} {number}")).collect();
    assert_eq!(bodies, expected);
    customer.never("message", "anything under another name", Duration::from_secs(1), |message| {
        has(message, "body", words) && !is_known(&heard, message)
    });
}

fn server_dies(whose: Whose) {
    let mut server = Server::start(whose, &["joe"]);
    let (host, mut customer, mut agent, alias) = talking(&server);
    let endpoint = endpoint_of(&host, whose.name());
    for round in 1..=2 {
        server.kill();
        customer.expect("disconnected", "the loss of the server", |_| true);
        let words = format!("Meanwhile-{round}");
        let before = taken_by(&host, whose.name());
        for number in 1..=5 {
            agent.say(&alias, &format!("{words}-{number}"), &format!("{words} {number}"));
        }
        host.look_until("status", &["\"down\""]);
        server.start_again();
        // Prosody says that the customer is away, so we keep the messages; ejabberd says nothing, and keeps them itself. (A customer
        // who signs in while it does gets the newest only the next time; so he comes when all is in one place.)
        until("it is known where the customer is, or the server has the messages", || {
            row_of(&host, whose.name())["connected"] == false || taken_by(&host, whose.name()) == before + 5
        });
        customer = user(&server, "joe");
        hears_in_order(&mut customer, &words, 5);
        let billing = server.link(Side::Customer, "billing");
        customer.say(&billing, &format!("back-{round}"), &format!("Here I am again {round}"));
        let message = agent.hears(&format!("Here I am again {round}"));
        assert_eq!(bare(fact(&message, "sender")), alias, "it is the same window");
    }
    assert_eq!(endpoint_of(&host, whose.name()), endpoint, "one endpoint for all of its channels");
    host.look_until("status", &["\"active\":1"]);
}

fn we_die(whose: Whose) {
    let server = Server::start(whose, &["joe"]);
    let (mut host, mut customer, agent, alias) = talking(&server);
    host.kill();
    drop(agent);
    host.start_again();
    host.look_until("status", &["\"up\""]);
    let mut agent = jim(&host);
    agent.expect("presence", "that the customer is there, who has done nothing", |presence| {
        bare(fact(presence, "sender")) == alias && fact(presence, "type") == "available"
    });
    agent.say(&alias, "a2", "I am back");
    let answer = customer.hears("I am back");
    let billing = server.link(Side::Customer, "billing");
    assert_eq!(bare(fact(&answer, "sender")), billing);
    customer.say(&billing, "c2", "Were you away?");
    assert_eq!(bare(fact(&agent.hears("Were you away?"), "sender")), alias, "the same window");
    host.look_until("status", &["\"active\":1"]);
    agent.never("message", "another offer", Duration::from_millis(500), |message| has(message, "body", "Offer "));
}

fn customer_leaves() {
    let server = Server::start(Whose::Prosody, &["joe"]);
    let (_host, mut customer, mut agent, alias) = talking(&server);
    customer.order(&json!({ "do": "reset" }));
    let gone = |presence: &Value| bare(fact(presence, "sender")) == alias && fact(presence, "type") == "unavailable";
    agent.expect("presence", "that the customer has gone", gone);
    for number in 1..=4 {
        agent.say(&alias, &format!("m{number}"), &format!("Meanwhile {number}"));
    }
    std::thread::sleep(Duration::from_secs(1));
    let mut customer = user(&server, "joe");
    hears_in_order(&mut customer, "Meanwhile", 4);
    let billing = server.link(Side::Customer, "billing");
    customer.say(&billing, "c2", "Here I am again");
    assert_eq!(bare(fact(&agent.hears("Here I am again"), "sender")), alias);
}
