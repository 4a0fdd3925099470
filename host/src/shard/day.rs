//! Takes a [`Day`] from a journal.
//!
//! Invariant: the journal is replayed, so the day is as it was, or there is none.

use super::journal::Entries;
use super::replay::{ReplayError, Rerun, Stepped};
use crate::centre::{Centre, Input};
use crate::rehearsal::{Day, Recorder};
use std::sync::Arc;

/// Replays a journal and records what people did. Nothing where it has no batch that can be replayed. Blocks.
///
/// # Errors
/// Where the journal can't be replayed.
pub fn record_day(entries: Entries<'_>) -> Result<Option<Day>, ReplayError> {
    let mut run = Rerun::noting(Arc::new(|_, _, _| None));
    let mut recorder: Option<Recorder> = None;
    for entry in entries {
        let (number, bytes) = entry?;
        let stepped = run.step(number, &bytes)?;
        let Some(centre) = run.centre() else { continue };
        match &mut recorder {
            None => recorder = Some(Recorder::new(centre, centre.moment())),
            Some(recorder) => stepped.iter().for_each(|stepped| take(recorder, stepped, centre)),
        }
    }
    Ok(recorder.map(Recorder::day))
}

fn take(recorder: &mut Recorder, stepped: &Stepped, centre: &Centre) {
    let now = stepped.entry.now;
    if stepped.entry.start.is_some() {
        recorder.restarted(now, centre);
    }
    recorder.take(now, &stepped.output, &stepped.noted);
    if stepped.entry.inputs.iter().any(|input| matches!(input, Input::Agent(_))) {
        recorder.profiles_changed(centre);
    }
}
