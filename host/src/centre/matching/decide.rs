//! One decision: the chain that decides about a session is asked who of the free agents may serve it.
//!
//! Invariant: a session is decided about by one chain alone; what others were asked beside it changes nothing.

use super::chain::{Decision, Diversion, Ranked};
use super::{Chain, Concluded, Lanes};
use crate::centre::Centre;
use crate::centre::noted::Asked;
use crate::centre::outbox::Outbox;
use crate::centre::queue::FreeKey;
use crate::model::rule::{AgentRef, SessionRef, session_ref};
use crate::model::{Lane, SessionId, Timestamp};

/// A decision about one session.
pub(super) struct Question {
    pub(super) id: SessionId,
    /// The agent who found it; absent: all who are free are asked.
    pub(super) found_by: Option<FreeKey>,
    /// The chain that chose it for that agent, if one did.
    pub(super) chosen_by: Option<Lane>,
}

/// Who of the candidates may serve a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    now: Timestamp,
    session: SessionRef,
    candidates: &'a [AgentRef],
    /// See [`Chain::rank_agents`].
    ignores_holds: bool,
    may_consult: bool,
}

impl Asking<'_> {
    /// What a chain answers.
    pub(super) fn of(&self, chain: &mut Chain, outbox: &mut Outbox) -> Ranked<Decision> {
        let Self { now, session, candidates, ignores_holds, may_consult } = *self;
        chain.rank_agents(outbox, now, session, candidates, ignores_holds, may_consult)
    }
}

impl Centre {
    /// Asks the chain about one session and does what it says. Answers whether the session was offered.
    pub(super) fn decide(&mut self, pool: &str, lanes: &mut Lanes, question: &Question) -> bool {
        let Some(live) = self.sessions.get(question.id).filter(|live| live.is_waiting()) else { return false };
        let key = live.wait_key();
        if self.is_consulting(question.id) {
            self.pools.session_clean(pool, key);
            return false;
        }
        // One who is marked was not compared with all who are free yet; one who is not was, and only marked agents are new.
        let found_by = question.found_by.filter(|_| !self.pools.is_session_dirty(pool, key));
        if found_by.is_none() {
            self.pools.session_clean(pool, key);
        }
        let candidates = self.candidates(pool, question.id, found_by);
        let (lane, ranked) = self.ask(pool, lanes, question.id, &candidates, found_by);
        let is_empty = matches!(&ranked.decision, Decision::Kept(ranking) if ranking.kept.is_empty());
        if is_empty && found_by.is_none() && self.ends_round(question.id) {
            self.forget_passed_over(question.id);
            let candidates = self.candidates(pool, question.id, None);
            let (lane, ranked) = self.ask(pool, lanes, question.id, &candidates, None);
            return self.carry_out(lanes.deciding(lane), question, ranked, None);
        }
        self.carry_out(lanes.deciding(lane), question, ranked, found_by)
    }

    /// The answer of the chain that decides about the session, and which that is. Where a rule of the canary fails, the chain in service decides
    /// instead. What the chain in service answers is compared with the shadow.
    pub(super) fn ask(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        id: SessionId,
        candidates: &[AgentRef],
        found_by: Option<FreeKey>,
    ) -> (Lane, Ranked<Decision>) {
        self.feed(pool, lanes);
        let asking = self.asking(id, candidates);
        let mut lane = lanes.lane_of(id);
        let mut ranked = asking.of(lanes.deciding(lane), &mut self.outbox);
        if lane == Lane::Canary {
            self.trials.of(pool, self.now).canary.count(ranked.is_whole);
            if !ranked.is_whole {
                lane = Lane::Service;
                ranked = asking.of(&mut lanes.service, &mut self.outbox);
            }
        }
        let found_by = found_by.map(|key| key.1);
        let noted = Asked { pool, lane, found_by, candidates };
        self.note_decision(id, &noted, || concluded(lanes.deciding(lane), &ranked), ranked.recheck);
        if lane == Lane::Service {
            self.compare_decision(pool, lanes, id, &asking, &ranked);
        }
        (lane, ranked)
    }

    /// The question who of the candidates may serve a session, as every chain is asked it. For a transfer nobody is held for long and nothing
    /// asked of the world: the session does not wait.
    pub(super) fn asking<'a>(&self, id: SessionId, candidates: &'a [AgentRef]) -> Asking<'a> {
        let waiting = self.sessions.get(id).filter(|live| live.is_waiting());
        let ignores_holds = waiting.is_some_and(|live| live.is_overdue);
        let may_consult = waiting.is_some() && self.may_consult(id);
        Asking { now: self.now, session: session_ref(id), candidates, ignores_holds, may_consult }
    }

    /// Those who are free and have not passed the session over: all of them, or only those who are marked.
    fn candidates(&self, pool: &str, id: SessionId, found_by: Option<FreeKey>) -> Vec<AgentRef> {
        let Some(live) = self.sessions.get(id) else { return Vec::new() };
        let passed: Vec<AgentRef> =
            live.record.passed_over.iter().filter_map(|name| self.agents.reference(name)).collect();
        let Some(queue) = self.queues.get(&live.record.queue) else { return Vec::new() };
        let may = |key: &&FreeKey| !passed.contains(&key.1) && self.can_serve(key.1, id);
        if found_by.is_none() {
            queue.free.iter().filter(may).map(|key| key.1).collect()
        } else {
            let marked = self.pools.get(pool).into_iter().flat_map(|marks| marks.agents.keys());
            marked.filter(|key| queue.free.contains(key)).filter(may).map(|key| key.1).collect()
        }
    }

    /// Whether everybody who may be asked has passed the session over, and may be asked again.
    fn ends_round(&self, id: SessionId) -> bool {
        let Some(live) = self.sessions.get(id) else { return false };
        !live.record.passed_over.is_empty() && live.retry_at.is_none_or(|at| at <= self.now)
    }
}

/// What is noted of a chain's answer: the best agent, or why there is none.
pub(super) fn concluded(chain: &Chain, ranked: &Ranked<Decision>) -> (Option<AgentRef>, Concluded) {
    let emptied_by = || Some(chain.rules().nth(ranked.emptied_by?)?.name.to_owned());
    match &ranked.decision {
        Decision::Kept(ranking) => (ranking.best(), Concluded::Nobody(emptied_by())),
        Decision::Held(why) => (None, Concluded::Held(why.clone())),
        Decision::Diverted(Diversion::Queue(name)) => (None, Concluded::Diverted(format!("queue {name}"))),
        Decision::Diverted(Diversion::Link(alias)) => (None, Concluded::Diverted(format!("link {alias}"))),
        Decision::Diverted(Diversion::Dialog(name)) => (None, Concluded::Diverted(format!("dialog {name}"))),
        Decision::Refused(text) => (None, Concluded::Refused(text.clone())),
        Decision::Consulted(asked) => (None, Concluded::Held(format!("{} is asked first", asked.request.url))),
    }
}
