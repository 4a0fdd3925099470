//! What was played, once more from its journal with the reasons of the rules.

use super::Play;
use crate::centre::JournalEntry;
use crate::centre::journal::{Ledger, Reopen, Replay};
use crate::centre::noted::Noted;
use crate::centre::tests::rules::REASON;
use crate::model::Lane;
use std::sync::Arc;

impl Play {
    /// The rules that decided are asked again, from the beginning and from every checkpoint: they give the same answers, and reasons.
    pub(super) fn replay_with_reasons(&self) {
        let rules = self.rules;
        let reopen: Reopen = Arc::new(move |pool, name, _| {
            let mut rules = rules.set();
            let mut rules = Lane::ALL.into_iter().flat_map(|lane| rules.take(pool, lane));
            rules.find(|rule| rule.name() == name)
        });
        let mut replay = Replay::new(Ledger::default());
        replay.note_decisions(Arc::clone(&reopen));
        Self::with_reasons(replay, &self.desk.journal);
        for (batch, checkpoint) in &self.desk.checkpoints {
            let mut replay = Replay::from_checkpoint(checkpoint).unwrap();
            replay.note_decisions(Arc::clone(&reopen));
            let rest = &self.desk.journal[*batch..];
            let end = rest.iter().position(|entry| entry.start.is_some()).unwrap_or(rest.len());
            Self::with_reasons(replay, &rest[..end]);
        }
    }

    fn with_reasons(mut replay: Replay, entries: &[JournalEntry]) {
        for entry in entries {
            replay.step(entry).unwrap();
            for noted in replay.take_noted() {
                let notes: Vec<Vec<String>> = match noted {
                    Noted::Decision(decision) => decision.rules.into_iter().map(|said| said.notes).collect(),
                    Noted::Choice(choice) => {
                        choice.rules.into_iter().filter(|said| !said.is_left_out()).map(|said| said.notes).collect()
                    }
                    Noted::Became { .. } | Noted::Standing(_) | Noted::Talked { .. } | Noted::Unspoken { .. } => {
                        continue;
                    }
                };
                assert!(notes.iter().all(|notes| *notes == [REASON]), "{notes:?}");
            }
        }
    }
}
