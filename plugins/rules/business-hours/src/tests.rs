//! What happens to sessions when it is open and when it is not, and the law of rules.

use super::BusinessHours;
use cordboard_sdk::rule::{Session, Verdict};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

/// Thursday, 16 July 2026, 12:00 in Vienna.
const NOON: u64 = 1_784_196_000_000;
const HOUR: u64 = 3_600_000;

fn settings(more: &str) -> String {
    format!(r#"{{"zone": "Europe/Vienna", "hours": {{"mon-fri": ["09:00-17:00"]}}{more}}}"#)
}

/// Session 7 waits in billing, session 8 in sales.
fn pool(more: &str) -> Pool<BusinessHours> {
    let mut pool = Pool::open(&settings(more)).unwrap();
    pool.agent(agent(1));
    pool.session(session(7));
    pool.session(Session { queue: "sales".into(), ..session(8) });
    pool
}

fn is_open(pool: &Pool<BusinessHours>, session: u32) -> bool {
    let answer = pool.answer(session);
    let is_open = matches!(answer.verdict, Verdict::Keep(kept) if kept.len() == 1);
    let is_picked = pool.pick(1).keep.iter().any(|choice| choice.session == session);
    assert_eq!(is_open, is_picked, "both directions say the same");
    is_open
}

#[test]
fn while_it_is_open_nothing_happens_until_it_closes() {
    let mut pool = pool("");
    pool.at(NOON);
    assert!(is_open(&pool, 7));
    assert_eq!(pool.answer(7).recheck, Some(NOON + 5 * HOUR));
    pool.at(NOON + 5 * HOUR - 1);
    assert!(is_open(&pool, 7));
    pool.at(NOON + 5 * HOUR);
    assert!(!is_open(&pool, 7));
}

#[test]
fn it_holds_until_it_opens() {
    let mut pool = pool("");
    pool.at(NOON - 4 * HOUR);
    assert_eq!(pool.answer(7).verdict, Verdict::Hold("closed until 2026-07-16 09:00".into()));
    assert_eq!(pool.answer(7).recheck, Some(NOON - 3 * HOUR));
    // Friday evening: Monday is next.
    pool.at(NOON + 32 * HOUR);
    assert_eq!(pool.answer(7).verdict, Verdict::Hold("closed until 2026-07-20 09:00".into()));
}

#[test]
fn it_diverts_or_refuses() {
    let mut diverting = pool(r#", "closed": "divert", "target": "queue:sales""#);
    diverting.at(NOON + 6 * HOUR);
    assert_eq!(diverting.answer(7).verdict, Verdict::Divert("queue:sales".into()));
    assert!(is_open(&diverting, 8), "who is there already stays");
    let mut refusing = pool(r#", "closed": "refuse", "words": "Until tomorrow.""#);
    refusing.at(NOON + 6 * HOUR);
    assert_eq!(refusing.answer(7).verdict, Verdict::Refuse("Until tomorrow.".into()));
}

#[test]
fn a_queue_may_differ() {
    let mut pool = pool(
        r#", "holidays": ["07-16"], "queues": {"sales": {"holidays": []}, "billing": {"zone": "America/New_York", "closed": "refuse", "words": "No."}}"#,
    );
    pool.at(NOON);
    assert_eq!((is_open(&pool, 7), is_open(&pool, 8)), (false, true));
    assert_eq!(pool.answer(7).verdict, Verdict::Refuse("No.".into()));
    // Friday 12:00 in Vienna is 6:00 in New York.
    pool.at(NOON + 24 * HOUR);
    assert_eq!((is_open(&pool, 7), is_open(&pool, 8)), (false, true));
    pool.at(NOON + 27 * HOUR);
    assert_eq!((is_open(&pool, 7), is_open(&pool, 8)), (true, true));
}

#[test]
fn wrong_settings_are_refused() {
    for (more, why) in [
        (r#", "closed": "refuse""#, "words: what is said while it is closed is missing"),
        (r#", "closed": "divert""#, "target: where sessions go while it is closed is missing"),
        (
            r#", "closed": "divert", "target": "sales""#,
            "target: expected `queue:<name>`, `link:<alias>`, `dialog:<name>` or `callback`, found \"sales\"",
        ),
        (
            r#", "queues": {"sales": {"zone": "Vienna"}}"#,
            "queues.sales: zone: expected a time zone such as `Europe/Vienna` or `UTC`, found \"Vienna\"",
        ),
        (
            r#", "holidays": ["25.12."]"#,
            "holidays: expected `MM-DD` or `YYYY-MM-DD`, and maybe hours such as `09:00-12:00`, found \"25.12.\"",
        ),
    ] {
        assert_eq!(Pool::<BusinessHours>::open(&settings(more)).unwrap_err(), why);
    }
    let error = Pool::<BusinessHours>::open("{}").unwrap_err();
    assert!(error.contains("missing field `hours`"), "{error}");
}

#[test]
fn it_keeps_the_law() {
    for (seed, hours) in (0..10).flat_map(|seed| [(seed, 0), (seed, 9)]) {
        let mut pool =
            Pool::<BusinessHours>::open(&settings(r#", "queues": {"sales": {"hours": {"sun": ["10:00-11:00"]}}}"#))
                .unwrap();
        pool.tell(crowd(seed, 10, 10));
        pool.at(NOON + hours * HOUR);
        pool.check_law().unwrap();
    }
}
