//! Customers who stay at their own provider: real users of Prosody and ejabberd, with clients that we did not write.

pub(crate) mod asked;
pub(crate) mod moving;
pub(crate) mod outage;
pub(crate) mod poison;
pub(crate) mod several;

use crate::Scenario;
use crate::rig::{
    CENTER_BILLING_QUEUE, Centre, Client, Host, Login, Need, Server, Side, Software, Tap, Whose, accept_at, bare, fact,
};
use serde_json::json;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a user of Prosody on slixmpp is served, and learns nothing from inside",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: || served(Whose::Prosody, Software::Slixmpp),
    },
    Scenario {
        name: "a user of Prosody on profanity is served, and learns nothing from inside",
        needs: &[Need::Prosody, Need::Slixmpp, Need::Profanity],
        run: || served(Whose::Prosody, Software::Profanity),
    },
    Scenario {
        name: "a user of Prosody on aioxmpp is served, and learns nothing from inside",
        needs: &[Need::Prosody, Need::Slixmpp, Need::Aioxmpp],
        run: || served(Whose::Prosody, Software::Aioxmpp),
    },
    Scenario {
        name: "a user of ejabberd on slixmpp is served, and learns nothing from inside",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: || served(Whose::Ejabberd, Software::Slixmpp),
    },
    Scenario {
        name: "a user of ejabberd on libpurple is served, and learns nothing from inside",
        needs: &[Need::Ejabberd, Need::Slixmpp, Need::Libpurple],
        run: || served(Whose::Ejabberd, Software::Libpurple),
    },
    Scenario {
        name: "a user of ejabberd on @xmpp/client is served, and learns nothing from inside",
        needs: &[Need::Ejabberd, Need::Slixmpp, Need::XmppJs],
        run: || served(Whose::Ejabberd, Software::XmppJs),
    },
];

/// A host that is a part of this server, with an agent at our own listener.
pub(super) fn centre(server: &Server) -> (Host, Client) {
    let host = Host::serve(Centre::adapted(&[]).at(server, Side::Customer, &[]));
    host.people(&[("jim", 3)], &[]);
    host.look_until("status", &["\"up\""]);
    let agent = jim(&host);
    (host, agent)
}

/// The agent, at our own listener.
pub(super) fn jim(host: &Host) -> Client {
    let agent = Client::online(&Login::new("jim@desk.center.example/desk", "jim", host.agents()));
    host.look_until("agents", &["jim", "available"]);
    agent
}

/// A user of that server, on slixmpp.
pub(super) fn user(server: &Server, name: &str) -> Client {
    Client::online(&Login::new(&(server.jid(name) + "/phone"), name, server.clients()).in_the_clear())
}

/// The customer puts a link on the roster; whose software does not allow the return by itself is told to.
pub(super) fn befriend(customer: &mut Client, software: Software, link: &str) {
    customer.watch(link);
    if matches!(software, Software::Aioxmpp | Software::XmppJs | Software::Profanity) {
        customer.expect("presence", "that the link asks for presence, too", |presence| {
            bare(fact(presence, "sender")) == link && fact(presence, "type") == "subscribe"
        });
        customer.order(&json!({ "do": "subscribed", "jid": link }));
    }
    customer.expect("presence", "that somebody is there", |presence| {
        bare(fact(presence, "sender")) == link && fact(presence, "type") == "available"
    });
}

fn served(whose: Whose, software: Software) {
    let server = Server::start(whose, &["joe"]);
    let (host, mut agent) = centre(&server);
    let tap = Tap::to(server.clients());
    let joe = server.jid("joe") + "/phone";
    let mut customer = Client::online(&Login::new(&joe, "joe", tap.port).in_the_clear().on(software));
    let billing = server.link(Side::Customer, "billing");
    befriend(&mut customer, software, &billing);
    customer.say(&billing, "c1", "Is anybody there?");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "Is anybody there?");
    agent.expect("presence", "that the customer is there", |presence| {
        bare(fact(presence, "sender")) == alias && fact(presence, "type") == "available"
    });
    agent.say(&alias, "a1", "Yes, I am");
    let answer = customer.hears("Yes, I am");
    assert_eq!(bare(fact(&answer, "sender")), billing, "an answer comes from the link: {answer}");
    for number in 0..3 {
        customer.say(&billing, &format!("q{number}"), &format!("Question {number}"));
        let question = agent.hears(&format!("Question {number}"));
        assert_eq!(bare(fact(&question, "sender")), alias, "{question}");
        agent.say(&alias, &format!("r{number}"), &format!("Answer {number}"));
        customer.hears(&format!("Answer {number}"));
    }
    agent.state(&alias, "composing");
    host.look_until("bindings", &[&alias[..alias.find('@').expect("a JID")], whose.name()]);
    customer.order(&json!({ "do": "leave" }));
    agent.expect("presence", "that the customer has gone", |presence| {
        bare(fact(presence, "sender")) == alias && fact(presence, "type") == "unavailable"
    });
    let wire = tap.received();
    assert!(wire.contains("Answer 2"), "the wire was tapped");
    for inside in ["jim", &alias, "center.example", "127.0.0.1"] {
        let at = wire.find(inside).map(|at| String::from_utf8_lossy(&wire.as_bytes()[at.saturating_sub(200)..]));
        assert!(at.is_none(), "the customer was sent {inside:?}: {at:?}");
    }
}
