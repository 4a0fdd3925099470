//! Noting what is decided, as it is decided.
//!
//! Ends at facts about one question; what a decision comes to is done elsewhere, and noted from there.
//!
//! Invariant: where nobody looks, nothing is put together; what is noted is taken from what was answered, and asks nobody but the other
//! rules of a replay.

use super::{Choice, Decision, Noted, Otherwise, RuleSaid, standing};
use crate::centre::Centre;
use crate::centre::agent::Placement;
use crate::centre::matching::{Concluded, Outcome};
use crate::centre::outbox::Outbox;
use crate::centre::queue::WaitKey;
use crate::model::rule::{AgentRef, SessionRef, session_ref};
use crate::model::{AgentName, Lane, SessionId, Timestamp};

/// What a chain was asked about a session.
pub(in crate::centre) struct Asked<'a> {
    pub(in crate::centre) pool: &'a str,
    pub(in crate::centre) lane: Lane,
    pub(in crate::centre) found_by: Option<AgentRef>,
    pub(in crate::centre) candidates: &'a [AgentRef],
}

/// What is noted of a batch.
#[derive(Debug, Default)]
pub(in crate::centre) struct Notes {
    noted: Vec<Noted>,
    /// Of the chain that is being asked.
    rules: Vec<RuleSaid<u32>>,
}

impl Outbox {
    /// What each rule of the chain said that was asked last.
    pub(in crate::centre) fn take_said(&mut self) -> Vec<RuleSaid<u32>> {
        self.notes.as_mut().map(|notes| std::mem::take(&mut notes.rules)).unwrap_or_default()
    }

    /// Notes something, if somebody looks.
    pub(in crate::centre) fn note(&mut self, noted: impl FnOnce() -> Noted) {
        if let Some(notes) = &mut self.notes {
            notes.noted.push(noted());
        }
    }

    /// To add to it.
    fn noted_last(&mut self) -> Option<&mut Noted> {
        self.notes.as_mut()?.noted.last_mut()
    }

    /// Notes what a rule said, if somebody looks.
    pub(in crate::centre) fn note_rule(&mut self, said: impl FnOnce() -> RuleSaid<u32>) {
        if let Some(notes) = &mut self.notes {
            notes.rules.push(said());
        }
    }
}

impl Centre {
    /// Notes decisions from now on.
    pub fn note_decisions(&mut self) {
        self.outbox.notes.get_or_insert_default();
    }

    /// What was noted since this was asked last.
    pub fn take_noted(&mut self) -> Vec<Noted> {
        self.outbox.notes.as_mut().map(|notes| std::mem::take(&mut notes.noted)).unwrap_or_default()
    }

    /// The chain was asked about a session.
    pub(in crate::centre) fn note_decision(
        &mut self,
        id: SessionId,
        asked: &Asked<'_>,
        concluded: impl FnOnce() -> (Option<AgentRef>, Concluded),
        recheck: Option<Timestamp>,
    ) {
        if self.outbox.notes.is_none() {
            return;
        }
        let rules = self.outbox.take_said();
        let others = self.others_decide(asked.pool, id, asked.candidates);
        let Some(live) = self.sessions.get(id) else { return };
        let queue = self.queues.get(live.known_in());
        let transfer = live.record.transfer.as_ref();
        let decision = Decision {
            session: id,
            pool: asked.pool.to_owned(),
            lane: asked.lane,
            queue: live.known_in().to_owned(),
            is_transfer: transfer.is_some(),
            found_by: asked.found_by.map(|agent| self.name_of(agent)),
            candidates: asked.candidates.iter().map(|agent| self.name_of(*agent)).collect(),
            passed_over: transfer.map_or(&live.record.passed_over, |transfer| &transfer.passed_over).clone(),
            on_duty: queue.map_or(0, |queue| queue.on_duty),
            available: queue.map_or(0, |queue| queue.available),
            rules: self.of_agents(rules),
            outcome: self.conclusion(concluded()),
            recheck,
            refused: None,
            otherwise: others.map(|said| said.named(|agent| self.name_of(agent), |outcome| self.conclusion(outcome))),
            shadow: None,
        };
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Decision(decision));
        }
    }

    /// The shadow was asked what the decision that was noted last is about.
    pub(in crate::centre) fn note_shadow_decision(
        &mut self,
        rules: Vec<RuleSaid<u32>>,
        concluded: impl FnOnce() -> Option<(Option<AgentRef>, Concluded)>,
    ) {
        if self.outbox.notes.is_none() {
            return;
        }
        let outcome = concluded().map(|concluded| self.conclusion(concluded));
        let said = Otherwise { rules: self.of_agents(rules), outcome };
        if let Some(Noted::Decision(decision)) = self.outbox.noted_last() {
            decision.shadow = Some(said);
        }
    }

    fn of_agents(&self, rules: Vec<RuleSaid<u32>>) -> Vec<RuleSaid<AgentName>> {
        rules.into_iter().map(|said| said.named(|agent| self.name_of(agent))).collect()
    }

    /// What came of a question, with the agent's name.
    pub(in crate::centre) fn conclusion(&self, (best, outcome): (Option<AgentRef>, Concluded)) -> Concluded {
        best.map_or(outcome, |best| Concluded::Offered(self.name_of(best)))
    }

    /// What the last decision wanted can't be done.
    pub(in crate::centre) fn note_refusal(&mut self, why: &str) {
        if let Some(Noted::Decision(decision)) = self.outbox.noted_last() {
            decision.refused = Some(why.to_owned());
        }
    }

    /// The chain was asked about those who wait.
    pub(in crate::centre) fn note_choice(
        &mut self,
        pool: &str,
        lane: Lane,
        agent: AgentRef,
        waiting: &[WaitKey],
        order: &[SessionRef],
    ) {
        if self.outbox.notes.is_none() {
            return;
        }
        let rules = self.outbox.take_said();
        let sessions: Vec<SessionRef> = waiting.iter().map(|waiting| session_ref(waiting.2)).collect();
        let others = self.others_choose(pool, agent, &sessions);
        let Some(agent) = self.agents.get(agent).map(|agent| agent.profile.name.clone()) else { return };
        let choice = Choice {
            agent,
            pool: pool.to_owned(),
            lane,
            waiting: waiting.iter().map(|waiting| waiting.2).collect(),
            rules: of_sessions(rules, waiting),
            order: ids(order, waiting),
            otherwise: others.map(|said| said.named(|session| id(session, waiting), |order| ids(&order, waiting))),
            shadow: None,
        };
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Choice(choice));
        }
    }

    /// The shadow was asked what the choice that was noted last is about.
    pub(in crate::centre) fn note_shadow_choice(
        &mut self,
        rules: Vec<RuleSaid<u32>>,
        waiting: &[WaitKey],
        order: impl FnOnce() -> Option<Vec<SessionRef>>,
    ) {
        if let Some(Noted::Choice(choice)) = self.outbox.noted_last() {
            let outcome = order().map(|order| ids(&order, waiting));
            choice.shadow = Some(Otherwise { rules: of_sessions(rules, waiting), outcome });
        }
    }

    /// An agent stands otherwise.
    pub(in crate::centre) fn note_standing(&mut self, agent: &AgentName, placement: &Placement) {
        if let Some(notes) = &mut self.outbox.notes {
            notes.noted.push(Noted::Standing(standing(agent, placement)));
        }
    }

    /// Something became of an offer or a session.
    pub(in crate::centre) fn note_outcome(&mut self, session: SessionId, agent: AgentRef, outcome: Outcome) {
        let Some(notes) = &mut self.outbox.notes else { return };
        let Some(agent) = self.agents.get(agent).map(|agent| agent.profile.name.clone()) else { return };
        notes.noted.push(Noted::Became { session, agent, outcome: outcome.as_str().to_owned() });
    }
}

fn of_sessions(rules: Vec<RuleSaid<u32>>, waiting: &[WaitKey]) -> Vec<RuleSaid<SessionId>> {
    rules.into_iter().map(|said| said.named(|session| id(session, waiting))).collect()
}

fn ids(sessions: &[SessionRef], waiting: &[WaitKey]) -> Vec<SessionId> {
    sessions.iter().map(|session| id(*session, waiting)).collect()
}

fn id(wanted: SessionRef, waiting: &[WaitKey]) -> SessionId {
    let found = waiting.iter().find(|waiting| session_ref(waiting.2) == wanted);
    found.map_or(SessionId(wanted.into()), |waiting| waiting.2)
}
