//! What rules are told of the outcome of their decisions, and what they remember of it.
//!
//! Invariant: a rule's memory is stored with the batch in which it changed.

use super::marks::Lesson;
use crate::centre::Centre;
use crate::model::SessionId;
use crate::model::record::RecordKey;
use crate::model::rule::{AgentRef, session_ref};
use serde::{Deserialize, Serialize};

/// What became of an offer or session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::centre) enum Outcome {
    Offered,
    Accepted,
    Declined,
    Expired,
    Closed,
}

impl Outcome {
    pub(in crate::centre) fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Closed => "closed",
        }
    }
}

impl Centre {
    /// Notes an outcome for the rules of the session's pool.
    pub(in crate::centre) fn learn(&mut self, session: SessionId, agent: AgentRef, outcome: Outcome) {
        self.note_outcome(session, agent, outcome);
        let Some(queue) = self.sessions.get(session).map(|live| live.record.queue.clone()) else { return };
        let Some(pool) = self.queues.pool(&queue).map(str::to_owned) else { return };
        self.pools.lesson(&pool, Lesson { session, agent, outcome });
    }

    /// Tells the rules of one pool what they have not been told yet.
    pub(super) fn teach(&mut self, pool: &str, lanes: &mut super::Lanes) {
        let Some(marks) = self.pools.get_mut(pool) else { return };
        for lesson in std::mem::take(&mut marks.lessons) {
            let session = session_ref(lesson.session);
            lanes.learned(&mut self.outbox, self.now, session, lesson.agent, lesson.outcome.as_str());
            self.teach_others(pool, self.now, session, lesson.agent, lesson.outcome.as_str());
        }
    }

    /// At the end of a batch: the last outcomes, and what the rules remember now.
    pub(in crate::centre) fn tell_rules(&mut self) {
        for pool in self.pools.busy() {
            let Some(mut lanes) = self.chains.remove(&pool) else { continue };
            self.teach(&pool, &mut lanes);
            for rule in lanes.memorise(&mut self.outbox, self.now) {
                self.outbox.touch(RecordKey::Memory(pool.clone(), rule));
            }
            self.put_back(pool, lanes);
        }
        self.pools.settle();
    }
}
