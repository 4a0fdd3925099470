//! Who has the most room comes first, and the law of rules holds.

use super::LeastBusy;
use cordboard_sdk::rule::{Agent, Load, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, load, session};

fn pool(settings: &str, loads: &[&[Load]]) -> Pool<LeastBusy> {
    let mut pool = Pool::open(settings).unwrap();
    for (reference, loads) in (0..).zip(loads) {
        pool.agent(Agent { loads: loads.to_vec(), ..agent(reference) });
    }
    pool.session(session(7));
    pool
}

#[test]
fn the_smallest_share_of_the_capacity_comes_first() {
    let pool = pool("{}", &[&[load("chat", 2, 3)], &[load("chat", 0, 1)], &[load("chat", 1, 4)]]);
    assert_eq!(pool.order(7), [1, 2, 0]);
    assert_eq!(pool.why(7, 0), "chat: 2 of 3 used");
}

#[test]
fn equal_shares_share_a_tier() {
    let pool = pool("{}", &[&[load("chat", 2, 4)], &[load("chat", 1, 2)], &[load("chat", 3, 4)]]);
    assert_eq!(pool.tiers(7), [(0, 0), (1, 0), (2, 1)]);
}

#[test]
fn who_has_no_capacity_counts_as_full() {
    let pool = pool("{}", &[&[], &[load("chat", 0, 0)], &[load("voice", 0, 1)], &[load("chat", 1, 2)]]);
    assert_eq!(pool.tiers(7), [(0, 1), (1, 1), (2, 1), (3, 0)]);
    assert_eq!(pool.why(7, 0), "no capacity for chat");
}

#[test]
fn the_medium_is_the_sessions_or_that_of_the_settings() {
    let loads: [&[Load]; 2] = [&[load("chat", 0, 2), load("voice", 1, 1)], &[load("chat", 1, 2), load("voice", 0, 1)]];
    let mut by_session = pool("{}", &loads);
    by_session.session(Session { medium: "voice".into(), ..session(8) });
    assert_eq!((by_session.order(7), by_session.order(8)), (vec![0, 1], vec![1, 0]));
    assert_eq!(pool(r#"{"medium": "voice"}"#, &loads).order(7), [1, 0]);
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<LeastBusy>::open(settings).unwrap_err();
    assert_eq!(refused(r#"{"medium": ""}"#), "medium: expected a word such as `chat`, found nothing");
    assert!(refused(r#"{"media": "chat"}"#).contains("unknown field `media`, expected `medium`"));
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<LeastBusy>::open("{}").unwrap();
        pool.tell(crowd(seed, 15, 10));
        pool.check_law().unwrap();
    }
}
