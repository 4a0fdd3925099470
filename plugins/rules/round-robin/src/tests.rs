//! Whose turn it is, what is remembered, and the law of rules.

use super::{MOST_ROUNDS, RoundRobin};
use cordboard_sdk::rule::{Change, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

fn pool(settings: &str) -> Pool<RoundRobin> {
    let mut pool = Pool::open(settings).unwrap();
    for reference in [2, 5, 9] {
        pool.agent(agent(reference));
    }
    pool.session(session(7));
    pool.session(Session { queue: "sales".into(), ..session(8) });
    pool
}

#[test]
fn the_turn_goes_around() {
    let mut pool = pool("{}");
    assert_eq!(pool.order(7), [2, 5, 9]);
    assert_eq!(pool.why(7, 5), "nobody had a turn yet");
    for (offered, order) in [(2, [5, 9, 2]), (5, [9, 2, 5]), (9, [2, 5, 9]), (5, [9, 2, 5])] {
        pool.learned(7, offered, "offered");
        assert_eq!(pool.order(7), order);
    }
    assert_eq!((pool.why(7, 5), pool.why(7, 9)), ("had the last turn".into(), "agent-5 had the last turn".into()));
    pool.learned(7, 9, "accepted");
    assert_eq!(pool.order(7), [9, 2, 5], "the turn was the offer");
}

#[test]
fn it_goes_on_behind_one_who_is_gone() {
    let mut pool = pool("{}");
    pool.learned(7, 5, "offered");
    pool.change(Change::AgentGone(5));
    assert_eq!(pool.order(7), [9, 2]);
}

#[test]
fn a_queue_has_a_round_of_its_own_or_the_pool_has_one() {
    let mut own = pool(r#"{"per": "queue"}"#);
    own.learned(7, 5, "offered");
    assert_eq!((own.order(7), own.order(8)), (vec![9, 2, 5], vec![2, 5, 9]));
    let mut shared = pool("{}");
    shared.learned(7, 5, "offered");
    assert_eq!((shared.order(7), shared.order(8)), (vec![9, 2, 5], vec![9, 2, 5]));
}

#[test]
fn it_goes_on_after_a_restart() {
    let mut first = pool("{}");
    assert_eq!(first.memory(), None);
    first.learned(7, 5, "offered");
    let mut second = Pool::<RoundRobin>::remembering("{}", first.memory()).unwrap();
    // Numbers are others then; the name is the same.
    for (reference, name) in [(1, "agent-9"), (2, "agent-5"), (3, "agent-2")] {
        second.agent(cordboard_sdk::rule::Agent { name: name.into(), ..agent(reference) });
    }
    second.session(session(7));
    assert_eq!(second.order(7), [3, 1, 2]);
    assert_eq!(second.memory(), first.memory());
    second.check_law().unwrap();
}

#[test]
fn queues_beyond_the_limit_share_a_round() {
    let mut pool = pool(r#"{"per": "queue"}"#);
    for number in 0..=MOST_ROUNDS {
        pool.session(Session { queue: format!("q{number}"), ..session(7) });
        pool.learned(7, 5, "offered");
    }
    assert_eq!(pool.rule().last.len(), MOST_ROUNDS + 1);
    assert_eq!((pool.order(7), pool.order(8)), (vec![9, 2, 5], vec![9, 2, 5]));
    pool.learned(8, 9, "offered");
    assert_eq!((pool.rule().last.len(), pool.order(7), pool.order(8)), (MOST_ROUNDS + 1, vec![2, 5, 9], vec![2, 5, 9]));
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let per_queue = r#"{"per": "queue"}"#;
        let mut pool = Pool::<RoundRobin>::open(per_queue).unwrap();
        pool.tell(crowd(seed, 15, 10));
        (0..10).for_each(|session| pool.learned(session, session + 3, "offered"));
        // The second router of the check is opened with this memory.
        let mut again = Pool::<RoundRobin>::remembering(per_queue, pool.memory()).unwrap();
        again.tell(crowd(seed, 15, 10));
        again.check_law().unwrap();
        (0..10).for_each(|session| assert_eq!(again.order(session), pool.order(session)));
    }
}
