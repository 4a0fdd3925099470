//! Sessions with dialogs: before the queue, instead of it, and after an agent.

mod told;

use super::consults;
use super::desk::{Desk, Person, profile, settings};
use super::returning::{delivers, feed};
use super::rules::Native;
use super::talker::Talker;
use super::{settled, words};
use crate::centre::journal::{Ledger, Replay};
use crate::centre::{Components, Effect, Input};
use crate::model::consult::{Excerpt, Excerpted};
use crate::model::record::{Record, State};
use crate::model::rule::Verdict;
use crate::model::settings::{Dialog, Fallback, Pool, Settings};
use crate::model::{AgentName, Failure, SessionId, Timestamp, attribute};
use crate::rehearsal::{Day, How, Recorder, play};
use expect_test::expect;
use std::sync::Arc;

fn with_dialogs() -> Settings {
    let mut settings = settings();
    settings.dialogs = ["greeter", "broken"].map(Dialog::new).into();
    settings.dialogs.push(Dialog { fallback: Fallback::Close, silence_ms: 60_000, ..Dialog::new("survey") });
    settings.dialogs[0].label = "Robot".to_owned();
    settings.links[1].dialog = Some("greeter".to_owned());
    settings
}

fn rules() -> Components {
    let mut rules = Components::new();
    for name in ["greeter", "survey", "broken"] {
        rules.add_dialog(Box::new(Talker::new(name)));
    }
    rules
}

fn desk() -> Desk {
    Desk::new(with_dialogs(), rules(), ["ann", "jim"].map(|name| profile(name, 1)).into())
}

/// Ann is there; Joe talks to the dialog of sales.
fn greeted() -> (Desk, Person, Person) {
    let mut desk = desk();
    let (ann, joe) = (desk.agent("ann"), desk.customer("joe"));
    desk.say(&joe, "sales", "I want to buy");
    assert_eq!(desk.state(1), "automated");
    (desk, ann, joe)
}

/// Ann is there and has Joe.
fn served() -> (Desk, Person, Person, String) {
    let mut desk = desk();
    let (ann, joe) = (desk.agent("ann"), desk.customer("joe"));
    desk.say(&joe, "billing", "hello");
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    (desk, ann, joe, alias)
}

fn session(desk: &Desk) -> &crate::model::record::Session {
    &desk.centre.sessions.get(SessionId(1)).expect("it is in memory").record
}

#[test]
fn a_customer_talks_to_the_links_dialog_before_the_queue() {
    let (mut desk, _, joe) = greeted();
    desk.wait(30_000);
    desk.say(&joe, "sales", "what now");
    let offered = words(&desk.say(&joe, "sales", "set order 4711; say one moment; queue sales 3"));
    expect![[r"
        ann@desk.localhost/phone < Offer 1: joe (member) at sales, XMPP with Gajim 1.8, has waited 0 s. order: 4711, reason: told. Say `accept` or `decline` within 20 s."]]
    .assert_eq(&offered);
    expect![[r"
        joe: I want to buy
        Robot: greeter for interview: I want to buy
        joe: what now
        Robot: 2: what now
        joe: set order 4711; say one moment; queue sales 3
        Robot: one moment"]]
    .assert_eq(&desk.transcript(1).join("\n"));
    assert_eq!((session(&desk).priority, session(&desk).state), (3, State::Offered));
    desk.replays();
}

#[test]
fn what_a_dialog_has_found_out_is_told_to_rules_and_goes_before_the_account() {
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "set language fr; set required-skills tax:9; queue");
    let live = desk.centre.sessions.get(SessionId(1)).unwrap();
    let told = desk.centre.session_attributes(live);
    assert_eq!(attribute(&told, "language"), Some("fr"));
    assert_eq!(attribute(&told, "required-skills"), None, "that is the host's to say");
}

#[test]
fn an_agent_passes_a_session_to_a_dialog_and_is_free() {
    let (mut desk, ann, joe, alias) = served();
    assert_eq!(
        words(&desk.say(&ann, &alias, "/transfer nobody")),
        "ann@desk.localhost/phone < There is no queue, no dialog and no agent `nobody` here."
    );
    expect!["ann@desk.localhost/phone < You have passed joe on to survey."].assert_eq(&words(&desk.say(
        &ann,
        &alias,
        "/transfer dialog:survey he was angry",
    )));
    assert_eq!(desk.state(1), "automated");
    assert_eq!(settled(&desk.say(&ann, &alias, "bye")), "gone: This conversation is not yours any more.");
    let eve = desk.customer("eve");
    assert!(words(&desk.say(&eve, "billing", "hello")).starts_with("ann@"), "she has a slot again");
    desk.say(&joe, "billing", "10");
    desk.say(&joe, "billing", "close Thank you.");
    expect![[r"
        joe: hello
        Ann: note for survey: he was angry
        survey: survey for agent: nothing
        joe: 10
        survey: 2: 10
        joe: close Thank you.
        survey: Thank you."]]
    .assert_eq(&desk.transcript(1).join("\n"));
    let ended = desk.ledger.records.values().find_map(|record| match record {
        Record::Session(session) if session.id == SessionId(1) => session.closed_reason.clone(),
        _ => None,
    });
    assert_eq!(ended.as_deref(), Some("ended by the dialog survey"));
    desk.replays();
}

#[test]
fn a_session_comes_back_from_a_dialog_with_its_time() {
    let (mut desk, ann, joe, alias) = served();
    let since = session(&desk).waiting_since;
    desk.wait(20_000);
    desk.say(&ann, &alias, "/pass survey");
    desk.wait(1_000);
    desk.say(&joe, "billing", "to queue:sales");
    assert_eq!((session(&desk).queue.as_str(), session(&desk).waiting_since), ("sales", since));
    desk.replays();
}

#[test]
fn a_rule_sends_a_session_to_a_dialog_and_gets_it_back() {
    let mut settings = with_dialogs();
    settings.pools = vec![Pool::new("main", vec!["gate".to_owned()])];
    let mut rules = rules();
    let gate = |_: Timestamp, session: &crate::model::rule::Session| {
        (attribute(&session.attributes, "order").is_none()).then(|| Verdict::Divert("dialog:greeter".to_owned()))
    };
    rules.insert("main", vec![Box::new(Native::gated("gate", gate, 60_000))]);
    let mut desk = Desk::new(settings, rules, vec![profile("ann", 1)]);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "automated");
    let since = session(&desk).waiting_since;
    desk.wait(5_000);
    desk.say(&joe, "billing", "set order 1; queue");
    assert_eq!((desk.state(1), session(&desk).waiting_since), ("offered", since));
    desk.replays();
}

#[test]
fn dialogs_that_send_a_session_to_and_fro_are_stopped() {
    let (mut desk, _, joe) = greeted();
    for _ in 0..8 {
        assert_eq!(desk.state(1), "automated");
        desk.say(&joe, "sales", "to dialog:greeter");
    }
    desk.say(&joe, "sales", "to dialog:greeter");
    assert_eq!(desk.state(1), "offered");
}

#[test]
fn a_failing_dialog_loses_nobody_and_one_customer_can_not_put_it_out_of_service() {
    let (mut desk, ann, joe) = greeted();
    desk.say(&joe, "sales", "trap");
    expect![[r"
        joe: I want to buy
        Robot: greeter for interview: I want to buy
        joe: trap
        Demo: Please wait a moment, somebody else will be with you."]]
    .assert_eq(&desk.transcript(1).join("\n"));
    assert_eq!(desk.state(1), "offered");
    assert_eq!(desk.outputs.last().unwrap().talk_faults.len(), 1);
    desk.say(&ann, "", "accept");
    for _ in 0..10 {
        let alias = desk.alias(1);
        desk.say(&ann, &alias, "/pass greeter");
        desk.say(&joe, "sales", "trap");
        desk.say(&ann, "", "accept");
    }
    assert!(desk.centre.dialogs_out().is_empty());
    for name in ["eve", "max", "sue", "tom"] {
        let person = desk.customer(name);
        desk.say(&person, "sales", "hello");
        desk.say(&person, "sales", "trap");
    }
    let out: Vec<String> =
        desk.centre.dialogs_out().into_iter().map(|out| format!("{}: {}", out.plugin, out.why)).collect();
    assert_eq!(out, ["greeter: the dialog greeter failed with 5 customers within 600 s"]);
    let kim = desk.customer("kim");
    desk.say(&kim, "sales", "hello");
    assert_eq!(desk.state(6), "waiting", "a link whose dialog is out of service goes to the queue");
    let alias = desk.alias(1);
    assert_eq!(
        words(&desk.say(&ann, &alias, "/pass greeter")),
        "ann@desk.localhost/phone < The dialog `greeter` is out of service now."
    );
    desk.batch(vec![Input::DialogReleased { plugin: "greeter".to_owned() }]);
    let lea = desk.customer("lea");
    desk.say(&lea, "sales", "hello");
    assert_eq!(desk.state(7), "automated");
    desk.replays();
}

#[test]
fn a_turn_that_can_not_be_carried_out_is_dropped_whole() {
    let long = "x".repeat(40_000);
    let table = [
        ("say hello; queue nowhere".to_owned(), "there is no queue `nowhere`"),
        ("say hello; to dialog:nobody".to_owned(), "there is no dialog `nobody`"),
        ("say hello; to link:nowhere".to_owned(), "there is no link `nowhere`"),
        ("say hello; to callback".to_owned(), "to divert to `callback` is not served by this host"),
        ("say hello; form".to_owned(), "a form is not served by this host"),
        ("queue; say hello".to_owned(), "goes on after it has let the session go"),
        (format!("say {long}"), "says 40000 bytes; at most 32768 are allowed"),
        ("say".to_owned(), "says nothing"),
        (format!("set a {}", "x".repeat(2_000)), "the fact `a` has 2000 bytes; at most 1024 are allowed"),
        ((0..70).map(|n| format!("set a{n} x")).collect::<Vec<_>>().join(";"), "has 70 facts; at most 64 are allowed"),
        ((0..9).map(|n| format!("timer {n} 5")).collect::<Vec<_>>().join(";"), "has 9 timers; at most 8 are allowed"),
        (
            (0..5).map(|_| "fetch http://a").collect::<Vec<_>>().join(";"),
            "has 5 requests under way; at most 4 are allowed",
        ),
    ];
    for (order, complaint) in table {
        let mut settings = with_dialogs();
        settings.limits.message_bytes = 1_000_000;
        let mut desk = Desk::new(settings, rules(), Vec::new());
        let joe = desk.customer("joe");
        desk.say(&joe, "sales", "hello");
        let settings = Settings {
            limits: crate::model::limits::Limits { message_bytes: 32_768, ..desk.centre.settings().limits.clone() },
            ..with_dialogs()
        };
        // The centre takes the customer's words, and not the dialog's.
        if order.len() > 30_000 {
            *desk.centre.settings = settings;
            desk.centre.dialog_hears(SessionId(1), &order, None);
            desk.batch(vec![Input::Tick]);
        } else {
            desk.say(&joe, "sales", &order);
        }
        let said = desk.transcript(1);
        assert!(
            said.last().is_some_and(|last| last == "Demo: Please wait a moment, somebody else will be with you."),
            "{said:?}"
        );
        assert!(!said.contains(&"Robot: hello".to_owned()), "{said:?}");
        assert!(session(&desk).facts.is_empty(), "{order}");
        assert_eq!(desk.state(1), "waiting");
        let faults: Vec<String> =
            desk.outputs.iter().flat_map(|output| &output.talk_faults).map(|fault| fault.failure.to_string()).collect();
        assert_eq!(faults, [format!("broke the contract: {complaint}")]);
    }
}

#[test]
fn a_dialog_that_does_not_open_gives_the_session_its_fallback() {
    let (mut desk, ann, _, alias) = served();
    desk.say(&ann, &alias, "/pass broken");
    assert_eq!(desk.state(1), "offered", "it goes to its queue, and there Ann is free");
    desk.replays();
}

#[test]
fn who_says_nothing_takes_the_fallback() {
    let (mut desk, ann, _, alias) = served();
    desk.say(&ann, &alias, "/pass survey");
    desk.wait(59_000);
    assert_eq!(desk.state(1), "automated");
    desk.wait(2_000);
    assert_eq!(desk.state(1), "closed");
    assert_eq!(
        desk.transcript(1).last().unwrap(),
        "Demo: This conversation has ended. Write again, and we will be with you."
    );
    let mut desk = greeted().0;
    desk.wait(601_000);
    assert_eq!(desk.state(1), "offered");
}

#[test]
fn timers_ring_and_not_while_the_customer_is_away() {
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "timer 1 5; timer 2 6; timer 2 0; timer 3 20");
    desk.wait(10_000);
    assert_eq!(desk.transcript(1).last().unwrap(), "Robot: timer 1");
    desk.gone(&joe);
    desk.wait(30_000);
    let joe = desk.customer("joe");
    desk.wait(10);
    expect![[r"
        Robot: timer 1
        Robot: customer-left
        Robot: customer-back
        Robot: timer 3"]]
    .assert_eq(&desk.transcript(1)[3..].join("\n"));
    desk.gone(&joe);
    desk.wait(61_000);
    assert!(matches!(desk.state(1), "closed" | "forgotten"), "{}", desk.state(1));
    desk.replays();
}

#[test]
fn what_a_dialog_looks_up_is_found_at_once() {
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "look status; look profile; look orders; change; watch");
    expect![[r"
        Robot: 2 rows
        Robot: 1 rows
        Robot: there is no source `orders`; there are profile, status and transcript
        Robot: this host does not change `profile`
        Robot: this host does not change `alerts`"]]
    .assert_eq(&desk.transcript(1)[3..].join("\n"));
    desk.say(&joe, "sales", "timer 7 1");
    desk.wait(2_000);
    assert_eq!(desk.state(1), "offered", "who asks for ever is stopped");
    desk.replays();
}

#[test]
fn a_dialog_reads_what_was_said_and_not_what_agents_say_among_themselves() {
    let (mut desk, ann, joe, alias) = served();
    let endpoint = desk.consultant();
    desk.say(&ann, &alias, "hello Joe");
    desk.say(&ann, &alias, "/pass survey he was angry");
    desk.say(&joe, "billing", "look transcript");
    let excerpt = consults::excerpts(&desk.outputs).pop().unwrap();
    desk.read(endpoint, &excerpt);
    assert_eq!(
        desk.transcript(1).last().unwrap(),
        "survey: 4 rows; customer: look transcript; centre: survey for agent: nothing; agent: hello Joe"
    );
    desk.read(endpoint, &excerpt);
    assert_eq!(desk.transcript(1).len(), 6, "what comes twice is heard once");
    desk.say(&joe, "billing", "look transcript");
    desk.restart(rules());
    let before = desk.outputs.len();
    let endpoint = desk.consultant();
    let again = consults::excerpts(&desk.outputs[before..]).pop().unwrap();
    assert!(again.number > excerpt.number);
    assert_eq!(again.after, excerpt.after, "as it was asked");
    desk.read(endpoint, &again);
    assert!(desk.transcript(1).last().unwrap().starts_with("survey: 6 rows; customer: look transcript"));
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "look transcript");
    desk.wait(11_000);
    assert_eq!(desk.transcript(1).last().unwrap(), "survey: no answer came in time");
    let session = session(&desk).id;
    let failure = Failure::new("unavailable", "the store is closed");
    let failed = Excerpted { endpoint, session, number: again.number + 1, entries: Err(failure) };
    desk.batch(vec![Input::Excerpted(Box::new(failed))]);
    assert_eq!(desk.transcript(1).last().unwrap(), "survey: no answer came in time", "it was given up");
    desk.replays();
}

#[test]
fn of_a_transcript_the_last_messages_that_fit_are_told() {
    let (mut desk, _, joe) = greeted();
    let endpoint = desk.consultant();
    let long = "x".repeat(30_000);
    for _ in 0..3 {
        desk.say(&joe, "sales", &format!("set a b; {long}"));
    }
    desk.say(&joe, "sales", "look transcript");
    let excerpt = consults::excerpts(&desk.outputs).pop().unwrap();
    assert_eq!(excerpt.bytes, desk.centre.settings().limits.consult_bytes);
    desk.read(endpoint, &Excerpt { bytes: 31_000, ..excerpt });
    assert!(desk.transcript(1).last().unwrap().starts_with("Robot: 2 rows; customer: look transcript; centre: 4: xxx"));
}

fn questions(effects: &[Effect]) -> Vec<String> {
    let question = |effect: &Effect| match effect {
        Effect::Consult(_, question) => {
            let request = &question.consultation.request;
            let key = attribute(&request.headers, "idempotency-key").unwrap_or_default().to_owned();
            Some(format!("{} {} {}", question.rule, request.url, key.rsplit('-').next().unwrap_or_default()))
        }
        _ => None,
    };
    effects.iter().filter_map(question).collect()
}

#[test]
fn a_dialog_asks_the_world_and_again_after_a_restart() {
    let (mut desk, _, joe) = greeted();
    let endpoint = desk.consultant();
    let asked = questions(&desk.say(&joe, "sales", "fetch http://a/1; fetch http://a/2"));
    assert_eq!(asked, ["greeter http://a/1 2", "greeter http://a/2 2"]);
    desk.batch(vec![consults::reply(endpoint, SessionId(1), 1, true)]);
    assert_eq!(desk.transcript(1).last().unwrap(), "Robot: fetched 2: 200");
    desk.batch(vec![consults::reply(endpoint, SessionId(1), 1, true)]);
    assert_eq!(desk.transcript(1).len(), 4, "an answer that comes twice is heard once");
    desk.restart(rules());
    let before = desk.outputs.len();
    desk.consultant();
    let again: Vec<Effect> = desk.outputs[before..].iter().flat_map(|output| output.effects.clone()).collect();
    assert_eq!(questions(&again), ["greeter http://a/2 2"]);
    let joe = desk.customer("joe");
    desk.wait(4_000);
    assert_eq!(desk.transcript(1).last().unwrap(), "Robot: not fetched 2: no answer came in time");
    desk.say(&joe, "sales", "fetch http://a/3");
    desk.batch(vec![consults::reply(desk.centre.consultant.unwrap(), SessionId(1), 2, true)]);
    assert_eq!(desk.state(1), "automated", "the old question's number is not used again");
    desk.replays();
}

#[test]
fn a_conversation_goes_on_after_a_restart_and_with_another_component() {
    let (mut desk, _, joe) = greeted();
    desk.say(&joe, "sales", "one");
    desk.restart(rules());
    let joe = {
        drop(joe);
        desk.customer("joe")
    };
    desk.say(&joe, "sales", "two");
    desk.centre.replace_dialog(Box::new(Talker::of_version("greeter", 2)));
    desk.batch(vec![Input::DialogReplaced { dialog: "greeter".to_owned() }]);
    desk.say(&joe, "sales", "three");
    expect![[r"
        joe: one
        Robot: 2: one
        Robot: customer-back
        joe: two
        Robot: 4: two
        joe: three
        Robot: 5: three"]]
    .assert_eq(&desk.transcript(1)[2..].join("\n"));
    desk.replays();
}

#[test]
fn a_dialog_that_is_taken_out_of_the_file_gives_its_sessions_back() {
    let (mut desk, _, _) = greeted();
    desk.agent("jim");
    desk.centre.stage_dialogs(rules().take_dialogs());
    desk.batch(vec![Input::Settings(Box::new(with_dialogs()))]);
    assert_eq!(desk.state(1), "automated");
    let mut settings = with_dialogs();
    settings.dialogs.clear();
    settings.links[1].dialog = None;
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    assert_eq!(desk.state(1), "offered");
    desk.replays();
}

/// The day of a journal, as `replay --rules` takes it.
fn day_of(desk: &Desk) -> Day {
    let mut replay = Replay::new(Ledger::default());
    replay.note_decisions(Arc::new(|_, _, _| None));
    let mut recorder: Option<Recorder> = None;
    for entry in &desk.journal {
        let output = replay.step(entry).unwrap();
        let noted = replay.take_noted();
        let centre = replay.centre().expect("a journal begins with a start");
        let recorder = recorder.get_or_insert_with(|| Recorder::new(centre, entry.now));
        recorder.hear(entry.now, &entry.inputs, centre);
        recorder.take(entry.now, &output, &noted);
    }
    recorder.expect("there is a journal").done().0
}

#[test]
fn a_rehearsal_has_the_waits_and_leaves_the_talks_out() {
    let (mut desk, ann, joe) = greeted();
    let eve = desk.customer("eve");
    desk.say(&eve, "sales", "hello");
    desk.say(&eve, "sales", "close Bye");
    desk.wait(30_000);
    desk.say(&joe, "sales", "queue");
    let since = session(&desk).waiting_since;
    desk.wait(5_000);
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    desk.say(&ann, &alias, "/pass survey");
    desk.say(&joe, "sales", "close Bye");
    let day = day_of(&desk);
    let [joe] = day.passages.as_slice() else { panic!("{:?}", day.passages) };
    assert_eq!((joe.waiting_since, joe.served.len()), (since, 1));
    assert_eq!(joe.ended.map(|(_, how)| how), Some(How::Served));
    let again = play(&day, Components::new()).unwrap();
    assert_eq!((again.passages.len(), again.passages[0].waiting_since), (1, since));
    assert_eq!(again.passages[0].served[0].agent, AgentName::new("ann"));

    let send_away = |_: Timestamp, _: &crate::model::rule::Session| Some(Verdict::Divert("dialog:survey".to_owned()));
    let rules =
        Components::from([("main".to_owned(), Vec::from([Box::new(Native::gated("away", send_away, 1_000)) as _]))]);
    let elsewhere = play(&day, rules).unwrap();
    assert!(elsewhere.passages[0].served.is_empty());
    assert_eq!(elsewhere.passages[0].ended.map(|(_, how)| how), Some(How::Served));
}

#[test]
fn software_has_its_time_to_make_itself_known_also_where_a_dialog_is_quick() {
    let mut desk = desk();
    let (_, joe) = (desk.agent("ann"), desk.stranger("joe"));
    desk.say(&joe, "sales", "hello");
    desk.say(&joe, "sales", "queue");
    assert_eq!(desk.state(1), "arrived");
    desk.wait(2_100);
    assert_eq!(desk.state(1), "offered");
    desk.replays();
}

#[test]
fn a_full_queue_ends_what_a_dialog_sends_there() {
    let mut settings = with_dialogs();
    settings.queues[1].max_waiting = 1;
    let mut desk = Desk::new(settings, rules(), Vec::new());
    let people = ["joe", "eve"].map(|name| desk.customer(name));
    for person in &people {
        desk.say(person, "sales", "hello");
    }
    for person in &people {
        desk.say(person, "sales", "queue");
    }
    assert_eq!((desk.state(1), desk.state(2)), ("waiting", "closed"));
    assert_eq!(desk.transcript(2).last().unwrap(), "Demo: Too many are waiting for Sales. Please try again later.");
}

#[test]
fn a_supervisor_listens_to_a_dialog() {
    let mut settings = with_dialogs();
    settings.dialogs[0].silence_ms = 30_000;
    let mut profiles = vec![profile("ann", 1)];
    profiles[0].supervisor = true;
    let mut desk = Desk::new(settings, rules(), profiles);
    let (ann, joe) = (desk.agent("ann"), desk.customer("joe"));
    desk.say(&joe, "sales", "hello");
    desk.say(&ann, "", "join joe");
    assert_eq!(session(&desk).joined[0].agent, AgentName::new("ann"));
    desk.say(&joe, "sales", "and now");
    expect![[r"
        ~hello
        ~Robot: greeter for interview: hello
        ~Demo (inside): Ann listens.
        and now
        Robot: 2: and now"]]
    .assert_eq(&delivers(&desk, &feed(&desk, 1, 1, ann.endpoint)).join("\n"));
    desk.wait(31_000);
    assert_eq!(desk.state(1), "offered", "nobody has said anything for too long");
}
