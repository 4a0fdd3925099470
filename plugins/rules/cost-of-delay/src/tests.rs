//! Who costs least, what is measured and remembered, and the law of rules.

use super::{CostOfDelay, LEVELS, MOST_OPEN};
use cordboard_sdk::rule::{Agent, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, load, session};

const NO_HOLD: &str = r#"{"hold_back_pct": 0}"#;

fn with(reference: u32, used: u16) -> Agent {
    Agent { loads: vec![load("chat", used, 9)], ..agent(reference) }
}

/// Agents 0 to 3 with as many chats; session 7 waits since time 0.
fn pool(settings: &str) -> Pool<CostOfDelay> {
    let mut pool = Pool::open(settings).unwrap();
    (0..4).for_each(|used| pool.agent(with(used.into(), used)));
    pool.session(session(7));
    pool
}

/// Sessions served by an agent with so many at a time, each so long.
fn serve(pool: &mut Pool<CostOfDelay>, used: u16, sessions: u64, duration_ms: u64) {
    pool.agent(with(9, used));
    for number in 0..sessions {
        pool.at(number * 10_000_000);
        pool.learned(7, 9, "accepted");
        pool.at(number * 10_000_000 + duration_ms);
        pool.learned(7, 9, "closed");
    }
    pool.change(cordboard_sdk::rule::Change::AgentGone(9));
    pool.at(0);
}

#[test]
fn who_is_slowed_down_least_comes_first() {
    let mut pool = pool(NO_HOLD);
    assert_eq!(pool.tiers(7), [(0, 0), (1, 1), (2, 2), (3, 3)]);
    // 2 * 360 - 300 - 300, then 3 * 420 - 2 * 360 - 300.
    assert_eq!(pool.why(7, 1), "one more beside 1 delays by 120 s");
    assert_eq!(pool.why(7, 2), "one more beside 2 delays by 240 s");
    pool.agent(with(0, 2));
    assert_eq!(pool.tiers(7), [(0, 1), (1, 0), (2, 1), (3, 2)]);
}

#[test]
fn a_session_waits_as_long_as_the_delay() {
    let mut pool = pool("{}");
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![0], Some(120_000)));
    assert_eq!(pool.why(7, 1), "one more beside 1 would delay by 120 s");
    pool.at(120_000);
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![0, 1], Some(240_000)));
    let mut half = self::pool(r#"{"hold_back_pct": 50}"#);
    half.at(60_000);
    assert_eq!((half.order(7), half.answer(7).recheck), (vec![0, 1], Some(120_000)));
}

#[test]
fn durations_are_measured() {
    let mut pool = pool(NO_HOLD);
    // Two at a time take no longer than one: the second costs nothing more.
    serve(&mut pool, 1, 200, 300_000);
    serve(&mut pool, 2, 200, 300_000);
    assert_eq!(pool.why(7, 1), "one more beside 1 delays by 2 s");
    // Three at a time take long: 3 * ~900 - 2 * ~300 - 300.
    serve(&mut pool, 3, 200, 900_000);
    let told = pool.why(7, 2);
    let delay: u32 =
        told.strip_prefix("one more beside 2 delays by ").unwrap().strip_suffix(" s").unwrap().parse().unwrap();
    assert!((1700..1800).contains(&delay), "{told}");
    let costs = pool.rule().costs;
    assert!(costs.is_sorted() && costs.len() == LEVELS, "{costs:?}");
}

#[test]
fn what_was_measured_is_remembered() {
    let mut first = pool(NO_HOLD);
    assert_eq!(first.memory(), None);
    serve(&mut first, 2, 20, 900_000);
    let mut second = Pool::<CostOfDelay>::remembering(NO_HOLD, first.memory()).unwrap();
    second.agent(with(1, 1));
    second.session(session(7));
    assert_eq!(second.why(7, 1), first.why(7, 1));
    assert_ne!(second.why(7, 1), pool(NO_HOLD).why(7, 1));
    second.check_law().unwrap();
}

#[test]
fn other_media_pass_and_are_not_measured() {
    let mut pool = pool("{}");
    pool.session(Session { medium: "voice".into(), ..session(7) });
    assert_eq!(pool.tiers(7), [(0, 0), (1, 0), (2, 0), (3, 0)]);
    assert_eq!(pool.why(7, 1), "voice is not measured");
    serve(&mut pool, 1, 5, 1000);
    assert_eq!(pool.memory(), None);
}

#[test]
fn sessions_that_never_close_are_forgotten() {
    let mut pool = pool("{}");
    for number in 0..=u32::try_from(MOST_OPEN).unwrap() {
        pool.at(number.into());
        pool.session(session(number));
        pool.learned(number, 1, "accepted");
    }
    assert_eq!(pool.rule().open.len(), MOST_OPEN);
    pool.learned(0, 1, "closed");
    assert_eq!(pool.memory(), None, "the oldest is not known any more");
    pool.learned(1, 1, "closed");
    assert!(pool.memory().is_some());
}

#[test]
fn wrong_settings_are_refused() {
    assert_eq!(Pool::<CostOfDelay>::open(r#"{"alone_s": 0}"#).unwrap_err(), "alone_s: expected at least 1, found 0");
}

#[test]
fn it_keeps_the_law() {
    for (seed, at) in (0..10).flat_map(|seed| [(seed, 60_000), (seed, 200_000)]) {
        let mut pool = Pool::<CostOfDelay>::open("{}").unwrap();
        pool.tell(crowd(seed, 15, 10));
        pool.at(at);
        pool.check_law().unwrap();
    }
}
