//! This agent first, anybody after a while: what rules share that know for whom a session is best.
//!
//! Invariant: whom the session waits for is kept whoever else is there, so the law of rules holds.

use super::{Agent, AgentRef, Fit, Present, Session};
use crate::model::Timestamp;

/// Whom a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Favourite {
    /// Nobody special.
    #[default]
    Anyone,
    /// Everybody, this one first.
    First(AgentRef),
    /// Nobody else before that moment.
    Only(AgentRef, Timestamp),
    /// Somebody who isn't here, and nobody else.
    Absent,
}

impl Favourite {
    /// Somebody who is here, and alone until then, unless the session was passed over.
    pub fn until(now: Timestamp, session: &Session, present: Present, until: Timestamp) -> Self {
        if now >= until || session.passed_over.contains(&present.agent) {
            return Self::First(present.agent);
        }
        Self::Only(present.agent, until)
    }

    /// Whether an agent may serve the session, and where: sessions for anyone are behind those that are for this very agent. `why` is
    /// said of those who have to wait, `absent` of everybody where the favourite isn't here.
    pub fn fit(self, agent: &Agent, why: &'static str, absent: &'static str) -> Fit {
        match self {
            Self::Anyone => Fit::ranked(1),
            Self::First(favourite) => Fit::ranked(u64::from(agent.ref_ != favourite)),
            Self::Only(favourite, _) if agent.ref_ == favourite => Fit::keep(),
            // For ever: whether that agent leaves makes no difference.
            Self::Only(_, Timestamp::MAX) => Fit::drop(why),
            // Where that agent leaves before, something has changed: who waits for a moment is asked about again then.
            Self::Only(_, until) => Fit::drop_until(why, until),
            Self::Absent => Fit::drop(absent),
        }
    }
}
