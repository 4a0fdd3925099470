//! Another component takes a rule's place, in all chains of all pools or in none, between two batches' decisions; or that of dialogs.
//!
//! ```text
//!  for each place: what the old one remembers ─► the new one, opened with it ─► all are open: in their places, fed everything
//!                                                           └─► one is not: nothing is changed
//! ```
//! Only the input [`RuleReplaced`](crate::centre::Input::RuleReplaced) is journaled: it forgets what was held against the old one, and what
//! the new one answers is recorded like any answer. So a replay comes out the same without either component (I8). A dialog remembers nothing
//! beside its conversations, which are the centre's: the new one is put there, and [`DialogReplaced`](crate::centre::Input::DialogReplaced)
//! journaled.
//!
//! Invariant: no rule is asked anything between an exchange and its inputs, which are of one batch.

use super::term::Term;
use super::{Clock, OpenNamed, Stopped};
use crate::centre::Input;
use crate::model::adapter::GuestFailure;
use crate::model::dialog::Dialog;

/// What takes the place of what.
pub enum Newcomer {
    /// A plugin, in the places of all rules that are it.
    Rules {
        /// As the operator's file names them; each may be in several pools.
        names: Vec<String>,
        /// Makes the new ones.
        open: OpenNamed,
    },
    /// Dialogs, in the places of those of the same names.
    Dialogs(Vec<Box<dyn Dialog>>),
}

/// What is to take whose place. All functions run on the shard's thread.
pub struct Exchange {
    /// The new one.
    pub newcomer: Newcomer,
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
    /// Puts the new one wherever the old one is. The inputs may make a batch a little longer than it should be.
    pub(super) fn exchange(
        &mut self,
        clock: &dyn Clock,
        exchange: Exchange,
        seed: impl FnMut() -> [u8; 32],
    ) -> Result<(), ExchangeError> {
        match exchange.newcomer {
            Newcomer::Rules { names, open } => self.exchange_rules(clock, &names, &open, seed)?,
            Newcomer::Dialogs(dialogs) => self.exchange_dialogs(clock, dialogs, seed),
        }
        (exchange.done)();
        Ok(())
    }

    fn exchange_rules(
        &mut self,
        clock: &dyn Clock,
        names: &[String],
        open: &OpenNamed,
        mut seed: impl FnMut() -> [u8; 32],
    ) -> Result<(), ExchangeError> {
        let mut opened = Vec::new();
        for name in names {
            for (pool, lane, place) in self.centre.places_of(name) {
                let memory = self.centre.memory_of(&pool, lane, place);
                match open(&pool, name, memory.as_ref()) {
                    Ok(rule) => opened.push((pool, lane, place, rule)),
                    Err(failure) => return Err(ExchangeError::Open { pool, failure }),
                }
            }
        }
        for (pool, lane, place, rule) in opened {
            self.centre.replace_rule(&pool, lane, place, rule);
            self.handle(clock, Input::RuleReplaced { pool, lane, rule: place }, &mut seed);
        }
        Ok(())
    }

    fn exchange_dialogs(
        &mut self,
        clock: &dyn Clock,
        dialogs: Vec<Box<dyn Dialog>>,
        mut seed: impl FnMut() -> [u8; 32],
    ) {
        for new in dialogs {
            let dialog = new.name().to_owned();
            self.centre.replace_dialog(new);
            self.handle(clock, Input::DialogReplaced { dialog }, &mut seed);
        }
    }
}
