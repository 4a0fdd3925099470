//! That lots fall by weight, that they come again, and the law of rules.

use super::{WeightedRandom, surprise};
use cordboard_sdk::rule::Agent;
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

fn pool(settings: &str) -> Pool<WeightedRandom> {
    let mut pool = Pool::open(settings).unwrap();
    (1..=4).for_each(|reference| pool.agent(agent(reference)));
    pool.session(session(7));
    pool
}

/// How often each of the agents 1 to 4 comes first in 4,000 draws.
fn firsts(pool: &mut Pool<WeightedRandom>) -> [u32; 4] {
    let mut firsts = [0; 4];
    for _ in 0..4000 {
        firsts[pool.order(7)[0] as usize - 1] += 1;
        pool.learned(7, 1, "offered");
    }
    firsts
}

#[test]
fn equal_weights_are_equally_often_first() {
    let firsts = firsts(&mut pool("{}"));
    assert!(firsts.iter().all(|times| (900..1100).contains(times)), "{firsts:?}");
}

#[test]
fn who_has_three_times_the_weight_is_first_three_times_as_often() {
    let firsts = firsts(&mut pool(r#"{"weights": {"agent-1": 3, "agent-4": 0}}"#));
    assert!((2300..2500).contains(&firsts[0]) && firsts[3] == 0, "{firsts:?}");
    assert!(firsts[1..3].iter().all(|times| (700..900).contains(times)), "{firsts:?}");
}

#[test]
fn the_skill_may_be_the_weight() {
    let mut pool = pool(r#"{"by": "skill", "weights": {"agent-2": 2}}"#);
    for (reference, level) in [(1, 6), (2, 1)] {
        pool.agent(Agent { skills: vec![skill("billing", level)], ..agent(reference) });
    }
    assert_eq!(pool.why(7, 2), "weight 2, draw 0");
    let firsts = firsts(&mut pool);
    assert!((2900..3100).contains(&firsts[0]) && firsts[2] + firsts[3] == 0, "{firsts:?}");
}

#[test]
fn who_has_no_weight_is_last_and_still_there() {
    let pool = pool(r#"{"weights": {"agent-1": 0, "agent-2": 0, "agent-3": 0}}"#);
    assert_eq!(pool.tiers(7), [(1, 1), (2, 1), (3, 1), (4, 0)]);
}

#[test]
fn the_same_history_has_the_same_lots() {
    let mut first = pool(r#"{"seed": 5}"#);
    assert_eq!(first.memory(), None);
    let orders = |pool: &mut Pool<WeightedRandom>| -> Vec<Vec<u32>> {
        let draw = |_| {
            pool.learned(7, 1, "offered");
            pool.order(7)
        };
        (0..20).map(draw).collect()
    };
    let before = orders(&mut first);
    assert_eq!(orders(&mut pool(r#"{"seed": 5}"#)), before);
    assert_ne!(orders(&mut pool(r#"{"seed": 6}"#)), before);
    let mut restarted = Pool::<WeightedRandom>::remembering(r#"{"seed": 5}"#, first.memory()).unwrap();
    (1..=4).for_each(|reference| restarted.agent(agent(reference)));
    restarted.session(session(7));
    assert_eq!(orders(&mut restarted), orders(&mut first));
}

#[test]
fn an_agents_sessions_are_all_alike() {
    let mut pool = pool("{}");
    pool.session(session(8));
    assert!(pool.pick(1).keep.iter().all(|choice| choice.tier == 0));
}

#[test]
fn the_logarithm_is_one() {
    for (lot, bits) in [(u64::MAX, 0.0), (1 << 63, 1.0), (1 << 62, 2.0), (3 << 62, 0.415_037), (1, 64.0), (0, 64.0)] {
        let found = f64::from(u32::try_from(surprise(lot)).unwrap()) / f64::from(1 << 20);
        assert!((found - bits).abs() < 1e-5, "{lot}: {found}, expected {bits}");
    }
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<WeightedRandom>::open(r#"{"by": "skill"}"#).unwrap();
        pool.tell(crowd(seed, 15, 10));
        pool.check_law().unwrap();
    }
}
