//! Takes a shard up: lease, records, ends of transcripts, rules, and what is due.
//!
//! Invariant: nothing of an earlier lease is used but the operator's settings.

use super::Term;
use crate::centre::journal::Start;
use crate::centre::{Centre, JournalEntry, Loaded};
use crate::model::Timestamp;
use crate::model::quarantine::{Quarantine, Quarantined};
use crate::model::record::{Batch, Record, Shard as Part};
use crate::shard::clock::Time;
use crate::shard::committer::Work;
use crate::shard::segment::Progress;
use crate::shard::{Ending, ShardSetup, StartError};
use crate::storage::{Committed, Lease, StoreError};
use crate::telemetry::event;

/// Entries of a transcript that are loaded, as a multiple of the origins that are remembered of each participant: two who talk.
const TAIL_ORIGINS: usize = 2;

impl StartError {
    /// Whether it may work later though nobody does anything about it.
    pub(in crate::shard) fn may_pass(&self) -> bool {
        match self {
            Self::Store(StoreError::Damaged { .. }) | Self::Load(_) | Self::Fenced => false,
            Self::Store(_) | Self::Rule(_) | Self::System(_) => true,
        }
    }

    pub(in crate::shard) fn ending(&self) -> Ending {
        match self {
            Self::Fenced => Ending::Fenced,
            error => Ending::Failed(error.to_string()),
        }
    }
}

impl Term {
    /// A centre under a new lease, and the batch of its resumption, which is to be stored before anything else.
    pub(in crate::shard) fn load(setup: &ShardSetup) -> Result<(Self, Work), StartError> {
        let lease = setup.store.acquire(Part::Pool(setup.number))?;
        let loaded = read(setup, lease)?;
        let mut time = Time::from(last_now(&loaded), &*setup.clock);
        let now = time.now(&*setup.clock);
        let segment = begin_segment(setup, lease, now, &loaded)?;
        let settings = setup.settings.clone();
        let components = (setup.components)(&settings).map_err(StartError::Rule)?;
        let start = Start::new(&settings, &loaded);
        let mut centre = Centre::load(settings, components, loaded)?;
        let output = centre.resume(now);
        super::log(&output);
        centre.quarantines().iter().for_each(log_quarantine);
        let entry = JournalEntry::resumed(&centre, now, start, &output);
        let term = Self { centre, lease, time, open: None, segment, snapshot: None, next_tick: Timestamp::default() };
        Ok((term, Work::new(output, &entry)))
    }
}

fn log_quarantine(Quarantine { of, digest, out }: &Quarantine) {
    match of {
        Quarantined::Rule { pool, lane, rule } => event::rule_still_quarantined(pool, *lane, rule, *digest, &out.why),
        Quarantined::Dialog(name) => event::dialog_still_quarantined(name, *digest, &out.why),
    }
}

fn read(setup: &ShardSetup, lease: Lease) -> Result<Loaded, StartError> {
    let records = setup.store.load(&lease)?;
    let limit = setup.settings.limits.origins * TAIL_ORIGINS;
    let mut tails = Vec::new();
    for session in Loaded::unfinished(&records) {
        tails.push((session, setup.store.tail(lease.shard, session, limit.max(1))?));
    }
    let (profiles, members) = ((setup.profiles)(), (setup.members)());
    Ok(Loaded { shard: setup.number, records, tails, profiles, members })
}

/// Writes down from what this run starts, so that its journal can be replayed when older entries are gone.
fn begin_segment(setup: &ShardSetup, lease: Lease, now: Timestamp, loaded: &Loaded) -> Result<Progress, StartError> {
    let (progress, segment) = Progress::begin(setup.options.segments, now, loaded)?;
    match setup.store.commit(&lease, &Batch { segment, ..Batch::default() })? {
        Committed::Stored => Ok(progress),
        Committed::Fenced => Err(StartError::Fenced),
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
