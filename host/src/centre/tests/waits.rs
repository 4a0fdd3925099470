//! Who is told how long it will take, when, and what operators, watchers and rules see of it.

use super::desk::{Desk, Person, profile, settings};
use super::rules::Native;
use crate::centre::{Components, Effect, Input};
use crate::model::record::AgentProfile;
use crate::model::rule::{Rule, Verdict};
use crate::model::settings::{Pool, Settings, WaitingTimes};
use crate::model::{SessionId, Timestamp, rule};

/// As soon as one wait was measured.
pub(super) fn telling() -> Settings {
    Settings { waiting_times: WaitingTimes { after: 1, ..WaitingTimes::default() }, wrap_up_ms: 0, ..settings() }
}

fn jim() -> Vec<AgentProfile> {
    vec![profile("jim", 1)]
}

/// A desk where jim serves a session and one wait of 30 seconds is known.
pub(super) fn measured(settings: Settings) -> (Desk, Person) {
    let mut desk = Desk::new(settings, Components::new(), jim());
    let jim = desk.agent("jim");
    let (first, second) = (desk.customer("first"), desk.customer("second"));
    desk.say(&first, "billing", "hello");
    desk.say(&jim, "", "accept");
    desk.say(&second, "billing", "hello");
    desk.wait(30_000);
    desk.say(&jim, "", "end");
    desk.say(&jim, "", "accept");
    assert_eq!(desk.state(2), "active");
    (desk, jim)
}

/// What the centre itself has said in a session.
pub(super) fn told(desk: &Desk, session: u64) -> Vec<String> {
    let said = desk.transcript(session).into_iter();
    said.filter_map(|line| line.strip_prefix("Demo: ").map(str::to_owned)).collect()
}

#[test]
fn before_anything_is_measured_only_who_asks_is_answered() {
    let mut desk = Desk::new(settings(), Components::new(), jim());
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    assert_eq!(told(&desk, 1), [""; 0]);
    desk.say(&joe, "billing", "How long?");
    assert_eq!(told(&desk, 1), ["Nobody is here now. You can write and wait."]);
    let stranger = desk.stranger("stranger");
    desk.say(&stranger, "sales", "how long?");
    assert_eq!(told(&desk, 2), [""; 0], "before it is in line");
    desk.wait(2_000);
    assert_eq!(told(&desk, 2), ["Nobody is here now. You can write and wait."]);
    desk.batch(vec![Input::Close { session: SessionId(2), reason: String::new() }]);
    let jim = desk.agent("jim");
    desk.say(&joe, "billing", "status");
    assert_eq!(told(&desk, 1)[1..], ["Somebody is being asked just now to take your conversation."]);
    desk.say(&jim, "", "accept");
    desk.say(&eve, "billing", "hello");
    desk.say(&eve, "billing", "wait?");
    assert_eq!(told(&desk, 3), ["Your turn will come; how long it will take is not known yet."]);
    desk.say(&joe, "billing", "status");
    assert_eq!(told(&desk, 1).len(), 2, "who is served asks the agent");
    desk.publish(&jim, "away");
    desk.say(&eve, "billing", "how much longer");
    assert_eq!(told(&desk, 3)[1..], ["Everybody is away now. You can write and wait."]);
}

#[test]
fn who_comes_and_has_to_wait_is_told_how_long_behind_the_greeting() {
    let mut with_greeting = telling();
    with_greeting.links[0].greeting = "Welcome.".to_owned();
    let (mut desk, jim) = measured(with_greeting);
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    assert_eq!(
        desk.transcript(3),
        ["joe: hello", "Demo: Welcome.", "Demo: You are next. It will take less than a minute."]
    );
    desk.say(&eve, "sales", "hello");
    assert_eq!(told(&desk, 4), ["You are number 2 in line. It will take up to 2 minutes."]);
    desk.say(&eve, "sales", "wait");
    assert_eq!(told(&desk, 4).len(), 2, "asked, told again");
    desk.say(&eve, "sales", "wait a minute, I have another question");
    assert_eq!(told(&desk, 4).len(), 2, "that is no question about the time");
    desk.say(&jim, "", "end");
    assert_eq!(desk.state(3), "offered");
    let max = desk.customer("max");
    desk.say(&jim, "", "accept");
    desk.say(&jim, "", "end");
    desk.say(&jim, "", "accept");
    desk.say(&jim, "", "end");
    desk.say(&max, "sales", "hello");
    assert_eq!((desk.state(5), told(&desk, 5)), ("offered", vec![]), "who is offered at once is told nothing");
}

#[test]
fn who_waits_is_told_again_when_it_has_changed_much() {
    let (mut desk, _jim) = measured(telling());
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(told(&desk, 3).len(), 1);
    let before = told(&desk, 3);
    for minute in 1..=20 {
        let said = told(&desk, 3).len();
        desk.wait(60_000);
        assert!(told(&desk, 3).len() <= said + 1, "minute {minute}");
    }
    let after = told(&desk, 3);
    assert!((2..=5).contains(&after.len()), "it is told more and more seldom: {after:?}");
    assert!(after[1].starts_with("It takes longer than we thought. You are next. It will take "), "{after:?}");
    assert_eq!(after[0], before[0]);
}

#[test]
fn nobody_is_told_who_is_not_there_or_does_not_want_to_be() {
    let (mut desk, _jim) = measured(telling());
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.gone(&joe);
    desk.wait(50_000);
    assert_eq!(told(&desk, 3).len(), 1);
    let mut silent = telling();
    silent.waiting_times.tell = false;
    let (mut desk, _jim) = measured(silent);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.say(&joe, "billing", "how long?");
    assert_eq!(told(&desk, 3), [""; 0]);
}

fn closed(_: Timestamp, session: &rule::Session) -> Option<Verdict> {
    (session.queue == "sales").then(|| Verdict::Hold("sales is closed".to_owned()))
}

#[test]
fn whom_a_rule_holds_back_is_told_no_time() {
    let rule: Box<dyn Rule> = Box::new(Native::gated("hours", closed, 30_000));
    let rules = Components::from([("main".to_owned(), vec![rule])]);
    let mut settings = telling();
    settings.pools = vec![Pool { rules: vec!["hours".to_owned()], ..settings.pools[0].clone() }];
    let mut desk = Desk::new(settings, rules, jim());
    let jim = desk.agent("jim");
    let (first, second, third) = (desk.customer("first"), desk.customer("second"), desk.customer("third"));
    desk.say(&first, "billing", "hello");
    desk.say(&jim, "", "accept");
    desk.say(&second, "billing", "hello");
    desk.wait(30_000);
    desk.say(&jim, "", "end");
    desk.say(&jim, "", "accept");
    desk.say(&jim, "", "end");
    desk.say(&third, "sales", "hello");
    desk.say(&third, "sales", "how long?");
    assert_eq!(told(&desk, 3), ["Your turn will come; how long it will take is not known yet."]);
}

#[test]
fn operators_rules_and_watchers_see_what_is_expected() {
    let (mut desk, jim) = measured(telling());
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.publish(&eve, "available");
    let view = desk.centre.view(desk.now);
    let billing = &view.queues[0];
    assert!(
        billing.wait.is_some_and(|wait| wait.low_ms <= wait.wait_ms && wait.wait_ms <= wait.high_ms),
        "{billing:?}"
    );
    assert_eq!(
        billing.measured.as_ref().map(|measured| (measured.by.as_str(), measured.waits)),
        Some(("regression", 1))
    );
    let effects = desk.say(&joe, "billing", "hello");
    let later = desk.wait(2_000);
    let notes: Vec<String> = effects
        .iter()
        .chain(&later)
        .filter_map(|effect| match effect {
            Effect::Show(_, showing) if showing.presence.presentity.as_str() == "billing" => {
                showing.presence.tuples[0].note.clone()
            }
            _ => None,
        })
        .collect();
    assert_eq!(notes, ["It takes up to 2 minutes until somebody is there for you."]);
    let view = desk.centre.view(desk.now);
    assert_eq!(view.sessions.last().map(|session| session.position), Some(Some(1)));
    let queue = desk.centre.queues.get("billing").expect("it is there");
    let status = desk.centre.queue_status(queue);
    assert!(status.wait_ms.is_some() && status.wait_high_ms >= status.wait_ms, "{status:?}");
    desk.publish(&jim, "away");
    let queue = desk.centre.queues.get("billing").expect("it is there");
    assert_eq!(desk.centre.queue_status(queue).wait_ms, None, "nobody takes sessions");
}
