//! Other rules beside those that decide: in a replay they are told what those were told and asked what those were asked, on the state as
//! it was. A running service has none.
//!
//! A question of theirs to the world is not carried out: that they would ask is their decision. What they learn is what happened, not what
//! would have come of their own answers.
//!
//! Invariant: what they say is noted and changes nothing else.

use super::decide::concluded;
use super::{Chain, Concluded};
use crate::centre::noted::Otherwise;
use crate::centre::outbox::Outbox;
use crate::centre::{Centre, Components, Rules};
use crate::model::limits::Limits;
use crate::model::rule::{AgentRef, Change, SessionRef};
use crate::model::{Lane, SessionId, Timestamp};
use std::collections::BTreeMap;

/// Other chains, by pool.
#[derive(Default)]
pub(in crate::centre) struct Others {
    chains: BTreeMap<String, Chain>,
    /// What their calls leave behind; only the notes are looked at.
    outbox: Outbox,
}

impl Others {
    /// Rules that know nothing yet.
    pub(in crate::centre) fn new(rules: Components, limits: &Limits) -> Self {
        let chain = |(pool, rules): (String, Rules)| (pool.clone(), Chain::new(&pool, Lane::Service, rules, limits));
        Self { chains: rules.into_service().map(chain).collect(), outbox: Outbox::noting() }
    }

    /// The service was started again: what they knew is gone, but for what they remember.
    pub(in crate::centre) fn restarted(mut self) -> Self {
        self.chains.values_mut().for_each(Chain::restarted);
        self
    }

    /// Calls one of them, and gives what came of it with what each rule said.
    fn call<T>(&mut self, pool: &str, call: impl FnOnce(&mut Chain, &mut Outbox) -> T) -> Option<Otherwise<u32, T>> {
        let Self { chains, outbox } = self;
        let chain = chains.get_mut(pool)?;
        let said = Otherwise::asked(outbox, |outbox| call(chain, outbox));
        *outbox = Outbox::noting();
        Some(said)
    }
}

impl Centre {
    /// Has other rules decide beside those that do.
    pub(in crate::centre) fn ask_others_too(&mut self, others: Others) {
        self.others = others;
    }

    /// The other rules, which are asked no more.
    pub(in crate::centre) fn take_others(&mut self) -> Others {
        std::mem::take(&mut self.others)
    }

    /// Brings the other rules of a pool up to date.
    pub(super) fn feed_others(&mut self, pool: &str, changes: &[Change]) {
        let Some(chain) = self.others.chains.get(pool) else { return };
        let whole = chain.needs_everything(self.now).then(|| self.world_of(pool));
        let (now, per_call) = (self.now, self.settings.limits.changes_per_call.max(1));
        self.others.call(pool, |chain, outbox| chain.feed(outbox, now, changes, whole.as_deref(), per_call));
    }

    /// What the other rules say of a session; to be asked before anything is done about it.
    pub(in crate::centre) fn others_decide(
        &mut self,
        pool: &str,
        id: SessionId,
        candidates: &[AgentRef],
    ) -> Option<Otherwise<u32, (Option<AgentRef>, Concluded)>> {
        let asking = self.asking(id, candidates);
        self.others.call(pool, |chain, outbox| {
            let ranked = asking.of(chain, outbox);
            concluded(chain, &ranked)
        })
    }

    /// Whom the other rules would have an agent serve, the best first.
    pub(in crate::centre) fn others_choose(
        &mut self,
        pool: &str,
        agent: AgentRef,
        waiting: &[SessionRef],
    ) -> Option<Otherwise<u32, Vec<SessionRef>>> {
        let now = self.now;
        self.others.call(pool, |chain, outbox| chain.rank_sessions(outbox, now, agent, waiting).decision.best_first())
    }

    /// The other rules of a pool are told an outcome.
    pub(super) fn teach_others(
        &mut self,
        pool: &str,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) {
        self.others.call(pool, |chain, outbox| chain.learned(outbox, now, session, agent, outcome));
    }
}
