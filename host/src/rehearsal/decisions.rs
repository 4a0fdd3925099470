//! The decisions of a recorded day, put to other rules as things stood then: those that would have been others.
//!
//! Invariant: every decision that was put to them is counted; only so many of those that differ are kept.

use crate::centre::Concluded;
use crate::centre::noted::{Choice, Decision, Noted, RuleSaid, Said};
use crate::model::{AgentName, SessionId, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Differing decisions that are kept, each with what every rule said; the rest is counted.
const MOST_KEPT: usize = 1_000;

/// See the [module](self).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Decisions {
    /// That were put to the other rules: about a session, or about an agent who looked for one.
    pub asked: u64,
    /// Those in which they would have done something else.
    pub differing: u64,
    /// Those about a session that a rule of theirs had no part in, since it failed then or before: as if it kept all.
    pub without_a_rule: u64,
    /// The sessions in question, each once.
    pub sessions: usize,
    /// How often they would have done what instead of what.
    pub counted: Vec<Counted>,
    /// The first of those that differ, in order.
    pub first: Vec<Differing>,
}

/// How often something else would have been decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Counted {
    /// In which pool.
    pub pool: String,
    /// What was decided: `offered`, `nobody`, `held`, `diverted`, `refused`; of an agent who looked for a session `chosen` or `none`.
    pub then: &'static str,
    /// What they say; the same word where it is said of somebody else.
    pub otherwise: &'static str,
    /// How often.
    pub decisions: u64,
}

/// A decision that would have been another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// When.
    pub at: Timestamp,
    /// By whose chain.
    pub pool: String,
    /// What.
    #[serde(flatten)]
    pub what: Differs,
}

/// See [`Differing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Differs {
    /// Who may serve a session.
    Session {
        /// Which.
        session: SessionId,
        /// Who was free.
        candidates: Vec<AgentName>,
        /// What came of it.
        then: Concluded,
        /// What would have come of it.
        otherwise: Concluded,
        /// What each of the other rules said.
        rules: Vec<RuleSaid<AgentName>>,
    },
    /// Which of the waiting an agent serves first.
    Agent {
        /// Who.
        agent: AgentName,
        /// Which session came first.
        then: Option<SessionId>,
        /// Which would have.
        otherwise: Option<SessionId>,
        /// What each of the other rules said.
        rules: Vec<RuleSaid<SessionId>>,
    },
}

/// Decisions as they come.
#[derive(Debug, Default)]
pub(super) struct Counting {
    decisions: Decisions,
    sessions: BTreeSet<SessionId>,
    counted: BTreeMap<(String, &'static str, &'static str), u64>,
}

impl Counting {
    /// Takes what was noted, if it was put to other rules.
    pub(super) fn take(&mut self, at: Timestamp, noted: &Noted) {
        match noted {
            Noted::Decision(decision) => self.decision(at, decision),
            Noted::Choice(choice) => self.choice(at, choice),
            Noted::Became { .. } | Noted::Standing(_) | Noted::Talked { .. } | Noted::Unspoken { .. } => {}
        }
    }

    /// All of them.
    pub(super) fn done(mut self) -> Decisions {
        let counted = |((pool, then, otherwise), decisions)| Counted { pool, then, otherwise, decisions };
        self.decisions.counted = self.counted.into_iter().map(counted).collect();
        self.decisions.sessions = self.sessions.len();
        self.decisions
    }

    fn decision(&mut self, at: Timestamp, decision: &Decision) {
        let Some(others) = &decision.otherwise else { return };
        self.decisions.asked += 1;
        let is_out = |said: &RuleSaid<AgentName>| matches!(said.verdict, Said::Failed(_) | Said::LeftOut(_));
        self.decisions.without_a_rule += u64::from(others.rules.iter().any(is_out));
        let (then, otherwise) = (&decision.outcome, &others.outcome);
        if then.does_the_same(otherwise, decision.is_transfer) {
            return;
        }
        self.sessions.insert(decision.session);
        let what = || Differs::Session {
            session: decision.session,
            candidates: decision.candidates.clone(),
            then: then.clone(),
            otherwise: otherwise.clone(),
            rules: others.rules.clone(),
        };
        self.differs(at, &decision.pool, (then.kind(), otherwise.kind()), what);
    }

    fn choice(&mut self, at: Timestamp, choice: &Choice) {
        let Some(others) = &choice.otherwise else { return };
        self.decisions.asked += 1;
        let (then, otherwise) = (choice.order.first().copied(), others.outcome.first().copied());
        if then == otherwise {
            return;
        }
        self.sessions.extend(then.into_iter().chain(otherwise));
        let kind = |first: Option<SessionId>| if first.is_some() { "chosen" } else { "none" };
        let what = || Differs::Agent { agent: choice.agent.clone(), then, otherwise, rules: others.rules.clone() };
        self.differs(at, &choice.pool, (kind(then), kind(otherwise)), what);
    }

    fn differs(
        &mut self,
        at: Timestamp,
        pool: &str,
        kinds: (&'static str, &'static str),
        what: impl FnOnce() -> Differs,
    ) {
        self.decisions.differing += 1;
        *self.counted.entry((pool.to_owned(), kinds.0, kinds.1)).or_default() += 1;
        if self.decisions.first.len() < MOST_KEPT {
            self.decisions.first.push(Differing { at, pool: pool.to_owned(), what: what() });
        }
    }
}
