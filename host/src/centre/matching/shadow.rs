//! Candidates at work: a shadow is asked what the chain in service was asked, and a canary is rolled back.
//!
//! Invariant: what a shadow answers goes to the journal, to [`super::trials`] and to the notes of a replay, and nowhere else.

use super::chain::{Decision, Ranked};
use super::decide::{Asking, concluded};
use super::trials::{Compared, Difference};
use super::{Chain, Lanes, RolledBack};
use crate::centre::Centre;
use crate::centre::noted::Otherwise;
use crate::centre::outbox::Outbox;
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
        asking: &Asking<'_>,
        service: &Ranked<Decision>,
    ) {
        // Who asks the world first has not decided.
        if matches!(service.decision, Decision::Consulted(_)) {
            return;
        }
        let ask = |shadow: &mut Chain, outbox: &mut Outbox| asking.of(shadow, outbox);
        let Some((chain, Otherwise { rules, outcome: shadow })) = self.asked_in_shadow(pool, lanes, ask) else {
            return;
        };
        self.note_shadow_decision(rules, || shadow.is_whole.then(|| concluded(chain, &shadow)));
        let is_transfer = self.sessions.get(id).is_some_and(|live| live.record.transfer.is_some());
        let compared = self.compared(pool);
        if !shadow.is_whole {
            compared.failed += 1;
        } else if matches!(shadow.decision, Decision::Consulted(_)) {
            compared.skipped += 1;
        } else if compared.count(&service.decision, &shadow.decision, is_transfer) {
            let shadow = self.conclusion(concluded(chain, &shadow));
            let service = self.conclusion(concluded(&lanes.service, service));
            let now = self.now;
            self.compared(pool).keep(now, Difference::Decision { session: id, is_transfer, service, shadow });
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
        let now = self.now;
        let ask = |shadow: &mut Chain, outbox: &mut Outbox| shadow.rank_sessions(outbox, now, agent, &sessions);
        let Some((_, Otherwise { rules, outcome: shadow })) = self.asked_in_shadow(pool, lanes, ask) else { return };
        self.note_shadow_choice(rules, waiting, || shadow.is_whole.then(|| shadow.decision.best_first()));
        if !shadow.is_whole {
            self.compared(pool).failed += 1;
            return;
        }
        let (service, shadow) = (service.map(|(_, _, id)| id), shadow.decision.best());
        if self.compared(pool).count_choice(service.map(session_ref), shadow) {
            let shadow = waiting.iter().map(|(_, _, id)| *id).find(|id| Some(session_ref(*id)) == shadow);
            let agent = self.name_of(agent);
            self.compared(pool).keep(now, Difference::Choice { agent, service, shadow });
        }
    }

    /// What the shadow answers, with what each of its rules said, as far as it is asked.
    fn asked_in_shadow<'l, T>(
        &mut self,
        pool: &str,
        lanes: &'l mut Lanes,
        ask: impl FnOnce(&mut Chain, &mut Outbox) -> Ranked<T>,
    ) -> Option<(&'l Chain, Otherwise<u32, Ranked<T>>)> {
        let shadow = lanes.shadow.as_mut()?;
        if shadow.calls >= self.settings.limits.shadow_calls {
            self.compared(pool).skipped += 1;
            return None;
        }
        let said = Otherwise::asked(&mut self.outbox, |outbox| ask(shadow, outbox));
        Some((shadow, said))
    }

    fn compared(&mut self, pool: &str) -> &mut Compared {
        &mut self.trials.of(pool, self.now).shadow
    }

    /// An agent's name; one whom nobody knows has none.
    pub(in crate::centre) fn name_of(&self, agent: AgentRef) -> AgentName {
        self.agents.get(agent).map_or(AgentName::new("?"), |agent| agent.profile.name.clone())
    }

    /// A rule of the canary is out of service: the chain in service decides about all sessions. Questions that the canary has to the world are
    /// nobody's any more.
    pub(super) fn roll_back(&mut self, pool: &str, lanes: &Lanes) {
        let Some((rule, out)) = lanes.rolled_back() else { return };
        let (pool_of, rule, why) = (pool.to_owned(), rule.to_owned(), out.why.clone());
        self.outbox.rolled_back.push(RolledBack { pool: pool_of, rule, why });
        for id in self.waiting_in(pool) {
            self.drop_consultation(id, Lane::Canary);
        }
        self.decide_anew(pool);
    }
}
