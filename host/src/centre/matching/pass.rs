//! One matching pass.
//!
//! Invariant: a pass makes at least one decision if anything is marked, and no more calls than the limit and one decision.

use super::decide::Question;
use super::marks::{Marks, Progress};
use super::{Chain, Lanes};
use crate::centre::Centre;
use crate::centre::queue::{FreeKey, WaitKey};
use crate::model::rule::AgentRef;
use crate::model::{Lane, SessionId};

/// So many changes are told to rules although nothing is decided: telling them takes a millisecond.
const GATHERED: usize = 64;

/// What looking at one thing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// An offer was made.
    Offered,
    /// Nothing to offer.
    Nothing,
    /// The pass's calls are used up.
    Exhausted,
}

impl Centre {
    /// Runs a bounded pass over every pool that has something marked. Rules are told what has gathered, so that the next decision does not wait
    /// for it.
    pub(in crate::centre) fn match_pools(&mut self) {
        for pool in self.pools.busy() {
            let is_looked_at = |marks: &&mut Marks| marks.has_work() || marks.gathered() >= GATHERED;
            let Some(marks) = self.pools.get_mut(&pool).filter(is_looked_at) else { continue };
            marks.mark_held();
            let Some(mut lanes) = self.chains.remove(&pool) else { continue };
            lanes.begin_pass();
            self.teach(&pool, &mut lanes);
            if self.serve_transfers(&pool, &mut lanes) && self.serve_agents(&pool, &mut lanes) != Step::Exhausted {
                self.serve_sessions(&pool, &mut lanes);
            }
            if self.pools.get(&pool).is_some_and(|marks| marks.gathered() >= GATHERED) {
                self.feed(&pool, &mut lanes);
            }
            self.put_back(pool, lanes);
        }
    }

    /// A pool's chains after their rules were called. Where one in service was quarantined, its noes count no more; where one of the
    /// canary was, nothing of the canary does.
    pub(super) fn put_back(&mut self, pool: String, mut lanes: Lanes) {
        if lanes.service.has_lost_a_rule() {
            self.decide_anew(&pool);
        }
        if lanes.get_mut(Lane::Canary).is_some_and(Chain::has_lost_a_rule) {
            self.roll_back(&pool, &lanes);
        }
        self.chains.insert(pool, lanes);
    }

    pub(super) fn is_exhausted(&self, lanes: &Lanes) -> bool {
        lanes.calls() >= self.settings.limits.matching_calls
    }

    fn serve_agents(&mut self, pool: &str, lanes: &mut Lanes) -> Step {
        while let Some(key) = self.pools.get(pool).and_then(|marks| marks.agents.keys().next().copied()) {
            if self.serve_agent(pool, lanes, key) == Step::Exhausted {
                return Step::Exhausted;
            }
        }
        Step::Nothing
    }

    /// Offers sessions to one agent, until there is none for the agent or no slot. Then the agent is not marked any more.
    fn serve_agent(&mut self, pool: &str, lanes: &mut Lanes, key: FreeKey) -> Step {
        let queues = self.free_queues(pool, key.1);
        let mut step = self.serve_overdue(pool, lanes, key, &queues);
        while step == Step::Nothing {
            let position = self.progress(pool, key).and_then(|progress| progress.window);
            let size = if lanes.is_empty() { 1 } else { self.settings.limits.matching_window };
            let window = self.queues.window(&queues, position, size);
            let Some(last) = window.last().copied() else { break };
            step = self.serve_from_window(pool, lanes, key, &window);
            if let Some(progress) = self.progress(pool, key).filter(|_| step == Step::Nothing) {
                progress.window = Some(last);
            }
        }
        if step == Step::Nothing
            && let Some(marks) = self.pools.get_mut(pool)
        {
            marks.agents.remove(&key);
        }
        step
    }

    fn progress(&mut self, pool: &str, key: FreeKey) -> Option<&mut Progress> {
        self.pools.get_mut(pool)?.agents.get_mut(&key)
    }

    fn free_queues(&self, pool: &str, agent: AgentRef) -> Vec<String> {
        let free_in = self.agents.get(agent).map(|agent| agent.placement.free_in.as_slice()).unwrap_or_default();
        free_in.iter().filter(|name| self.queues.pool(name) == Some(pool)).cloned().collect()
    }

    /// Sessions whose hold is over come first, in the built-in order.
    fn serve_overdue(&mut self, pool: &str, lanes: &mut Lanes, key: FreeKey, queues: &[String]) -> Step {
        loop {
            let behind = self.progress(pool, key).and_then(|progress| progress.overdue);
            let Some(overdue) = self.queues.first_overdue(queues, behind) else { return Step::Nothing };
            if self.is_exhausted(lanes) {
                return Step::Exhausted;
            }
            lanes.looked();
            if let Some(progress) = self.progress(pool, key) {
                progress.overdue = Some(overdue);
            }
            if self.may_be_shown(key.1, overdue.2)
                && self.decide(pool, lanes, &Question { id: overdue.2, found_by: Some(key), chosen_by: None })
            {
                return Step::Offered;
            }
        }
    }

    fn may_be_shown(&self, agent: AgentRef, session: SessionId) -> bool {
        let has_passed = self.agents.get(agent).is_some_and(|agent| agent.passed.contains(&session));
        !has_passed && self.can_serve(agent, session)
    }

    fn serve_from_window(&mut self, pool: &str, lanes: &mut Lanes, key: FreeKey, window: &[WaitKey]) -> Step {
        if self.is_exhausted(lanes) {
            return Step::Exhausted;
        }
        lanes.looked();
        let asked: Vec<WaitKey> =
            window.iter().filter(|waiting| self.may_be_shown(key.1, waiting.2)).copied().collect();
        self.feed(pool, lanes);
        for (by, id) in self.choose_among(pool, lanes, key.1, &asked) {
            if self.is_exhausted(lanes) {
                return Step::Exhausted;
            }
            if self.decide(pool, lanes, &Question { id, found_by: Some(key), chosen_by: Some(by) }) {
                return Step::Offered;
            }
        }
        Step::Nothing
    }

    fn serve_sessions(&mut self, pool: &str, lanes: &mut Lanes) -> Step {
        while let Some(key) = self.pools.get(pool).and_then(|marks| marks.sessions.first().copied()) {
            if self.is_exhausted(lanes) {
                return Step::Exhausted;
            }
            lanes.looked();
            // Before the decision, which may mark the session anew.
            self.pools.session_clean(pool, key);
            self.decide(pool, lanes, &Question { id: key.2, found_by: None, chosen_by: None });
        }
        Step::Nothing
    }
}
