//! Several providers in one host, and agents who are users of one.

use super::{befriend, jim, user};
use crate::Scenario;
use crate::rig::{
    CENTER_BILLING, CENTER_BILLING_QUEUE, Centre, Client, Host, Login, Need, Server, Side, Software, Tap, Whose,
    accept_at, bare, fact, has, said,
};

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "customers of the same name at Prosody and at ejabberd stay apart",
        needs: &[Need::Prosody, Need::Ejabberd, Need::Slixmpp],
        run: same_name,
    },
    Scenario {
        name: "agents who are users of Prosody serve customers of our listener and of ejabberd",
        needs: &[Need::Prosody, Need::Ejabberd, Need::Slixmpp],
        run: agents_at_prosody,
    },
];

fn same_name() {
    let servers = [Server::start(Whose::Prosody, &["joe"]), Server::start(Whose::Ejabberd, &["joe"])];
    let centre = Centre::adapted(&[]).at(&servers[0], Side::Customer, &[]).at(&servers[1], Side::Customer, &[]);
    let host = Host::serve(centre);
    host.people(&[("jim", 3)], &[]);
    let mut agent = jim(&host);
    let mut both: Vec<(Client, String, String)> = Vec::new();
    for server in &servers {
        let mut joe = user(server, "joe");
        let billing = server.link(Side::Customer, "billing");
        let words = format!("I am Joe of {}", server.whose.name());
        joe.say(&billing, "c1", &words);
        let alias = accept_at(&mut agent, CENTER_BILLING_QUEUE, &words);
        both.push((joe, billing, alias));
    }
    assert_ne!(both[0].2, both[1].2, "each has a session of his own");
    for (number, (joe, billing, alias)) in both.iter_mut().enumerate() {
        agent.say(alias, &format!("a{number}"), &format!("You are number {number}"));
        let answer = joe.hears(&format!("You are number {number}"));
        assert_eq!(bare(fact(&answer, "sender")), billing);
        joe.say(billing, "c2", &format!("So I am number {number}"));
        let message = agent.hears(&format!("So I am number {number}"));
        assert_eq!(bare(fact(&message, "sender")), alias);
    }
    for (number, (joe, ..)) in both.iter_mut().enumerate() {
        let other = format!("number {}", 1 - number);
        let heard = joe.gather().iter().find(|event| has(event, "body", &other));
        assert!(heard.is_none(), "nothing of the other: {heard:?}");
    }
    host.look_until("sessions", &["prosody", "ejabberd"]);
    host.look_until("status", &["\"active\":2"]);
}

fn agents_at_prosody() {
    let desk = Server::start(Whose::Prosody, &["jim"]);
    let home = Server::start(Whose::Ejabberd, &["sue"]);
    let host = Host::serve(Centre::adapted(&[]).at(&desk, Side::Agent, &[]).at(&home, Side::Customer, &[]));
    let address = format!("{}:{}", desk.provider(Side::Agent), desk.jid("jim"));
    let arguments = ["agent", "add", "jim", "--skills", "billing:7", "--capacity", "chat=3", "--address", &address];
    let added = host.add(&arguments, "jim");
    assert!(added.status.success(), "{}", said(&added));
    host.people(&[], &["joe"]);

    let tap = Tap::to(desk.clients());
    let login = Login::new("jim@prosody.example/desk", "jim", tap.port).in_the_clear();
    let mut agent = Client::online(&login);
    let queue = desk.link(Side::Agent, "billing");
    befriend(&mut agent, Software::Slixmpp, &queue);
    host.look_until("agents", &["jim", "available"]);

    let mut joe = Client::online(&Login::new("joe@center.example/phone", "joe", host.customers()));
    let mut sue = user(&home, "sue");
    let support = home.link(Side::Customer, "billing");
    joe.say(CENTER_BILLING, "c1", "I am a member");
    let first = accept_at(&mut agent, &queue, "I am a member");
    sue.say(&support, "c1", "I am at ejabberd");
    let second = accept_at(&mut agent, &queue, "I am at ejabberd");
    assert_ne!(first, second);
    for (customer, link, alias) in [(&mut joe, CENTER_BILLING, &first), (&mut sue, &support, &second)] {
        agent.say(alias, &format!("a-{alias}"), &format!("Good day, {alias}"));
        let answer = customer.hears("Good day, ");
        assert_eq!(bare(fact(&answer, "sender")), link);
        customer.say(link, "c2", "The same to you");
        let message = agent.hears("The same to you");
        assert_eq!(bare(fact(&message, "sender")), alias);
        agent.say(alias, &format!("e-{alias}"), "end");
        customer.hears("has ended");
    }
    let wire = tap.received();
    for outside in ["joe@", "sue@", "ejabberd.example", "center.example", "127.0.0.1"] {
        assert!(!wire.contains(outside), "the agent was sent {outside:?}: {wire}");
    }
}
