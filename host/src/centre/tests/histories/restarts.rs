//! The service ends, by a crash or in order, and starts again, with the same components or with others: what was out of service is, unless
//! another is there, and what was learnt of waits is known.

use super::{Act, Deed, Play, Rules, act, elsewhere, play};
use crate::centre::{Components, Input};
use crate::model::quarantine::{Quarantine, Quarantined};
use crate::model::record::Record;
use crate::model::waits::Waits;
use crate::waiting::WaitingTimes;
use proptest::prelude::*;
use std::collections::BTreeMap;

impl Play {
    /// It is told to stop before: nothing that was learnt of waits is lost.
    pub(super) fn stop(&mut self) {
        self.desk.batch(vec![Input::Stopping]);
        let before = self.desk.centre.learnt_waits();
        self.restarts(false);
        self.check_learnt(&before);
    }

    /// With others, every rule and dialog is another component than before.
    pub(super) fn restarts(&mut self, with_others: bool) {
        self.customers.clear();
        self.agents.clear();
        self.elsewhere = elsewhere::Places::default();
        self.switch.board = None;
        self.version += u8::from(with_others);
        let before = self.desk.centre.quarantines();
        let rules = self.in_force();
        self.desk.restart(rules);
        let after = self.desk.centre.quarantines();
        for quarantine in before {
            let expected = self.is_still_there(&quarantine);
            assert_eq!(after.contains(&quarantine), expected, "{quarantine:?}, and then {after:?}");
        }
        let stored = self.desk.ledger.records.values().filter_map(|record| match record {
            Record::Waits(waits) => Some(waits.clone()),
            _ => None,
        });
        self.check_learnt(&stored.collect::<Vec<_>>());
    }

    /// The centre knows of these pools as many waits.
    fn check_learnt(&self, waits: &[Waits]) {
        let outcomes = |waits: &Waits| {
            let times = WaitingTimes::recall(self.desk.now, &waits.state).expect("it was stored by this release");
            (waits.pool.clone(), times.outcomes())
        };
        let known: BTreeMap<String, u64> = self.desk.centre.learnt_waits().iter().map(outcomes).collect();
        for (pool, outcomes) in waits.iter().map(outcomes).filter(|(_, outcomes)| *outcomes > 0) {
            assert_eq!(known.get(&pool), Some(&outcomes), "waits of pool {pool}");
        }
    }

    /// Rules and dialogs as the settings name them.
    fn in_force(&self) -> Components {
        let mut rules = self.rules.set_of(self.version);
        if !self.has_dialogs() {
            rules.take_dialogs();
        }
        for pool in &self.desk.centre.settings().pools {
            for (lane, names) in pool.chains() {
                let chain = rules.of_mut(&pool.name, lane);
                chain.retain(|rule| names.iter().any(|name| name == rule.name()));
                chain.sort_by_key(|rule| names.iter().position(|name| name == rule.name()));
            }
        }
        rules
    }

    fn is_still_there(&self, quarantine: &Quarantine) -> bool {
        let (rules, dialogs) = (self.desk.centre.digests(), self.desk.centre.dialog_digests());
        let digest = match &quarantine.of {
            Quarantined::Rule { pool, lane, rule } => {
                let mut rules = rules.iter();
                let found = rules.find(|of| of.pool == *pool && of.lane == *lane && of.rule == *rule);
                found.map(|found| found.digest)
            }
            Quarantined::Dialog(name) => dialogs.iter().find(|of| of.dialog == *name).map(|found| found.digest),
        };
        digest == Some(quarantine.digest)
    }
}

/// Who fails, and people who come until that is out of service.
fn failing() -> impl Strategy<Value = (Rules, Vec<Act>)> {
    let deed = prop_oneof![Just(Deed::Trap), Just(Deed::Invent)];
    let regime = (deed, 1u32..3, 0u8..4).prop_map(|(deed, period, of)| match of {
        0 => Rules::Villain(deed, period),
        1 => Rules::Failing(deed, period),
        2 => Rules::Shadowed(deed, period),
        _ => Rules::Talking,
    });
    regime.prop_map(|rules| {
        let come = (0..8).flat_map(|who| [Act::CustomerSays(who, true, who), Act::Waits(5_000)]);
        let trap = (0..4).map(|who| Act::CustomerOrders(who, true, 6));
        (rules, [Act::AgentComes(0), Act::AgentComes(1)].into_iter().chain(come).chain(trap).collect())
    })
}

fn with_restarts() -> impl Strategy<Value = Vec<Act>> {
    let restarts = prop::bool::weighted(0.3).prop_map(Act::Restarts);
    prop::collection::vec(prop_oneof![6 => act(), 1 => restarts], 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_out_of_service_is_so_over_restarts((rules, first) in failing(), rest in with_restarts()) {
        play(rules, &[first, rest].concat()).desk.replays();
    }
}
