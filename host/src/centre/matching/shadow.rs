//! Candidates at work: a shadow is asked what the chain in service was asked, and a canary is rolled back.
//!
//! Invariant: what a shadow answers goes to the journal and to [`super::trials`], and nowhere else.

use super::chain::{Decision, Ranked};
use super::decide::concluded;
use super::trials::{Compared, Difference};
use super::{Chain, Concluded, Lanes, RolledBack};
use crate::centre::Centre;
use crate::centre::queue::WaitKey;
use crate::model::rule::{AgentRef, SessionRef, session_ref};
use crate::model::{AgentName, Lane, SessionId};

impl Centre {
    /// Asks the shadow about a session that the chain in service has just decided about, and counts whether it says the same.
    pub(super) fn compare_decision(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        id: SessionId,
        candidates: &[AgentRef],
        service: &Ranked<Decision>,
    ) {
        // Who asks the world first has not decided.
        if matches!(service.decision, Decision::Consulted(_)) {
            return;
        }
        let ask = |centre: &mut Self, shadow: &mut Chain| centre.ask_chain(shadow, id, candidates);
        let Some(shadow) = self.asked_in_shadow(pool, lanes, ask) else { return };
        let compared = self.compared(pool);
        if matches!(shadow.decision, Decision::Consulted(_)) {
            compared.skipped += 1;
        } else if compared.count(&service.decision, &shadow.decision)
            && let Some(chain) = &lanes.shadow
        {
            let (service, shadow) = (self.conclusion(&lanes.service, service), self.conclusion(chain, &shadow));
            let now = self.now;
            self.compared(pool).keep(now, Difference::Decision { session: id, service, shadow });
        }
    }

    /// Asks the shadow which of the waiting an agent is to serve, and counts whether it begins with the same.
    pub(super) fn compare_choice(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        agent: AgentRef,
        waiting: &[WaitKey],
        service: Option<WaitKey>,
    ) {
        if waiting.is_empty() || lanes.shadow.is_none() {
            return;
        }
        let sessions: Vec<SessionRef> = waiting.iter().map(|(_, _, id)| session_ref(*id)).collect();
        let ask = |centre: &mut Self, shadow: &mut Chain| {
            shadow.rank_sessions(&mut centre.outbox, centre.now, agent, &sessions)
        };
        let Some(shadow) = self.asked_in_shadow(pool, lanes, ask) else { return };
        let (service, shadow) = (service.map(|(_, _, id)| id), shadow.decision.best());
        if self.compared(pool).count_choice(service.map(session_ref), shadow) {
            let shadow = waiting.iter().map(|(_, _, id)| *id).find(|id| Some(session_ref(*id)) == shadow);
            let (now, agent) = (self.now, self.name_of(agent));
            self.compared(pool).keep(now, Difference::Choice { agent, service, shadow });
        }
    }

    /// What the shadow answers, as far as it is asked and all of its rules answer.
    fn asked_in_shadow<T>(
        &mut self,
        pool: &str,
        lanes: &mut Lanes,
        ask: impl FnOnce(&mut Self, &mut Chain) -> Ranked<T>,
    ) -> Option<Ranked<T>> {
        let shadow = lanes.shadow.as_mut()?;
        if shadow.calls >= self.settings.limits.shadow_calls {
            self.compared(pool).skipped += 1;
            return None;
        }
        let ranked = ask(self, shadow);
        self.outbox.forget_notes();
        if !ranked.is_whole {
            self.compared(pool).failed += 1;
            return None;
        }
        Some(ranked)
    }

    fn compared(&mut self, pool: &str) -> &mut Compared {
        &mut self.trials.of(pool, self.now).shadow
    }

    fn conclusion(&self, chain: &Chain, ranked: &Ranked<Decision>) -> Concluded {
        match concluded(chain, ranked) {
            (Some(best), _) => Concluded::Offered(self.name_of(best)),
            (None, concluded) => concluded,
        }
    }

    /// An agent's name; one whom nobody knows has none.
    pub(in crate::centre) fn name_of(&self, agent: AgentRef) -> AgentName {
        self.agents.get(agent).map_or(AgentName::new("?"), |agent| agent.profile.name.clone())
    }

    /// A rule of the canary is out of service: the chain in service decides about all sessions. Questions that the canary has to the world are
    /// nobody's any more.
    pub(super) fn roll_back(&mut self, pool: &str, lanes: &Lanes) {
        let Some((rule, why)) = lanes.rolled_back() else { return };
        let (pool_of, rule, why) = (pool.to_owned(), rule.to_owned(), why.to_owned());
        self.outbox.rolled_back.push(RolledBack { pool: pool_of, rule, why });
        for id in self.waiting_in(pool) {
            self.drop_consultation(id, Lane::Canary);
        }
        self.decide_anew(pool);
    }
}
