//! What was learnt of waiting times, through restarts.

use crate::Scenario;
use crate::rig::{Centre, Client, Host, Login, Need, accept_at};
use std::time::Duration;

pub(crate) const ALL: &[Scenario] = &[Scenario {
    name: "who waits is told a range at once, also after a restart and after kill -9",
    needs: &[Need::Slixmpp],
    run: told_after_restarts,
}];

const LINK: &str = "billing@center.example";
const QUEUE: &str = "billing@desk.center.example";
/// Who waited less is not counted.
const WAIT: Duration = Duration::from_millis(1_500);

fn customer(host: &Host, name: &str) -> Client {
    Client::online(&Login::new(&format!("{name}@center.example/phone"), name, host.customers()))
}

/// Jim is there again, and has one customer, so that whoever comes has to wait.
fn jim(host: &Host) -> Client {
    let jim = Client::online(&Login::new("jim@desk.center.example/desk", "jim", host.agents()));
    host.look_until("agents", &["jim", "available"]);
    jim
}

/// A customer waits behind the one in this window, and is served then; with the own window.
fn waits(host: &Host, agent: &mut Client, window: &str, name: &str) -> (Client, String) {
    let words = format!("It is me, {name}");
    let mut customer = customer(host, name);
    customer.say(LINK, "first", &words);
    host.look_until("queues", &["\"waiting\":1"]);
    std::thread::sleep(WAIT);
    agent.say(window, "end", "end");
    (customer, accept_at(agent, QUEUE, &words))
}

fn told_after_restarts() {
    let lines = [("after = 20", "after = 1"), ("wrap_up_s = 30", "wrap_up_s = 0")];
    let mut host = Host::serve(Centre::adapted(&lines));
    host.people(&[("jim", 1)], &["joe", "eve", "max", "sue", "bob"]);
    let mut agent = jim(&host);
    let mut joe = customer(&host, "joe");
    joe.say(LINK, "first", "Hello there");
    let window = accept_at(&mut agent, QUEUE, "Hello there");
    let (eve, window) = waits(&host, &mut agent, &window, "eve");
    host.look_until("queues", &["\"waits\":1"]);
    let (max, _) = waits(&host, &mut agent, &window, "max");
    host.look_until("queues", &["\"waits\":2"]);
    drop((agent, joe, eve, max));
    host.interrupt();
    assert!(host.ended().success());

    host.start_again();
    let agent = jim(&host);
    host.look_until("queues", &["\"waits\":2"]);
    let mut sue = customer(&host, "sue");
    sue.say(LINK, "first", "And me?");
    sue.hears("It will take");
    drop((agent, sue));
    host.kill();

    host.start_again();
    let _agent = jim(&host);
    host.look_until("queues", &["\"waits\":2"]);
    let mut bob = customer(&host, "bob");
    bob.say(LINK, "first", "Is there anybody?");
    bob.hears("It will take");
    assert!(!host.log().contains("learnt anew"), "{}", host.log());
}
