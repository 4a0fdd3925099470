//! Who drops and returns, also at another place: what was said meanwhile follows in order, marked as said before. What a former agent
//! still sends is refused (I10).

use super::desk::settings;
use super::providers::{agents_at_corp, member};
use super::{Desk, Person, settled};
use crate::centre::{Components, Effect, Feed, Input};
use crate::model::adapter::{Acted, Event};
use crate::model::{Alias, Attribute, Body, EndpointId, Participant, SessionId, Side};

/// The last feed of a session's participant that an endpoint was given.
pub(super) fn feed(desk: &Desk, session: u64, participant: u32, on: EndpointId) -> Feed {
    let effects = desk.outputs.iter().flat_map(|output| &output.effects);
    let feeds = effects.filter_map(|effect| match effect {
        Effect::Feed(to, feed) if *to == on => Some(feed),
        _ => None,
    });
    let mut feeds = feeds.filter(|feed| feed.id.session == SessionId(session));
    feeds.rfind(|feed| feed.id.participant == Participant(participant)).expect("it was given one").clone()
}

/// What an endpoint delivers by this feed, replayed messages with a `~`.
pub(super) fn delivers(desk: &Desk, feed: &Feed) -> Vec<String> {
    let entries = desk.ledger.transcripts[&feed.id.session].iter().filter(|entry| entry.seq > feed.after);
    let line = |entry| {
        let Body::Text(text) = feed.render(entry)?.body else { return None };
        Some(format!("{}{text}", if feed.is_replay(entry) { "~" } else { "" }))
    };
    entries.filter_map(line).collect()
}

/// Ann, at the provider `corp`, has a session with the member joe, who is at the provider `prosody`.
fn talking() -> (Desk, Person, Person, String) {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann", "jim"]));
    desk.members = vec![member("joe", &["joe@prosody.example"])];
    desk.batch(vec![Input::Member(desk.members[0].clone())]);
    let (prosody, corp) = (desk.open_provider(Side::Customer), desk.open_provider(Side::Agent));
    let (ann, _) = desk.arrive_at(corp, "ann@corp.example");
    desk.publish(&ann, "available");
    let (joe, _) = desk.arrive_at(prosody, "joe@prosody.example");
    desk.say(&joe, "billing", "hello");
    desk.wait(2_000);
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    desk.say(&ann, &alias, "good morning");
    desk.delivered(&joe, 1, 0, 2);
    (desk, ann, joe, alias)
}

#[test]
fn a_member_who_drops_at_a_provider_goes_on_at_our_listener_where_he_was() {
    let (mut desk, ann, joe, alias) = talking();
    desk.say(&ann, &alias, "one");
    desk.left(&joe);
    desk.say(&ann, &alias, "two");
    desk.say(&ann, &alias, "three");
    desk.wait(50_000);
    let joe = desk.customer("joe");
    let given = feed(&desk, 1, 0, joe.endpoint);
    desk.say(&ann, &alias, "there you are");
    assert_eq!(delivers(&desk, &given), ["~one", "~two", "~three", "there you are"]);
    desk.say(&joe, "billing", "here I am");
    assert_eq!(desk.transcript(1).last().unwrap(), "Member joe: here I am");
    assert_eq!(desk.state(2), "forgotten", "there is no second session");
    desk.wait(120_000);
    assert_eq!(desk.state(1), "active");
}

#[test]
fn a_member_goes_on_at_a_provider_after_our_listener() {
    let (mut desk, ann, joe, alias) = talking();
    desk.left(&joe);
    let here = desk.customer("joe");
    desk.say(&ann, &alias, "one");
    desk.gone(&here);
    desk.say(&ann, &alias, "two");
    let (joe, _) = desk.arrive_at(joe.endpoint, "joe@prosody.example");
    assert_eq!(delivers(&desk, &feed(&desk, 1, 0, joe.endpoint)), ["~one", "~two"]);
    assert_eq!(desk.centre.sessions.get(SessionId(1)).unwrap().record.provider, "prosody");
}

#[test]
fn the_other_device_takes_over_where_one_drops() {
    let (mut desk, ann, joe, alias) = talking();
    let here = desk.customer("joe");
    desk.say(&ann, &alias, "one");
    desk.left(&joe);
    let given = feed(&desk, 1, 0, here.endpoint);
    desk.say(&ann, &alias, "two");
    assert_eq!(delivers(&desk, &given), ["~one", "two"], "he was never away");
}

#[test]
fn what_was_not_delivered_when_the_session_ended_is_delivered_on_return() {
    let (mut desk, ann, joe, alias) = talking();
    desk.left(&joe);
    desk.say(&ann, &alias, "one");
    desk.say(&ann, &alias, "end");
    desk.wait(30_000);
    assert_eq!(desk.state(1), "closed");
    let (joe, _) = desk.arrive_at(joe.endpoint, "joe@prosody.example");
    let expected = ["~one", "~The conversation has ended. Write again to start another."];
    assert_eq!(delivers(&desk, &feed(&desk, 1, 0, joe.endpoint)), expected);
    desk.delivered(&joe, 1, 0, 4);
    desk.delivered(&ann, 1, 1, 4);
    assert_eq!(desk.state(1), "forgotten");
}

#[test]
fn an_agent_at_a_provider_who_returns_in_time_gets_what_he_missed() {
    let (mut desk, ann, joe, alias) = talking();
    desk.delivered(&ann, 1, 1, 1);
    desk.left(&ann);
    desk.say(&joe, "billing", "one");
    desk.wait(29_000);
    let (ann, _) = desk.arrive_at(ann.endpoint, "ann@corp.example");
    desk.say(&joe, "billing", "two");
    assert_eq!(delivers(&desk, &feed(&desk, 1, 1, ann.endpoint)), ["~one", "two"]);
    assert_eq!(settled(&desk.say(&ann, &alias, "sorry")), "ok");
}

/// All that a former agent may send about a session: each is answered, and none changes anything.
fn check_refused(desk: &mut Desk, agent: &Person, alias: &str, why: &str) {
    let before = desk.centre.records();
    for words in ["still me", "end"] {
        assert_eq!(settled(&desk.say(agent, alias, words)), format!("gone: {why}"));
    }
    for stale in ["accept 1", "decline 1", "end 1"] {
        let effects = desk.say(agent, "", stale);
        let answered = |effect: &Effect| matches!(effect, Effect::Notice(_, n) if n.contact.as_str() == agent.contact);
        assert_eq!((settled(&effects).as_str(), effects.iter().any(answered)), ("ok", true), "{stale}");
    }
    for name in ["accept", "decline", "close"] {
        let attributes = vec![Attribute::new("number", "1")];
        let acted = Acted { name: name.to_owned(), target: Alias::new(alias), attributes };
        let effects = desk.report(agent.endpoint, &agent.contact, Event::Acted(acted));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Notice(..))), "{name}");
    }
    assert_eq!(desk.centre.records(), before, "nothing has changed");
}

#[test]
fn what_a_former_agent_sends_over_a_provider_is_refused_and_answered() {
    let (mut desk, ann, _, alias) = talking();
    desk.left(&ann);
    desk.wait(30_000);
    let (jim, _) = desk.arrive_at(ann.endpoint, "jim@corp.example");
    desk.publish(&jim, "available");
    desk.say(&jim, "", "accept");
    assert_eq!(desk.state(1), "active");
    let (ann, _) = desk.arrive_at(ann.endpoint, "ann@corp.example");
    check_refused(&mut desk, &ann, &alias, "This conversation is not yours any more.");
    let jims = feed(&desk, 1, 2, jim.endpoint);
    desk.say(&jim, &alias, "I am Jim");
    assert_eq!(delivers(&desk, &jims)[..2], ["~hello", "~Ann: good morning"], "with all that was said");
    // Delivered late by the device of the lost assignment: no cursor moves.
    let before = desk.centre.records();
    desk.delivered(&ann, 1, 1, 2);
    assert_eq!(desk.centre.records(), before);
}

#[test]
fn who_declined_or_was_withdrawn_an_offer_has_no_part_in_it() {
    let mut desk = Desk::new(settings(), Components::new(), agents_at_corp(&["ann"]));
    let corp = desk.open_provider(Side::Agent);
    let (ann, _) = desk.arrive_at(corp, "ann@corp.example");
    desk.publish(&ann, "available");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "decline 1");
    let alias = desk.alias(1);
    check_refused(&mut desk, &ann, &alias, "This conversation is not yours any more.");
    desk.batch(vec![Input::Close { session: SessionId(1), reason: String::new() }]);
    check_refused(&mut desk, &ann, &alias, "This conversation is over.");
}
