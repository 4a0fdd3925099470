//! Takes a [`Day`] from a journal.
//!
//! Invariant: the journal is replayed, so the day is as it was, or there is none.

use super::journal::Entries;
use super::replay::{ReplayError, Rerun, Stepped};
use crate::centre::noted::hexadecimal;
use crate::centre::{Centre, Components, RuleDigest};
use crate::model::{Digest, Lane, Timestamp};
use crate::rehearsal::{Day, Decisions, Recorder};
use serde::Serialize;

/// What a journal says of a day.
pub struct RecordedDay {
    /// What people did.
    pub day: Day,
    /// Its decisions, as far as they were put to other rules.
    pub decisions: Decisions,
    /// Which component each rule was, in the order in which they came into force.
    pub in_force: Vec<InForce>,
}

/// A rule as it came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// From when on.
    pub since: Timestamp,
    /// In which pool.
    pub pool: String,
    /// As the operator's file names it.
    pub rule: String,
    /// Which component with which settings.
    #[serde(serialize_with = "hexadecimal")]
    pub digest: Digest,
}

/// Replays a journal, records what people did, and puts each decision to other rules of the pools that are named. Nothing where it has no batch
/// that can be replayed. Blocks.
///
/// # Errors
/// Where the journal can't be replayed.
pub fn record_day(entries: Entries<'_>, others: Components) -> Result<Option<RecordedDay>, ReplayError> {
    let mut run = Rerun::asking(others);
    let mut recorder: Option<Recorder> = None;
    let mut in_force = Vec::new();
    for entry in entries {
        let (number, bytes) = entry?;
        let stepped = run.step(number, &bytes)?;
        let Some(centre) = run.centre() else { continue };
        match &mut recorder {
            None => recorder = Some(Recorder::new(centre, centre.moment())),
            Some(recorder) => stepped.iter().for_each(|stepped| take(recorder, stepped, centre)),
        }
        note(&mut in_force, centre);
    }
    Ok(recorder.map(|recorder| {
        let (day, decisions) = recorder.done();
        RecordedDay { day, decisions, in_force }
    }))
}

fn take(recorder: &mut Recorder, stepped: &Stepped, centre: &Centre) {
    let now = stepped.entry.now;
    if stepped.entry.start.is_some() {
        recorder.restarted(now, centre);
    }
    recorder.hear(now, &stepped.entry.inputs, centre);
    recorder.take(now, &stepped.output, &stepped.noted);
}

/// Notes rules that are others than before.
fn note(in_force: &mut Vec<InForce>, centre: &Centre) {
    let in_service = centre.digests().into_iter().filter(|known| known.lane == Lane::Service);
    for RuleDigest { pool, rule, digest, .. } in in_service {
        let last = in_force.iter().rfind(|known| known.pool == pool && known.rule == rule);
        if last.is_none_or(|last| last.digest != digest) {
            in_force.push(InForce { since: centre.moment(), pool, rule, digest });
        }
    }
}

#[cfg(test)]
mod tests;
