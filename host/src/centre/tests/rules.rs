//! Rules in plain Rust, as plugins would be: they know only what they were told by changes, and complain of what they don't know.

use crate::model::adapter::GuestFailure;
use crate::model::rule::{
    Agent, AgentChoice, AgentRef, Answer, Change, Note, Pick, Rule, Session, SessionChoice, SessionRef, Verdict,
};
use crate::model::{Digest, Failure, HttpResponse, Reference, SavedState, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a rule says of one session and one agent: drop, hold until a moment, or keep in a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Drop,
    Tier(u32),
}

pub(crate) type Judge = fn(Timestamp, &Session, &Agent) -> Fit;
pub(crate) type Gate = fn(Timestamp, &Session) -> Option<Verdict>;

/// A law-abiding rule from two functions: a gate before a session (hold, divert, refuse), and a judgement of a pair.
pub(crate) struct Native {
    name: String,
    gate: Gate,
    judge: Judge,
    recheck: Option<u64>,
    agents: BTreeMap<AgentRef, Agent>,
    sessions: BTreeMap<SessionRef, Session>,
    /// Outcomes told, counted: what it remembers.
    outcomes: u32,
    digest: u8,
    /// The sessions that it knows, for tests to see.
    known: Known,
}

/// See [`Native::showing`].
pub(crate) type Known = Arc<Mutex<Vec<SessionRef>>>;

impl Native {
    pub(crate) fn new(name: &str, judge: Judge) -> Self {
        Self {
            name: name.to_owned(),
            gate: |_, _| None,
            judge,
            recheck: None,
            agents: BTreeMap::new(),
            sessions: BTreeMap::new(),
            outcomes: 0,
            digest: 7,
            known: Known::default(),
        }
    }

    /// It shows there which sessions it knows.
    pub(crate) fn showing(self, known: &Known) -> Self {
        Self { known: Arc::clone(known), ..self }
    }

    /// One that remembers what another of it has remembered.
    pub(crate) fn remembering(mut self, memory: Option<&SavedState>) -> Self {
        let bytes = memory.and_then(|memory| memory.bytes.as_slice().try_into().ok()).unwrap_or_default();
        self.outcomes = u32::from_be_bytes(bytes);
        self
    }

    pub(crate) fn with_digest(self, digest: u8) -> Self {
        Self { digest, ..self }
    }

    /// Judges those whom the gate lets through.
    pub(crate) fn judging(self, judge: Judge) -> Self {
        Self { judge, ..self }
    }

    pub(crate) fn gated(name: &str, gate: Gate, recheck_ms: u64) -> Self {
        Self { gate, recheck: Some(recheck_ms), ..Self::new(name, |_, _, _| Fit::Tier(0)) }
    }

    fn session(&self, session: SessionRef) -> Result<&Session, GuestFailure> {
        self.sessions.get(&session).ok_or_else(|| GuestFailure::Contract(format!("never heard of session {session}")))
    }

    fn agent(&self, agent: AgentRef) -> Result<&Agent, GuestFailure> {
        self.agents.get(&agent).ok_or_else(|| GuestFailure::Contract(format!("never heard of agent {agent}")))
    }
}

/// What a [`Native`] gives as its reason.
pub(crate) const REASON: &str = "as it was written";

fn reasons(explain: bool) -> Vec<Note> {
    let note = Note { agent: None, session: None, text: REASON.to_owned() };
    if explain { vec![note] } else { Vec::new() }
}

impl Rule for Native {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        Digest([self.digest; 32])
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        for change in changes {
            match change.clone() {
                Change::Agent(agent) => drop(self.agents.insert(agent.agent, agent)),
                Change::AgentGone(agent) => drop(self.agents.remove(&agent)),
                Change::Session(session) => drop(self.sessions.insert(session.session, session)),
                Change::SessionGone(session) => drop(self.sessions.remove(&session)),
                Change::Queue(_) | Change::Other(_) => {}
            }
        }
        *self.known.lock().expect("no test panics here") = self.sessions.keys().copied().collect();
        Ok(())
    }

    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure> {
        let session = self.session(session)?;
        let recheck = self.recheck.map(|ms| now.plus_ms(ms));
        if let Some(verdict) = (self.gate)(now, session) {
            return Ok(Answer { verdict, recheck, notes: reasons(explain) });
        }
        let mut kept = Vec::new();
        for agent in candidates {
            if let Fit::Tier(tier) = (self.judge)(now, session, self.agent(*agent)?) {
                kept.push(AgentChoice { agent: *agent, tier });
            }
        }
        Ok(Answer { verdict: Verdict::Keep(kept), recheck, notes: reasons(explain) })
    }

    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure> {
        let agent = self.agent(agent)?;
        let mut keep = Vec::new();
        for waiting in waiting {
            let session = self.session(*waiting)?;
            if (self.gate)(now, session).is_some() {
                continue;
            }
            if let Fit::Tier(tier) = (self.judge)(now, session, agent) {
                keep.push(SessionChoice { session: *waiting, tier });
            }
        }
        Ok(Pick { keep, recheck: None, notes: reasons(explain) })
    }

    fn learned(&mut self, _: Timestamp, _: SessionRef, _: AgentRef, _: &str) -> Result<(), GuestFailure> {
        self.outcomes += 1;
        Ok(())
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        Ok(Some(SavedState { format: 1, bytes: self.outcomes.to_be_bytes().to_vec() }))
    }

    fn rebuild(&mut self, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        self.agents.clear();
        self.sessions.clear();
        let bytes = memory.and_then(|memory| memory.bytes.as_slice().try_into().ok()).unwrap_or_default();
        self.outcomes = u32::from_be_bytes(bytes);
        Ok(())
    }
}

/// A rule that does wrong: as `deed` says, at every `period`-th call; after a trap it answers nothing until it is rebuilt.
pub(crate) struct Villain {
    inner: Native,
    deed: Deed,
    period: u32,
    calls: u32,
    is_dead: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Traps.
    Trap,
    /// Keeps one who is no candidate.
    Invent,
    /// Keeps one twice.
    Repeat,
    /// Traps when told of the agent with this reference.
    ChokeOn(AgentRef),
}

impl Villain {
    pub(crate) fn new(deed: Deed, period: u32) -> Self {
        Self { inner: Native::new("villain", |_, _, _| Fit::Tier(0)), deed, period, calls: 0, is_dead: false }
    }

    pub(crate) fn with_digest(self, digest: u8) -> Self {
        Self { inner: self.inner.with_digest(digest), ..self }
    }

    /// One that traps, and keeps nobody where it does not.
    pub(crate) fn dropping(period: u32) -> Self {
        Self { inner: Native::new("villain", |_, _, _| Fit::Drop), ..Self::new(Deed::Trap, period) }
    }

    fn strikes(&mut self) -> Result<bool, GuestFailure> {
        if self.is_dead {
            return Err(GuestFailure::Trapped("the sandbox is gone".to_owned()));
        }
        self.calls += 1;
        let strikes = self.calls.is_multiple_of(self.period);
        if strikes && self.deed == Deed::Trap {
            self.is_dead = true;
            return Err(GuestFailure::Trapped("unreachable".to_owned()));
        }
        Ok(strikes)
    }
}

impl Rule for Villain {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn digest(&self) -> Digest {
        self.inner.digest()
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        self.strikes()?;
        if let Deed::ChokeOn(bad) = self.deed
            && changes.iter().any(|change| matches!(change, Change::Agent(agent) if agent.agent == bad))
        {
            self.is_dead = true;
            return Err(GuestFailure::Trapped("choked".to_owned()));
        }
        self.inner.changed(changes)
    }

    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure> {
        let strikes = self.strikes()?;
        let mut answer = self.inner.rank_agents(now, session, candidates, explain)?;
        if let Verdict::Keep(kept) = &mut answer.verdict {
            match (self.deed, kept.first().copied()) {
                (Deed::Invent, _) if strikes => kept.push(AgentChoice { agent: 4_000_000, tier: 0 }),
                (Deed::Repeat, Some(first)) if strikes => kept.push(first),
                _ => {}
            }
        }
        Ok(answer)
    }

    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure> {
        self.strikes()?;
        self.inner.rank_sessions(now, agent, waiting, explain)
    }

    fn learned(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) -> Result<(), GuestFailure> {
        self.strikes()?;
        self.inner.learned(now, session, agent, outcome)
    }

    fn consulted(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        self.inner.consulted(now, session, reference, reply)
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        self.strikes()?;
        self.inner.memory()
    }

    fn rebuild(&mut self, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        self.is_dead = false;
        self.inner.rebuild(memory)
    }
}
