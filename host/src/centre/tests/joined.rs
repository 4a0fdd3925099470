//! A second agent or a supervisor in a session: listens, whispers, speaks openly, leaves, drops.

use super::desk::{profile, settings};
use super::returning::{delivers, feed};
use super::{Desk, Person, settled, words};
use crate::centre::{Components, Effect};
use crate::model::adapter::{Event, Said, Seen};
use crate::model::record::AgentProfile;
use crate::model::{AgentName, Alias, Seq, SessionId};
use expect_test::expect;

fn profiles() -> Vec<AgentProfile> {
    let mut profiles: Vec<_> = ["ann", "jim", "sue"].map(|name| profile(name, 1)).into();
    profiles[2].queues = Vec::new();
    profiles[2].supervisor = true;
    profiles
}

/// Joe talks to Ann; Jim is there and free; Sue is a supervisor.
fn talking() -> (Desk, [Person; 3], Person, String) {
    let mut desk = Desk::new(settings(), Components::new(), profiles());
    let agents = ["ann", "jim", "sue"].map(|name| {
        desk.now = desk.now.plus_ms(1);
        desk.agent(name)
    });
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&agents[0], "", "accept");
    let alias = desk.alias(1);
    (desk, agents, joe, alias)
}

/// All that a participant is delivered.
fn hears(desk: &Desk, person: &Person, participant: u32) -> String {
    let mut feed = feed(desk, 1, participant, person.endpoint);
    feed.after = Seq(0);
    delivers(desk, &feed).join("\n")
}

fn woken(effects: &[Effect], person: &Person) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Wake(endpoint, _) if *endpoint == person.endpoint))
}

fn cursor(desk: &Desk, participant: u32) -> u32 {
    let feed = crate::model::FeedId { session: SessionId(1), participant: crate::model::Participant(participant) };
    desk.centre.cursors[&feed].0
}

#[test]
fn a_supervisor_listens_whispers_speaks_and_leaves() {
    let (mut desk, [ann, _, sue], joe, alias) = talking();
    let effects = desk.say(&sue, "", "join Joe");
    expect!["sue@desk.localhost/phone < You listen to joe, as conversation 2; the customer does not notice. In the window of that name say `/whisper` and words for the agents, `/openly` to speak to all, `/leave` to leave."].assert_eq(&words(&effects));
    assert!(!woken(&effects, &joe), "nothing of it reaches the customer's endpoint");
    assert_eq!(
        settled(&desk.say(&sue, &alias, "oh no")),
        "not-allowed: You are listening, so nobody hears this. Say `/whisper` or `/openly` first."
    );
    desk.say(&joe, "billing", "my bill is wrong");
    let effects = desk.say(&sue, &alias, "/whisper ask for the number");
    expect!["sue@desk.localhost/phone < Only agents have heard this."].assert_eq(&words(&effects));
    assert!(woken(&effects, &ann) && !woken(&effects, &joe));
    desk.say(&ann, &alias, "/whisper thanks, Sue");
    desk.say(&sue, &alias, "/whisper");
    desk.say(&sue, &alias, "all of this is between us");
    desk.say(&ann, &alias, "what is its number?");
    expect!["sue@desk.localhost/phone < From now on joe hears you. Say `/whisper` to speak to the agents only."]
        .assert_eq(&words(&desk.say(&sue, "", "openly")));
    desk.say(&sue, &alias, "I am her boss");
    desk.say(&joe, "billing", "oh");
    expect!["sue@desk.localhost/phone < You have left the conversation with joe."]
        .assert_eq(&words(&desk.say(&sue, &alias, "/leave")));
    assert_eq!(settled(&desk.say(&sue, &alias, "bye")), "gone: This conversation is not yours any more.");
    expect![[r"
        what is its number?
        Sue has joined the conversation.
        Sue: I am her boss
        Sue has left the conversation."]]
    .assert_eq(&hears(&desk, &joe, 0));
    expect![[r"
        ~hello
        Demo (inside): Sue listens.
        my bill is wrong
        Sue (inside): ask for the number
        Sue (inside): all of this is between us
        Demo: Sue has joined the conversation.
        Sue: I am her boss
        oh
        Demo: Sue has left the conversation."]]
    .assert_eq(&hears(&desk, &ann, 1));
    expect![[r"
        ~hello
        ~Demo (inside): Sue listens.
        my bill is wrong
        Ann (inside): thanks, Sue
        Ann: what is its number?
        Demo: Sue has joined the conversation.
        oh
        Demo: Sue has left the conversation."]]
    .assert_eq(&hears(&desk, &sue, 2));
}

#[test]
fn the_customers_cursor_passes_what_is_inside() {
    let (mut desk, [ann, _, sue], joe, alias) = talking();
    desk.say(&sue, "", "join 1");
    assert_eq!(cursor(&desk, 0), 2, "his own word and what he never hears");
    desk.say(&ann, &alias, "good morning");
    desk.say(&ann, &alias, "/whisper who is he?");
    assert_eq!(cursor(&desk, 0), 2, "he has not been delivered the greeting");
    desk.delivered(&joe, 1, 0, 3);
    assert_eq!(cursor(&desk, 0), 4);
    desk.delivered(&sue, 1, 2, 4);
    desk.delivered(&ann, 1, 1, 4);
    desk.say(&ann, &alias, "end");
    desk.wait(5_000);
    for (person, participant) in [(&joe, 0), (&ann, 1)] {
        desk.delivered(person, 1, participant, 5);
    }
    assert_eq!(desk.state(1), "closed", "Sue has not had the last word");
    desk.delivered(&sue, 1, 2, 5);
    assert_eq!(desk.state(1), "forgotten");
}

#[test]
fn an_invited_agent_listens_and_takes_no_slot() {
    let (mut desk, [ann, jim, _], joe, alias) = talking();
    expect![[r"
        jim@desk.localhost/phone < Offer 2: Ann asks you to join the conversation with joe (member) at billing, XMPP with Gajim 1.8. Say `accept` or `decline` within 20 s.
        ann@desk.localhost/phone < Jim is asked to join you with joe."]].assert_eq(&words(&desk.say(&ann, &alias, "/invite jim")));
    let eve = desk.customer("eve");
    expect!["jim@desk.localhost/phone < Offer 3: eve (member) at billing, XMPP with Gajim 1.8, has waited 0 s. Say `accept 3` or `decline 3` within 20 s."].assert_eq(&words(&desk.say(&eve, "billing", "hello")));
    desk.say(&jim, "", "accept 3");
    expect!["jim@desk.localhost/phone < You listen to joe, as conversation 2; the customer does not notice. In the window of that name say `/whisper` and words for the agents, `/openly` to speak to all, `/leave` to leave."].assert_eq(&words(&desk.say(&jim, "", "accept 2")));
    expect!["jim@desk.localhost/phone < From now on joe hears you. Say `/whisper` to speak to the agents only."]
        .assert_eq(&words(&desk.say(&jim, "", "openly")));
    desk.say(&jim, "", "openly 2");
    desk.say(&jim, &alias, "I know this bill");
    expect![[r"
        jim@desk.localhost/phone < You are ready.
        Conversation 3: eve
        Conversation 2: joe (open)
        Billing: 0 waiting
        Sales: 0 waiting"]]
    .assert_eq(&words(&desk.say(&jim, "", "status")));
    desk.say(&jim, "", "openly 2 and how to mend it");
    expect![[r"
        Jim has joined the conversation.
        Jim: I know this bill
        Jim: and how to mend it"]]
    .assert_eq(&hears(&desk, &joe, 0));
    assert_eq!(
        settled(&desk.say(&jim, &alias, "end")),
        "not-allowed: Only whoever has this conversation ends it. Say `/leave` to leave it."
    );
    expect!["jim@desk.localhost/phone < You can't say `transfer` in this conversation."].assert_eq(&words(&desk.say(
        &jim,
        &alias,
        "/transfer sales",
    )));
}

#[test]
fn an_invitation_that_is_declined_leaves_everything_as_it_is() {
    let (mut desk, [ann, jim, _], _, alias) = talking();
    desk.say(&ann, &alias, "/invite Jim");
    expect![[r"
        ann@desk.localhost/phone < Jim has declined, and does not join you with joe.
        jim@desk.localhost/phone < You have declined offer 2."]]
    .assert_eq(&words(&desk.say(&jim, "", "decline")));
    desk.say(&ann, &alias, "/invite jim");
    expect![[r"
        jim@desk.localhost/phone < [withdraw-offer] Offer 3 has gone: it has expired.
        ann@desk.localhost/phone < Jim has not answered, and does not join you with joe."]]
    .assert_eq(&words(&desk.wait(20_000)));
    assert_eq!(desk.transcript(1), ["joe: hello"]);
}

#[test]
fn only_a_supervisor_joins_and_only_what_there_is() {
    let (mut desk, [_, jim, sue], _, _) = talking();
    let eve = desk.customer("joe");
    desk.say(&eve, "sales", "hello");
    let mut answers = vec![words(&desk.say(&jim, "", "join joe"))];
    for order in ["join", "join joe", "join eve", "join 7", "join 2", "join 2", "leave 7"] {
        answers.push(words(&desk.say(&sue, "", order)));
    }
    expect![[r"
        jim@desk.localhost/phone < Only a supervisor joins conversations. Whoever has one may invite you.
        sue@desk.localhost/phone < There is no conversation with `` now. Say `join` and the customer's name or the session's number.
        sue@desk.localhost/phone < Which one? Say `join 1` (at billing) or `join 2` (at sales).
        sue@desk.localhost/phone < There is no conversation with `eve` now. Say `join` and the customer's name or the session's number.
        sue@desk.localhost/phone < There is no conversation with `7` now. Say `join` and the customer's name or the session's number.
        sue@desk.localhost/phone < You listen to joe, as conversation 3; the customer does not notice. In the window of that name say `/whisper` and words for the agents, `/openly` to speak to all, `/leave` to leave.
        sue@desk.localhost/phone < Sue takes part with joe already.
        sue@desk.localhost/phone < You have no conversation 7."]].assert_eq(&answers.join("\n"));
}

#[test]
fn a_supervisors_status_lists_what_there_is_to_join() {
    let (mut desk, [_, _, sue], _, _) = talking();
    let eve = desk.customer("eve");
    desk.say(&eve, "billing", "hello");
    expect![[r"
        sue@desk.localhost/phone < You are ready.
        Session 1: joe at billing, with Ann
        Session 2: eve at billing, waiting"]]
    .assert_eq(&words(&desk.say(&sue, "", "status")));
    for number in 0..20 {
        let customer = desk.customer(&format!("c{number}"));
        desk.say(&customer, "sales", "hello");
    }
    assert!(words(&desk.say(&sue, "", "status")).ends_with("… and 2 more"));
}

#[test]
fn at_most_four_join() {
    let mut profiles = profiles();
    profiles.extend((0..5).map(|number| AgentProfile { supervisor: true, ..profile(&format!("boss{number}"), 1) }));
    let mut desk = Desk::new(settings(), Components::new(), profiles);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    for number in 0..5 {
        let boss = desk.agent(&format!("boss{number}"));
        desk.say(&boss, "", "decline");
        let told = words(&desk.say(&boss, "", "join 1"));
        assert_eq!(told.contains("You listen"), number < 4, "{told}");
    }
}

#[test]
fn hints_of_who_listens_reach_nobody_and_the_customers_reach_all_agents() {
    let (mut desk, [ann, _, sue], joe, alias) = talking();
    desk.say(&sue, "", "join joe");
    let seen = |to: &str, id: &str, state: &str| {
        Event::Seen(Seen { to: Alias::new(to), id: id.to_owned(), state: state.to_owned() })
    };
    let hinted = |effects: &[Effect]| -> Vec<String> {
        let hint = |effect: &Effect| match effect {
            Effect::Hint(_, hint) => Some(format!("{} {}{}", hint.contact.as_str(), hint.seen.state, hint.seen.id)),
            _ => None,
        };
        effects.iter().filter_map(hint).collect()
    };
    let said = Said { to: Alias::new("billing"), message: super::desk::message("my bill") };
    desk.report_as(joe.endpoint, &joe.contact, Some("m1"), Event::Said(said));
    for (state, id) in [("composing", ""), ("displayed", "1-2-3"), ("delivered", "1-2-3")] {
        let effects = desk.report(sue.endpoint, &sue.contact, seen(&alias, id, state));
        assert_eq!(hinted(&effects), [] as [String; 0], "{state}");
    }
    let effects = desk.report(ann.endpoint, &ann.contact, seen(&alias, "", "composing"));
    assert_eq!(hinted(&effects), ["joe@localhost/phone composing"]);
    let effects = desk.report(ann.endpoint, &ann.contact, seen(&alias, "1-1-3", "displayed"));
    assert_eq!(hinted(&effects), ["joe@localhost/phone displayedm1"]);
    let effects = desk.report(joe.endpoint, &joe.contact, seen("billing", "", "paused"));
    assert_eq!(hinted(&effects), ["ann@desk.localhost/phone paused", "sue@desk.localhost/phone paused"]);
    desk.say(&sue, &alias, "/openly");
    let effects = desk.report(sue.endpoint, &sue.contact, seen(&alias, "", "composing"));
    assert_eq!(hinted(&effects), ["joe@localhost/phone composing"]);
}

#[test]
fn who_joined_and_drops_is_there_again_within_the_grace_and_has_left_behind_it() {
    let (mut desk, [ann, _, sue], joe, alias) = talking();
    desk.say(&sue, "", "join joe");
    desk.say(&sue, &alias, "/openly");
    desk.gone(&sue);
    desk.say(&ann, &alias, "one moment");
    desk.wait(29_000);
    let sue = desk.agent("sue");
    expect![[r"
        ~hello
        ~Demo (inside): Sue listens.
        ~Demo: Sue has joined the conversation.
        ~Ann: one moment"]]
    .assert_eq(&hears(&desk, &sue, 2));
    desk.restart(Components::new());
    let (joe, ann) = (desk.customer(joe.contact.split('@').next().unwrap()), desk.agent("ann"));
    desk.wait(29_999);
    assert_eq!(desk.centre.sessions.get(SessionId(1)).unwrap().record.joined.len(), 1);
    desk.wait(1);
    assert_eq!(desk.centre.sessions.get(SessionId(1)).unwrap().record.joined.len(), 0);
    expect![[r"
        ~Sue has joined the conversation.
        ~one moment
        Sue has left the conversation."]]
    .assert_eq(&hears(&desk, &joe, 0));
    assert_eq!(settled(&desk.say(&ann, &alias, "good")), "ok");
}

#[test]
fn who_joined_stays_through_transfers_and_waiting_until_the_account_goes() {
    let (mut desk, [ann, jim, sue], _, alias) = talking();
    desk.say(&sue, "", "join joe");
    desk.say(&ann, &alias, "/transfer jim");
    desk.say(&jim, "", "accept");
    desk.say(&ann, "", "away");
    desk.say(&jim, &alias, "/pass sales");
    assert_eq!(desk.state(1), "waiting");
    assert_eq!(settled(&desk.say(&sue, &alias, "/openly Somebody will be with you soon.")), "ok");
    desk.batch(vec![crate::centre::Input::AgentRemoved(AgentName::new("sue"))]);
    assert_eq!(desk.centre.sessions.get(SessionId(1)).unwrap().record.joined.len(), 0);
    expect![[r"
        joe: hello
        Demo: Sue listens.
        Demo: Jim is with you now.
        Demo: Please wait a moment, somebody else will be with you.
        Sue: Somebody will be with you soon.
        Demo: Sue has left the conversation."]]
    .assert_eq(&desk.transcript(1).join("\n"));
}

#[test]
fn who_listens_and_is_offered_the_session_becomes_its_owner() {
    let mut profiles = profiles();
    profiles[1].supervisor = true;
    let mut desk = Desk::new(settings(), Components::new(), profiles);
    let ann = desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    let (jim, alias) = (desk.agent("jim"), desk.alias(1));
    desk.say(&jim, "", "join joe");
    desk.say(&ann, &alias, "/transfer jim");
    desk.say(&jim, "", "accept");
    let record = &desk.centre.sessions.get(SessionId(1)).unwrap().record;
    assert_eq!((record.owner.as_ref().unwrap().agent.as_str(), record.joined.len()), ("jim", 0));
    assert_eq!(settled(&desk.say(&jim, &alias, "here I am")), "ok");
}

#[test]
fn the_address_table_shows_how_each_takes_part() {
    let (mut desk, [_, _, sue], _, alias) = talking();
    desk.say(&sue, "", "join joe");
    desk.say(&sue, &alias, "/whisper");
    let view = desk.centre.view(desk.now);
    let rows =
        view.bindings.iter().map(|row| format!("{} {} {}", row.binding.participant, row.binding.inside, row.part));
    assert_eq!(rows.collect::<Vec<_>>(), ["p0 joe ", "p1 ann owner", "p2 sue whisper"]);
}

#[test]
fn a_whisper_that_is_sent_again_is_heard_once() {
    let (mut desk, [_, _, sue], _, alias) = talking();
    desk.say(&sue, "", "join joe");
    for (to, text) in [(alias.as_str(), "/whisper psst"), (alias.as_str(), "/whisper psst"), ("", "whisper 2 psst")] {
        let said = Said { to: Alias::new(to), message: super::desk::message(text) };
        desk.report_as(sue.endpoint, &sue.contact, Some("w1"), Event::Said(said));
    }
    assert_eq!(desk.transcript(1), ["joe: hello", "Demo: Sue listens.", "Sue: psst"]);
}
