//! Who is asked when, and the law of rules.

use super::SkillRelaxation;
use cordboard_sdk::rule::{Agent, Session};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

/// Agents whose number is their level of billing, and one without; session 7 waits since time 0.
fn pool(settings: &str) -> Pool<SkillRelaxation> {
    let mut pool = Pool::open(settings).unwrap();
    for level in [2, 5, 9] {
        pool.agent(Agent { skills: vec![skill("billing", level)], ..agent(level.into()) });
    }
    pool.agent(Agent { skills: vec![skill("sales", 10)], ..agent(0) });
    pool.session(session(7));
    pool
}

#[test]
fn the_circle_widens() {
    let mut pool = pool("{}");
    for (at, order, recheck) in [
        (0, vec![9], Some(30_000)),
        (29_999, vec![9], Some(30_000)),
        (30_000, vec![9, 5], Some(90_000)),
        (90_000, vec![9, 5, 2], None),
        (9_000_000, vec![9, 5, 2], None),
    ] {
        pool.at(at);
        assert_eq!((pool.order(7), pool.answer(7).recheck), (order, recheck), "at {at}");
    }
    assert_eq!(pool.why(7, 0), "level 0 is never enough");
    assert_eq!(pool.why(7, 2), "level 2 is enough now");
}

#[test]
fn level_0_is_anyone_and_before_the_first_ring_is_nobody() {
    let mut pool = pool(r#"{"rings": [{"after_s": 10, "level": 9}, {"after_s": 20, "level": 0}], "order": "none"}"#);
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![], Some(10_000)));
    assert_eq!(pool.why(7, 5), "level 5 is enough after 20 s");
    pool.at(20_000);
    assert_eq!(pool.tiers(7), [(0, 0), (2, 0), (5, 0), (9, 0)]);
}

#[test]
fn a_queue_may_have_a_skill_and_rings_of_its_own() {
    let settings = r#"{"queues": {"billing": {"skill": "sales"}, "tax": {"skill": "billing", "rings": [{"after_s": 0, "level": 3}]}}}"#;
    let mut pool = pool(settings);
    pool.session(Session { queue: "tax".into(), ..session(8) });
    assert_eq!((pool.order(7), pool.order(8)), (vec![0], vec![9, 5]));
}

#[test]
fn rings_that_can_not_be_are_refused() {
    for (rings, why) in [
        ("[]", "rings: expected a ring at least, found none: nobody would ever be asked"),
        (r#"[{"after_s": 0, "level": 11}]"#, "rings: levels go from 0 to 10, found 11"),
        (
            r#"[{"after_s": 5, "level": 8}, {"after_s": 5, "level": 7}]"#,
            "rings: each ring comes later and asks for a lower level; found level 8 after 5 s, then level 7 after 5 s",
        ),
        (
            r#"[{"after_s": 0, "level": 5}, {"after_s": 5, "level": 5}]"#,
            "rings: each ring comes later and asks for a lower level; found level 5 after 0 s, then level 5 after 5 s",
        ),
    ] {
        assert_eq!(Pool::<SkillRelaxation>::open(&format!("{{\"rings\": {rings}}}")).unwrap_err(), why);
    }
    let error = Pool::<SkillRelaxation>::open(r#"{"queues": {"tax": {"rings": []}}}"#).unwrap_err();
    assert!(error.starts_with("queues.tax.rings: "), "{error}");
}

#[test]
fn it_keeps_the_law() {
    for (seed, at) in (0..10).flat_map(|seed| [(seed, 0), (seed, 70_000), (seed, 200_000)]) {
        let mut pool = Pool::<SkillRelaxation>::open("{}").unwrap();
        pool.tell(crowd(seed, 15, 10));
        pool.at(at);
        pool.check_law().unwrap();
    }
}
