//! Candidates as they are told.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use super::*;
use crate::centre::Decided;
use crate::model::AgentName;
use expect_test::expect;

fn pool() -> CandidatesView {
    let agent = |name: &str| Concluded::Offered(AgentName::new(name));
    let decision = |session, is_transfer, service, shadow| {
        let session = SessionId(session);
        Difference::Decision { session, is_transfer, service, shadow }
    };
    let last = [
        decision(17, false, agent("ann"), agent("bob")),
        decision(
            18,
            false,
            Concluded::Nobody(Some("skill-level".to_owned())),
            Concluded::Held("wait\u{1b}[2J".to_owned()),
        ),
        decision(20, true, agent("ann"), Concluded::Held("wait".to_owned())),
        Difference::Choice { agent: AgentName::new("ann"), service: Some(SessionId(19)), shadow: None },
    ];
    let at = |number: u64| Timestamp(1_795_335_301_042 + number * 1_000);
    let compared = Compared {
        compared: 1_200,
        another_agent: 20,
        nobody: 10,
        otherwise: 4,
        another_session: 3,
        failed: 7,
        skipped: 12,
        last: (0..).zip(last).map(|(number, what)| Differing { at: at(number), what }).collect(),
    };
    CandidatesView {
        pool: "main".to_owned(),
        since: Some(at(0)),
        shadow: Some(ShadowView {
            rules: vec!["least-busy".to_owned(), "longest-idle".to_owned()],
            fuel: 12_345_678,
            quarantined: None,
            compared,
        }),
        canary: Some(CanaryView {
            rules: Vec::new(),
            fuel: 0,
            share_ppm: 52_500,
            rolled_back: None,
            decided: Decided { decided: 60, failed: 0 },
        }),
    }
}

#[test]
fn candidates_are_told_in_a_table_and_sentences() {
    expect![[r#"
        POOL  CANDIDATE  RULES                     STATE           ASKED  DIFFERENT  FAILED  SKIPPED    FUEL
        main  shadow     least-busy, longest-idle  compared         1207         37       7       12  12.3 M
        main  canary     the built-in order        decides 5.25 %     60          -       0        -       0

        pool main: since 2026-11-22 08:15:01.042, the shadow answered 1200 questions that the rules in service had
          otherwise: 20 times with another agent; 10 times one had somebody and the other nobody; 4 times one held, diverted or refused; 3 times with another session for a free agent
          not compared: 7, for one of its rules failed; 12, for it had no calls left or asks elsewhere first
          2026-11-22 08:15:01.042  session s17: offered to ann; the shadow: offered to bob
          2026-11-22 08:15:02.042  session s18: waits, skill-level keeps nobody; the shadow: held: wait�[2J
          2026-11-22 08:15:03.042  session s20, to be transferred: offered to ann; the shadow: nobody is asked
          2026-11-22 08:15:04.042  ann looked for a session: session s19 first; the shadow: none of them

        pool main: since 2026-11-22 08:15:01.042, the canary decided 60 times, about 5.25 % of the sessions
    "#]].assert_eq(&told(&[pool()]));
}

#[test]
fn a_canary_that_is_rolled_back_says_why_and_how_it_decides_again() {
    let mut pool = pool();
    pool.shadow = None;
    let canary = pool.canary.as_mut().unwrap();
    canary.rules = vec!["traps".to_owned()];
    canary.decided = Decided { decided: 60, failed: 5 };
    let why = "failed 5 times within 600 s, the last time: trapped".to_owned();
    canary.rolled_back = Some(QuarantineView { rule: "traps".to_owned(), why });
    expect![[r#"
        POOL  CANDIDATE  RULES  STATE        ASKED  DIFFERENT  FAILED  SKIPPED  FUEL
        main  canary     traps  ROLLED BACK     65          -       5        -     0

        pool main: since 2026-11-22 08:15:01.042, the canary decided 60 times, about 5.25 % of the sessions
          5 times a rule of it failed, and the rules in service decided instead
          it is rolled back, and the rules in service decide about all sessions: traps failed 5 times within 600 s, the last time: trapped
          it decides again after `cordboard plugin release traps`, another component of that rule, or a reload with other rules or settings
    "#]].assert_eq(&told(&[pool]));
}

#[test]
fn shares_are_percentages() {
    let percents = [0, 1, 50_000, 52_500, 1_000_000].map(percent);
    assert_eq!(percents, ["0 %", "0.0001 %", "5 %", "5.25 %", "100 %"]);
}

#[test]
fn where_nothing_is_tried_it_says_how() {
    expect![[r#"
        no pool has candidates; `shadow` and `canary` of a [[pool]] name some
    "#]]
    .assert_eq(&told(&[]));
}
