//! Who comes first, and the law of rules.

use super::PriorityAgeing;
use cordboard_sdk::rule::Session;
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

/// The order in which agent 1 takes sessions that are told as queue, priority and waiting since, numbered from 0.
fn order(settings: &str, sessions: &[(&str, i32, u64)]) -> Vec<(u32, u32)> {
    let mut pool = Pool::<PriorityAgeing>::open(settings).unwrap();
    pool.agent(agent(1));
    for (reference, (queue, priority, waiting_since)) in (0..).zip(sessions) {
        let (queue, priority, waiting_since) = ((*queue).to_owned(), *priority, *waiting_since);
        pool.session(Session { queue, priority, waiting_since, ..session(reference) });
    }
    let mut kept: Vec<_> = pool.pick(1).keep.iter().map(|choice| (choice.tier, choice.session)).collect();
    kept.sort_unstable();
    kept.into_iter().map(|(tier, session)| (session, tier)).collect()
}

#[test]
fn a_priority_is_worth_a_head_start() {
    let sessions = [("billing", 0, 100_000), ("billing", 1, 150_000), ("billing", 1, 170_000), ("billing", -1, 50_000)];
    assert_eq!(order("{}", &sessions), [(1, 0), (0, 1), (2, 2), (3, 2)]);
    assert_eq!(order(r#"{"step_s": 0}"#, &sessions), [(3, 0), (0, 1), (1, 2), (2, 3)]);
    assert_eq!(order(r#"{"step_s": 3600}"#, &sessions), [(1, 0), (2, 1), (0, 2), (3, 3)]);
}

#[test]
fn a_queue_may_have_one_too() {
    let sessions = [("billing", 0, 100_000), ("complaints", 0, 180_000)];
    assert_eq!(order("{}", &sessions), [(0, 0), (1, 1)]);
    assert_eq!(order(r#"{"queues": {"complaints": 90}}"#, &sessions), [(1, 0), (0, 1)]);
}

#[test]
fn moments_of_one_grain_share_a_tier() {
    let sessions = [("billing", 0, 101_000), ("billing", 0, 100_000), ("billing", 0, 109_000)];
    assert_eq!(order("{}", &sessions), [(1, 0), (0, 1), (2, 2)]);
    assert_eq!(order(r#"{"grain_s": 60}"#, &sessions), [(0, 0), (1, 0), (2, 0)]);
}

#[test]
fn priorities_and_moments_of_any_size_are_compared() {
    let sessions =
        [("billing", i32::MIN, 0), ("billing", i32::MAX, u64::MAX), ("billing", 0, 0), ("billing", i32::MAX, 0)];
    assert_eq!(order(r#"{"step_s": 4294967295}"#, &sessions), [(3, 0), (2, 1), (0, 2), (1, 3)]);
}

#[test]
fn it_says_how_long_and_why() {
    let mut pool = Pool::<PriorityAgeing>::open("{}").unwrap();
    pool.agent(agent(1));
    pool.session(Session { priority: 2, waiting_since: 10_000, ..session(7) });
    pool.at(45_500);
    assert_eq!(pool.why(7, 1), "waited 35 s, with a head start of 120 s");
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<PriorityAgeing>::open(settings).unwrap_err();
    assert_eq!(refused(r#"{"grain_s": 0}"#), "grain_s: expected at least 1, found 0");
    assert!(refused(r#"{"step_s": -1}"#).contains("expected u32"));
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<PriorityAgeing>::open(r#"{"queues": {"sales": 30}}"#).unwrap();
        pool.tell(crowd(seed, 10, 15));
        pool.check_law().unwrap();
    }
}
