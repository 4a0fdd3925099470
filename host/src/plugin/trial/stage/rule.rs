//! A rule on trial: it is told changes, asked both ways, and answers with a verdict.

use super::super::setup::Setup;
use super::{line, plain, respelt};
use crate::model::adapter::GuestFailure;
use crate::model::rule::{
    Agent, AgentRef, Answer, Change, Note, Pick, Rule, Session, SessionChoice, SessionRef, Verdict,
};
use crate::model::{Extension, Failure, HttpResponse, QueueStatus, Reference, Timestamp};
use crate::plugin::{RuleComponent, RulePlugin};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What goes in.
#[derive(Debug, Deserialize)]
pub(in super::super) enum Call {
    Agent(Agent),
    AgentGone(AgentRef),
    Session(Session),
    SessionGone(SessionRef),
    Queue(QueueStatus),
    /// Without candidates: all agents that it was told of.
    RankAgents {
        session: SessionRef,
        candidates: Option<Vec<AgentRef>>,
        explain: bool,
    },
    /// Without waiting sessions: all that it was told of.
    RankSessions {
        agent: AgentRef,
        waiting: Option<Vec<SessionRef>>,
        explain: bool,
    },
    Learned {
        session: SessionRef,
        agent: AgentRef,
        outcome: String,
    },
    Consulted {
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    },
    /// It is built anew from its memory and told everything again, as after a failure or an update.
    Reload,
    Other(Extension),
}

/// What comes out beside a verdict.
#[derive(Serialize, Deserialize)]
enum Beside {
    Recheck(Timestamp),
    Note(Note),
}

/// Those kept by `rank-sessions`.
#[derive(Serialize, Deserialize)]
enum Kept {
    Keep(Vec<SessionChoice>),
}

impl Call {
    pub(super) fn parse(word: &str, content: Option<Value>) -> Result<Self, String> {
        plain::parse(word, content).map_err(|error| error.to_string())
    }

    pub(super) fn answer(&self, word: &str, content: Option<Value>) -> Result<String, String> {
        match (self, word) {
            (Self::RankAgents { .. } | Self::RankSessions { .. }, "recheck" | "note") => {
                respelt::<Beside>(word, content)
            }
            (Self::RankAgents { .. }, _) => respelt::<Verdict>(word, content),
            (Self::RankSessions { .. }, _) => respelt::<Kept>(word, content),
            _ => Err("nothing comes of this call; only `rank-agents` and `rank-sessions` have answers".to_owned()),
        }
    }
}

/// The rule, and what it was told.
pub(in super::super) struct Stage {
    rule: RulePlugin,
    history: Vec<Change>,
    agents: BTreeSet<AgentRef>,
    sessions: BTreeSet<SessionRef>,
}

impl Stage {
    pub(super) fn open(plugin: &Arc<RuleComponent>, setup: &Setup) -> Result<Self, GuestFailure> {
        let name = plugin.about().manifest.name.clone();
        let rule = RulePlugin::open(plugin, &name, &setup.settings(), setup.state())?;
        Ok(Self { rule, history: Vec::new(), agents: BTreeSet::new(), sessions: BTreeSet::new() })
    }

    pub(super) fn call(&mut self, now: Timestamp, call: &Call) -> Result<Vec<String>, GuestFailure> {
        match call {
            Call::Agent(agent) => {
                self.agents.insert(agent.agent);
                self.changed(Change::Agent(agent.clone()))
            }
            Call::AgentGone(agent) => {
                self.agents.remove(agent);
                self.changed(Change::AgentGone(*agent))
            }
            Call::Session(session) => {
                self.sessions.insert(session.session);
                self.changed(Change::Session(session.clone()))
            }
            Call::SessionGone(session) => {
                self.sessions.remove(session);
                self.changed(Change::SessionGone(*session))
            }
            Call::Queue(status) => self.changed(Change::Queue(status.clone())),
            Call::Other(other) => self.changed(Change::Other(other.clone())),
            Call::RankAgents { session, candidates, explain } => {
                let candidates = candidates.clone().unwrap_or_else(|| self.agents.iter().copied().collect());
                self.rule.rank_agents(now, *session, &candidates, *explain).map(answered)
            }
            Call::RankSessions { agent, waiting, explain } => {
                let waiting = waiting.clone().unwrap_or_else(|| self.sessions.iter().copied().collect());
                self.rule.rank_sessions(now, *agent, &waiting, *explain).map(picked)
            }
            Call::Learned { session, agent, outcome } => {
                self.rule.learned(now, *session, *agent, outcome).map(|()| Vec::new())
            }
            Call::Consulted { session, reference, reply } => {
                self.rule.consulted(now, *session, *reference, reply.clone()).map(|()| Vec::new())
            }
            Call::Reload => self.reload(),
        }
    }

    fn changed(&mut self, change: Change) -> Result<Vec<String>, GuestFailure> {
        self.rule.changed(std::slice::from_ref(&change))?;
        self.history.push(change);
        Ok(Vec::new())
    }

    fn reload(&mut self) -> Result<Vec<String>, GuestFailure> {
        let memory = self.rule.memory()?;
        self.rule.rebuild(memory.as_ref())?;
        self.rule.changed(&self.history)?;
        Ok(Vec::new())
    }
}

fn answered(answer: Answer) -> Vec<String> {
    let mut lines = vec![line(&answer.verdict)];
    lines.extend(beside(answer.recheck, answer.notes));
    lines
}

fn picked(pick: Pick) -> Vec<String> {
    let mut lines = vec![line(&Kept::Keep(pick.keep))];
    lines.extend(beside(pick.recheck, pick.notes));
    lines
}

fn beside(recheck: Option<Timestamp>, notes: Vec<Note>) -> impl Iterator<Item = String> {
    let beside = recheck.map(Beside::Recheck).into_iter().chain(notes.into_iter().map(Beside::Note));
    beside.map(|beside| line(&beside))
}
