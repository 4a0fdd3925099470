//! What a rule is told and answers: `cordboard:strategy` of `wit/`, whose comments say what each means.

use super::adapter::GuestFailure;
use super::{
    AgentName, Attribute, Digest, Extension, Failure, HttpRequest, HttpResponse, QueueStatus, Reference, SavedState,
    SessionId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// An agent in the lists of one pool; given by the centre.
pub type AgentRef = u32;
/// A session in the lists of one pool; given by the centre.
pub type SessionRef = u32;

/// A named ability, 1 to 10.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// 1 to 10, 10 is best.
    pub level: u8,
}

/// Use of one medium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// `chat`, `voice`, ...
    pub medium: String,
    /// Offers and sessions.
    pub used: u16,
    /// How many the agent can take.
    pub capacity: u16,
}

/// An agent as rules see one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// In lists.
    pub agent: AgentRef,
    /// The account.
    pub name: AgentName,
    /// `person` or `automated`.
    pub kind: String,
    /// `available`, `away`, `wrapping`, `off-duty`.
    pub state: String,
    /// Since when in that state.
    pub since: Timestamp,
    /// When the last session ended.
    pub idle_since: Timestamp,
    /// Queues served.
    pub queues: Vec<String>,
    /// Abilities.
    pub skills: Vec<Skill>,
    /// Use, by medium.
    pub loads: Vec<Load>,
    /// IM software that can serve.
    pub software: Vec<String>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// A waiting session as rules see one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// In lists.
    pub session: SessionRef,
    /// Where it waits.
    pub queue: String,
    /// `chat`, ...
    pub medium: String,
    /// The customer's provider.
    pub provider: String,
    /// The customer's software.
    pub software: String,
    /// Its version.
    pub software_version: String,
    /// BCP 47, or empty.
    pub language: String,
    /// Higher is more urgent.
    pub priority: i32,
    /// When the customer came.
    pub arrived_at: Timestamp,
    /// When it joined the queue.
    pub waiting_since: Timestamp,
    /// The member, or empty for a guest.
    pub member: String,
    /// Who missed or declined it, oldest first.
    pub passed_over: Vec<AgentRef>,
    /// Facts.
    pub attributes: Vec<Attribute>,
}

/// One ordered stream of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// New or changed.
    Agent(Agent),
    /// Gone.
    AgentGone(AgentRef),
    /// New or changed.
    Session(Session),
    /// Gone.
    SessionGone(SessionRef),
    /// New or changed.
    Queue(QueueStatus),
    /// What 1.0 did not know.
    Other(Extension),
}

/// A candidate kept; the lower tier is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentChoice {
    /// Who.
    pub agent: AgentRef,
    /// Where.
    pub tier: u32,
}

/// A session kept; the lower tier is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionChoice {
    /// Which.
    pub session: SessionRef,
    /// Where.
    pub tier: u32,
}

/// A question to the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// Comes back.
    pub reference: Reference,
    /// What to ask.
    pub request: HttpRequest,
    /// For how long.
    pub timeout_ms: u32,
}

/// A rule's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Those that remain; the chain goes on.
    Keep(Vec<AgentChoice>),
    /// Nobody yet; why.
    Hold(String),
    /// Elsewhere: `queue:<name>`, `dialog:<name>`, `callback`, `link:<alias>`.
    Divert(String),
    /// Say this and close.
    Refuse(String),
    /// Ask first.
    Consult(Consultation),
    /// What 1.0 did not know.
    Other(Extension),
}

/// Why, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// About whom.
    pub agent: Option<AgentRef>,
    /// About which.
    pub session: Option<SessionRef>,
    /// In words.
    pub text: String,
}

/// Answer to `rank-agents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The decision.
    pub verdict: Verdict,
    /// Ask again then.
    pub recheck: Option<Timestamp>,
    /// Empty unless explained.
    pub notes: Vec<Note>,
}

/// Answer to `rank-sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// What the agent may serve now.
    pub keep: Vec<SessionChoice>,
    /// Ask again then.
    pub recheck: Option<Timestamp>,
    /// Empty unless explained.
    pub notes: Vec<Note>,
}

/// A router as the centre knows it; `plugin` implements it over WebAssembly, tests natively. The centre checks every answer
/// and journals it.
pub trait Rule: Send {
    /// As the operator's file names it.
    fn name(&self) -> &str;
    /// Of component and settings.
    fn digest(&self) -> Digest;
    /// What has changed since the last call, in order; at most [`Limits::changes_per_call`](super::limits::Limits).
    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure>;
    /// Which of the candidates may serve the session. Candidates are in the built-in order.
    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure>;
    /// Which of the waiting sessions the agent may serve. Sessions are in the built-in order.
    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure>;
    /// What became of an offer or session it ranked. One that remembers nothing has nothing to learn.
    fn learned(
        &mut self,
        _now: Timestamp,
        _session: SessionRef,
        _agent: AgentRef,
        _outcome: &str,
    ) -> Result<(), GuestFailure> {
        Ok(())
    }
    /// The answer to its consultation.
    fn consulted(
        &mut self,
        _now: Timestamp,
        _session: SessionRef,
        _reference: Reference,
        _reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        Ok(())
    }
    /// What it remembers.
    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        Ok(None)
    }
    /// Fuel that it has used since it was put in its place, for people to look at; nothing is decided by it. One in plain Rust counts none.
    fn fuel(&self) -> u64 {
        0
    }
    /// Its place in its pool's chain is this.
    fn placed(&mut self, _place: u16) {}
    /// The centre found a fault in what it had answered.
    fn at_fault(&mut self, _failure: &GuestFailure) {}
    /// After a failure other than a refusal: a fresh router in place of the broken one, knowing nothing yet. The centre then feeds it
    /// everything by [`Self::changed`].
    fn rebuild(&mut self, _memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        Ok(())
    }
}

/// The session behind a [`SessionRef`]: references are the low 32 bits of the session's number.
pub fn session_ref(session: SessionId) -> SessionRef {
    u32::try_from(session.0 & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
