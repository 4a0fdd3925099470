//! What happens in a pool, as far as waiting times are concerned.

use crate::model::SessionId;
use crate::model::rule::AgentRef;

/// Something that happened. What does not fit (a session ended that never entered) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A session begins to wait; one that waits already goes over to this queue.
    Arrived {
        /// Which.
        session: SessionId,
        /// In which of the pool's queues.
        queue: &'a str,
        /// It is served as if it had come so much earlier: its priority. A session that is back in line (transferred, its agent lost)
        /// brings the time it has waited.
        head_start_ms: u64,
    },
    /// After an outage: it waited before already, and waits still. It has its place in line, and nothing is learnt of its wait: part of that
    /// was the outage.
    FoundWaiting {
        /// Which.
        session: SessionId,
        /// In which of the pool's queues.
        queue: &'a str,
        /// How long it had waited before the outage.
        waited_ms: u64,
        /// As of one that arrives.
        head_start_ms: u64,
    },
    /// After an outage: it is in service, as it was before.
    FoundServed {
        /// Which.
        session: SessionId,
        /// In which of the pool's queues it had waited.
        queue: &'a str,
        /// By whom.
        agent: Option<AgentRef>,
    },
    /// An agent has taken it.
    Entered {
        /// Which.
        session: SessionId,
        /// Who, as far as known: agents who have just ended are about to take the next.
        agent: Option<AgentRef>,
    },
    /// The agent is done with it.
    Ended {
        /// Which.
        session: SessionId,
        /// False where its service time is known to be wrong and nothing may be learnt from it.
        measured: bool,
    },
    /// The customer has given up waiting.
    Abandoned {
        /// Which.
        session: SessionId,
    },
    /// It does not wait here any more, and nobody has given up: it waits elsewhere now, or was sent away.
    Left {
        /// Which.
        session: SessionId,
    },
    /// How many sessions the agents on duty can serve at a time, or nothing where it must be inferred (the beginning).
    Agents {
        /// Slots of agents.
        known: Option<u32>,
    },
}
