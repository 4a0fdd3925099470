//! Who goes where and when, and the law of rules.

use super::Overflow;
use cordboard_sdk::model::QueueStatus;
use cordboard_sdk::rule::{Change, Session, Verdict};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

fn pool(settings: &str) -> Pool<Overflow> {
    let mut pool = Pool::open(settings).unwrap();
    pool.agent(agent(1));
    pool.session(session(7));
    pool
}

fn waiting(reference: u32, waiting_since: u64) -> Session {
    Session { waiting_since, ..session(reference) }
}

fn status(agents_on_duty: u32) -> QueueStatus {
    QueueStatus {
        queue: "billing".into(),
        open: true,
        waiting: 1,
        agents_available: 0,
        agents_on_duty,
        longest_wait_ms: 0,
        wait_ms: None,
        wait_high_ms: None,
        media: Vec::new(),
        attributes: Vec::new(),
    }
}

/// Where a session goes; `None`: it stays.
fn target(pool: &Pool<Overflow>, session: u32) -> Option<String> {
    match pool.answer(session).verdict {
        Verdict::Divert(target) => Some(target),
        Verdict::Keep(kept) => {
            assert_eq!(kept.len(), 1, "it drops nobody");
            None
        }
        other => panic!("it never does this: {other:?}"),
    }
}

#[test]
fn after_a_wait_it_goes_elsewhere() {
    let mut pool = pool(r#"{"paths": [{"after_s": 60, "target": "queue:sales"}]}"#);
    assert_eq!((target(&pool, 7), pool.answer(7).recheck), (None, Some(60_000)));
    pool.at(59_999);
    assert_eq!((target(&pool, 7), pool.pick(1).keep.len()), (None, 1));
    pool.at(60_000);
    assert_eq!((target(&pool, 7), pool.pick(1).keep.len()), (Some("queue:sales".into()), 0));
}

#[test]
fn those_who_came_too_late_for_a_long_queue_go_elsewhere() {
    let mut pool = pool(r#"{"paths": [{"longer_than": 2, "target": "queue:sales"}]}"#);
    for (reference, since) in [(8, 10), (9, 5), (3, 10)] {
        pool.session(waiting(reference, since));
    }
    let stay = |pool: &Pool<Overflow>| [7, 9, 3, 8].map(|session| target(pool, session).is_none());
    assert_eq!(stay(&pool), [true, true, false, false]);
    assert_eq!(pool.answer(7).recheck, None);
    pool.change(Change::SessionGone(7));
    pool.session(Session { queue: "tax".into(), ..session(7) });
    assert_eq!(stay(&pool), [true, true, true, false]);
    pool.session(waiting(9, 20));
    assert_eq!(stay(&pool), [true, false, true, true]);
}

#[test]
fn where_nobody_is_on_duty_all_go_elsewhere() {
    let mut pool = pool(r#"{"paths": [{"nobody_on_duty": true, "target": "queue:night"}]}"#);
    pool.at(5);
    assert_eq!(target(&pool, 7), None, "nothing is known of the queue yet");
    pool.queue(status(0));
    assert_eq!(target(&pool, 7), Some("queue:night".into()));
    pool.queue(status(1));
    assert_eq!(target(&pool, 7), None);
}

#[test]
fn it_is_asked_again_when_a_wait_is_over_and_for_nothing_else() {
    let recheck = |paths: &str| pool(&format!("{{\"paths\": [{paths}]}}")).answer(7).recheck;
    let (long, deserted) =
        (r#"{"longer_than": 2, "target": "queue:sales"}"#, r#"{"nobody_on_duty": true, "target": "queue:night"}"#);
    assert_eq!([recheck(long), recheck(deserted), recheck(&format!("{long}, {deserted}"))], [None; 3]);
    let after = |seconds: u32| format!(r#"{{"after_s": {seconds}, "target": "link:sales"}}"#);
    assert_eq!(
        recheck(&format!("{deserted}, {}, {long}, {}", after(90), after(60))),
        Some(60_000),
        "the first of them"
    );
    let mut pool =
        pool(&format!(r#"{{"paths": [{{"queue": "tax", "after_s": 30, "target": "callback"}}, {}]}}"#, after(60)));
    pool.at(59_000);
    assert_eq!(pool.answer(7).recheck, Some(60_000), "another queue's waits are nothing to it");
}

#[test]
fn the_first_path_of_the_queue_is_taken() {
    let mut pool = pool(
        r#"{"paths": [
            {"queue": "tax", "after_s": 0, "target": "callback"},
            {"after_s": 30, "target": "queue:billing"},
            {"queue": "billing", "after_s": 60, "target": "link:sales"},
            {"after_s": 90, "target": "dialog:sorry"}
        ]}"#,
    );
    pool.session(Session { queue: "tax".into(), ..session(8) });
    pool.session(Session { queue: "sales".into(), ..session(9) });
    pool.at(30_000);
    let targets = |pool: &Pool<Overflow>| [7, 8, 9].map(|session| target(pool, session).unwrap_or_default());
    assert_eq!(targets(&pool), ["", "callback", "queue:billing"]);
    pool.at(95_000);
    assert_eq!(targets(&pool), ["link:sales", "callback", "queue:billing"]);
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    let refused = |path: &str| Pool::<Overflow>::open(&format!("{{\"paths\": [{path}]}}")).unwrap_err();
    assert_eq!(
        refused(r#"{"target": "queue:sales"}"#),
        "paths, number 1: expected `after_s`, `longer_than` or `nobody_on_duty`, found none: nobody would go there"
    );
    assert_eq!(
        refused(r#"{"after_s": 1, "target": "sales"}"#),
        "paths, number 1: target: expected `queue:<name>`, `link:<alias>`, `dialog:<name>` or `callback`, found \"sales\""
    );
    assert!(refused(r#"{"after_s": 1, "target": "queue:"}"#).contains("found \"queue:\""));
}

#[test]
fn it_keeps_the_law() {
    let settings = r#"{"paths": [
        {"queue": "billing", "after_s": 70, "target": "queue:sales"}, {"longer_than": 2, "target": "queue:support"}
    ]}"#;
    for seed in 0..10 {
        let mut pool = Pool::<Overflow>::open(settings).unwrap();
        pool.tell(crowd(seed, 10, 15));
        pool.at(100_000);
        pool.check_law().unwrap();
    }
}
