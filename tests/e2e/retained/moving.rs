//! Conversations that move: to our own listener, where the operator wants that, and to another provider, where the member does.

use super::{befriend, jim, user};
use crate::Scenario;
use crate::rig::{
    CENTER, CENTER_BILLING, CENTER_BILLING_QUEUE, Centre, Client, Host, Login, Need, Raw, Server, Side, Software,
    Whose, accept_at, bare, fact, has, header, said,
};
use serde_json::json;
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "a user of Prosody is sent to our own listener and goes on there as a guest",
        needs: &[Need::Prosody, Need::Slixmpp],
        run: redirected_guest,
    },
    Scenario {
        name: "a user of ejabberd who is a member is sent to our own listener and goes on there",
        needs: &[Need::Ejabberd, Need::Slixmpp],
        run: redirected_member,
    },
    Scenario { name: "customers of a listener are sent on by see-other-host", needs: &[], run: see_other_host },
    Scenario {
        name: "a member who drops at Prosody is back in the session at ejabberd",
        needs: &[Need::Prosody, Need::Ejabberd, Need::Slixmpp],
        run: another_provider,
    },
];

/// What the customer was told about our own listener: the URI.
fn uri_told(customer: &mut Client) -> String {
    let told = customer.hears("xmpp:");
    let uri = fact(&told, "body").split_whitespace().find(|word| word.starts_with("xmpp:"));
    uri.unwrap_or_else(|| panic!("a URI: {told}")).to_owned()
}

fn redirected_guest() {
    let server = Server::start(Whose::Prosody, &["joe"]);
    let redirect = format!("redirect = \"{CENTER}\"");
    let host = Host::serve(Centre::adapted(&[]).at(&server, Side::Customer, &[&redirect]));
    host.people(&[("jim", 3)], &[]);
    let mut agent = jim(&host);
    let mut customer = user(&server, "joe");
    customer.say(&server.link(Side::Customer, "billing"), "c1", "Hello from Prosody");
    let uri = uri_told(&mut customer);
    let code = uri.strip_prefix("xmpp:billing@center.example?message;body=continue%20");
    let code = code.unwrap_or_else(|| panic!("the link at our own domain, and a code: {uri}")).to_owned();
    assert!(code.len() == 26 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "Hello from Prosody");

    let mut login = Login::new(CENTER, "", host.customers());
    login.mechanism = Some("ANONYMOUS");
    let mut guest = Client::online(&login);
    guest.say(CENTER_BILLING, "g1", &format!("continue {code}"));
    host.look_until("bindings", &["guest-"]);
    agent.say(&alias, "a1", "Are you here now?");
    guest.hears("Are you here now?");
    guest.say(CENTER_BILLING, "g2", "Yes, I followed your address");
    assert_eq!(bare(fact(&agent.hears("I followed"), "sender")), alias, "it is the same session");
    customer.never("message", "what is said elsewhere now", Duration::from_millis(500), |message| {
        has(message, "body", "Are you here now?")
    });
    let shown = agent.gather().iter().find(|event| has(event, "body", &code));
    assert!(shown.is_none(), "no agent sees a code that is good: {shown:?}");
    // It is good once: for anybody else it is a word like another.
    let mut thief = Client::online(&login);
    thief.say(CENTER_BILLING, "t1", &format!("continue {code}"));
    agent.hears("Offer 2");
    agent.say(&alias, "a2", "This is for one of you");
    guest.hears("This is for one of you");
    thief.never("message", "another's words", Duration::from_millis(500), |message| {
        has(message, "body", "This is for one of you")
    });
}

/// A member with an address at these servers.
fn member(host: &Host, servers: &[&Server]) {
    let mut arguments = vec!["customer".to_owned(), "add".to_owned(), "joe".to_owned()];
    for server in servers {
        let address = format!("{}:{}", server.provider(Side::Customer), server.jid("joe"));
        arguments.extend(["--address".to_owned(), address]);
    }
    let added = host.add(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "joe");
    assert!(added.status.success(), "{}", said(&added));
}

fn redirected_member() {
    let server = Server::start(Whose::Ejabberd, &["joe"]);
    let redirect = format!("redirect = \"{CENTER}\"");
    let host = Host::serve(Centre::adapted(&[]).at(&server, Side::Customer, &[&redirect]));
    host.people(&[("jim", 3)], &[]);
    member(&host, &[&server]);
    let mut agent = jim(&host);
    let mut customer = user(&server, "joe");
    customer.say(&server.link(Side::Customer, "billing"), "c1", "Hello from ejabberd");
    assert_eq!(uri_told(&mut customer), "xmpp:billing@center.example?message", "a member needs no code");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "Hello from ejabberd");
    customer.order(&json!({ "do": "leave" }));
    customer.expect("disconnected", "the end", |_| true);
    agent.say(&alias, "a1", "Are you here now?");
    let mut joe = Client::online(&Login::new("joe@center.example/phone", "joe", host.customers()));
    joe.say(CENTER_BILLING, "c2", "I am here now");
    assert_eq!(bare(fact(&agent.hears("I am here now"), "sender")), alias, "it is the same session");
    agent.say(&alias, "a2", "Welcome");
    joe.hears("Welcome");
}

fn see_other_host() {
    let line = "domain = \"center.example\"";
    let centre = Centre::in_the_clear(&[(line, &format!("{line}\nredirect = \"chat.center.example:5299\""))]);
    let host = Host::serve(centre);
    host.people(&[], &["joe"]);
    let mut peer = Raw::connect(host.customers());
    peer.authenticate("joe", CENTER, "joe");
    peer.send(&crate::rig::bind("x"));
    let answer = peer.until_closed();
    let condition =
        "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>chat.center.example:5299</see-other-host>";
    assert!(answer.contains(condition) && answer.ends_with("</stream:stream>"), "{answer}");
    // Agents have a listener of their own, that sends nobody anywhere.
    let mut agent = Raw::connect(host.agents());
    agent.send(&header("desk.center.example"));
    agent.take("</stream:features>");
}

fn another_provider() {
    let servers = [Server::start(Whose::Prosody, &["joe"]), Server::start(Whose::Ejabberd, &["joe"])];
    let centre = Centre::adapted(&[]).at(&servers[0], Side::Customer, &[]).at(&servers[1], Side::Customer, &[]);
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &[]);
    member(&host, &[&servers[0], &servers[1]]);
    let mut agent = jim(&host);
    let mut customer = user(&servers[0], "joe");
    let billing = servers[0].link(Side::Customer, "billing");
    befriend(&mut customer, Software::Slixmpp, &billing);
    customer.say(&billing, "c1", "Hello from Prosody");
    let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, "Hello from Prosody");
    customer.order(&json!({ "do": "reset" }));
    agent.expect("presence", "that the customer has gone", |presence| {
        bare(fact(presence, "sender")) == alias && fact(presence, "type") == "unavailable"
    });
    for number in 1..=3 {
        agent.say(&alias, &format!("m{number}"), &format!("Meanwhile {number}"));
    }
    std::thread::sleep(Duration::from_secs(1));
    let mut customer = user(&servers[1], "joe");
    let billing = servers[1].link(Side::Customer, "billing");
    customer.say(&billing, "c2", "Hello again from ejabberd");
    assert_eq!(bare(fact(&agent.hears("Hello again"), "sender")), alias, "it is the same session");
    for number in 1..=3 {
        let message = customer.hears("Meanwhile ");
        assert_eq!(fact(&message, "body"), format!("Meanwhile {number}"), "in order");
        assert!(!fact(&message, "delayed").is_empty(), "it was said before: {message}");
        assert_eq!(bare(fact(&message, "sender")), billing, "from the link there: {message}");
    }
    host.look_until("status", &["\"active\":1"]);
}
