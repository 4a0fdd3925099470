//! The operator's settings change while the shard runs: with them the rules of every pool and all dialogs, between two batches' decisions.
//!
//! ```text
//!  rules that are new in a pool, and those with other settings: opened ─► all are open: settings, then the rules in their places
//!                                                                └─► one is not: nothing is changed
//! ```
//! Journaled are the input [`Settings`](crate::centre::Input::Settings), which names the rules of each pool, and
//! [`RuleReplaced`](crate::centre::Input::RuleReplaced) for each rule that has other settings; a replay has them answer as they did.
//!
//! Invariant: a rule that is in a pool before and after goes on with what it knows, or with what it remembers.

use super::Clock;
use super::term::Term;
use crate::centre::{Input, RulePlace};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::Dialog;
use crate::model::rule::Rule;
use crate::model::settings::Settings;
use crate::model::{Lane, SavedState};
use std::collections::BTreeMap;

/// Opens a rule of a pool by its name, with what the one before remembers.
pub type OpenNamed = Box<dyn Fn(&str, &str, Option<&SavedState>) -> Result<Box<dyn Rule>, GuestFailure> + Send>;

/// What is to change. Both functions run on the shard's thread.
pub struct Renewal {
    /// In force from then on.
    pub settings: Settings,
    /// Rules that have other settings.
    pub changed: Vec<String>,
    /// Makes rules.
    pub open: OpenNamed,
    /// All dialogs of the settings.
    pub dialogs: Vec<Box<dyn Dialog>>,
    /// Called when all are in their places: the next load of the shard has to make the same ones.
    pub done: Box<dyn FnOnce() + Send>,
}

/// Why the old settings stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewalError {
    /// The shard has ended.
    #[error(transparent)]
    Stopped(#[from] super::Stopped),
    /// A rule does not open.
    #[error("the rule {rule} of pool `{pool}` does not open: {failure}")]
    Open {
        /// Of which pool.
        pool: String,
        /// Which.
        rule: String,
        /// Why.
        failure: GuestFailure,
    },
}

/// Rules by where they are to stand.
type Opened = BTreeMap<RulePlace, Box<dyn Rule>>;

impl Term {
    /// Puts other settings in force. The inputs may make a batch a little longer than it should be.
    pub(super) fn renew(
        &mut self,
        clock: &dyn Clock,
        renewal: Renewal,
        mut seed: impl FnMut() -> [u8; 32],
    ) -> Result<(), RenewalError> {
        let (mut added, mut changed) = (Opened::new(), Opened::new());
        for pool in &renewal.settings.pools {
            let named = pool.chains().flat_map(|(lane, rules)| rules.iter().map(move |rule| (lane, rule)));
            for (lane, rule) in named {
                let opened = match self.centre.place_of(&pool.name, lane, rule) {
                    None => &mut added,
                    Some(_) if renewal.changed.contains(rule) => &mut changed,
                    Some(_) => continue,
                };
                let memory = self.remembered(&pool.name, lane, rule);
                let failed = |failure| RenewalError::Open { pool: pool.name.clone(), rule: rule.clone(), failure };
                let made = (renewal.open)(&pool.name, rule, memory.as_ref()).map_err(failed)?;
                opened.insert((pool.name.clone(), lane, rule.clone()), made);
            }
        }
        self.centre.stage_rules(added);
        let dialogs = renewal.dialogs.into_iter().map(|dialog| (dialog.name().to_owned(), dialog));
        self.centre.stage_dialogs(dialogs.collect());
        self.handle(clock, Input::Settings(Box::new(renewal.settings)), &mut seed);
        for ((pool, lane, name), rule) in changed {
            let Some(place) = self.centre.place_of(&pool, lane, &name) else { continue };
            self.centre.replace_rule(&pool, lane, place, rule);
            self.handle(clock, Input::RuleReplaced { pool, lane, rule: place }, &mut seed);
        }
        (renewal.done)();
        Ok(())
    }

    /// What the rule remembers there, or else in another chain of the pool: a candidate that is put in service has learnt as one.
    fn remembered(&mut self, pool: &str, lane: Lane, rule: &str) -> Option<SavedState> {
        let lanes = [lane, Lane::Service, Lane::Canary, Lane::Shadow];
        let (lane, place) = lanes.into_iter().find_map(|lane| Some((lane, self.centre.place_of(pool, lane, rule)?)))?;
        self.centre.memory_of(pool, lane, place)
    }
}
