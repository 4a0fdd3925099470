//! What is refused, and what is dropped as known.

use super::{Desk, settled};
use crate::centre::Effect;
use crate::model::adapter::{Arrival, Event, Said, Seen};
use crate::model::{Alias, Body, Extension, Side, Software};
use expect_test::expect;

#[test]
fn what_cannot_be_taken_is_refused_with_the_way_out() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    let cases = [
        (desk.say(&joe, "billng", "hello"), "not-found: There is no billng here. You can write to: billing, sales"),
        (desk.say(&joe, "", "hello"), "not-found: Nobody reads this address. You can write to: billing, sales"),
        (desk.say(&joe, "ann", "hello"), "not-found: There is no ann here. You can write to: billing, sales"),
        (desk.say(&joe, "billing", " \n"), "malformed: The message is empty."),
        (
            desk.say(&joe, "billing", &"a".repeat(40_000)),
            "too-large: The message has 40000 bytes; at most 32768 are taken. Please send it in parts.",
        ),
        (desk.say(&ann, "joe", "hello"), "not-found: There is no joe here."),
        (desk.say(&ann, "s0-aaaaaaaaaaaaaaaaaaaaaaaaaa", "hello"), "gone: This conversation is over."),
    ];
    for (effects, expected) in cases {
        assert_eq!(settled(&effects), expected);
    }
    assert_eq!(desk.centre.sessions.len(), 0);
}

#[test]
fn forms_and_strange_events_are_unsupported() {
    let mut desk = Desk::with_agents(&[]);
    let joe = desk.customer("joe");
    let other = Extension { name: "jingle".to_owned(), value: Vec::new() };
    let mut message = super::desk::message("");
    message.body = Body::Other(other.clone());
    let said = Event::Said(Said { to: Alias::new("billing"), message });
    assert_eq!(settled(&desk.report(joe.endpoint, &joe.contact, said)), "unsupported: Only text is taken here.");
    let effects = desk.report(joe.endpoint, &joe.contact, Event::Other(other));
    assert_eq!(settled(&effects), "unsupported: This can't be done here.");
}

#[test]
fn an_account_is_known_on_its_side_only() {
    let mut desk = Desk::with_agents(&["ann"]);
    let endpoint = desk.open(Side::Agent);
    let arrival = |name: Option<&str>| {
        Event::Arrived(Arrival {
            principal: name.map(Alias::new),
            name: String::new(),
            features: Vec::new(),
            attributes: Vec::new(),
        })
    };
    expect!["not-allowed: This account is no agent's here."].assert_eq(&settled(&desk.report(
        endpoint,
        "joe@desk.localhost/x",
        arrival(Some("joe")),
    )));
    expect!["not-allowed: This account is no agent's here."].assert_eq(&settled(&desk.report(
        endpoint,
        "x",
        arrival(None),
    )));
    expect!["not-authorized: Sign in first."].assert_eq(&settled(&desk.report(endpoint, "x", Event::AskedRoster)));
}

#[test]
fn limits_are_kept() {
    let mut desk = Desk::with_agents(&[]);
    desk.centre.settings.limits.sessions_per_customer = 1;
    desk.centre.settings.limits.messages_per_session = 2;
    let joe = desk.customer("joe");
    assert_eq!(settled(&desk.say(&joe, "billing", "one")), "ok");
    assert_eq!(
        settled(&desk.say(&joe, "sales", "one")),
        "too-many: You have 1 conversations already. End one of them first."
    );
    assert_eq!(settled(&desk.say(&joe, "billing", "two")), "ok");
    assert_eq!(
        settled(&desk.say(&joe, "billing", "three")),
        "too-many: This conversation has reached its limit of 2 messages."
    );
    let mut settings = desk.centre.settings().clone();
    settings.queues[1].max_waiting = 0;
    settings.limits.sessions_per_customer = 8;
    desk.batch(vec![crate::centre::Input::Settings(Box::new(settings))]);
    assert_eq!(
        settled(&desk.say(&joe, "sales", "hello")),
        "busy: Too many are waiting for Sales. Please try again later."
    );
}

#[test]
fn a_resend_is_settled_as_the_first_also_after_a_restart_and_after_the_end() {
    let mut desk = Desk::with_agents(&["ann"]);
    let joe = desk.customer("joe");
    let said = |text: &str| Event::Said(Said { to: Alias::new("billing"), message: super::desk::message(text) });
    for _ in 0..2 {
        assert_eq!(settled(&desk.report_as(joe.endpoint, &joe.contact, Some("m1"), said("hello"))), "ok");
    }
    desk.report_as(joe.endpoint, &joe.contact, Some("m1"), said("another connection counts anew"));
    assert_eq!(desk.transcript(1).len(), 2);
    desk.restart(crate::centre::Components::new());
    let joe = desk.customer("joe");
    assert_eq!(settled(&desk.report_as(joe.endpoint, &joe.contact, Some("m1"), said("hello"))), "ok");
    assert_eq!(desk.transcript(1).len(), 2);
    desk.batch(vec![crate::centre::Input::Close { session: crate::model::SessionId(1), reason: String::new() }]);
    assert_eq!(settled(&desk.report_as(joe.endpoint, &joe.contact, Some("m1"), said("hello"))), "ok");
    assert_eq!(desk.state(2), "forgotten", "no second session was started");
}

#[test]
fn a_new_session_waits_for_the_software_but_not_long() {
    let mut desk = Desk::with_agents(&[]);
    let joe = desk.stranger("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "arrived");
    desk.wait(1_999);
    assert_eq!(desk.state(1), "arrived");
    desk.wait(1);
    assert_eq!(desk.state(1), "waiting");
    let eve = desk.stranger("eve");
    desk.say(&eve, "billing", "hello");
    desk.report(eve.endpoint, &eve.contact, Event::Software(Software::default()));
    assert_eq!(desk.state(2), "waiting", "asked and not told is known too");
}

#[test]
fn hints_cross_only_where_there_is_a_conversation() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    let said = Event::Said(Said { to: Alias::new("billing"), message: super::desk::message("hello") });
    desk.report_as(joe.endpoint, &joe.contact, Some("m1"), said);
    let composing =
        |to: &str| Event::Seen(Seen { to: Alias::new(to), id: String::new(), state: "composing".to_owned() });
    let hints = |effects: &[Effect]| {
        let hint = |effect: &Effect| match effect {
            Effect::Hint(to, hint) => {
                Some((*to, hint.seen.state.clone(), hint.seen.id.clone(), hint.sender.to_string()))
            }
            _ => None,
        };
        effects.iter().filter_map(hint).collect::<Vec<_>>()
    };
    assert!(hints(&desk.report(joe.endpoint, &joe.contact, composing("billing"))).is_empty());
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    let effects = desk.report(joe.endpoint, &joe.contact, composing("billing"));
    assert_eq!(hints(&effects), [(ann.endpoint, "composing".to_owned(), String::new(), alias)]);
    let displayed =
        |id: &str| Event::Seen(Seen { to: Alias::default(), id: id.to_owned(), state: "displayed".to_owned() });
    let effects = desk.report(ann.endpoint, &ann.contact, displayed("1-1-1"));
    assert_eq!(hints(&effects), [(joe.endpoint, "displayed".to_owned(), "m1".to_owned(), "billing".to_owned())]);
    assert!(
        hints(&desk.report(joe.endpoint, &joe.contact, displayed("1-1-1"))).is_empty(),
        "of somebody else's message"
    );
}
