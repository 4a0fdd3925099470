//! Who served a customer last, in each pool: what rules are told as `last-agent`. Of those only who can come back as the same
//! person: members, and people whom a provider vouches for.
//!
//! Invariant: what is kept is stored, and bounded in all and for each customer; beyond that the oldest is forgotten.

use super::Centre;
use super::pages::{PagedMap, PagedSet};
use super::session::Live;
use crate::model::record::{Customer, RecordKey, Served};
use crate::model::{AgentName, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// Pools remembered of one customer: who has been to more is unlikely to miss the first.
const POOLS: usize = 8;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct LastServed {
    by_customer: PagedMap<Customer, Served>,
    by_age: PagedSet<(Timestamp, Customer)>,
}

impl LastServed {
    /// One that was stored.
    pub(super) fn load(&mut self, served: Served) {
        self.by_age.insert((served.at, served.customer.clone()));
        self.by_customer.insert(served.customer.clone(), served);
    }

    /// Who served a customer last in a pool.
    pub(super) fn by(&self, customer: &Customer, pool: &str) -> Option<&AgentName> {
        let served = self.by_customer.get(customer)?;
        served.agents.iter().find(|(known, _)| known == pool).map(|(_, agent)| agent)
    }

    /// As it is stored.
    pub(super) fn record(&self, customer: &Customer) -> Option<&Served> {
        self.by_customer.get(customer)
    }

    /// All that are kept.
    pub(super) fn all(&self) -> impl Iterator<Item = &Served> {
        self.by_customer.values()
    }

    /// Notes who serves a customer now.
    fn note(&mut self, customer: &Customer, pool: &str, agent: &AgentName, now: Timestamp) {
        let mut served = self.take(customer).unwrap_or_else(|| Served::new(customer.clone()));
        served.agents.retain(|(known, _)| known != pool);
        served.agents.push((pool.to_owned(), agent.clone()));
        if served.agents.len() > POOLS {
            served.agents.remove(0);
        }
        served.at = now;
        self.load(served);
    }

    fn take(&mut self, customer: &Customer) -> Option<Served> {
        let served = self.by_customer.remove(customer)?;
        self.by_age.remove(&(served.at, customer.clone()));
        Some(served)
    }

    /// Forgets the oldest beyond `limit`. Answers whom.
    fn forget_beyond(&mut self, limit: usize) -> Option<Customer> {
        if self.by_customer.len() <= limit {
            return None;
        }
        let (_, oldest) = self.by_age.first()?.clone();
        self.take(&oldest);
        Some(oldest)
    }

    /// All that are kept.
    #[cfg(test)]
    pub(super) fn customers(&self) -> impl Iterator<Item = &Customer> {
        self.by_customer.keys()
    }
}

impl Centre {
    /// An agent has taken a session.
    pub(super) fn note_served(&mut self, id: SessionId, agent: &AgentName) {
        let Some(live) = self.sessions.get(id).filter(|live| may_come_back(live)) else { return };
        let Some(pool) = self.queues.pool(&live.record.queue) else { return };
        let customer = live.record.customer.clone();
        self.served.note(&customer, pool, agent, self.now);
        self.outbox.touch(RecordKey::Served(customer));
        while let Some(forgotten) = self.served.forget_beyond(self.settings.limits.remembered_customers) {
            self.outbox.touch(RecordKey::Served(forgotten));
        }
    }
}

/// A guest of our own listener has another name the next time.
fn may_come_back(live: &Live) -> bool {
    live.record.member || !live.record.customer.provider.is_empty()
}
