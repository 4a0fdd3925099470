//! Calls of one rule: each is recorded with its answer, and a failure is reported and remembered.
//!
//! Invariant: what a rule answers reaches the centre only through here, so the journal has all of it, in order (I8).

use super::Fault;
use crate::centre::journal::{Answered, PluginAnswer};
use crate::centre::outbox::Outbox;
use crate::model::adapter::GuestFailure;
use crate::model::rule::{AgentRef, Answer, Change, Pick, Rule, SessionRef};
use crate::model::{Failure, HttpResponse, Lane, Reference, SavedState, Timestamp};

/// One rule of a chain.
pub(super) struct Caller {
    pub(super) pool: String,
    pub(super) lane: Lane,
    pub(super) place: u16,
    pub(super) rule: Box<dyn Rule>,
}

macro_rules! recorded {
    ($self:ident, $outbox:ident, $case:ident, $call:expr) => {{
        let answer = $call;
        let answered = Answered::$case(answer.clone());
        let (pool, lane) = ($self.pool.clone(), $self.lane);
        $outbox.answers.push(PluginAnswer { pool, lane, rule: $self.place, answered });
        if let Err(failure) = &answer {
            $self.report($outbox, failure.clone());
        }
        answer
    }};
}

impl Caller {
    /// Reports something that the rule did wrong.
    pub(super) fn report(&self, outbox: &mut Outbox, failure: GuestFailure) {
        let (rule, digest) = (self.rule.name().to_owned(), self.rule.digest());
        outbox.faults.push(Fault { pool: self.pool.clone(), lane: self.lane, rule, digest, failure });
    }

    /// Reports a fault that the centre found in an answer, and tells the rule's own books of it.
    pub(super) fn found(&mut self, outbox: &mut Outbox, failure: GuestFailure) {
        self.rule.at_fault(&failure);
        self.report(outbox, failure);
    }

    pub(super) fn changed(&mut self, outbox: &mut Outbox, changes: &[Change]) -> Result<(), GuestFailure> {
        recorded!(self, outbox, Changed, self.rule.changed(changes))
    }

    pub(super) fn rank_agents(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
    ) -> Result<Answer, GuestFailure> {
        recorded!(self, outbox, Agents, self.rule.rank_agents(now, session, candidates, false))
    }

    pub(super) fn rank_sessions(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
    ) -> Result<Pick, GuestFailure> {
        recorded!(self, outbox, Sessions, self.rule.rank_sessions(now, agent, waiting, false))
    }

    pub(super) fn learned(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) -> Result<(), GuestFailure> {
        recorded!(self, outbox, Learned, self.rule.learned(now, session, agent, outcome))
    }

    pub(super) fn consulted(
        &mut self,
        outbox: &mut Outbox,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        recorded!(self, outbox, Consulted, self.rule.consulted(now, session, reference, reply))
    }

    pub(super) fn memory(&mut self, outbox: &mut Outbox) -> Result<Option<SavedState>, GuestFailure> {
        recorded!(self, outbox, Memory, self.rule.memory())
    }

    pub(super) fn rebuild(&mut self, outbox: &mut Outbox, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        recorded!(self, outbox, Rebuilt, self.rule.rebuild(memory))
    }
}
