//! What of each pool is to be looked at: sessions and agents for the next pass, changes for the rules.
//!
//! Invariant: a session in `sessions` waits in a queue of the pool; a marked agent is free in one of them.

use crate::centre::pages::{PagedMap, SINGLE};
use crate::centre::queue::{FreeKey, WaitKey};
use crate::model::SessionId;
use crate::model::rule::AgentRef;
use crate::model::settings::Settings;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::Outcome;

/// Sessions that are marked in one pass because an agent has come, gone or changed: so few that others get their turn.
const HELD_AT_ONCE: usize = 64;

/// What has happened to an offer or session, for the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Lesson {
    pub(super) session: SessionId,
    pub(super) agent: AgentRef,
    pub(super) outcome: Outcome,
}

/// How far a marked agent was shown the waiting sessions in earlier passes.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) overdue: Option<WaitKey>,
    pub(super) window: Option<WaitKey>,
}

/// How far those who wait because of rules were marked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Round {
    #[default]
    Over,
    Begins,
    Behind(WaitKey),
}

/// One pool's marks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Marks {
    pub(super) queues: Vec<String>,
    /// Agents with a queue of the pool, on duty or not.
    pub(super) members: BTreeSet<AgentRef>,
    pub(super) sessions: BTreeSet<WaitKey>,
    pub(super) agents: BTreeMap<FreeKey, Progress>,
    /// Those who wait because a rule holds them or wants to be asked again, or whose queue has lost its last agent.
    held: BTreeSet<WaitKey>,
    /// The round that marks them again.
    round: Round,
    /// Another round is to follow.
    again: bool,
    /// Active sessions that are to be transferred to a queue of the pool, and are offered to nobody now.
    pub(super) seeking: BTreeSet<SessionId>,
    pub(super) changed_agents: BTreeSet<AgentRef>,
    pub(super) gone_agents: BTreeSet<AgentRef>,
    pub(super) changed_sessions: BTreeSet<SessionId>,
    pub(super) gone_sessions: BTreeSet<SessionId>,
    pub(super) changed_queues: BTreeSet<String>,
    pub(super) lessons: Vec<Lesson>,
}

impl Marks {
    /// Whether there is anything to look at.
    pub(super) fn has_work(&self) -> bool {
        !self.sessions.is_empty() || !self.agents.is_empty() || self.round != Round::Over || !self.seeking.is_empty()
    }

    /// Changes that the rules have not been told yet.
    pub(super) fn gathered(&self) -> usize {
        let agents = self.changed_agents.len() + self.gone_agents.len();
        agents + self.changed_sessions.len() + self.gone_sessions.len() + self.changed_queues.len()
    }

    /// Marks the next few of those who wait because of rules, where an agent has come, gone or changed.
    pub(super) fn mark_held(&mut self) {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = match self.round {
            Round::Over => return,
            Round::Begins => Unbounded,
            Round::Behind(key) => Excluded(key),
        };
        let next: Vec<WaitKey> = self.held.range((from, Unbounded)).take(HELD_AT_ONCE).copied().collect();
        self.round = match next.last().filter(|_| next.len() == HELD_AT_ONCE) {
            Some(last) => Round::Behind(*last),
            None if std::mem::take(&mut self.again) => Round::Begins,
            None => Round::Over,
        };
        self.sessions.extend(next);
    }
}

/// The marks of every pool.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Pools {
    pools: PagedMap<String, Marks, SINGLE>,
    /// Those in which something has changed since the last batch, or is marked: an enterprise may have thousands of them.
    busy: BTreeSet<String>,
}

impl Pools {
    pub(in crate::centre) fn new(settings: &Settings) -> Self {
        let mut pools: PagedMap<String, Marks, SINGLE> =
            settings.pools.iter().map(|pool| (pool.name.clone(), Marks::default())).collect();
        for queue in &settings.queues {
            pools.get_or_insert_with(&queue.pool, Marks::default).queues.push(queue.name.clone());
        }
        let busy = pools.keys().cloned().collect();
        Self { pools, busy }
    }

    /// Puts the operator's new pools in place. What was marked is not any more: whoever waits or is free is marked anew.
    pub(in crate::centre) fn replace(&mut self, settings: &Settings) {
        let mut old = std::mem::replace(self, Self::new(settings));
        for name in self.names() {
            if let (Some(marks), Some(before)) = (self.pools.get_mut(&name), old.pools.remove(&name)) {
                let queues = std::mem::take(&mut marks.queues);
                *marks = Marks { queues, sessions: BTreeSet::new(), agents: BTreeMap::new(), ..before };
            }
        }
    }

    pub(in crate::centre) fn names(&self) -> Vec<String> {
        self.pools.keys().cloned().collect()
    }

    pub(super) fn get(&self, pool: &str) -> Option<&Marks> {
        self.pools.get(pool)
    }

    pub(super) fn get_mut(&mut self, pool: &str) -> Option<&mut Marks> {
        self.pools.get_mut(pool)
    }

    /// Those that may have something for a pass, or for their rules.
    pub(super) fn busy(&self) -> Vec<String> {
        self.busy.iter().cloned().collect()
    }

    /// The batch is over: only what is still marked is left.
    pub(super) fn settle(&mut self) {
        let Self { pools, busy } = self;
        busy.retain(|pool| pools.get(pool).is_some_and(Marks::has_work));
    }

    /// Whether a pass is to be made.
    pub(in crate::centre) fn have_work(&self) -> bool {
        self.busy.iter().filter_map(|pool| self.pools.get(pool)).any(Marks::has_work)
    }

    pub(super) fn lesson(&mut self, pool: &str, lesson: Lesson) {
        self.change(pool, |marks| marks.lessons.push(lesson));
    }

    /// Somebody of the pool is to be found who takes a session from its owner.
    pub(in crate::centre) fn seek(&mut self, pool: &str, session: SessionId) {
        self.change(pool, |marks| {
            marks.seeking.insert(session);
        });
    }

    pub(in crate::centre) fn session_dirty(&mut self, pool: &str, key: WaitKey) {
        self.change(pool, |marks| {
            marks.sessions.insert(key);
        });
    }

    /// A rule holds a waiting session or wants to be asked again, or nobody is left in its queue.
    pub(in crate::centre) fn session_held(&mut self, pool: &str, key: WaitKey) {
        self.change(pool, |marks| {
            marks.held.insert(key);
        });
    }

    /// A session waits no more.
    pub(in crate::centre) fn session_left(&mut self, pool: &str, key: WaitKey) {
        self.change(pool, |marks| {
            marks.sessions.remove(&key);
            marks.held.remove(&key);
        });
    }

    /// An agent has come, gone or changed: those who wait because of rules are decided about again, a few in each pass.
    pub(in crate::centre) fn look_again(&mut self, pool: &str) {
        self.change(pool, |marks| match marks.round {
            Round::Over if marks.held.is_empty() => {}
            Round::Over | Round::Begins => marks.round = Round::Begins,
            Round::Behind(_) => marks.again = true,
        });
    }

    pub(in crate::centre) fn session_clean(&mut self, pool: &str, key: WaitKey) {
        self.change(pool, |marks| {
            marks.sessions.remove(&key);
        });
    }

    pub(in crate::centre) fn is_session_dirty(&self, pool: &str, key: WaitKey) -> bool {
        self.pools.get(pool).is_some_and(|marks| marks.sessions.contains(&key))
    }

    /// Marks an agent; one who is being shown the waiting sessions starts again from the first.
    pub(in crate::centre) fn agent_dirty(&mut self, pool: &str, key: FreeKey) {
        self.change(pool, |marks| {
            marks.agents.insert(key, Progress::default());
        });
    }

    /// An agent's place among the free ones changes. Answers whether the agent was marked.
    pub(in crate::centre) fn agent_moved(&mut self, pool: &str, old: FreeKey, new: FreeKey) -> bool {
        let Some(marks) = self.pools.get_mut(pool) else { return false };
        let was_old = marks.agents.remove(&old).is_some();
        let was_new = marks.agents.remove(&new).is_some();
        was_old || was_new
    }

    pub(in crate::centre) fn has_member(&self, pool: &str, agent: AgentRef) -> bool {
        self.pools.get(pool).is_some_and(|marks| marks.members.contains(&agent))
    }

    /// An agent has a queue of the pool.
    pub(in crate::centre) fn member_joined(&mut self, pool: &str, agent: AgentRef) {
        self.change(pool, |marks| {
            marks.members.insert(agent);
            marks.gone_agents.remove(&agent);
            marks.changed_agents.insert(agent);
        });
    }

    /// An agent has no queue of the pool any more.
    pub(in crate::centre) fn member_left(&mut self, pool: &str, agent: AgentRef) {
        self.change(pool, |marks| {
            marks.members.remove(&agent);
            marks.changed_agents.remove(&agent);
            marks.gone_agents.insert(agent);
        });
    }

    pub(in crate::centre) fn is_agent_dirty(&self, pool: &str, key: FreeKey) -> bool {
        self.pools.get(pool).is_some_and(|marks| marks.agents.contains_key(&key))
    }

    pub(in crate::centre) fn agent_changed(&mut self, pool: &str, agent: AgentRef) {
        self.change(pool, |marks| {
            marks.changed_agents.insert(agent);
        });
    }

    pub(in crate::centre) fn session_changed(&mut self, pool: &str, session: SessionId) {
        self.change(pool, |marks| {
            marks.changed_sessions.insert(session);
        });
    }

    /// The session is none of the pool's any more; the rules knew it or not.
    pub(in crate::centre) fn session_gone(&mut self, pool: &str, session: SessionId, was_known: bool) {
        self.change(pool, |marks| {
            marks.changed_sessions.remove(&session);
            if was_known {
                marks.gone_sessions.insert(session);
            }
        });
    }

    pub(in crate::centre) fn queue_changed(&mut self, pool: &str, queue: &str) {
        self.change(pool, |marks| {
            if !marks.changed_queues.contains(queue) {
                marks.changed_queues.insert(queue.to_owned());
            }
        });
    }

    fn change(&mut self, pool: &str, change: impl FnOnce(&mut Marks)) {
        if let Some(marks) = self.pools.get_mut(pool) {
            change(marks);
            if !self.busy.contains(pool) {
                self.busy.insert(pool.to_owned());
            }
        }
    }
}
