//! The chain against a naive oracle.

use super::*;
use crate::centre::tests::rules::{Fit, Native};
use crate::model::rule::{Agent, Session};
use crate::model::{AgentName, SessionId};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What a table says of a candidate: dropped, or its tier.
type Table = BTreeMap<u32, Option<u32>>;

/// Every rule's tiers in front of the built-in place, sorted: what the design says, word for word.
fn oracle(candidates: &[u32], tables: &[Table]) -> Vec<u32> {
    let row = |(place, candidate): (usize, &u32)| {
        let tiers: Option<Vec<u32>> = tables.iter().map(|table| table[candidate]).collect();
        Some((tiers?, place, *candidate))
    };
    let mut rows: Vec<_> = candidates.iter().enumerate().filter_map(row).collect();
    rows.sort();
    rows.into_iter().map(|(_, _, candidate)| candidate).collect()
}

fn narrowed(candidates: &[u32], tables: &[Table], reversed: bool) -> Ranking {
    let mut ranking = Ranking::new(candidates);
    for table in tables {
        let mut choices: Vec<(u32, u32)> = ranking.kept.iter().filter_map(|c| Some((*c, table[c]?))).collect();
        if reversed {
            choices.reverse();
        }
        ranking.narrow(&choices, &[]).unwrap();
    }
    ranking
}

proptest! {
    #[test]
    fn the_chain_is_the_oracle(
        candidates in prop::collection::btree_set(0u32..200, 0..40).prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle(),
        tiers in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.8, 0u32..4), 200), 0..4),
        reversed in any::<bool>(),
    ) {
        let tables: Vec<Table> = tiers.iter().map(|tiers| (0u32..).zip(tiers.iter().copied()).collect()).collect();
        let expected = oracle(&candidates, &tables);
        let ranking = narrowed(&candidates, &tables, reversed);
        prop_assert_eq!(ranking.best(), expected.first().copied());
        prop_assert_eq!(ranking.best_first(), expected);
    }
}

#[test]
fn an_answer_that_breaks_the_contract_changes_nothing() {
    for choices in [vec![(1, 0), (9, 0)], vec![(2, 0), (1, 0), (2, 1)]] {
        let mut ranking = Ranking::new(&[3, 1, 2]);
        let failure = ranking.narrow(&choices, &[]).unwrap_err();
        assert!(matches!(failure, GuestFailure::Contract(_)), "{failure}");
        assert_eq!(ranking, Ranking::new(&[3, 1, 2]));
    }
}

#[test]
fn those_a_rule_was_not_told_of_stay_last() {
    let mut ranking = Ranking::new(&[1, 2, 3]);
    ranking.narrow(&[(3, 7), (2, 9)], &[1]).unwrap();
    assert_eq!(ranking.best_first(), [3, 2, 1]);
}

/// The order in which a chain of these rules would offer a session to the candidates, once told these changes.
pub(crate) fn order(
    rules: Vec<Box<dyn Rule>>,
    changes: &[Change],
    session: SessionRef,
    candidates: &[AgentRef],
) -> Vec<AgentRef> {
    let mut chain = Chain::new("main", Lane::Service, rules, &Limits::default());
    let mut outbox = Outbox::default();
    chain.feed(&mut outbox, Timestamp(0), &[], Some(changes), 256);
    let decision = chain.rank_agents(&mut outbox, Timestamp(0), session, candidates, false, true).decision;
    assert!(outbox.faults.is_empty(), "{:?}", outbox.faults);
    let Decision::Kept(kept) = decision else { panic!("these rules keep all: {decision:?}") };
    kept.best_first()
}

fn agent(reference: AgentRef, level: u8) -> Change {
    Change::Agent(Agent {
        agent: reference,
        name: AgentName::new(format!("a{reference}")),
        kind: "person".to_owned(),
        state: "available".to_owned(),
        since: Timestamp(0),
        idle_since: Timestamp(0),
        queues: vec!["billing".to_owned()],
        skills: vec![crate::model::rule::Skill { name: "billing".to_owned(), level }],
        loads: Vec::new(),
        software: Vec::new(),
        attributes: Vec::new(),
    })
}

fn session(id: SessionId, priority: i32) -> Change {
    Change::Session(Session {
        session: crate::model::rule::session_ref(id),
        queue: "billing".to_owned(),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: String::new(),
        software_version: String::new(),
        language: String::new(),
        priority,
        arrived_at: Timestamp(0),
        waiting_since: Timestamp(0),
        member: String::new(),
        passed_over: Vec::new(),
        attributes: Vec::new(),
    })
}

/// The law of the contract, seen from the chain: kept in one direction exactly if kept in the other.
#[test]
fn both_directions_agree() {
    let strict: fn(Timestamp, &Session, &Agent) -> Fit = |_, session, agent| {
        let level = i32::from(agent.skills[0].level);
        if level < session.priority { Fit::Drop } else { Fit::Tier(u32::from(10 - agent.skills[0].level)) }
    };
    let mut chain = Chain::new("main", Lane::Service, vec![Box::new(Native::new("skill", strict))], &Limits::default());
    let mut outbox = Outbox::default();
    let changes: Vec<Change> =
        (1..=10u8).flat_map(|n| [agent(n.into(), n), session(SessionId(n.into()), n.into())]).collect();
    chain.feed(&mut outbox, Timestamp(0), &[], Some(&changes), 3);
    for a in 1..=10 {
        let picked = chain.rank_sessions(&mut outbox, Timestamp(0), a, &(1..=10).collect::<Vec<_>>()).decision;
        for s in 1..=10 {
            let decision = chain.rank_agents(&mut outbox, Timestamp(0), s, &[a], false, true).decision;
            let Decision::Kept(kept) = decision else { panic!("the rule keeps or drops") };
            assert_eq!(kept.kept.contains(&a), picked.kept.contains(&s), "agent {a}, session {s}");
        }
    }
    assert!(outbox.faults.is_empty());
}
