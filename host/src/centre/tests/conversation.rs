//! From the first word to the end.

use super::{Desk, settled, words};
use crate::centre::Effect;
use crate::model::Side;
use expect_test::expect;

#[test]
fn a_customer_is_offered_accepted_answered_and_ended() {
    let mut desk = Desk::with_agents(&["jim"]);
    let jim = desk.agent("jim");
    let joe = desk.customer("joe");

    let effects = desk.say(&joe, "billing", "hello");
    assert_eq!(settled(&effects), "ok");
    expect![[r"jim@desk.localhost/phone < Offer 1: joe (member) at billing, XMPP with Gajim 1.8, has waited 0 s. Say `accept` or `decline` within 20 s."]]
        .assert_eq(&words(&effects));
    assert_eq!(desk.state(1), "offered");

    let effects = desk.say(&jim, "billing", "Accept");
    expect!["jim@desk.localhost/phone < Offer 1 is yours: write to joe in the window of that name. Say `end` there when you are done."]
        .assert_eq(&words(&effects));
    let feed = effects.iter().find_map(|effect| match effect {
        Effect::Feed(endpoint, feed) if *endpoint == jim.endpoint => Some(feed),
        _ => None,
    });
    let feed = feed.expect("the agent is delivered the conversation");
    assert_eq!((feed.after.0, feed.joined_after.0, feed.alias.to_string()), (0, 1, desk.alias(1)));

    let alias = desk.alias(1);
    let effects = desk.say(&jim, &alias, "good morning");
    assert_eq!(settled(&effects), "ok");
    assert!(effects.iter().any(|e| matches!(e, Effect::Wake(endpoint, _) if *endpoint == joe.endpoint)));
    desk.say(&joe, "billing", "my bill is wrong");
    let effects = desk.say(&jim, &alias, "end");
    assert_eq!(settled(&effects), "ok");
    assert_eq!(desk.state(1), "wrapping");
    expect![[r"
        joe: hello
        Jim: good morning
        joe: my bill is wrong
        Demo: The conversation has ended. Write again to start another."]]
    .assert_eq(&desk.transcript(1).join("\n"));

    desk.wait(5_000);
    assert_eq!(desk.state(1), "closed");
    desk.delivered(&joe, 1, 0, 4);
    desk.delivered(&jim, 1, 1, 4);
    assert_eq!(desk.state(1), "forgotten");
    assert_eq!(desk.centre.devices.count(Side::Agent), 1);
}

/// Two conversations of one agent, who ends both.
fn two_to_wrap_up() -> (Desk, super::Person) {
    let mut desk =
        Desk::new(super::desk::settings(), crate::centre::Components::new(), vec![super::desk::profile("ann", 2)]);
    let ann = desk.agent("ann");
    for (number, name) in (1..).zip(["joe", "eve"]) {
        let person = desk.customer(name);
        desk.say(&person, "billing", "hello");
        desk.say(&ann, "", "accept");
        desk.say(&ann, "", &format!("end {number}"));
    }
    (desk, ann)
}

#[test]
fn an_agent_who_is_done_is_free_at_once() {
    let (mut desk, ann) = two_to_wrap_up();
    assert_eq!((desk.state(1), desk.state(2)), ("wrapping", "wrapping"));
    let max = desk.customer("max");
    desk.say(&max, "billing", "hello");
    assert_eq!(desk.state(3), "waiting");
    expect!["ann@desk.localhost/phone < Which one? Say `done 1` (joe) or `done 2` (eve)."]
        .assert_eq(&words(&desk.say(&ann, "billing", "done")));
    let told = words(&desk.say(&ann, "billing", "done 2"));
    assert!(told.contains("You are done with eve."), "{told}");
    assert_eq!((desk.state(1), desk.state(2), desk.state(3)), ("wrapping", "closed", "offered"));
    let alias = desk.alias(1);
    assert_eq!(settled(&desk.say(&ann, &alias, "Done")), "ok", "in the conversation's own window");
    assert_eq!(desk.state(1), "closed");
    expect!["ann@desk.localhost/phone < You have no conversation to wrap up now."]
        .assert_eq(&words(&desk.say(&ann, "billing", "done")));
    assert!(settled(&desk.say(&ann, &alias, "done")).starts_with("gone"), "it is over");
}

#[test]
fn an_agent_set_away_finishes_what_there_is_and_gets_nothing_more() {
    let mut desk =
        Desk::new(super::desk::settings(), crate::centre::Components::new(), vec![super::desk::profile("ann", 2)]);
    let ann = desk.agent("ann");
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.say(&eve, "billing", "hello");
    assert_eq!(desk.state(2), "offered");
    desk.say(&ann, "", "away lunch");
    assert_eq!((desk.state(1), desk.state(2)), ("active", "waiting"), "the offer goes back, the conversation stays");
    let alias = desk.alias(1);
    assert_eq!(settled(&desk.say(&ann, &alias, "one moment")), "ok");
    desk.say(&joe, "billing", "thank you");
    desk.wait(600_000);
    assert_eq!(settled(&desk.say(&ann, &alias, "end")), "ok");
    desk.wait(5_000);
    assert_eq!((desk.state(1), desk.state(2)), ("closed", "waiting"));
    desk.say(&ann, "", "ready");
    assert_eq!(desk.state(2), "offered");
}
