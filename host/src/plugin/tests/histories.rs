//! The centre with real rules: the components `least-busy` and `longest-idle` in one chain.

use super::components;
use super::rule::{agent, session};
use crate::centre::tests::histories::{act, hold_with_least_busy_and_longest_idle};
use crate::centre::tests::order;
use crate::model::rule::{AgentRef, Change, Rule};
use crate::plugin::{RuleComponent, RulePlugin};
use proptest::prelude::*;
use std::sync::{Arc, OnceLock};

/// Fresh machines of both, compiled once.
fn chain() -> Vec<Box<dyn Rule>> {
    static COMPILED: OnceLock<[(&str, Arc<RuleComponent>); 2]> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| ["least-busy", "longest-idle"].map(|name| (name, components::rule(name))));
    let open = |(name, plugin): &(&str, _)| -> Box<dyn Rule> {
        Box::new(RulePlugin::open(plugin, name, "{}", None).expect("it takes no settings"))
    };
    compiled.iter().map(open).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_with_components(acts in prop::collection::vec(act(), 1..60)) {
        hold_with_least_busy_and_longest_idle(chain, &acts);
    }
}

#[test]
fn a_chain_of_components_is_the_oracle() {
    // For each agent: used of 4, idle since. Candidates come in the order of their numbers, which decides the last ties.
    let tables: [&[(u16, u64)]; 6] = [
        &[],
        &[(3, 10)],
        &[(1, 30), (1, 20), (1, 10)],
        &[(3, 10), (2, 20), (0, 30), (1, 40)],
        &[(1, 50), (0, 90), (1, 40), (0, 80), (0, 80), (4, 1)],
        &[(2, 7), (2, 7), (2, 7), (0, 99), (3, 1), (2, 6)],
    ];
    for table in tables {
        let agents = || (1..).zip(table);
        let changes: Vec<Change> = agents()
            .map(|(number, (used, idle_since))| agent(number, *idle_since, *used))
            .chain([session(9, "billing")])
            .collect();
        let mut oracle: Vec<(u16, u64, AgentRef)> =
            agents().map(|(number, (used, idle_since))| (*used, *idle_since, number)).collect();
        oracle.sort_unstable();
        let expected: Vec<AgentRef> = oracle.into_iter().map(|(_, _, number)| number).collect();
        let candidates: Vec<AgentRef> = agents().map(|(number, _)| number).collect();
        assert_eq!(order(chain(), &changes, 9, &candidates), expected, "used and idle since: {table:?}");
    }
}
