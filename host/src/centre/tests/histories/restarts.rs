//! The service ends, by a crash or in order, and starts again.

use super::Play;
use super::elsewhere;
use crate::centre::Input;
use crate::model::record::Record;
use crate::model::waits::Waits;
use crate::waiting::WaitingTimes;
use std::collections::BTreeMap;

impl Play {
    /// It is told to stop before: nothing that was learnt of waits is lost.
    pub(super) fn stop(&mut self) {
        self.desk.batch(vec![Input::Stopping]);
        let before = self.desk.centre.learnt_waits();
        self.restart();
        self.check_learnt(&before);
    }

    /// The process dies, and another one starts: it knows of waits what is stored.
    pub(super) fn restart(&mut self) {
        self.customers.clear();
        self.agents.clear();
        self.elsewhere = elsewhere::Places::default();
        self.switch.board = None;
        let mut rules = self.rules.set();
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
        self.desk.restart(rules);
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
}
