//! Which queue is served next, what is measured, and the law of rules.

use super::ServiceLevel;
use cordboard_sdk::rule::{Change, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

const TARGETS: &str = r#"{"queues": {"billing": 20, "sales": 80}}"#;

fn waits(reference: u32, queue: &str) -> Session {
    Session { queue: queue.into(), ..session(reference) }
}

/// So many wait in billing, numbered from 0, and in sales, from 100.
fn pool(settings: &str, billing: u32, sales: u32) -> Pool<ServiceLevel> {
    let mut pool = Pool::open(settings).unwrap();
    pool.agent(agent(1));
    (0..billing).for_each(|number| pool.session(waits(number, "billing")));
    (100..100 + sales).for_each(|number| pool.session(waits(number, "sales")));
    pool
}

/// The queue that agent 1 takes from, `both` if they are equal.
fn next(pool: &Pool<ServiceLevel>) -> &'static str {
    let kept = pool.pick(1).keep;
    let has = |low: u32, high: u32| kept.iter().any(|choice| choice.tier == 0 && (low..high).contains(&choice.session));
    match (has(0, 100), has(100, 200)) {
        (true, false) => "billing",
        (false, true) => "sales",
        _ => "both",
    }
}

#[test]
fn the_longer_line_for_its_target_is_served() {
    // With equal traffic there should be four in sales for each in billing.
    for (billing, sales, expected) in
        [(1, 1, "billing"), (1, 3, "billing"), (1, 4, "both"), (1, 5, "sales"), (2, 9, "sales"), (3, 9, "billing")]
    {
        assert_eq!(next(&pool(TARGETS, billing, sales)), expected, "{billing} and {sales}");
    }
    assert_eq!(next(&pool("{}", 3, 2)), "billing");
    assert_eq!(next(&pool("{}", 2, 2)), "both");
}

#[test]
fn one_who_leaves_or_moves_counts_no_more() {
    let mut pool = pool("{}", 3, 2);
    pool.change(Change::SessionGone(0));
    assert_eq!(next(&pool), "both");
    pool.session(waits(1, "tax"));
    assert_eq!(next(&pool), "sales");
    pool.change(Change::SessionGone(55));
    assert_eq!(next(&pool), "sales");
}

#[test]
fn traffic_is_measured_and_fades() {
    let mut busy = pool("{}", 2, 2);
    (0..3).for_each(|_| busy.learned(100, 1, "accepted"));
    busy.learned(100, 1, "offered");
    // Sales has four parts of five now.
    assert_eq!(next(&busy), "billing");
    assert_eq!(busy.why(0, 1), "billing: 2 wait, +1.200 of its share");
    assert_eq!(busy.why(100, 1), "sales: 2 wait, -1.200 of its share");
    busy.at(3 * 3_600_000);
    busy.learned(0, 1, "accepted");
    // 3 sessions are 0.375 after three hours.
    assert_eq!(busy.why(0, 1), "billing: 2 wait, -0.370 of its share");
}

#[test]
fn it_remembers_what_it_measured() {
    let mut first = pool("{}", 2, 2);
    assert_eq!(first.memory(), None);
    first.learned(100, 1, "accepted");
    let mut second = Pool::<ServiceLevel>::remembering("{}", first.memory()).unwrap();
    second.agent(agent(1));
    second.session(waits(0, "billing"));
    second.session(waits(100, "sales"));
    assert_eq!(next(&second), "billing");
    second.check_law().unwrap();
}

#[test]
fn it_does_not_compare_agents() {
    let mut pool = pool(TARGETS, 2, 3);
    pool.agent(agent(2));
    assert_eq!(pool.tiers(0), [(1, 0), (2, 0)]);
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<ServiceLevel>::open(settings).unwrap_err();
    assert_eq!(refused(r#"{"queues": {"tax": 0}}"#), "queues.tax: expected a target of at least 1 s, found 0");
    assert_eq!(refused(r#"{"half_life_s": 0}"#), "target_s and half_life_s: expected at least 1, found 0");
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<ServiceLevel>::open(TARGETS).unwrap();
        pool.tell(crowd(seed, 10, 15));
        pool.at(50_000);
        pool.check_law().unwrap();
    }
}
