//! People who drop, return, move and are replaced.

use super::{Desk, settled, words};
use crate::centre::{Components, Effect, Input};
use crate::model::adapter::{Arrival, Event};
use crate::model::{Participant, SessionId, Side};
use expect_test::expect;

fn feeds(effects: &[Effect], participant: u32) -> Vec<(u32, u32)> {
    let feed = |effect: &Effect| match effect {
        Effect::Feed(_, feed) if feed.id.participant == Participant(participant) => {
            Some((feed.after.0, feed.joined_after.0))
        }
        _ => None,
    };
    effects.iter().filter_map(feed).collect()
}

#[test]
fn a_customer_who_returns_gets_what_was_said_meanwhile() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.gone(&joe);
    let alias = desk.alias(1);
    desk.say(&ann, &alias, "are you there?");
    desk.wait(59_000);
    desk.outputs.clear();
    desk.customer("joe");
    let effects: Vec<Effect> = desk.outputs.iter().flat_map(|output| output.effects.clone()).collect();
    assert_eq!(feeds(&effects, 0), [(1, 2)]);
    desk.wait(60_000);
    assert_eq!(desk.state(1), "active");
}

#[test]
fn a_customer_who_does_not_return_ends_the_session() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.gone(&joe);
    desk.wait(60_000);
    assert_eq!(desk.state(1), "wrapping");
    assert_eq!(
        desk.transcript(1)[1],
        "Demo: The conversation has ended because the connection was lost. Write again to start another."
    );
    desk.wait(5_000);
    desk.delivered(&ann, 1, 1, 2);
    assert_eq!(desk.state(1), "closed");
    desk.wait(60_000);
    assert_eq!(desk.state(1), "forgotten");
}

#[test]
fn a_lost_agents_session_goes_back_to_the_front_with_its_time() {
    let mut desk = Desk::with_agents(&["ann", "jim"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.now = desk.now.plus_ms(1_000);
    let eve = desk.customer("eve");
    desk.say(&eve, "billing", "me too");
    desk.gone(&ann);
    desk.wait(30_000);
    assert_eq!((desk.state(1), desk.state(2)), ("waiting", "waiting"));
    let jim = desk.agent("jim");
    assert_eq!((desk.state(1), desk.state(2)), ("offered", "waiting"));
    let alias = desk.alias(1);
    desk.say(&jim, "", "accept");
    assert_eq!(desk.state(1), "active");
    let back = desk.agent("ann");
    let effects = desk.say(&back, &alias, "I am back");
    assert_eq!(settled(&effects), "gone: This conversation is not yours any more.");
    assert_eq!(
        desk.transcript(1),
        ["joe: hello", "Demo: The connection to Ann was lost. Please wait, somebody else will be with you."]
    );
}

#[test]
fn an_agent_who_returns_in_time_goes_on_behind_the_cursor() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.delivered(&ann, 1, 1, 1);
    desk.gone(&ann);
    desk.say(&joe, "billing", "hello?");
    desk.wait(29_000);
    desk.outputs.clear();
    let ann = desk.agent("ann");
    let effects: Vec<Effect> = desk.outputs.iter().flat_map(|output| output.effects.clone()).collect();
    assert_eq!(feeds(&effects, 1), [(1, 2)]);
    let alias = desk.alias(1);
    assert_eq!(settled(&desk.say(&ann, &alias, "sorry")), "ok");
}

#[test]
fn who_signs_in_again_under_the_same_name_replaces_the_older_connection() {
    let mut desk = Desk::with_agents(&[]);
    let old = desk.customer("joe");
    desk.say(&old, "billing", "hello");
    let endpoint = desk.open(Side::Customer);
    let arrival = Arrival::of("joe", "");
    let effects = desk.report(endpoint, &old.contact, Event::Arrived(arrival));
    expect![
        "joe@localhost/phone < [disconnect] You have signed in again under the same name; this connection is closed."
    ]
    .assert_eq(&words(&effects));
    assert!(effects.iter().any(|e| matches!(e, Effect::Direct(to, _) if *to == old.endpoint)));
    assert_eq!(feeds(&effects, 0), [(1, 1)], "the conversation is delivered to the new connection");
    assert_eq!(settled(&desk.say(&old, "billing", "still me")), "not-authorized: Sign in first.");
}

#[test]
fn answers_go_to_the_device_that_spoke_last() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let phone = desk.customer("joe");
    desk.say(&phone, "billing", "from my phone");
    desk.say(&ann, "", "accept");
    let endpoint = desk.open(Side::Customer);
    let arrival = Arrival::of("joe", "");
    let laptop = super::Person { endpoint, contact: "joe@localhost/laptop".to_owned() };
    desk.report(endpoint, &laptop.contact, Event::Arrived(arrival));
    let effects = desk.say(&laptop, "billing", "from my laptop");
    assert!(effects.iter().any(|e| matches!(e, Effect::Unfeed(to, _) if *to == phone.endpoint)));
    let alias = desk.alias(1);
    let effects = desk.say(&ann, &alias, "hello");
    let woken: Vec<_> =
        effects.iter().filter_map(|e| if let Effect::Wake(to, _) = e { Some(*to) } else { None }).collect();
    assert_eq!(woken, [laptop.endpoint]);
    desk.gone(&laptop);
    assert!(desk.centre.table.device(desk.centre.sessions.get(SessionId(1)).unwrap().customer_feed()).is_some());
}

#[test]
fn after_a_restart_people_return_into_their_sessions() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    let eve = desk.customer("eve");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.say(&eve, "billing", "hello");
    let alias = desk.alias(1);
    desk.restart(Components::new());
    assert_eq!((desk.state(1), desk.state(2)), ("active", "waiting"));
    desk.now = desk.now.plus_ms(1_000);
    desk.customer("joe");
    let ann = desk.agent("ann");
    assert_eq!(settled(&desk.say(&ann, &alias, "we are back")), "ok");
    expect!["ann@desk.localhost/phone < The conversation with joe has ended."]
        .assert_eq(&words(&desk.say(&ann, "", "end 1")));
    desk.wait(59_000);
    assert_eq!(desk.state(2), "closed", "eve has not returned");
}

#[test]
fn an_agent_who_returns_is_delivered_the_rest_of_a_session_that_is_over() {
    let mut desk = Desk::with_agents(&["ann"]);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    desk.delivered(&ann, 1, 1, 1);
    desk.gone(&ann);
    desk.say(&joe, "billing", "never mind");
    desk.batch(vec![Input::Close { session: SessionId(1), reason: String::new() }]);
    desk.wait(5_000);
    assert_eq!(desk.state(1), "closed");
    for _ in 0..2 {
        desk.outputs.clear();
        let back = desk.agent("ann");
        let effects: Vec<Effect> = desk.outputs.iter().flat_map(|output| output.effects.clone()).collect();
        assert_eq!(feeds(&effects, 1), [(1, 3)], "also after a restart");
        desk.gone(&back);
        desk.restart(Components::new());
    }
    let back = desk.agent("ann");
    desk.delivered(&back, 1, 1, 3);
    let joe = desk.customer("joe");
    desk.delivered(&joe, 1, 0, 3);
    assert_eq!(desk.state(1), "forgotten");
}
