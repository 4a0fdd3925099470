//! Who gets a session that somebody was asked for, and the law of rules.

use super::RequestedAgent;
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Change, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

fn asking_for(name: &str) -> Session {
    Session { attributes: vec![Attribute::new("requested-agent", name)], ..session(7) }
}

/// Agents 1 to 3, and session 7, which asks for the second and waits since time 0.
fn pool(settings: &str) -> Pool<RequestedAgent> {
    let mut pool = Pool::open(settings).unwrap();
    (1..=3).for_each(|reference| pool.agent(agent(reference)));
    pool.session(asking_for("agent-2"));
    pool
}

#[test]
fn only_the_requested_one_for_a_while_and_first_afterwards() {
    let mut pool = pool(r#"{"wait_s": 60}"#);
    assert_eq!(pool.order(7), [2]);
    assert_eq!(pool.why(7, 1), "another agent was asked for");
    assert_eq!(pool.answer(7).recheck, Some(60_000));
    pool.at(60_000);
    assert_eq!(pool.tiers(7), [(1, 1), (2, 0), (3, 1)]);
    assert_eq!(pool.why(7, 2), "was asked for");
}

#[test]
fn one_who_is_off_duty_is_not_waited_for() {
    let mut pool = pool("{}");
    pool.agent(Agent { state: "off-duty".into(), ..agent(2) });
    assert_eq!(pool.tiers(7), [(1, 0), (2, 0), (3, 0)]);
    pool.agent(Agent { state: "away".into(), ..agent(2) });
    assert_eq!(pool.order(7), [2]);
    pool.change(Change::AgentGone(2));
    assert_eq!(pool.order(7), [1, 3]);
}

#[test]
fn strict_waits_for_ever() {
    let mut pool = pool(r#"{"strict": true}"#);
    pool.at(86_400_000);
    assert_eq!(pool.order(7), [2]);
    pool.agent(Agent { state: "off-duty".into(), ..agent(2) });
    assert!(pool.order(7).is_empty());
    assert_eq!(pool.why(7, 1), "the agent who was asked for is off duty");
}

#[test]
fn who_passed_it_over_has_answered() {
    for settings in ["{}", r#"{"strict": true}"#] {
        let mut pool = pool(settings);
        pool.session(Session { passed_over: vec![2], ..asking_for("agent-2") });
        assert_eq!(pool.order(7), [2, 1, 3]);
    }
}

#[test]
fn others_and_those_nobody_knows_are_for_anyone() {
    let mut pool = pool("{}");
    pool.session(asking_for("nobody"));
    pool.session(session(8));
    assert_eq!((pool.order(7), pool.order(8)), (vec![1, 2, 3], vec![1, 2, 3]));
    pool.session(asking_for(""));
    assert_eq!(pool.order(7), [1, 2, 3]);
    assert_eq!(pool.why(7, 1), "anyone may serve it");
}

#[test]
fn it_keeps_the_law() {
    for (seed, settings) in (0..10).flat_map(|seed| [(seed, "{}"), (seed, r#"{"strict": true}"#)]) {
        let mut pool = Pool::<RequestedAgent>::open(settings).unwrap();
        for change in crowd(seed, 15, 10) {
            pool.change(match change {
                Change::Session(session) if session.ref_ % 2 == 0 => {
                    let name = format!("agent-{}", session.ref_ * 2);
                    Change::Session(Session { attributes: vec![Attribute::new("requested-agent", name)], ..session })
                }
                other => other,
            });
        }
        pool.at(100_000);
        pool.check_law().unwrap();
    }
}
