//! What rules may do, and what becomes of those that do wrong.

use super::rules::{Deed, Fit, Native, Villain};
use super::{Desk, words};
use crate::centre::{Answered, Components, Effect, Input};
use crate::model::record::{Op, Record};
use crate::model::rule::{Rule, Session, Verdict};
use crate::model::settings::{Pool, Settings};
use crate::model::{Lane, OfferNumber, Timestamp};
use expect_test::expect;

fn desk(names: &[&str], rules: Vec<Box<dyn Rule>>) -> Desk {
    let profiles = names.iter().map(|name| super::desk::profile(name, 1)).collect();
    Desk::new(settings(&rules), Components::from([("main".to_owned(), rules)]), profiles)
}

fn settings(rules: &[Box<dyn Rule>]) -> Settings {
    let names = rules.iter().map(|rule| rule.name().to_owned()).collect();
    Settings { pools: vec![Pool::new("main", names)], ..super::desk::settings() }
}

fn faults(desk: &Desk) -> Vec<String> {
    desk.outputs
        .iter()
        .flat_map(|output| &output.faults)
        .map(|fault| format!("{}: {}", fault.rule, fault.failure))
        .collect()
}

#[test]
fn a_rule_prefers_and_the_built_in_order_decides_the_rest() {
    let judge = |_: Timestamp, _: &Session, agent: &crate::model::rule::Agent| {
        if agent.name.as_str() == "ann" { Fit::Tier(1) } else { Fit::Tier(0) }
    };
    let mut desk = desk(&["ann", "bob", "jim"], vec![Box::new(Native::new("not ann first", judge))]);
    for name in ["ann", "bob", "jim"] {
        desk.agent(name);
    }
    let order = ["bob", "jim", "ann"];
    for (customer, expected) in ["joe", "eve", "max"].iter().zip(order) {
        let customer = desk.customer(customer);
        let effects = desk.say(&customer, "billing", "hello");
        assert!(words(&effects).starts_with(&format!("{expected}@")), "{}", words(&effects));
    }
}

#[test]
fn a_hold_is_asked_again_when_the_rule_says_and_ends_by_itself() {
    let evening = |now: Timestamp, session: &Session| {
        (now < session.arrived_at.plus_ms(10_000)).then(|| Verdict::Hold("opens at ten".to_owned()))
    };
    let mut held = desk(&["ann"], vec![Box::new(Native::gated("hours", evening, 10_000))]);
    held.agent("ann");
    let joe = held.customer("joe");
    held.say(&joe, "billing", "hello");
    assert_eq!(held.centre.view(held.now).sessions[0].why, "opens at ten");
    held.wait(9_999);
    assert_eq!(held.state(1), "waiting");
    held.wait(1);
    assert_eq!(held.state(1), "offered");

    let never = |_: Timestamp, _: &Session| Some(Verdict::Hold("never".to_owned()));
    let mut stuck = desk(&["ann"], vec![Box::new(Native::gated("never", never, 1_000_000))]);
    stuck.agent("ann");
    let joe = stuck.customer("joe");
    stuck.say(&joe, "billing", "hello");
    stuck.wait(119_999);
    assert_eq!(stuck.state(1), "waiting");
    stuck.wait(1);
    assert_eq!(stuck.state(1), "offered", "max_hold has ended it");
}

#[test]
fn an_overdue_session_is_served_by_whoever_becomes_free() {
    let never = |_: Timestamp, _: &Session| Some(Verdict::Hold("never".to_owned()));
    let mut stuck = desk(&["ann"], vec![Box::new(Native::gated("never", never, 1_000_000))]);
    let joe = stuck.customer("joe");
    stuck.say(&joe, "billing", "hello");
    stuck.wait(130_000);
    assert_eq!(stuck.state(1), "waiting");
    stuck.agent("ann");
    assert_eq!(stuck.state(1), "offered");
}

#[test]
fn a_rule_refuses_or_diverts() {
    let gate = |_: Timestamp, session: &Session| match (session.member.as_str(), session.queue.as_str()) {
        ("eve", _) => Some(Verdict::Refuse("We are closed on Sundays.".to_owned())),
        ("joe", "billing") => Some(Verdict::Divert("queue:sales".to_owned())),
        ("max", "billing") => Some(Verdict::Divert("queue:nowhere".to_owned())),
        _ => None,
    };
    let mut desk = desk(&["ann"], vec![Box::new(Native::gated("gate", gate, 60_000))]);
    for name in ["joe", "eve", "max"] {
        let person = desk.customer(name);
        desk.say(&person, "billing", "hello");
    }
    desk.wait(0);
    let queue = |desk: &Desk, at: usize| desk.centre.view(desk.now).sessions[at].queue.clone();
    assert_eq!((desk.state(1), queue(&desk, 0).as_str()), ("waiting", "sales"));
    assert_eq!(desk.state(2), "closed");
    assert_eq!(desk.transcript(2), ["eve: hello", "Demo: We are closed on Sundays."]);
    assert_eq!((desk.state(3), queue(&desk, 2).as_str()), ("waiting", "billing"));
    expect!["gate: broke the contract: diverts to the queue `nowhere`, which does not exist"]
        .assert_eq(&faults(&desk)[0]);
}

#[test]
fn a_rule_that_diverts_in_circles_is_stopped() {
    let gate = |_: Timestamp, session: &Session| {
        let other = if session.queue == "billing" { "sales" } else { "billing" };
        Some(Verdict::Divert(format!("queue:{other}")))
    };
    let mut desk = desk(&["ann"], vec![Box::new(Native::gated("circle", gate, 60_000))]);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.wait(1_000);
    assert_eq!(desk.state(1), "waiting");
    assert_eq!(faults(&desk).len(), 1);
    assert!(desk.outputs.len() < 20, "{} batches", desk.outputs.len());
}

#[test]
fn a_rule_that_traps_is_left_out_reported_and_rebuilt() {
    let mut desk = desk(&["ann"], vec![Box::new(Villain::new(Deed::Trap, 2))]);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "offered", "I7: the session goes on");
    assert_eq!(faults(&desk)[0], "villain: trapped: unreachable");
    let rebuilt = |desk: &Desk| {
        let answers = desk.outputs.iter().flat_map(|output| &output.answers);
        answers.filter(|answer| matches!(answer.answered, Answered::Rebuilt(Ok(())))).count()
    };
    let before = rebuilt(&desk);
    desk.wait(25_000);
    assert!(rebuilt(&desk) > before);
}

/// A desk whose villain does its deed whenever it is asked, until it is in quarantine.
fn quarantined(deed: Deed) -> Desk {
    let mut desk = desk(&["ann"], vec![Box::new(Villain::new(deed, 1))]);
    desk.agent("ann");
    for number in 0..20 {
        let person = desk.customer(&format!("c{number}"));
        desk.say(&person, "billing", "hello");
        desk.wait(10_000);
    }
    desk
}

fn standing(desk: &Desk) -> Option<String> {
    desk.centre.view(desk.now).status.rules[0].quarantined.clone()
}

#[test]
fn a_rule_that_fails_too_often_is_quarantined_and_every_decision_says_so() {
    for deed in [Deed::Trap, Deed::Invent] {
        let mut desk = quarantined(deed);
        let why = standing(&desk).expect("it is in quarantine");
        assert!(why.starts_with("failed 5 times within 600 s, the last time: "), "{why}");
        let last = faults(&desk).pop().unwrap();
        expect![[r"villain: exceeded a limit: failed 5 times within 600 s, and is out of service until another component takes its place or `cordboard plugin release villain`"]]
            .assert_eq(&last);
        if deed == Deed::Invent {
            assert_eq!(faults(&desk).len(), 5 + 1, "one strike for each lie: {:?}", faults(&desk));
        }
        let view = desk.centre.view(desk.now);
        let whys: Vec<&str> = view.sessions.iter().rev().take(2).map(|session| session.why.as_str()).collect();
        assert!(whys.iter().all(|why| why.ends_with("without villain, which fails and is quarantined")), "{whys:?}");
        desk.outputs.clear();
        let late = desk.customer("late");
        desk.say(&late, "billing", "hello");
        desk.wait(700_000);
        assert!(
            desk.outputs.iter().all(|output| output.answers.is_empty()),
            "it is asked nothing, however long it lasts"
        );
    }
}

#[test]
fn a_quarantine_ends_with_a_release_or_with_another_component() {
    let mut desk = quarantined(Deed::Trap);
    desk.batch(vec![Input::RuleReleased { rule: "somebody else".to_owned() }]);
    assert!(standing(&desk).is_some());
    desk.outputs.clear();
    desk.batch(vec![Input::RuleReleased { rule: "villain".to_owned() }]);
    assert_eq!(standing(&desk), None);
    let rebuilt = |answer: &Answered| matches!(answer, Answered::Rebuilt(Ok(())));
    assert!(desk.outputs.iter().flat_map(|output| &output.answers).any(|answer| rebuilt(&answer.answered)));

    let mut desk = quarantined(Deed::Trap);
    desk.centre.replace_rule("main", Lane::Service, 0, Box::new(Native::new("villain", |_, _, _| Fit::Drop)));
    desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Service, rule: 0 }]);
    assert_eq!(standing(&desk), None);
    desk.outputs.clear();
    let late = desk.customer("late");
    desk.say(&late, "billing", "hello");
    assert!(desk.outputs.iter().any(|output| !output.answers.is_empty()), "the new one is asked");
}

#[test]
fn sessions_that_a_quarantined_rule_kept_waiting_are_decided_anew() {
    let rules: Vec<Box<dyn Rule>> = vec![Box::new(Villain::dropping(7))];
    let ann = vec![super::desk::profile("ann", 100)];
    let mut desk = Desk::new(settings(&rules), Components::from([("main".to_owned(), rules)]), ann);
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    assert_eq!(desk.state(1), "waiting", "the rule drops everybody");
    for number in 0..30 {
        let person = desk.customer(&format!("c{number}"));
        desk.say(&person, "billing", "hello");
        desk.wait(5_000);
    }
    assert!(standing(&desk).is_some(), "{:?}", faults(&desk));
    let why = desk.centre.view(desk.now).sessions[0].why.clone();
    assert!(why.ends_with("without villain, which fails and is quarantined"), "its no counts no more: {why}");
}

#[test]
fn what_a_rule_chokes_on_twice_is_withheld_and_the_rest_of_the_world_served() {
    let mut desk = desk(&["ann", "bob"], vec![Box::new(Villain::new(Deed::ChokeOn(1), 1_000_000))]);
    desk.agent("ann");
    desk.agent("bob");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.wait(0);
    let all = faults(&desk);
    assert_eq!(all.iter().filter(|fault| fault.contains("choked")).count(), 2, "{all:?}");
    assert!(all.iter().any(|fault| fault.contains("can't take Agent(1), which is withheld")), "{all:?}");
    let asked = desk.outputs.iter().flat_map(|output| &output.answers);
    assert!(asked.filter(|answer| matches!(answer.answered, Answered::Agents(Ok(_)))).count() > 0, "it is asked again");
    assert_eq!(desk.state(1), "offered");
}

#[test]
fn what_a_rule_remembers_is_stored_with_the_batch_and_given_back() {
    let rules = || -> Vec<Box<dyn Rule>> { vec![Box::new(Native::new("counting", |_, _, _| Fit::Tier(0)))] };
    let mut desk = desk(&["ann"], rules());
    desk.agent("ann");
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    let memory = |desk: &Desk| {
        let ops = desk.outputs.iter().flat_map(|output| &output.ops);
        let mut memories = ops.filter_map(|op| match op {
            Op::Put(Record::Memory(memory)) => Some(memory.state.bytes.clone()),
            _ => None,
        });
        memories.next_back()
    };
    assert_eq!(memory(&desk), Some(vec![0, 0, 0, 1]));
    desk.restart(Components::from([("main".to_owned(), rules())]));
    desk.agent("ann");
    desk.customer("joe");
    assert_eq!(memory(&desk), Some(vec![0, 0, 0, 2]), "it went on counting where it was");
}

#[test]
fn a_replaced_rule_is_fed_everything_before_it_is_asked() {
    let mut desk = desk(&["ann", "bob"], vec![Box::new(Native::new("any", |_, _, _| Fit::Tier(0)))]);
    let joe = desk.customer("joe");
    desk.say(&joe, "billing", "hello");
    desk.centre.replace_rule("main", Lane::Service, 0, Box::new(Native::new("any", |_, _, _| Fit::Drop)));
    desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Service, rule: 0 }]);
    desk.agent("ann");
    assert_eq!(desk.state(1), "waiting", "the new rule keeps nobody");
    assert!(faults(&desk).is_empty(), "{:?}", faults(&desk));
}

/// The work for one who has become free is one list and one confirmation, however many wait.
#[test]
fn one_free_agent_beside_a_thousand_waiting_costs_two_calls() {
    let mut desk = desk(&["ann"], vec![Box::new(Native::new("any", |_, _, _| Fit::Tier(0)))]);
    desk.centre.settings.limits.sessions_per_customer = 10_000;
    let joe = desk.customer("joe");
    for link in ["billing", "sales"] {
        desk.say(&joe, link, "hello");
    }
    for number in 0..998 {
        let name = format!("c{number}");
        let person = desk.customer(&name);
        desk.say(&person, "billing", "hello");
    }
    desk.wait(0);
    desk.outputs.clear();
    desk.agent("ann");
    let answers: Vec<&Answered> =
        desk.outputs.iter().flat_map(|output| &output.answers).map(|answer| &answer.answered).collect();
    let calls = |case: fn(&Answered) -> bool| answers.iter().filter(|answer| case(answer)).count();
    assert_eq!(calls(|answer| matches!(answer, Answered::Sessions(Ok(pick)) if pick.keep.len() == 512)), 1);
    assert_eq!(calls(|answer| matches!(answer, Answered::Agents(_))), 1);
    let agent = desk.centre.agents.all().next().expect("ann is there");
    assert_eq!(agent.offers.first_key_value().map(|(number, id)| (*number, id.0)), Some((OfferNumber(1), 1)));
}

/// I10 over time: an offer's form carries what an adapter needs to take it back.
#[test]
fn an_offer_carries_number_and_queue() {
    let mut desk = desk(&["ann"], Vec::new());
    desk.agent("ann");
    let joe = desk.customer("joe");
    let effects = desk.say(&joe, "sales", "hello");
    let form = effects.iter().find_map(|effect| match effect {
        Effect::Offer(_, offer) => Some(&offer.form),
        _ => None,
    });
    let attributes = &form.expect("ann is offered").attributes;
    assert_eq!(crate::model::attribute(attributes, "number"), Some("1"));
    assert_eq!(crate::model::attribute(attributes, "queue"), Some("sales"));
}
