//! Who has waited longest comes first, and the law of rules holds.

use super::LongestIdle;
use cordboard_sdk::rule::Agent;
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

fn pool(idle_since: &[u64]) -> Pool<LongestIdle> {
    let mut pool = Pool::open("{}").unwrap();
    for (reference, idle_since) in (0..).zip(idle_since) {
        pool.agent(Agent { idle_since: *idle_since, ..agent(reference) });
    }
    pool.session(session(7));
    pool
}

#[test]
fn who_is_idle_longest_comes_first() {
    assert_eq!(pool(&[300, 100, 200]).order(7), [1, 2, 0]);
}

#[test]
fn those_idle_equally_long_share_a_tier() {
    assert_eq!(pool(&[300, 100, 300]).tiers(7), [(0, 1), (1, 0), (2, 1)]);
}

#[test]
fn an_agents_sessions_are_all_alike() {
    let mut pool = pool(&[300]);
    pool.session(session(8));
    let tiers: Vec<_> = pool.pick(0).keep.iter().map(|choice| (choice.session, choice.tier)).collect();
    assert_eq!(tiers, [(7, 0), (8, 0)]);
}

#[test]
fn it_says_how_long() {
    let mut pool = pool(&[5000]);
    pool.at(12_900);
    assert_eq!(pool.why(7, 0), "idle for 7 s");
    pool.at(1000);
    assert_eq!(pool.why(7, 0), "idle for 0 s");
}

#[test]
fn settings_are_refused() {
    let error = Pool::<LongestIdle>::open(r#"{"medium": "chat"}"#).unwrap_err();
    assert!(error.contains("unknown field `medium`"), "{error}");
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<LongestIdle>::open("{}").unwrap();
        pool.tell(crowd(seed, 15, 10));
        pool.at(50_000);
        pool.check_law().unwrap();
    }
}
