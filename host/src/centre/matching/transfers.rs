//! Transfers to a queue: its rules choose whom of its free agents the session is offered to, while its owner keeps it.
//!
//! Invariant: a session that is not offered at once stays with its owner, who is told; it never waits beside them.

use super::Lanes;
use super::chain::Decision;
use crate::centre::Centre;
use crate::model::SessionId;
use crate::model::rule::AgentRef;

impl Centre {
    /// Offers the sessions that are to be transferred to a queue of the pool. Answers whether all were looked at.
    pub(super) fn serve_transfers(&mut self, pool: &str, lanes: &mut Lanes) -> bool {
        while let Some(id) = self.pools.get(pool).and_then(|marks| marks.seeking.first().copied()) {
            if self.is_exhausted(lanes) {
                return false;
            }
            lanes.looked();
            if let Some(marks) = self.pools.get_mut(pool) {
                marks.seeking.remove(&id);
            }
            match self.choose(pool, lanes, id) {
                Some(Ok(agent)) => self.propose(id, agent),
                Some(Err(why)) => self.nobody_takes(id, &why),
                None => {}
            }
        }
        true
    }

    /// Who is to be asked, or why nobody is; nothing where there is nothing to choose any more.
    fn choose(&mut self, pool: &str, lanes: &mut Lanes, id: SessionId) -> Option<Result<AgentRef, String>> {
        let live = self.sessions.get(id).filter(|live| live.record.offer.is_none())?;
        let name = live.record.transfer.is_some().then(|| live.rules_queue()).flatten()?;
        let queue = self.queues.get(name).filter(|queue| queue.settings.pool == pool)?;
        let passed = live.record.transfer.iter().flat_map(|transfer| &transfer.passed_over);
        let owner = live.record.owner.iter().map(|owner| &owner.agent);
        let excluded: Vec<AgentRef> = passed.chain(owner).filter_map(|name| self.agents.reference(name)).collect();
        let free = queue.free.iter().map(|key| key.1);
        let candidates: Vec<AgentRef> =
            free.filter(|agent| !excluded.contains(agent) && self.can_serve(*agent, id)).collect();
        let (_, ranked) = self.ask(pool, lanes, id, &candidates, None);
        Some(match ranked.decision {
            Decision::Kept(ranking) => ranking.best().ok_or_else(String::new),
            Decision::Held(why) | Decision::Refused(why) => Err(why),
            Decision::Diverted(_) | Decision::Consulted(_) => Err(String::new()),
        })
    }
}
