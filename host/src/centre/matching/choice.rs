//! Which of the waiting an agent who is free is to serve.
//!
//! Each chain ranks the sessions that it decides about, and no others, so that who it keeps here is who it keeps in the decision. Where a
//! canary decides about some, the two orders become one: of the first of each, the one that stands before the other in the built-in order
//! comes next.
//!
//! Invariant: what is chosen is a subset of what was looked at, without duplicates; a chain's own sessions stand in its order.

use super::Lanes;
use crate::centre::Centre;
use crate::centre::queue::WaitKey;
use crate::model::rule::{AgentRef, SessionRef, session_ref};
use crate::model::{Lane, SessionId, Timestamp};
use std::collections::BTreeMap;

impl Centre {
    /// Whom the agent is to serve, the best first.
    pub(super) fn choose_among(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        agent: AgentRef,
        waiting: &[WaitKey],
    ) -> Vec<(Lane, SessionId)> {
        let (of_canary, mut of_service): (Vec<WaitKey>, Vec<WaitKey>) =
            waiting.iter().partition(|waiting| lanes.lane_of(waiting.2) == Lane::Canary);
        if of_canary.is_empty() {
            let chosen = self.choose_in(pool, lanes, Lane::Service, agent, &of_service).unwrap_or_default();
            return chosen.into_iter().map(|waiting| (Lane::Service, waiting.2)).collect();
        }
        let canary = self.choose_in(pool, lanes, Lane::Canary, agent, &of_canary);
        if canary.is_none() {
            of_service = waiting.to_vec();
        }
        let service = self.choose_in(pool, lanes, Lane::Service, agent, &of_service).unwrap_or_default();
        merged(service, canary.unwrap_or_default())
    }

    /// One chain's choice; nothing where a rule of the canary fails, and the chain in service chooses instead.
    fn choose_in(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        lane: Lane,
        agent: AgentRef,
        waiting: &[WaitKey],
    ) -> Option<Vec<WaitKey>> {
        let sessions: Vec<SessionRef> = waiting.iter().map(|waiting| session_ref(waiting.2)).collect();
        let ranked = lanes.deciding(lane).rank_sessions(&mut self.outbox, self.now, agent, &sessions);
        if lane == Lane::Canary && !ranked.is_whole {
            return None;
        }
        self.keep_agent_recheck(agent, ranked.recheck);
        let order = ranked.decision.best_first();
        self.note_choice(pool, lane, agent, waiting, &order);
        let keys: BTreeMap<SessionRef, WaitKey> =
            waiting.iter().map(|waiting| (session_ref(waiting.2), *waiting)).collect();
        let chosen: Vec<WaitKey> = order.into_iter().filter_map(|chosen| keys.get(&chosen).copied()).collect();
        if lane == Lane::Service {
            self.compare_choice(pool, lanes, agent, waiting, chosen.first().copied());
        }
        Some(chosen)
    }

    fn keep_agent_recheck(&mut self, agent: AgentRef, recheck: Option<Timestamp>) {
        let before = self.agents.get(agent).and_then(|agent| agent.recheck);
        if let Some(earliest) = before.into_iter().chain(recheck).min() {
            self.recheck_agent(agent, Some(earliest));
        }
    }
}

/// Both orders in one.
fn merged(service: Vec<WaitKey>, canary: Vec<WaitKey>) -> Vec<(Lane, SessionId)> {
    let (mut service, mut canary) = (service.into_iter().peekable(), canary.into_iter().peekable());
    let next = move || {
        let is_canarys = match (service.peek(), canary.peek()) {
            (Some(of_service), Some(of_canary)) => of_canary < of_service,
            (of_service, _) => of_service.is_none(),
        };
        let (lane, next) = if is_canarys { (Lane::Canary, canary.next()) } else { (Lane::Service, service.next()) };
        Some((lane, next?.2))
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests;
