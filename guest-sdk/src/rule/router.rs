//! The contract's `router`, derived from a [`Rule`]. The export macro calls it in the sandbox, the test kit natively.
//!
//! Invariant: both directions ask the same two functions with the same arguments, so the law holds by construction.

use super::{
    Agent, AgentChoice, AgentRef, Answer, Change, Decision, Fit, Known, Note, Outcome, Pick, Rule, Session,
    SessionChoice, SessionRef, Verdict, tiers,
};
use crate::model::{Failure, HttpResponse, Reference, SavedState, Timestamp};
use crate::settings;

/// A rule and what it was told.
#[derive(Debug)]
pub struct Router<R> {
    rule: R,
    known: Known,
}

impl<R: Rule> Router<R> {
    /// Settings are JSON.
    pub fn open(settings: &str, memory: Option<SavedState>) -> Result<Self, String> {
        let mut rule = R::open(settings::read(settings)?)?;
        if let Some(memory) = memory {
            rule.recall(memory)?;
        }
        Ok(Self { rule, known: Known::default() })
    }

    /// What the host says has changed, in order.
    pub fn changed(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.rule.changed(&change);
            self.known.apply(change);
        }
    }

    /// Which of the candidates may serve the session.
    pub fn rank_agents(&self, now: Timestamp, session: SessionRef, candidates: &[AgentRef], explain: bool) -> Answer {
        let Some(session) = self.known.session(session) else {
            let notes = unknown(explain, None, Some(session));
            return Answer { verdict: Verdict::Keep(Vec::new()), recheck: None, notes };
        };
        let done = |verdict| Answer { verdict, recheck: None, notes: Vec::new() };
        let mut round = Round::new(now, explain, candidates.len());
        match self.rule.decide(now, session, &self.known) {
            Decision::Rank => {}
            Decision::RankUntil(recheck) => round.recheck_at(Some(recheck)),
            Decision::Hold { why, recheck } => return Answer { recheck, ..done(Verdict::Hold(why)) },
            Decision::Divert(target) => return done(Verdict::Divert(target)),
            Decision::Refuse(words) => return done(Verdict::Refuse(words)),
            Decision::Consult(consultation) => return done(Verdict::Consult(consultation)),
        }
        let mut keep = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(agent) = self.known.agent(*candidate) else {
                round.notes.extend(unknown(explain, Some(*candidate), None));
                continue;
            };
            if round.ask(&self.rule, session, agent) {
                keep.push(AgentChoice { agent: *candidate, tier: 0 });
            }
        }
        tiers::assign(&round.ranks, &mut keep);
        Answer { verdict: Verdict::Keep(keep), recheck: round.recheck, notes: round.notes }
    }

    /// Which of the waiting sessions the agent may serve.
    pub fn rank_sessions(&self, now: Timestamp, agent: AgentRef, waiting: &[SessionRef], explain: bool) -> Pick {
        let Some(agent) = self.known.agent(agent) else {
            return Pick { keep: Vec::new(), recheck: None, notes: unknown(explain, Some(agent), None) };
        };
        let mut round = Round::new(now, explain, waiting.len());
        let mut keep = Vec::with_capacity(waiting.len());
        for reference in waiting {
            let Some(session) = self.known.session(*reference) else {
                round.notes.extend(unknown(explain, None, Some(*reference)));
                continue;
            };
            if self.may_rank(&mut round, session) && round.ask(&self.rule, session, agent) {
                keep.push(SessionChoice { session: *reference, tier: 0 });
            }
        }
        tiers::assign(&round.ranks, &mut keep);
        Pick { keep, recheck: round.recheck, notes: round.notes }
    }

    /// What became of an offer or a session.
    pub fn learned(&mut self, now: Timestamp, session: SessionRef, agent: AgentRef, what: &str) {
        let (session_ref, agent_ref) = (session, agent);
        let (session, agent) = (self.known.session(session), self.known.agent(agent));
        self.rule.learned(now, Outcome { what, session, agent, session_ref, agent_ref });
    }

    /// The answer to a consultation.
    pub fn consulted(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) {
        self.rule.consulted(now, session, reference, reply);
    }

    /// What must survive a restart.
    pub fn memory(&self) -> Option<SavedState> {
        self.rule.memory()
    }

    /// The rule itself, for tests.
    pub fn rule(&self) -> &R {
        &self.rule
    }

    /// A session that is held, diverted, refused or consulted about is for nobody now.
    fn may_rank(&self, round: &mut Round, session: &Session) -> bool {
        let (why, recheck) = match self.rule.decide(round.now, session, &self.known) {
            // When to ask again is kept with the session, which is asked about in the other direction.
            Decision::Rank | Decision::RankUntil(_) => return true,
            Decision::Hold { why, recheck } => (why, recheck),
            Decision::Divert(target) => (format!("goes to {target}"), None),
            Decision::Refuse(_) => ("is refused".to_owned(), None),
            Decision::Consult(_) => ("another server is asked first".to_owned(), None),
        };
        round.recheck_at(recheck);
        if round.explain {
            round.notes.push(Note { agent: None, session: Some(session.ref_), text: why });
        }
        false
    }
}

/// One call's answers to `fit`.
struct Round {
    now: Timestamp,
    explain: bool,
    /// Of those kept.
    ranks: Vec<u64>,
    recheck: Option<Timestamp>,
    notes: Vec<Note>,
}

impl Round {
    fn new(now: Timestamp, explain: bool, candidates: usize) -> Self {
        Self { now, explain, ranks: Vec::with_capacity(candidates), recheck: None, notes: Vec::new() }
    }

    /// Whether the pair is kept; its rank is the last of the list then.
    #[inline]
    fn ask<R: Rule>(&mut self, rule: &R, session: &Session, agent: &Agent) -> bool {
        let fit = rule.fit(self.now, session, agent);
        if self.explain {
            let text = rule.explain(self.now, session, agent, fit);
            self.notes.push(Note { agent: Some(agent.ref_), session: Some(session.ref_), text });
        }
        match fit {
            Fit::Keep { rank } => {
                self.ranks.push(rank);
                true
            }
            Fit::Drop { recheck, .. } => {
                self.recheck_at(recheck);
                false
            }
        }
    }

    fn recheck_at(&mut self, at: Option<Timestamp>) {
        self.recheck = [self.recheck, at].into_iter().flatten().min();
    }
}

fn unknown(explain: bool, agent: Option<AgentRef>, session: Option<SessionRef>) -> Vec<Note> {
    let note = || Note { agent, session, text: "the rule was told of no such reference".to_owned() };
    explain.then(note).into_iter().collect()
}
