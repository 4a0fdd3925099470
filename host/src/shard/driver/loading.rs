//! Takes a shard up: lease, records, ends of transcripts, rules, and what is due.
//!
//! Invariant: nothing of an earlier lease is used but the operator's settings.

use super::{Driver, Run};
use crate::centre::journal::Start;
use crate::centre::{Centre, JournalEntry, Loaded};
use crate::model::Timestamp;
use crate::model::record::{Batch, Record, Shard as Part};
use crate::shard::clock::Time;
use crate::shard::committer::{Committer, Work};
use crate::shard::replay::Snapshot;
use crate::shard::{Ending, StartError};
use crate::storage::{Committed, Lease, StoreError};
use std::sync::Arc;

/// Entries of a transcript that are loaded, as a multiple of the origins that are remembered of each participant: two who talk.
const TAIL_ORIGINS: usize = 2;

impl StartError {
    /// Whether it may work later though nobody does anything about it.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Store(StoreError::Damaged { .. }) | Self::Load(_) | Self::Fenced => false,
            Self::Store(_) | Self::Rule(_) | Self::System(_) => true,
        }
    }

    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Fenced => Ending::Fenced,
            error => Ending::Failed(error.to_string()),
        }
    }
}

impl Driver {
    /// A centre under a new lease; the batch of its resumption is in flight.
    pub(super) fn load(&mut self) -> Result<Run, StartError> {
        let lease = self.setup.store.acquire(Part::Pool(self.setup.number))?;
        let loaded = self.read(lease)?;
        self.journal_snapshot(lease, &loaded)?;
        let clock = Arc::clone(&self.setup.clock);
        let mut time = Time::from(last_now(&loaded), &*clock);
        let settings = self.setup.settings.clone();
        let rules = (self.setup.rules)(&settings).map_err(StartError::Rule)?;
        let start = Start::new(&settings, &loaded);
        let mut centre = Centre::load(settings, rules, loaded)?;
        let now = time.now(&*clock);
        let output = centre.resume(now);
        super::log_faults(&output.faults);
        let entry = JournalEntry::resumed(&centre, now, start, &output);

        let mut committer = self.committer(lease)?;
        self.endpoints.begin(lease.epoch);
        committer.commit(Work::new(output, &entry));
        self.counts.batches += 1;
        Ok(Run { centre, lease, committer, time, open: None, next_tick: Timestamp::default() })
    }

    fn read(&self, lease: Lease) -> Result<Loaded, StartError> {
        let store = &self.setup.store;
        let records = store.load(&lease)?;
        let limit = self.setup.settings.limits.origins * TAIL_ORIGINS;
        let mut tails = Vec::new();
        for session in Loaded::unfinished(&records) {
            tails.push((session, store.tail(lease.shard, session, limit.max(1))?));
        }
        let (profiles, members) = ((self.setup.profiles)(), (self.setup.members)());
        Ok(Loaded { shard: self.setup.number, records, tails, profiles, members })
    }

    /// Writes down from what this run starts, so that its journal can be replayed when older entries are gone.
    fn journal_snapshot(&self, lease: Lease, loaded: &Loaded) -> Result<(), StartError> {
        let Some(journal) = Snapshot::encode(loaded)? else {
            tracing::info!(shard = self.setup.number, "the shard is too large for a snapshot in the journal");
            return Ok(());
        };
        match self.setup.store.commit(&lease, &Batch { journal, ..Batch::default() })? {
            Committed::Stored => Ok(()),
            Committed::Fenced => Err(StartError::Fenced),
        }
    }

    fn committer(&self, lease: Lease) -> Result<Committer, StartError> {
        let store = Arc::clone(&self.setup.store);
        let retries = self.setup.options.retries;
        Committer::start(lease, store, retries, Arc::clone(&self.endpoints), self.transcripts.clone())
            .map_err(|error| StartError::System(error.to_string()))
    }
}

/// The time of the last batch.
fn last_now(loaded: &Loaded) -> Timestamp {
    let meta = loaded.records.iter().find_map(|record| match record {
        Record::Meta(meta) => Some(meta.last_now),
        _ => None,
    });
    meta.unwrap_or_default()
}
