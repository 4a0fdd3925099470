//! Runs a shard's stored journal again and says where it comes out otherwise (I8).
//!
//! The journal of a shard is a row of [segments](super::segment), and each can be run by itself. What stands before the first whole one
//! was trimmed and is passed over. A replay that comes to a segment's beginning must have come to the state that stands there.
//!
//! Invariant: nothing is written, and no plugin is asked.

use super::journal::{self, Entries, JournalFailure};
use super::segment::First;
use crate::centre::journal::{Divergence, JournalError, Ledger, Reopen, Replay};
use crate::centre::noted::Noted;
use crate::centre::{Centre, Checkpoint, CheckpointError, Components, JournalEntry, Output};
use crate::model::record::Shard as Part;
use crate::storage::Store;
use std::sync::Arc;

/// What a replay came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Times that the shard was loaded.
    pub runs: u64,
    /// Batches that gave the outputs they gave then.
    pub batches: u64,
    /// Entries before the first that can be run from.
    pub passed_over: u64,
    /// Segments.
    pub segments: u64,
}

/// Where a replay stopped. Numbers are the journal's, from 1.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalFailure),
    /// An entry can't be read.
    #[error("journal entry {number}: {error}")]
    Unreadable {
        /// Which.
        number: u64,
        /// Why.
        error: JournalError,
    },
    /// An entry came out otherwise.
    #[error("journal entry {number}: {difference}")]
    Differs {
        /// The first such.
        number: u64,
        /// How.
        difference: Divergence,
    },
    /// What a run started from is not what the run before it had left.
    #[error("journal entry {number}: the shard was loaded with other records than the batches before it had stored")]
    OtherRecords {
        /// The snapshot.
        number: u64,
    },
    /// The batches before a segment lead to another state than the one it begins with.
    #[error("journal entry {number}: the batches before it lead to another state than the one that is written there")]
    OtherState {
        /// The segment's beginning.
        number: u64,
    },
    /// A segment can't be begun with.
    #[error("journal entry {number}: {error}")]
    Checkpoint {
        /// The segment's beginning.
        number: u64,
        /// Why.
        error: CheckpointError,
    },
}

/// Replays all of a shard's journal that is kept. Blocks.
///
/// # Errors
/// The first difference, or what kept the journal from being read.
pub fn replay(store: &dyn Store, shard: Part) -> Result<Replayed, ReplayError> {
    replay_entries(journal::stored(store, shard, 1))
}

/// Replays a journal. Blocks.
///
/// # Errors
/// The first difference, or what kept the journal from being read.
pub fn replay_entries(entries: Entries<'_>) -> Result<Replayed, ReplayError> {
    let mut run = Rerun::default();
    for entry in entries {
        let (number, bytes) = entry?;
        run.step(number, &bytes)?;
    }
    Ok(run.replayed)
}

/// One batch that came out as it did.
pub(super) struct Stepped {
    pub(super) entry: JournalEntry,
    pub(super) output: Output,
    pub(super) noted: Vec<Noted>,
}

/// A journal being replayed, over the starts in it.
#[derive(Default)]
pub(super) struct Rerun {
    replay: Option<Replay>,
    /// What the batches so far have stored, where that is known from the first of them on.
    stored: Option<Ledger>,
    replayed: Replayed,
    /// Decisions are noted, with the reasons of these.
    reopen: Option<Reopen>,
    /// Other rules are asked beside; nothing once the first replay has them.
    others: Option<Components>,
    /// The last one that ended before another could begin.
    ended: Option<Replay>,
}

impl Rerun {
    /// One that notes decisions, with the reasons of the components that are at hand.
    pub(super) fn noting(reopen: Reopen) -> Self {
        Self { reopen: Some(reopen), ..Self::default() }
    }

    /// One that puts each decision to other rules, too: those of some pools.
    pub(super) fn asking(others: Components) -> Self {
        Self { others: Some(others), ..Self::noting(Arc::new(|_, _, _| None)) }
    }

    /// The centre as the last batch left it.
    pub(super) fn centre(&self) -> Option<&Centre> {
        self.replay.as_ref()?.centre()
    }

    /// Replays an entry. Nothing where it begins a segment or is passed over.
    pub(super) fn step(&mut self, number: u64, bytes: &[u8]) -> Result<Option<Stepped>, ReplayError> {
        match First::decode(number, bytes).map_err(JournalFailure::from)? {
            Some(First::Loaded(ledger)) => return self.load(number, ledger).map(|()| None),
            Some(First::Running(checkpoint)) => return self.check(number, &checkpoint).map(|()| None),
            None => {}
        }
        let entry = JournalEntry::decode(bytes).map_err(|error| ReplayError::Unreadable { number, error })?;
        if number == 1 && entry.start.is_some() {
            self.begin(Replay::new(Ledger::default()));
            self.stored = Some(Ledger::default());
        }
        if entry.start.is_some() && self.stored.is_none() {
            self.ended = self.replay.take();
        }
        let Some(replay) = &mut self.replay else {
            self.replayed.passed_over += 1;
            return Ok(None);
        };
        let output = replay.step(&entry).map_err(|difference| ReplayError::Differs { number, difference })?;
        if let Some(stored) = &mut self.stored {
            stored.apply(&output);
        }
        self.replayed.batches += 1;
        self.replayed.runs += u64::from(entry.start.is_some());
        let noted = replay.take_noted();
        Ok(Some(Stepped { entry, output, noted }))
    }

    fn begin(&mut self, mut replay: Replay) {
        if let Some(reopen) = &self.reopen {
            replay.note_decisions(reopen.clone());
        }
        if let Some(mut before) = self.replay.take().or_else(|| self.ended.take()) {
            replay.ask_others_of(&mut before);
        } else if let Some(others) = self.others.take() {
            replay.ask_others(others);
        }
        self.replay = Some(replay);
    }

    /// A run begins.
    fn load(&mut self, number: u64, ledger: Ledger) -> Result<(), ReplayError> {
        if self.stored.as_ref().is_some_and(|stored| stored.records != ledger.records) {
            return Err(ReplayError::OtherRecords { number });
        }
        self.stored = Some(ledger.clone());
        self.begin(Replay::new(ledger));
        self.replayed.segments += 1;
        Ok(())
    }

    /// A segment begins in the middle of a run: either the replay has come to the same state, or it begins here.
    fn check(&mut self, number: u64, checkpoint: &Checkpoint) -> Result<(), ReplayError> {
        self.replayed.segments += 1;
        if let Some(centre) = self.replay.as_ref().and_then(Replay::centre) {
            let is_same = centre.checkpoint().state == checkpoint.state;
            return if is_same { Ok(()) } else { Err(ReplayError::OtherState { number }) };
        }
        let replay = Replay::from_checkpoint(checkpoint);
        self.begin(replay.map_err(|error| ReplayError::Checkpoint { number, error })?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
