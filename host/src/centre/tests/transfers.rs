//! Sessions that are given to another agent or queue: asked for, accepted, declined, blind.

use super::desk::{profile, settings};
use super::returning::{delivers, feed};
use super::rules::{Fit, Known, Native};
use super::{Desk, Person, settled, words};
use crate::centre::Components;
use crate::model::record::State;
use crate::model::rule::{self, Rule};
use crate::model::settings::Pool;
use crate::model::{SessionId, Side};
use expect_test::expect;

/// Joe talks to Ann; Jim and Max are there and free.
fn talking() -> (Desk, [Person; 3], Person, String) {
    let mut profiles: Vec<_> = ["ann", "jim", "max"].map(|name| profile(name, 1)).into();
    profiles[2].queues = vec!["sales".to_owned()];
    let mut desk = Desk::new(settings(), Components::new(), profiles);
    let agents = ["ann", "jim", "max"].map(|name| {
        desk.now = desk.now.plus_ms(1);
        desk.agent(name)
    });
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&agents[0], "", "accept");
    let alias = desk.alias(1);
    (desk, agents, joe, alias)
}

fn owner(desk: &Desk) -> String {
    let live = desk.centre.sessions.get(SessionId(1)).expect("it is in memory");
    live.record.owner.as_ref().map_or_else(|| live.record.state.as_str().to_owned(), |owner| owner.agent.to_string())
}

/// All that the customer and an agent's assignment are delivered.
fn hears(desk: &Desk, person: &Person, participant: u32) -> String {
    let mut feed = feed(desk, 1, participant, person.endpoint);
    feed.after = crate::model::Seq(0);
    delivers(desk, &feed).join("\n")
}

#[test]
fn a_transfer_with_a_note_is_accepted() {
    let (mut desk, [ann, jim, _], joe, alias) = talking();
    desk.say(&ann, &alias, "good morning");
    expect![[r"
        jim@desk.localhost/phone < Offer 2: Ann asks you to take joe (member) at billing, XMPP with Gajim 1.8. Say `accept` or `decline` within 20 s. Note: wants his money back
        ann@desk.localhost/phone < Jim is asked to take joe. Until somebody accepts, joe stays with you."]]
    .assert_eq(&words(&desk.say(&ann, &alias, "/transfer jim wants his money back")));
    assert_eq!(settled(&desk.say(&ann, &alias, "one moment")), "ok", "the session is still hers");
    assert_eq!(owner(&desk), "ann");
    expect![[r"
        ann@desk.localhost/phone < Jim has taken over joe.
        jim@desk.localhost/phone < Offer 2 is yours: write to joe in the window of that name. Say `end` there when you are done."]].assert_eq(&words(&desk.say(&jim, "", "accept")));
    assert_eq!((owner(&desk).as_str(), desk.state(1)), ("jim", "active"));
    assert_eq!(settled(&desk.say(&ann, &alias, "bye")), "gone: This conversation is not yours any more.");
    assert_eq!(settled(&desk.say(&jim, &alias, "here I am")), "ok");
    expect![[r"
        ~hello
        ~Ann: good morning
        ~Ann (inside): note for Jim: wants his money back
        ~Ann: one moment
        ~Demo: Jim is with you now."]]
    .assert_eq(&hears(&desk, &jim, 2));
    expect![[r"
        good morning
        one moment
        Jim is with you now.
        here I am"]]
    .assert_eq(&hears(&desk, &joe, 0));
    let eve = desk.customer("eve");
    assert!(words(&desk.say(&eve, "billing", "hello")).starts_with("ann@"), "she has a slot again");
}

#[test]
fn a_transfer_that_is_declined_or_not_answered_leaves_the_session_where_it_is() {
    let (mut desk, [ann, jim, _], _, alias) = talking();
    desk.say(&ann, &alias, "/transfer Jim");
    expect![[r"
        ann@desk.localhost/phone < Jim has declined; joe stays with you.
        jim@desk.localhost/phone < You have declined offer 2."]]
    .assert_eq(&words(&desk.say(&jim, "", "decline")));
    desk.say(&ann, "", "transfer 1 @jim");
    expect![[r"
        jim@desk.localhost/phone < [withdraw-offer] Offer 3 has gone: it has expired.
        ann@desk.localhost/phone < Jim has not answered; joe stays with you."]]
    .assert_eq(&words(&desk.wait(20_000)));
    desk.say(&ann, &alias, "/transfer jim");
    expect![[r"
        jim@desk.localhost/phone < [withdraw-offer] Offer 4 has gone: you are away.
        ann@desk.localhost/phone < Jim is not there any more; joe stays with you.
        jim@desk.localhost/phone < You are away. Say `ready` when you are back."]]
    .assert_eq(&words(&desk.say(&jim, "", "away")));
    assert_eq!((owner(&desk).as_str(), desk.state(1)), ("ann", "active"));
    expect!["jim@desk.localhost/phone < Offer 2 has gone: you declined it."]
        .assert_eq(&words(&desk.say(&jim, "", "accept 2")));
}

#[test]
fn a_queue_is_asked_one_agent_after_the_other() {
    let (mut desk, [ann, jim, max], joe, alias) = talking();
    expect![[r"
        ann@desk.localhost/phone < Sales is asked to take joe. Until somebody accepts, joe stays with you.
        jim@desk.localhost/phone < Offer 2: Ann asks you to take joe (member) at billing, XMPP with Gajim 1.8. Say `accept` or `decline` within 20 s. Note: wants a second line"]].assert_eq(&words(&desk.say(&ann, &alias, "/transfer sales wants a second line")));
    expect![[r"
        jim@desk.localhost/phone < You have declined offer 2.
        max@desk.localhost/phone < Offer 3: Ann asks you to take joe (member) at billing, XMPP with Gajim 1.8. Say `accept` or `decline` within 20 s. Note: wants a second line"]].assert_eq(&words(&desk.say(&jim, "", "decline")));
    expect![[r"
        ann@desk.localhost/phone < Max has taken over joe.
        max@desk.localhost/phone < Offer 3 is yours: write to joe in the window of that name. Say `end` there when you are done."]].assert_eq(&words(&desk.say(&max, "", "accept")));
    let record = &desk.centre.sessions.get(SessionId(1)).expect("it is in memory").record;
    assert_eq!((record.queue.as_str(), record.state), ("sales", State::Active));
    assert_eq!(owner(&desk), "max");
    assert!(!hears(&desk, &joe, 0).contains("second line"));
}

#[test]
fn a_queue_that_nobody_answers_for_is_told() {
    let (mut desk, [ann, jim, max], _, alias) = talking();
    desk.say(&ann, &alias, "/transfer sales");
    desk.say(&jim, "", "decline");
    expect![[r"
        max@desk.localhost/phone < You have declined offer 3.
        ann@desk.localhost/phone < Nobody of Sales can take joe now, so joe stays with you. Say `/pass` and the queue to let joe wait there."]].assert_eq(&words(&desk.say(&max, "", "decline")));
    assert_eq!(owner(&desk), "ann");
    assert!(words(&desk.say(&ann, &alias, "/transfer sales")).contains("jim@"), "asked anew, they are asked again");
}

#[test]
fn a_session_that_is_passed_on_waits_at_the_front() {
    let (mut desk, [ann, jim, max], joe, alias) = talking();
    desk.say(&jim, "", "away");
    desk.say(&max, "", "away");
    let eve = desk.customer("eve");
    desk.now = desk.now.plus_ms(1_000);
    desk.say(&eve, "sales", "me too");
    expect![[r"
        ann@desk.localhost/phone < You have passed joe on to Sales.
        ann@desk.localhost/phone < Offer 2: eve (member) at sales, XMPP with Gajim 1.8, has waited 0 s. Say `accept` or `decline` within 20 s."]].assert_eq(&words(&desk.say(&ann, &alias, "/pass sales he wants a second line")));
    assert_eq!(desk.state(1), "waiting", "who passed it on is not offered it at once");
    desk.say(&ann, "", "away");
    assert_eq!(desk.state(2), "waiting", "Eve came later");
    expect![[r"
        jim@desk.localhost/phone < You are ready: offers will come.
        jim@desk.localhost/phone < Offer 3: joe (member) at billing, XMPP with Gajim 1.8, has waited 1 s. Say `accept` or `decline` within 20 s."]].assert_eq(&words(&desk.say(&jim, "", "ready")));
    desk.say(&jim, "", "accept");
    expect![[r"
        ~hello
        ~Ann (inside): note for Sales: he wants a second line
        ~Demo: Please wait a moment, somebody else will be with you."]]
    .assert_eq(&hears(&desk, &jim, 2));
    expect!["Please wait a moment, somebody else will be with you."].assert_eq(&hears(&desk, &joe, 0));
}

#[test]
fn a_session_that_is_passed_to_an_agent_is_offered_at_once_and_then_to_anybody() {
    let (mut desk, [ann, jim, _], _, alias) = talking();
    expect![[r"
        jim@desk.localhost/phone < Offer 2: joe (member) at billing, XMPP with Gajim 1.8, has waited 0 s. Say `accept` or `decline` within 20 s.
        ann@desk.localhost/phone < You have passed joe on to Jim."]].assert_eq(&words(&desk.say(&ann, &alias, "/transfer! jim")));
    assert_eq!(owner(&desk), "offered");
    desk.say(&jim, "", "decline");
    assert_eq!(desk.state(1), "offered", "it goes to Ann again, since nobody else serves billing");
}

#[test]
fn what_cannot_be_is_answered_and_changes_nothing() {
    let (mut desk, [ann, jim, max], _, alias) = talking();
    let mut answers = Vec::new();
    for order in
        ["/transfer", "/transfer nobody", "/transfer ann", "/pass dialog:faq", "/transfr jim", "/transfer 7 jim"]
    {
        let effects = desk.say(&ann, &alias, order);
        assert_eq!(settled(&effects), "ok");
        answers.push(words(&effects));
    }
    desk.say(&max, "", "away");
    answers.push(words(&desk.say(&ann, "", "pass 1 max")));
    answers.push(words(&desk.say(&ann, "", "pass 2 max")));
    answers.push(words(&desk.say(&jim, "", "pass sales")));
    let eve = desk.customer("eve");
    desk.say(&eve, "billing", "hello");
    desk.say(&jim, "", "accept");
    answers.push(words(&desk.say(&ann, &alias, "/transfer jim")));
    expect![[r"
        ann@desk.localhost/phone < To whom? Say the name of a queue, a dialog or an agent, and a note if you like.
        ann@desk.localhost/phone < There is no queue, no dialog and no agent `nobody` here.
        ann@desk.localhost/phone < You have joe yourself.
        ann@desk.localhost/phone < There is no queue, no dialog and no agent `dialog:faq` here.
        ann@desk.localhost/phone < I don't know `/transfr jim`, so nobody has heard it. Say `/help` for the words, or `//transfr jim` to say it as it is.
        ann@desk.localhost/phone < There is no queue, no dialog and no agent `7` here.
        ann@desk.localhost/phone < Max is not available now.
        ann@desk.localhost/phone < You have no conversation 2.
        jim@desk.localhost/phone < You have no conversation now.
        ann@desk.localhost/phone < Jim has no room for another conversation now."]].assert_eq(&answers.join("\n"));
    assert_eq!(owner(&desk), "ann");
    assert_eq!(desk.transcript(1), ["joe: hello"], "nothing of it was heard by anybody");
}

#[test]
fn who_asks_again_asks_nothing_new_and_who_asks_another_takes_the_first_back() {
    let (mut desk, [ann, jim, max], _, alias) = talking();
    desk.say(&ann, &alias, "/transfer jim");
    expect!["ann@desk.localhost/phone < Jim is asked to take joe. Until somebody accepts, joe stays with you."]
        .assert_eq(&words(&desk.say(&ann, &alias, "/transfer jim")));
    expect![[r"
        jim@desk.localhost/phone < [withdraw-offer] Offer 2 has gone: it was taken back.
        max@desk.localhost/phone < Offer 3: Ann asks you to take joe (member) at billing, XMPP with Gajim 1.8. Say `accept` or `decline` within 20 s.
        ann@desk.localhost/phone < Max is asked to take joe. Until somebody accepts, joe stays with you."]].assert_eq(&words(&desk.say(&ann, &alias, "/transfer max")));
    desk.say(&jim, "", "accept 2");
    assert_eq!(owner(&desk), "ann");
    desk.say(&max, "", "accept 3");
    assert_eq!(owner(&desk), "max");
}

#[test]
fn a_transfer_ends_with_the_session_and_with_the_owner() {
    let (mut desk, [ann, jim, _], joe, alias) = talking();
    desk.say(&ann, &alias, "/transfer jim");
    expect!["jim@desk.localhost/phone < [withdraw-offer] Offer 2 has gone: joe has left."]
        .assert_eq(&words(&desk.say(&ann, &alias, "end")));
    desk.wait(10_000);
    desk.say(&joe, "billing", "hello again");
    let agent = if desk.centre.agents.named(&crate::model::AgentName::new("ann")).unwrap().offers.is_empty() {
        &jim
    } else {
        &ann
    };
    desk.say(agent, "", "accept");
    let other = if agent.contact == ann.contact { "jim" } else { "ann" };
    let alias = desk.alias(2);
    desk.say(agent, &alias, &format!("/transfer {other}"));
    desk.gone(agent);
    desk.centre.settings.offer_ms = 1_000_000;
    desk.wait(19_000);
    assert_eq!(desk.state(2), "active");
    desk.wait(11_000);
    assert_eq!(desk.state(2), "offered", "it went back to the queue, and from there to the other");
    assert_eq!(desk.centre.devices.count(Side::Agent), 2);
}

/// Sales has a pool of its own: its rule knows the session while it is asked, and the other knows no more than what waits there.
#[test]
fn a_transfer_to_another_pool_asks_its_rules() {
    let mut settings = settings();
    settings.pools = ["main", "other"].map(|name| Pool::new(name, vec!["fit".to_owned()])).into();
    settings.queues[1].pool = "other".to_owned();
    let known: [Known; 2] = [Known::default(), Known::default()];
    let knows = |known: &Known| known.lock().expect("no test panics here").clone();
    let fit = |_, session: &rule::Session, agent: &rule::Agent| {
        let is_meant = session.queue != "sales" || agent.name.as_str() == "max";
        if is_meant { Fit::Tier(0) } else { Fit::Drop }
    };
    let rule = |known: &Known| -> Vec<Box<dyn Rule>> { vec![Box::new(Native::new("fit", fit).showing(known))] };
    let rules = Components::from([("main".to_owned(), rule(&known[0])), ("other".to_owned(), rule(&known[1]))]);
    let mut desk = Desk::new(settings, rules, ["ann", "jim", "max"].map(|name| profile(name, 1)).into());
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    let (jim, max, alias) = (desk.agent("jim"), desk.agent("max"), desk.alias(1));
    let asked = words(&desk.say(&ann, &alias, "/transfer sales"));
    assert!(asked.contains("max@desk") && !asked.contains("jim@desk"), "{asked}");
    assert_eq!(knows(&known[1]), [1]);
    desk.say(&max, "", "decline");
    assert_eq!(owner(&desk), "ann");
    desk.say(&ann, &alias, "/transfer sales");
    desk.say(&max, "", "accept");
    assert_eq!(owner(&desk), "max");
    // Whatever happens next tells the rules what has changed.
    for (name, link) in [("eve", "billing"), ("tom", "sales")] {
        let customer = desk.customer(name);
        desk.say(&customer, link, "hello");
    }
    desk.say(&jim, "", "status");
    assert_eq!((knows(&known[0]), knows(&known[1])), (vec![2], vec![3]));
    assert!(desk.outputs.iter().all(|output| output.faults.is_empty()));
}

#[test]
fn a_restart_ends_what_was_asked_and_nothing_else() {
    let (mut desk, [ann, _, _], _, alias) = talking();
    desk.say(&ann, &alias, "/transfer jim with a note");
    desk.restart(Components::new());
    assert_eq!((owner(&desk).as_str(), desk.state(1)), ("ann", "active"));
    let ann = desk.agent("ann");
    let jim = desk.agent("jim");
    assert!(words(&desk.say(&jim, "", "accept")).contains("no offer"));
    desk.say(&ann, &alias, "/transfer jim");
    desk.say(&jim, "", "accept");
    assert_eq!(owner(&desk), "jim");
}
