//! `cordboard:strategy/rule`: changes go in, answers come out.

use super::strategy as wit;
use super::{copied, taken};
use crate::model::{Timestamp, rule};

impl From<&rule::Skill> for wit::Skill {
    fn from(s: &rule::Skill) -> Self {
        Self { name: s.name.clone(), level: s.level }
    }
}

impl From<&rule::Load> for wit::Load {
    fn from(l: &rule::Load) -> Self {
        Self { medium: l.medium.clone(), used: l.used, capacity: l.capacity }
    }
}

impl From<&rule::Agent> for wit::Agent {
    fn from(a: &rule::Agent) -> Self {
        Self {
            ref_: a.agent,
            name: a.name.as_str().to_owned(),
            kind: a.kind.clone(),
            state: a.state.clone(),
            since: a.since.0,
            idle_since: a.idle_since.0,
            queues: a.queues.clone(),
            skills: copied(&a.skills),
            loads: copied(&a.loads),
            software: a.software.clone(),
            attributes: copied(&a.attributes),
        }
    }
}

impl From<&rule::Session> for wit::Session {
    fn from(s: &rule::Session) -> Self {
        Self {
            ref_: s.session,
            queue: s.queue.clone(),
            medium: s.medium.clone(),
            provider: s.provider.clone(),
            software: s.software.clone(),
            software_version: s.software_version.clone(),
            language: s.language.clone(),
            priority: s.priority,
            arrived_at: s.arrived_at.0,
            waiting_since: s.waiting_since.0,
            member: s.member.clone(),
            passed_over: s.passed_over.clone(),
            attributes: copied(&s.attributes),
        }
    }
}

impl From<&rule::Change> for wit::Change {
    fn from(change: &rule::Change) -> Self {
        match change {
            rule::Change::Agent(agent) => Self::Agent(agent.into()),
            rule::Change::AgentGone(agent) => Self::AgentGone(*agent),
            rule::Change::Session(session) => Self::Session(session.into()),
            rule::Change::SessionGone(session) => Self::SessionGone(*session),
            rule::Change::Queue(queue) => Self::Queue(queue.into()),
            rule::Change::Other(other) => Self::Other(other.into()),
        }
    }
}

/// The changes of one call, in order.
pub fn changes(changes: &[rule::Change]) -> Vec<wit::Change> {
    copied(changes)
}

impl From<wit::AgentChoice> for rule::AgentChoice {
    fn from(c: wit::AgentChoice) -> Self {
        Self { agent: c.agent, tier: c.tier }
    }
}

impl From<wit::SessionChoice> for rule::SessionChoice {
    fn from(c: wit::SessionChoice) -> Self {
        Self { session: c.session, tier: c.tier }
    }
}

impl From<wit::Consultation> for rule::Consultation {
    fn from(c: wit::Consultation) -> Self {
        Self { reference: c.ref_, request: c.request.into(), timeout_ms: c.timeout_ms }
    }
}

impl From<wit::Verdict> for rule::Verdict {
    fn from(verdict: wit::Verdict) -> Self {
        match verdict {
            wit::Verdict::Keep(choices) => Self::Keep(taken(choices)),
            wit::Verdict::Hold(reason) => Self::Hold(reason),
            wit::Verdict::Divert(target) => Self::Divert(target),
            wit::Verdict::Refuse(words) => Self::Refuse(words),
            wit::Verdict::Consult(consultation) => Self::Consult(consultation.into()),
            wit::Verdict::Other(other) => Self::Other(other.into()),
        }
    }
}

impl From<wit::Note> for rule::Note {
    fn from(n: wit::Note) -> Self {
        Self { agent: n.agent, session: n.session, text: n.text }
    }
}

impl From<wit::Answer> for rule::Answer {
    fn from(a: wit::Answer) -> Self {
        Self { verdict: a.verdict.into(), recheck: a.recheck.map(Timestamp), notes: taken(a.notes) }
    }
}

impl From<wit::Pick> for rule::Pick {
    fn from(p: wit::Pick) -> Self {
        Self { keep: taken(p.keep), recheck: p.recheck.map(Timestamp), notes: taken(p.notes) }
    }
}
