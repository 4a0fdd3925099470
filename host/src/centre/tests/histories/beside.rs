//! Other rules asked beside those that decided, where they are the same rules.

use super::Play;
use crate::centre::journal::{Ledger, Replay};
use crate::centre::noted::Noted;
use crate::centre::{Answered, JournalEntry, PluginAnswer};
use std::sync::Arc;

impl Play {
    /// The same rules are asked everything once more beside those that decided, over every start and from every checkpoint: they decide the
    /// same.
    pub(super) fn replay_beside_the_same(&self) {
        let mut replay = Replay::new(Ledger::default());
        replay.note_decisions(Arc::new(|_, _, _| None));
        replay.ask_others(self.rules.set());
        let mut asked = Self::beside_the_same(&mut replay, &self.desk.journal);
        for (batch, checkpoint) in &self.desk.checkpoints {
            let mut replay = Replay::from_checkpoint(checkpoint).unwrap();
            replay.note_decisions(Arc::new(|_, _, _| None));
            replay.ask_others(self.rules.set());
            let rest = &self.desk.journal[*batch..];
            let end = rest.iter().position(|entry| entry.start.is_some()).unwrap_or(rest.len());
            asked += Self::beside_the_same(&mut replay, &rest[..end]);
        }
        let is_asked = |answer: &PluginAnswer| matches!(answer.answered, Answered::Agents(_));
        let any = self.desk.journal.iter().any(|entry| entry.answers.iter().any(is_asked));
        assert!(asked > 0 || !any, "something was decided, and the others were not asked");
    }

    /// Answers how many decisions there were.
    fn beside_the_same(replay: &mut Replay, entries: &[JournalEntry]) -> usize {
        let mut asked = 0;
        for entry in entries {
            replay.step(entry).unwrap();
            for noted in replay.take_noted() {
                match noted {
                    Noted::Decision(decision) => {
                        let others = decision.otherwise.expect("the pool has others");
                        assert_eq!((others.outcome, others.rules), (decision.outcome, decision.rules));
                    }
                    Noted::Choice(choice) => {
                        let others = choice.otherwise.expect("the pool has others");
                        assert_eq!((others.outcome, others.rules), (choice.order, choice.rules));
                    }
                    Noted::Became { .. } | Noted::Standing(_) | Noted::Talked { .. } | Noted::Unspoken { .. } => {
                        continue;
                    }
                }
                asked += 1;
            }
        }
        asked
    }
}
