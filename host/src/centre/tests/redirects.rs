//! Customers who are sent to our own listener, and conversations that go on there.

use super::desk::{profile, redirects, settings};
use super::providers::member;
use super::{Desk, Person, settled, words};
use crate::centre::{Components, Effect, Input};
use crate::model::adapter::{Arrival, Event};
use crate::model::record::Customer;
use crate::model::settings::{Redirect, Settings};
use crate::model::{Alias, EndpointId, Participant, SessionId, Side, attribute};
use expect_test::expect;

fn redirecting(provider: &str) -> Settings {
    let redirect = Redirect { provider: provider.to_owned(), target: "center.example".to_owned() };
    Settings { redirects: vec![redirect], ..settings() }
}

/// A desk with agent ann, whose customers of `prosody` are sent on, and joe of `prosody`, who has said hello.
fn moving() -> (Desk, EndpointId, Person) {
    let mut desk = Desk::new(redirecting("prosody"), Components::new(), vec![profile("ann", 2)]);
    let prosody = desk.open_provider(Side::Customer);
    let (joe, effects) = desk.arrive_at(prosody, "joe@prosody.example");
    assert!(redirects(&effects).is_empty(), "there is nothing to go on with yet");
    desk.say(&joe, "billing", "hello");
    (desk, prosody, joe)
}

fn code(desk: &Desk, session: u64) -> String {
    desk.centre.sessions.get(SessionId(session)).unwrap().record.code.clone().unwrap()
}

fn guest(desk: &mut Desk, name: &str) -> Person {
    let endpoint = desk.open(Side::Customer);
    let contact = format!("{name}@localhost/new");
    let arrival = Arrival::of(name, name);
    desk.report(endpoint, &contact, Event::Arrived(arrival));
    Person { endpoint, contact }
}

/// Feeds started of a session's customer: endpoint, after, joined after.
fn feeds(effects: &[Effect]) -> Vec<(EndpointId, u32, u32)> {
    let feed = |effect: &Effect| match effect {
        Effect::Feed(to, feed) if feed.id.participant == Participant::CUSTOMER => {
            Some((*to, feed.after.0, feed.joined_after.0))
        }
        _ => None,
    };
    effects.iter().filter_map(feed).collect()
}

#[test]
fn a_listeners_customers_are_sent_on_as_they_come() {
    let mut desk = Desk::new(redirecting("customer"), Components::new(), vec![profile("ann", 1)]);
    let endpoint = desk.open(Side::Customer);
    let arrival = Arrival::of("joe", "");
    let effects = desk.report(endpoint, "joe@localhost/phone", Event::Arrived(arrival));
    assert_eq!(redirects(&effects), ["joe@localhost/phone > center.example - -"]);
    desk.agent("ann");
    assert!(!desk.outputs.iter().skip(3).any(|output| !redirects(&output.effects).is_empty()), "agents are not");
}

#[test]
fn a_providers_customer_is_sent_on_when_a_conversation_starts() {
    let (mut desk, prosody, joe) = moving();
    let code_1 = code(&desk, 1);
    let line = format!("joe@prosody.example > center.example billing {code_1}");
    assert_eq!(redirects(&desk.outputs.last().unwrap().effects), [line.as_str()]);
    let text = desk.outputs.last().unwrap().effects.iter().find_map(|effect| match effect {
        Effect::Redirect(_, to) => attribute(&to.attributes, "text").map(|text| text.replace(&code_1, "CODE")),
        _ => None,
    });
    expect![[r#"You can go on with this conversation at center.example: say "continue CODE" to billing there, or open this address:"#]]
        .assert_eq(&text.unwrap());
    assert!(redirects(&desk.say(&joe, "billing", "and another thing")).is_empty(), "once");
    desk.say(&joe, "sales", "hello");
    assert_ne!(code(&desk, 2), code_1);
    // Each time he arrives anew, also after a restart, the same codes are told again.
    desk.left(&joe);
    let (_, effects) = desk.arrive_at(prosody, "joe@prosody.example");
    let both = [line, format!("joe@prosody.example > center.example sales {}", code(&desk, 2))];
    assert_eq!(redirects(&effects), both);
    desk.restart(Components::new());
    let prosody = desk.open_provider(Side::Customer);
    assert_eq!(redirects(&desk.arrive_at(prosody, "joe@prosody.example").1), both);
}

#[test]
fn the_conversation_goes_on_where_the_code_is_said() {
    let (mut desk, _, joe) = moving();
    let ann = desk.agent("ann");
    desk.wait(2_000);
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    desk.say(&ann, &alias, "good morning");
    desk.delivered(&joe, 1, 0, 1);
    let new = guest(&mut desk, "guest-7");
    let code = code(&desk, 1);
    let effects = desk.say(&new, "sales", &format!(" Continue {code}\n"));
    assert_eq!(settled(&effects), "ok");
    expect![[r"
        guest-7@localhost/new < You are connected as before.
        ann@desk.localhost/phone < The customer has moved and goes on here as guest-7 (guest) at billing, XMPP."]]
    .assert_eq(&words(&effects));
    assert!(!format!("{effects:?}").contains(&code), "the code is used up, nobody is told it");
    assert_eq!(feeds(&effects), [(new.endpoint, 1, 2)], "what was not delivered follows, as said before");
    assert!(effects.iter().any(|e| matches!(e, Effect::Unfeed(to, _) if *to == joe.endpoint)));
    assert_eq!(desk.transcript(1), ["joe: hello", "Ann: good morning"], "the words are no message");
    let record = &desk.centre.sessions.get(SessionId(1)).unwrap().record;
    assert_eq!(record.customer, Customer { provider: String::new(), alias: Alias::new("guest-7") });
    assert_eq!((record.provider.as_str(), record.customer_name.as_str()), ("customer", "guest-7"));

    assert_eq!(settled(&desk.say(&new, "billing", "here I am")), "ok");
    let effects = desk.say(&ann, &alias, "welcome");
    assert!(effects.iter().any(|e| matches!(e, Effect::Wake(to, _) if *to == new.endpoint)));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Wake(to, _) if *to == joe.endpoint)));
    // The old contact is somebody with no conversation.
    desk.say(&joe, "billing", "is anybody there?");
    assert_eq!(desk.transcript(2), ["joe: is anybody there?"]);
    assert_eq!(desk.transcript(1).len(), 4);
    desk.restart(Components::new());
    let new = guest(&mut desk, "guest-7");
    assert_eq!(settled(&desk.say(&new, "billing", "still here")), "ok");
    assert_eq!(desk.transcript(1).last().unwrap(), "guest-7: still here");
}

#[test]
fn a_code_is_good_once_exactly_and_while_the_session_lives() {
    let (mut desk, prosody, joe) = moving();
    let code = code(&desk, 1);
    let new = guest(&mut desk, "guest-7");
    for wrong in [code.to_uppercase(), code[1..].to_owned(), format!("{code} please"), "a".repeat(26)] {
        desk.say(&new, "billing", &format!("continue {wrong}"));
    }
    assert_eq!(desk.transcript(2).len(), 4, "wrong codes are words like any");
    let effects = desk.say(&new, "billing", &format!("continue {code}"));
    assert_eq!(
        settled(&effects),
        "conflict: You have another conversation with billing here, which has to end before this one can go on."
    );
    // Where it was given it can't be said: an agent would see it.
    let effects = desk.say(&joe, "billing", &format!("continue {code}"));
    assert_eq!(settled(&effects), "not-allowed: This is to be said at the address you were sent to, not here.");
    assert_eq!(desk.transcript(1).len(), 1);

    desk.batch(vec![Input::Close { session: SessionId(2), reason: String::new() }]);
    for _ in 0..2 {
        assert_eq!(settled(&desk.say(&new, "billing", &format!("continue {code}"))), "ok", "also as a resend");
    }
    let other = guest(&mut desk, "guest-8");
    desk.say(&other, "billing", &format!("continue {code}"));
    assert_eq!(desk.transcript(3).len(), 1, "used up: words like any");
    assert_eq!(desk.transcript(1).len(), 1);

    let (eve, _) = desk.arrive_at(prosody, "eve@prosody.example");
    desk.say(&eve, "billing", "hello");
    let late = self::code(&desk, 4);
    desk.batch(vec![Input::Close { session: SessionId(4), reason: String::new() }]);
    let third = guest(&mut desk, "guest-9");
    desk.say(&third, "billing", &format!("continue {late}"));
    assert_eq!(desk.transcript(5).len(), 1, "a conversation that is over can't be continued");
}

#[test]
fn who_has_as_many_conversations_as_one_may_continues_none() {
    let (mut desk, ..) = moving();
    desk.centre.settings.limits.sessions_per_customer = 1;
    let new = guest(&mut desk, "guest-7");
    desk.say(&new, "sales", "hello");
    let effects = desk.say(&new, "sales", &format!("continue {}", code(&desk, 1)));
    assert_eq!(settled(&effects), "too-many: You have 1 conversations already. End one of them first.");
    assert_eq!(desk.transcript(2).len(), 1);
}

#[test]
fn a_member_needs_no_code() {
    let mut desk = Desk::new(redirecting("prosody"), Components::new(), vec![profile("ann", 1)]);
    desk.batch(vec![Input::Member(member("joe", &["joe@prosody.example"]))]);
    let ann = desk.agent("ann");
    let prosody = desk.open_provider(Side::Customer);
    let (there, _) = desk.arrive_at(prosody, "joe@prosody.example");
    let effects = desk.say(&there, "billing", "hello");
    assert_eq!(redirects(&effects), ["joe@prosody.example > center.example billing -"]);
    desk.wait(2_000);
    desk.say(&ann, "", "accept");
    let here = desk.customer("joe");
    let effects = desk.say(&here, "billing", "here I am");
    assert_eq!(feeds(&effects), [(here.endpoint, 1, 1)]);
    let record = &desk.centre.sessions.get(SessionId(1)).unwrap().record;
    assert_eq!((record.provider.as_str(), record.customer_name.as_str()), ("customer", "Member joe"));
    assert_eq!(record.software.as_ref().map(|software| software.name.as_str()), Some("Gajim"));
    assert_eq!(desk.transcript(1), ["Member joe: hello", "Member joe: here I am"]);
}

#[test]
fn a_customer_in_his_grace_continues_too() {
    let (mut desk, _, joe) = moving();
    desk.left(&joe);
    desk.wait(59_000);
    let new = guest(&mut desk, "guest-7");
    let code = code(&desk, 1);
    desk.say(&new, "billing", &format!("continue {code}"));
    desk.wait(10_000);
    assert_eq!(desk.state(1), "waiting");
}
