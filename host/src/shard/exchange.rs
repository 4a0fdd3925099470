//! Another component takes a rule's place, in all chains of all pools or in none, between two batches' decisions.
//!
//! ```text
//!  for each place: what the old one remembers ─► the new one, opened with it ─► all are open: in their places, fed everything
//!                                                           └─► one is not: nothing is changed
//! ```
//! Only the input [`RuleReplaced`](crate::centre::Input::RuleReplaced) is journaled: it forgets what was held against the old one, and what
//! the new one answers is recorded like any answer. So a replay comes out the same without either component (I8).
//!
//! Invariant: no rule is asked anything between an exchange and its inputs, which are of one batch.

use super::term::Term;
use super::{Clock, Stopped};
use crate::centre::Input;
use crate::model::SavedState;
use crate::model::adapter::GuestFailure;
use crate::model::rule::Rule;

/// Opens the rule of a pool with what the one before remembers.
pub type OpenRule = Box<dyn Fn(&str, Option<&SavedState>) -> Result<Box<dyn Rule>, GuestFailure> + Send>;

/// What is to take whose place. Both functions run on the shard's thread.
pub struct Exchange {
    /// The rule, as the operator's file names it; it may be in several pools.
    pub rule: String,
    /// Makes the new one.
    pub open: OpenRule,
    /// Called when all are in their places, or when there is no place: the next load of the shard has to make the new ones, too.
    pub done: Box<dyn FnOnce() + Send>,
}

/// Why the old rule goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The shard has ended.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The new one does not open with what the old one remembers.
    #[error("it does not open with what the rule of pool `{pool}` remembers: {failure}")]
    Open {
        /// Of which pool.
        pool: String,
        /// Why.
        failure: GuestFailure,
    },
}

impl Term {
    /// Puts the new rule wherever the old one is. The inputs may make a batch a little longer than it should be.
    pub(super) fn exchange(
        &mut self,
        clock: &dyn Clock,
        exchange: Exchange,
        mut seed: impl FnMut() -> [u8; 32],
    ) -> Result<(), ExchangeError> {
        let mut opened = Vec::new();
        for (pool, lane, place) in self.centre.places_of(&exchange.rule) {
            let memory = self.centre.memory_of(&pool, lane, place);
            match (exchange.open)(&pool, memory.as_ref()) {
                Ok(rule) => opened.push((pool, lane, place, rule)),
                Err(failure) => return Err(ExchangeError::Open { pool, failure }),
            }
        }
        for (pool, lane, place, rule) in opened {
            self.centre.replace_rule(&pool, lane, place, rule);
            self.handle(clock, Input::RuleReplaced { pool, lane, rule: place }, &mut seed);
        }
        (exchange.done)();
        Ok(())
    }
}
