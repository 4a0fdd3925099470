//! What is told of a day's components and decisions.

use super::components;
use crate::centre::tests::rules::{Fit, Native};
use crate::centre::{Components, Concluded};
use crate::model::rule::Rule;
use crate::model::{AgentName, Digest, SessionId, Timestamp};
use crate::rehearsal::{Counted, Decisions, Differing, Differs};
use crate::shard::InForce;
use expect_test::expect;
use std::fmt;

/// Written as a report writes it.
struct Told<'a>(&'a Decisions);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::decisions::say(f, self.0)
    }
}

fn at(ms: u64) -> Timestamp {
    Timestamp(1_795_335_301_042 + ms)
}

fn session(ms: u64, number: u64, then: Concluded, otherwise: Concluded) -> Differing {
    let (candidates, rules) = (Vec::new(), Vec::new());
    let what = Differs::Session { session: SessionId(number), candidates, then, otherwise, rules };
    Differing { at: at(ms), pool: "main".to_owned(), what }
}

#[test]
fn decisions_that_differ_are_counted_and_the_first_are_told() {
    let offered = |name| Concluded::Offered(AgentName::new(name));
    let agent = AgentName::new("jim");
    let what = Differs::Agent { agent, then: Some(SessionId(4)), otherwise: None, rules: Vec::new() };
    let mut first = vec![
        session(0, 3, offered("ann"), offered("bob")),
        session(10, 3, Concluded::Held("too \u{1b}[2J early".to_owned()), Concluded::Nobody(Some("vip".to_owned()))),
        session(20, 4, Concluded::Diverted("queue sales".to_owned()), Concluded::Refused("closed".to_owned())),
        Differing { at: at(30), pool: "main".to_owned(), what },
    ];
    first.extend((0..8).map(|number| session(40 + number, 5, Concluded::Nobody(None), offered("eve"))));
    let row = |then, otherwise, decisions| Counted { pool: "main".to_owned(), then, otherwise, decisions };
    let counted = vec![row("nobody", "offered", 8), row("offered", "offered", 1)];
    let decisions = Decisions { asked: 200, differing: 12, without_a_rule: 2, sessions: 3, counted, first };
    expect![[r"

        200 decisions of the recorded day were put to the other rules; 12 of them differ, about 3 sessions
        2 were made without one of the other rules, which had failed
        POOL  DECIDED  THE OTHER RULES   DECISIONS
        main  nobody   offered                   8
        main  offered  offered, another          1
          2026-11-22 08:15:01.042  s3: offered to ann; the other rules: offered to bob
          2026-11-22 08:15:01.052  s3: held (too �[2J early); the other rules: nobody, as vip keeps nobody
          2026-11-22 08:15:01.062  s4: sent to the queue sales; the other rules: refused (closed)
          2026-11-22 08:15:01.072  jim looked for a session: s4; the other rules: none
          2026-11-22 08:15:01.082  s5: nobody; the other rules: offered to eve
          2026-11-22 08:15:01.083  s5: nobody; the other rules: offered to eve
          2026-11-22 08:15:01.084  s5: nobody; the other rules: offered to eve
          2026-11-22 08:15:01.085  s5: nobody; the other rules: offered to eve
          2026-11-22 08:15:01.086  s5: nobody; the other rules: offered to eve
          2026-11-22 08:15:01.087  s5: nobody; the other rules: offered to eve
          and more: --json has 12 with what each rule said
        - each decision of the day was put to the other rules at its moment, with the candidates and all that rules are told as they were then: nothing is modelled
        - what they learn is what became of the decisions that were made; they begin with nothing in their memory
        - where they would ask elsewhere first, that is what they decide: nobody is asked
    "]]
    .assert_eq(&Told(&decisions).to_string());
}

#[test]
fn a_rule_that_is_not_the_one_that_answered_is_told() {
    let rule = |name: &str, digest| -> Box<dyn Rule> {
        Box::new(Native::new(name, |_, _, _| Fit::Tier(0)).with_digest(digest))
    };
    let rules = |chain: Vec<Box<dyn Rule>>| Components::from([("main".to_owned(), chain)]);
    let in_force = |pool: &str, rule: &str, digest| InForce {
        since: at(0),
        pool: pool.to_owned(),
        rule: rule.to_owned(),
        digest: Digest([digest; 32]),
    };
    let recorded = [in_force("main", "vip", 1), in_force("main", "vip", 2), in_force("other", "vip", 4)];
    let told = |same, other| components::of(&recorded, &rules(same), &rules(other))[0].to_string();
    expect![[r"
        pool main
          recorded     vip (010101010101), vip (020202020202)
          same rules   vip (020202020202)
          other rules  none
    "]]
    .assert_eq(&told(vec![rule("vip", 2)], Vec::new()));
    expect![[r"
        pool main
          recorded     vip (010101010101), vip (020202020202)
          same rules   vip (040404040404)
          other rules  longest-idle (030303030303)
          vip (040404040404) is not what answered then: the component or its settings have changed since, so the day with the same rules differs by more than the model
    "]]
    .assert_eq(&told(vec![rule("vip", 4)], vec![rule("longest-idle", 3)]));
}
