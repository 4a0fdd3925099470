//! Who is waited for and how long, what is remembered, and the law of rules.

use super::StickyAgent;
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

/// Agents 1 to 3, and session 7, whose customer was served by the second and waits since time 0.
fn pool(settings: &str) -> Pool<StickyAgent> {
    let mut pool = Pool::open(settings).unwrap();
    (1..=3).for_each(|reference| pool.agent(agent(reference)));
    pool.session(Session { attributes: vec![Attribute::new("last-agent", "agent-2")], ..session(7) });
    pool
}

fn of_member(reference: u32, member: &str) -> Session {
    Session { member: member.into(), ..session(reference) }
}

#[test]
fn only_the_last_agent_for_a_while_and_first_afterwards() {
    let mut pool = pool(r#"{"wait_s": 30}"#);
    assert_eq!(pool.order(7), [2]);
    assert_eq!(pool.why(7, 3), "waits for the agent who served last");
    assert_eq!(pool.answer(7).recheck, Some(30_000));
    pool.at(30_000);
    assert_eq!(pool.tiers(7), [(1, 1), (2, 0), (3, 1)]);
    assert_eq!(pool.why(7, 2), "served last");
    assert_eq!(pool.why(7, 3), "anyone may serve it");
}

#[test]
fn a_freed_agent_takes_customers_of_old_first() {
    let mut pool = pool(r#"{"wait_s": 0}"#);
    pool.session(session(6));
    let tiers: Vec<_> = pool.pick(2).keep.iter().map(|choice| (choice.session, choice.tier)).collect();
    assert_eq!(tiers, [(6, 1), (7, 0)]);
    let tiers: Vec<_> = pool.pick(1).keep.iter().map(|choice| (choice.session, choice.tier)).collect();
    assert_eq!(tiers, [(6, 0), (7, 0)], "another's customer is not put behind those who came later");
}

#[test]
fn one_who_is_away_is_waited_for_only_if_wanted() {
    let away = || Agent { state: "away".into(), ..agent(2) };
    let mut hasty = pool("{}");
    hasty.agent(away());
    assert_eq!(hasty.order(7), [2, 1, 3]);
    let mut patient = pool(r#"{"even_if_away": true}"#);
    patient.agent(away());
    assert_eq!(patient.order(7), [2]);
    patient.agent(Agent { state: "off-duty".into(), ..agent(2) });
    assert_eq!(patient.tiers(7), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn who_passed_it_over_is_not_waited_for() {
    let mut pool = pool("{}");
    let attributes = vec![Attribute::new("last-agent", "agent-2")];
    pool.session(Session { attributes, passed_over: vec![2], ..session(7) });
    assert_eq!(pool.order(7), [2, 1, 3]);
}

#[test]
fn it_remembers_members_whom_it_saw_served() {
    let mut first = pool("{}");
    first.session(of_member(8, "joe"));
    first.session(session(9));
    assert_eq!(first.memory(), None);
    first.learned(8, 3, "offered");
    first.learned(9, 3, "accepted");
    assert_eq!(first.memory(), None, "guests have no name to come back with");
    first.learned(8, 3, "accepted");
    assert_eq!(first.order(8), [3]);

    let mut second = Pool::<StickyAgent>::remembering("{}", first.memory()).unwrap();
    (1..=3).for_each(|reference| second.agent(agent(reference)));
    second.session(of_member(8, "joe"));
    second.session(of_member(9, "eve"));
    assert_eq!((second.order(8), second.order(9)), (vec![3], vec![1, 2, 3]));
    second.check_law().unwrap();
}

#[test]
fn it_forgets_those_who_came_longest_ago() {
    let mut pool = pool(r#"{"remember": 2}"#);
    for (at, member) in [(10, "joe"), (20, "eve"), (30, "joe"), (40, "max")] {
        pool.at(at);
        pool.session(of_member(8, member));
        pool.learned(8, 3, "accepted");
    }
    let members: Vec<&String> = pool.rule().served.keys().collect();
    assert_eq!(members, ["joe", "max"]);
    let mut none = self::pool(r#"{"remember": 0}"#);
    none.session(of_member(8, "joe"));
    none.learned(8, 3, "accepted");
    assert_eq!(none.memory(), None);
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<StickyAgent>::open("{}").unwrap();
        pool.tell(crowd(seed, 15, 10));
        for session in 0..10 {
            pool.learned(session, session / 2, "accepted");
        }
        pool.at(70_000);
        pool.check_law().unwrap();
    }
}
