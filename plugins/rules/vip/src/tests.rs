//! Who is served first and by whom, and the law of rules.

use super::Vip;
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Change, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

const RESERVED: &str = r#"{"classes": ["platinum", "gold"], "skill": "vip", "reserve_s": 60}"#;

fn of_class(reference: u32, class: &str) -> Session {
    Session { attributes: vec![Attribute::new("vip", class)], ..session(reference) }
}

/// Agent 1 is as others, agent 2 has the skill; sessions: 5 gold, 6 platinum, 7 of an unknown class, 8 of none.
fn pool(settings: &str) -> Pool<Vip> {
    let mut pool = Pool::open(settings).unwrap();
    pool.agent(agent(1));
    pool.agent(Agent { skills: vec![skill("vip", 1)], ..agent(2) });
    pool.session(of_class(5, "gold"));
    pool.session(of_class(6, "platinum"));
    pool.session(of_class(7, "lead"));
    pool.session(session(8));
    pool
}

fn picked(pool: &Pool<Vip>, agent: u32) -> Vec<(u32, u32)> {
    pool.pick(agent).keep.iter().map(|choice| (choice.session, choice.tier)).collect()
}

#[test]
fn important_customers_come_first_by_their_class() {
    let pool = pool(r#"{"classes": ["platinum", "gold"]}"#);
    assert_eq!(picked(&pool, 1), [(5, 1), (6, 0), (7, 2), (8, 2)]);
    assert_eq!(pool.tiers(5), [(1, 0), (2, 0)]);
    assert_eq!(pool.why(5, 1), "an important customer (gold)");
    assert_eq!(pool.why(7, 1), "a customer like others");
}

#[test]
fn members_and_the_attribute_may_be_named() {
    let mut pool = pool(r#"{"attribute": "tier", "members": ["joe"]}"#);
    pool.session(Session { member: "joe".into(), ..session(7) });
    pool.session(Session { attributes: vec![Attribute::new("tier", "yes")], ..session(8) });
    assert_eq!(picked(&pool, 1), [(5, 1), (6, 1), (7, 0), (8, 0)]);
}

#[test]
fn agents_of_their_own_come_first_for_them_and_last_for_others() {
    let pool = pool(r#"{"classes": ["platinum", "gold"], "skill": "vip"}"#);
    assert_eq!((pool.order(5), pool.order(8)), (vec![2, 1], vec![1, 2]));
    assert_eq!(picked(&pool, 2), [(5, 1), (6, 0), (7, 2), (8, 2)]);
}

#[test]
fn reserved_agents_are_there_for_others_after_a_while() {
    let mut pool = pool(RESERVED);
    assert_eq!((pool.order(8), pool.answer(8).recheck), (vec![1], Some(60_000)));
    assert_eq!(pool.why(8, 2), "is reserved for important customers");
    assert_eq!(pool.order(5), [2, 1]);
    pool.at(60_000);
    assert_eq!(pool.order(8), [1, 2]);
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<Vip>::open(settings).unwrap_err();
    assert_eq!(refused(r#"{"reserve_s": 5}"#), "reserve_s: agents are reserved by their skill; name it as `skill`");
    assert_eq!(refused(r#"{"classes": []}"#), "classes: expected different words, at least one; found []");
    assert!(refused(r#"{"classes": ["a", "a"]}"#).starts_with("classes: "));
}

#[test]
fn it_keeps_the_law() {
    for (seed, at) in (0..10).flat_map(|seed| [(seed, 50_000), (seed, 150_000)]) {
        let mut pool = Pool::<Vip>::open(RESERVED).unwrap();
        for change in crowd(seed, 12, 10) {
            pool.change(match change {
                Change::Session(session) if session.ref_ % 3 == 0 => Change::Session(of_class(session.ref_, "gold")),
                Change::Agent(agent) if agent.ref_ % 2 == 0 => {
                    Change::Agent(Agent { skills: vec![skill("vip", 2)], ..agent })
                }
                other => other,
            });
        }
        pool.at(at);
        pool.check_law().unwrap();
    }
}
