//! The people of the demo, and how a conversation begins.

use super::{Client, Host, Login, fact, has};

pub(crate) const BILLING: &str = "billing@localhost";
pub(crate) const BILLING_QUEUE: &str = "billing@desk.localhost";
pub(crate) const DESK: &str = "desk.localhost";

/// The customer, online.
pub(crate) fn joe(host: &Host) -> Client {
    Client::online(&Login::new("joe@localhost/phone", "joe", host.customers()))
}

/// The agent of the best skill in billing, online.
pub(crate) fn jim(host: &Host) -> Client {
    Client::online(&Login::new("jim@desk.localhost/desk", "jim", host.agents()))
}

/// The other agent, online.
pub(crate) fn ann(host: &Host) -> Client {
    Client::online(&Login::new("ann@desk.localhost/desk", "ann", host.agents()))
}

/// Joe writes to billing, Jim is offered the session and accepts it: all three, and the alias that Jim sees Joe under.
pub(crate) fn talking(first_words: &str) -> (Host, Client, Client, String) {
    let host = Host::start();
    let mut agent = jim(&host);
    host.look_until("agents", &["jim"]);
    let mut customer = joe(&host);
    customer.say(BILLING, "first", first_words);
    let alias = accept(&mut agent, first_words);
    (host, customer, agent, alias)
}

/// Takes the next offer from billing; gives the address of the customer's window.
pub(crate) fn accept(agent: &mut Client, first_words: &str) -> String {
    accept_at(agent, BILLING_QUEUE, first_words)
}

/// Takes the next offer from a queue; gives the address of the customer's window.
pub(crate) fn accept_at(agent: &mut Client, queue: &str, first_words: &str) -> String {
    agent.hears("Say `accept");
    agent.say(queue, "accept", "accept");
    let message = agent
        .expect("message", first_words, |message| has(message, "body", first_words) && !has(message, "body", "Offer "));
    bare(fact(&message, "sender")).to_owned()
}

/// Without the resource.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split('/').next().unwrap_or(jid)
}
