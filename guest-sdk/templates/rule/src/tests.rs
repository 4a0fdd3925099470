//! Who comes first, and when the others are asked. No host is needed: `cargo test`.

use super::SkilledFirst;
use cordboard_sdk::rule::Agent;
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

/// Agent 1 with level 3, agent 2 with level 9, agent 3 without the skill; session 7 waits in `billing` since time 0.
fn pool() -> Pool<SkilledFirst> {
    let mut pool = Pool::open("{}").unwrap();
    pool.agent(Agent { skills: vec![skill("billing", 3)], ..agent(1) });
    pool.agent(Agent { skills: vec![skill("billing", 9)], ..agent(2) });
    pool.agent(agent(3));
    pool.session(session(7));
    pool
}

#[test]
fn at_first_only_the_skilled_are_asked() {
    let pool = pool();
    assert_eq!(pool.order(7), [2]);
    assert_eq!(pool.why(7, 1), "not skilled enough yet");
    assert_eq!(pool.answer(7).recheck, Some(30_000));
}

#[test]
fn after_a_while_everybody_with_the_skill_is() {
    let mut pool = pool();
    pool.at(30_000);
    assert_eq!(pool.order(7), [2, 1]);
    assert_eq!(pool.why(7, 3), "hasn't the queue's skill");
}

#[test]
fn settings_that_can_not_be_are_refused() {
    let error = Pool::<SkilledFirst>::open(r#"{"least_level": 11}"#).unwrap_err();
    assert_eq!(error, "least_level: levels go from 1 to 10, found 11");
}

#[test]
fn it_keeps_the_law() {
    let mut pool = Pool::<SkilledFirst>::open("{}").unwrap();
    pool.tell(crowd(1, 20, 10));
    pool.at(50_000);
    pool.check_law().unwrap();
}
