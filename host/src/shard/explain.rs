//! What happened to one session and why, from the journal: every decision about it with what each rule said, and what became of it.
//!
//! The journal is replayed, so that everything is as it was; what a rule said stands in the journal, and its reasons are asked of the
//! same component again where that is at hand.
//!
//! Invariant: what is told happened, in the order in which it did.

use super::journal::Entries;
use super::replay::{ReplayError, Rerun, Stepped};
use crate::centre::journal::Reopen;
use crate::centre::noted::{Choice, Decision, Instead, Noted, RuleSaid, hexadecimal};
use crate::model::record::{Op, Record, Session, State};
use crate::model::{AgentName, Digest, SessionId, Timestamp};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Happenings of one session that are told; the rest is counted. A session that is asked about every quarter of a second for an hour has
/// so many.
const MOST_HAPPENINGS: usize = 20_000;

/// A session, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which.
    pub session: SessionId,
    /// As its record stood last; not for anybody's eyes, as it has the customer's code.
    #[serde(skip)]
    pub record: Option<Box<Session>>,
    /// Whether its beginning is kept.
    pub is_whole: bool,
    /// In order.
    pub happenings: Vec<Happening>,
    /// How many more there were.
    pub left_out: usize,
    /// The components that answered about it, in the order in which they first did.
    pub components: Vec<Component>,
}

/// A rule as it answered about a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// In which pool.
    pub pool: String,
    /// As the operator's file names it.
    pub rule: String,
    /// Which component with which settings.
    #[serde(serialize_with = "hexadecimal")]
    pub digest: Digest,
    /// Whether that very component is at hand with those settings, and was asked for its reasons.
    pub is_at_hand: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It came over a link.
    Came {
        /// Over which.
        link: String,
        /// Where it is to wait.
        queue: String,
        /// Over which listener or provider.
        provider: String,
        /// Its customer, as agents are shown.
        customer: String,
    },
    /// It waits in a queue.
    Waits {
        /// In which.
        queue: String,
        /// Since when: a session that comes back keeps its time.
        since: Timestamp,
    },
    /// It was decided who may serve it.
    Decision(Decision),
    /// An agent was shown it among those who waited.
    Choice(Choice),
    /// It was offered to an agent.
    Offered {
        /// To whom.
        agent: AgentName,
    },
    /// The agent took it.
    Accepted {
        /// Who.
        agent: AgentName,
    },
    /// The agent did not want it.
    Declined {
        /// Who.
        agent: AgentName,
    },
    /// The agent did not answer in time.
    Expired {
        /// Who.
        agent: AgentName,
    },
    /// Its agent was lost, removed, or gave it away: it waits again, or is with a dialog.
    Returned {
        /// Who had it.
        agent: AgentName,
    },
    /// A dialog took a turn.
    Talked {
        /// Which dialog.
        dialog: String,
        /// Which component with which settings.
        digest: Digest,
        /// What it was told.
        heard: String,
        /// What it did, or why it did nothing.
        did: Result<Vec<String>, String>,
    },
    /// It can't be with a dialog, or not any more, and that is not the dialog's own word.
    Unspoken {
        /// Which dialog.
        dialog: String,
        /// Why.
        why: String,
        /// What became of it instead.
        instead: Instead,
    },
    /// The customer dropped.
    CustomerLost,
    /// The customer is back.
    CustomerBack,
    /// Over for the customer; the agent is busy with it.
    Wrapping {
        /// Why it ended.
        reason: String,
    },
    /// Over.
    Closed {
        /// Why.
        reason: String,
    },
    /// The service was started again.
    Restarted,
}

/// Why a session can't be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The journal does not give what it gave.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// It is not in what is kept of the journal.
    #[error(
        "nothing is kept of session {session} in the journal: it came after its end, or what was kept of it is gone ([journal] keep_mb, keep_days)"
    )]
    Nothing {
        /// Which.
        session: SessionId,
    },
}

/// Explains a session from a journal that begins before it did. `reopen` gives the rules that are at hand. Blocks.
///
/// # Errors
/// Where the journal can't be replayed, or has nothing of the session.
pub fn explain(entries: Entries<'_>, session: SessionId, reopen: Reopen) -> Result<Explanation, ExplainError> {
    let at_hand = AtHand::default();
    let mut run = Rerun::noting(at_hand.watch(reopen));
    let mut story = Story::new(session);
    for entry in entries {
        let (number, bytes) = entry.map_err(ReplayError::from)?;
        if let Some(stepped) = run.step(number, &bytes)? {
            story.tell(&stepped);
        }
        if story.is_over() {
            break;
        }
    }
    if story.told.happenings.is_empty() {
        return Err(ExplainError::Nothing { session });
    }
    story.told.components = at_hand.components(&story.told.happenings);
    Ok(story.told)
}

/// Which components were at hand when they were asked for.
#[derive(Clone, Default)]
struct AtHand(Arc<Mutex<BTreeSet<(String, String, Digest)>>>);

impl AtHand {
    /// Opens rules as before, and notes those that were there.
    fn watch(&self, reopen: Reopen) -> Reopen {
        let opened = Arc::clone(&self.0);
        Arc::new(move |pool, rule, digest| {
            let found = reopen(pool, rule, digest);
            if found.is_some() {
                let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.insert((pool.to_owned(), rule.to_owned(), digest));
            }
            found
        })
    }

    /// Those that answered in a story.
    fn components(&self, happenings: &[Happening]) -> Vec<Component> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut components: Vec<Component> = Vec::new();
        for (pool, rule, digest) in happenings.iter().flat_map(|happening| answered(&happening.what)) {
            let is_known =
                |known: &Component| (known.pool.as_str(), known.rule.as_str(), known.digest) == (pool, rule, digest);
            if !components.iter().any(is_known) {
                let (pool, rule) = (pool.to_owned(), rule.to_owned());
                let is_at_hand = opened.contains(&(pool.clone(), rule.clone(), digest));
                components.push(Component { pool, rule, digest, is_at_hand });
            }
        }
        components
    }
}

/// The rules that were asked, each with its pool.
fn answered(what: &What) -> Vec<(&str, &str, Digest)> {
    fn asked<'a, W>(pool: &'a str, rules: &'a [RuleSaid<W>]) -> Vec<(&'a str, &'a str, Digest)> {
        let asked = rules.iter().filter(|said| !said.is_left_out());
        asked.map(|said| (pool, said.rule.as_str(), said.digest)).collect()
    }
    match what {
        What::Decision(decision) => asked(&decision.pool, &decision.rules),
        What::Choice(choice) => asked(&choice.pool, &choice.rules),
        _ => Vec::new(),
    }
}

/// A session's story so far.
struct Story {
    told: Explanation,
}

impl Story {
    fn new(session: SessionId) -> Self {
        let (happenings, components) = (Vec::new(), Vec::new());
        Self { told: Explanation { session, record: None, is_whole: false, happenings, left_out: 0, components } }
    }

    fn is_over(&self) -> bool {
        self.told.record.as_ref().is_some_and(|record| matches!(record.state, State::Closed { .. }))
    }

    fn tell(&mut self, stepped: &Stepped) {
        let at = stepped.entry.now;
        if stepped.entry.start.is_some() && self.told.record.is_some() {
            self.add(at, What::Restarted);
        }
        let session = self.told.session;
        let after = stepped.output.ops.iter().find_map(|op| match op {
            Op::Put(Record::Session(record)) if record.id == session => Some(record),
            _ => None,
        });
        let mut noted = stepped.noted.iter().filter_map(|noted| self.noted(noted)).collect::<VecDeque<_>>();
        // It came, or came back, before anything was decided about it, and a dialog let it go before it waited; it ended after.
        if let Some(after) = after {
            self.before_decisions(at, after);
        }
        while let Some(talk) = noted.pop_front_if(|what| matches!(what, What::Talked { .. } | What::Unspoken { .. })) {
            self.add(at, talk);
        }
        if let Some(after) = after {
            self.waiting(at, after);
        }
        for what in noted {
            self.add(at, what);
        }
        if let Some(after) = after {
            self.after_decisions(at, after);
            self.told.record = Some(after.clone());
        }
    }

    fn before_decisions(&mut self, at: Timestamp, after: &Session) {
        let before = self.told.record.clone();
        if before.is_none() {
            self.told.is_whole = after.arrived_at == at;
            self.add(after.arrived_at, came(after));
        }
        match (before.as_ref().is_some_and(|before| before.customer_lost_at.is_some()), after.customer_lost_at) {
            (false, Some(lost_at)) => self.add(lost_at, What::CustomerLost),
            (true, None) => self.add(at, What::CustomerBack),
            _ => {}
        }
        let owner = before.as_ref().and_then(|before| before.owner.as_ref());
        if let Some(agent) = owner.filter(|_| after.owner.is_none()).map(|owner| owner.agent.clone()) {
            self.add(at, What::Returned { agent });
        }
    }

    fn waiting(&mut self, at: Timestamp, after: &Session) {
        let before = self.told.record.as_ref();
        let waited = before.is_some_and(|before| waits(before) && before.queue == after.queue);
        if waits(after) && !waited {
            self.add(at, What::Waits { queue: after.queue.clone(), since: after.waiting_since });
        }
    }

    /// What was noted, if it is about this session.
    fn noted(&self, noted: &Noted) -> Option<What> {
        let id = self.told.session;
        Some(match noted {
            Noted::Decision(decision) if decision.session == id => What::Decision(decision.clone()),
            Noted::Choice(choice) if choice.waiting.contains(&id) => What::Choice(choice.clone()),
            Noted::Became { session, agent, outcome } if *session == id => {
                let agent = agent.clone();
                match outcome.as_str() {
                    "offered" => What::Offered { agent },
                    "accepted" => What::Accepted { agent },
                    "declined" => What::Declined { agent },
                    "expired" => What::Expired { agent },
                    // The record says why.
                    _ => return None,
                }
            }
            Noted::Talked { session, dialog, digest, heard, did } if *session == id => {
                let (dialog, heard, did) = (dialog.clone(), heard.clone(), did.clone());
                What::Talked { dialog, digest: *digest, heard, did }
            }
            Noted::Unspoken { session, dialog, why, instead } if *session == id => {
                What::Unspoken { dialog: dialog.clone(), why: why.clone(), instead: *instead }
            }
            _ => return None,
        })
    }

    fn after_decisions(&mut self, at: Timestamp, after: &Session) {
        let before = self.told.record.as_ref().map(|before| before.state.as_str());
        let reason = after.closed_reason.clone().unwrap_or_default();
        match after.state {
            State::Wrapping { .. } if before != Some("wrapping") => self.add(at, What::Wrapping { reason }),
            State::Closed { .. } if before != Some("closed") => self.add(at, What::Closed { reason }),
            _ => {}
        }
    }

    fn add(&mut self, at: Timestamp, what: What) {
        if self.told.happenings.len() == MOST_HAPPENINGS {
            self.told.left_out += 1;
            return;
        }
        self.told.happenings.push(Happening { at, what });
    }
}

fn came(session: &Session) -> What {
    What::Came {
        link: session.link.to_string(),
        queue: session.queue.clone(),
        provider: session.provider.clone(),
        customer: session.customer_name.clone(),
    }
}

fn waits(session: &Session) -> bool {
    matches!(session.state, State::Waiting | State::Offered)
}

#[cfg(test)]
pub(super) mod tests;
