//! How a session stands at the other server.
//!
//! Invariant: no more questions follow each other without a pause than the host takes.

use super::{IN_A_ROW, PAUSE_MS};
use cordboard_sdk::model::Timestamp;

/// A session that the other server was asked about.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// What it is called there, as long as it is open there.
    pub(crate) id: Option<String>,
    pub(crate) step: Step,
    /// Questions since another decision.
    pub(crate) in_a_row: u8,
    /// The next question.
    pub(crate) not_before: Timestamp,
}

/// The way of a session is drawn in the [crate].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    #[default]
    New,
    Waiting {
        look_at: Timestamp,
    },
    /// To an agent, by the name here.
    Offered {
        offer: u32,
        agent: String,
    },
    /// The agent is waited for so long.
    Named {
        agent: String,
        until: Timestamp,
    },
    Elsewhere(String),
    /// It had an agent, and waits again.
    Served,
    Failed {
        until: Timestamp,
    },
}

impl Case {
    pub(crate) fn served(id: String) -> Self {
        Self { id: Some(id), step: Step::Served, ..Self::default() }
    }

    /// One more question was asked. Where nothing was heard, the next decision is another one.
    pub(crate) fn asked(&mut self, now: Timestamp, is_heard: bool) {
        self.in_a_row += 1;
        if self.in_a_row >= IN_A_ROW {
            self.not_before = now + PAUSE_MS;
        }
        if self.in_a_row >= IN_A_ROW || !is_heard {
            self.in_a_row = 0;
        }
    }

    pub(crate) fn goes_to(&mut self, now: Timestamp, step: Step) {
        // Those that need no other question now are another decision.
        let is_decided = match &step {
            Step::Waiting { look_at } => *look_at > now,
            Step::Named { .. } | Step::Elsewhere(_) | Step::Failed { .. } => true,
            Step::New | Step::Offered { .. } | Step::Served => false,
        };
        if is_decided {
            self.in_a_row = 0;
        }
        self.step = step;
    }
}
