//! How a pool's waiting times hear of what happens.
//!
//! Invariant: only here lines and slots change, and every change is told to the pool at once.

use super::{Estimates, Line, Phase, head_start_ms};
use crate::centre::Centre;
use crate::centre::agent::{Agent, Standing};
use crate::centre::session::Live;
use crate::model::record::State;
use crate::model::rule::AgentRef;
use crate::model::{SessionId, Timestamp};
use crate::waiting::Event;

/// Where a session stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) pool: &'a str,
    pub(super) queue: &'a str,
    pub(super) phase: Phase,
}

/// What else is to be known of a session that moves.
struct Move {
    head_start_ms: u64,
    gave_up: bool,
    is_new: bool,
    /// How long it had waited before an outage, where it is found after one.
    found: Option<u64>,
}

impl Centre {
    /// A session's record has changed: its line follows.
    pub(in crate::centre) fn follow_session(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        let to = self.place_in_line(live);
        if self.estimates.lines.get(&id).map(Line::place) == to {
            return;
        }
        let to = to.map(|to| Line::new(&to));
        let record = &live.record;
        let head_start_ms = self.queues.get(&record.queue).map_or(0, |queue| head_start_ms(queue, record.priority));
        let waited_ms = self.now.since_ms(record.waiting_since);
        let found = self.estimates.found.outage_ms.map(|outage_ms| waited_ms.saturating_sub(outage_ms));
        let how = Move {
            head_start_ms: head_start_ms + found.unwrap_or(waited_ms),
            found,
            gave_up: record.customer_lost_at.is_some(),
            is_new: record.waiting_since == self.now,
        };
        let tells = self.settings.waiting_times.tell && to.as_ref().is_some_and(|to| to.phase == Phase::Waits);
        self.estimates.step(self.now, id, to, &how);
        let look_at = if how.is_new { self.now } else { self.next_look(id) };
        self.estimates.look_later(id, tells.then_some(look_at));
    }

    /// What a session is in the line of its pool; nothing before and after, and where its queue is no more.
    pub(super) fn place_in_line<'a>(&'a self, live: &'a Live) -> Option<Place<'a>> {
        let record = &live.record;
        let pool = self.queues.pool(&record.queue)?;
        let phase = match record.state {
            State::Waiting | State::Offered => Phase::Waits,
            State::Active | State::Wrapping { .. } => {
                Phase::Served { by: self.agents.reference(&record.owner.as_ref()?.agent)? }
            }
            State::Arrived { .. } | State::Automated | State::Closed { .. } => return None,
        };
        Some(Place { pool, queue: &record.queue, phase })
    }

    /// An agent's standing, queues or capacity have changed: the pools hear how many sessions can be served at a time.
    pub(in crate::centre) fn count_slots(&mut self, reference: AgentRef) {
        let slots = self.agents.get(reference).map(|agent| self.slots_of(agent)).unwrap_or_default();
        self.estimates.set_slots(self.now, reference, &slots);
    }

    /// How many sessions an agent who takes some can have at a time in each pool.
    pub(super) fn slots_of(&self, agent: &Agent) -> Vec<(String, u32)> {
        let takes = agent.standing() == Standing::Available;
        let queues = agent.placement.serves.iter().filter_map(|name| self.queues.get(name)).filter(|_| takes);
        let mut media: Vec<(&str, &str)> =
            queues.map(|queue| (queue.settings.pool.as_str(), queue.settings.medium.as_str())).collect();
        media.sort_unstable();
        media.dedup();
        let mut slots: Vec<(String, u32)> = Vec::new();
        for (pool, medium) in media {
            let capacity = u32::from(agent.capacity(medium));
            match slots.last_mut() {
                Some((last, sum)) if last == pool => *sum += capacity,
                _ => slots.push((pool.to_owned(), capacity)),
            }
        }
        slots
    }
}

impl Line {
    fn new(place: &Place<'_>) -> Self {
        Self {
            pool: place.pool.to_owned(),
            queue: place.queue.to_owned(),
            phase: place.phase,
            began: false,
            seen: None,
            told: None,
            changes: 0,
            look_at: None,
        }
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place { pool: &self.pool, queue: &self.queue, phase: self.phase }
    }
}

impl Estimates {
    fn step(&mut self, now: Timestamp, session: SessionId, to: Option<Line>, how: &Move) {
        self.look_later(session, None);
        let from = self.lines.remove(&session);
        let stays = match (&from, &to) {
            (Some(from), Some(to)) => from.phase == Phase::Waits && from.pool == to.pool,
            _ => false,
        };
        if let Some(from) = from.filter(|_| !stays) {
            let event = match from.phase {
                Phase::Waits if to.is_none() && how.gave_up => Event::Abandoned { session },
                Phase::Waits => Event::Left { session },
                // One that is handed on is not done.
                Phase::Served { .. } => Event::Ended { session, measured: to.is_none() && from.began },
            };
            // A pool that is no more has been forgotten already.
            if let Some(pool) = self.pools.get_mut(&from.pool) {
                pool.handle(now, &event);
            }
        }
        let Some(to) = to else { return };
        if let Some(waited_ms) = how.found {
            self.find(now, session, &to, waited_ms, how.head_start_ms);
            self.lines.insert(session, to);
            return;
        }
        let pool = self.pool_mut(now, &to.pool);
        if !stays || to.phase == Phase::Waits {
            pool.handle(now, &Event::Arrived { session, queue: &to.queue, head_start_ms: how.head_start_ms });
        }
        if let Phase::Served { by } = to.phase {
            let outcome = pool.handle(now, &Event::Entered { session, agent: Some(by) });
            if outcome.is_some() {
                self.turns.changed(now, &to.pool);
            }
        }
        self.lines.insert(session, Line { began: stays, ..to });
    }

    fn set_slots(&mut self, now: Timestamp, agent: AgentRef, slots: &[(String, u32)]) {
        if self.slots.get(&agent).is_some_and(|old| old == slots) {
            return;
        }
        let old = self.slots.remove(&agent).unwrap_or_default();
        if !slots.is_empty() {
            self.slots.insert(agent, slots.to_vec());
        }
        for (pool, share) in &old {
            if let Some(sum) = self.pool_slots.get_mut(pool) {
                *sum = sum.saturating_sub(*share);
            }
        }
        for (pool, share) in slots {
            *self.pool_slots.entry(pool.clone()).or_default() += share;
        }
        for (pool, _) in old.iter().chain(slots) {
            let known = self.pool_slots.get(pool).copied();
            if let Some(times) = self.pools.get_mut(pool) {
                times.handle(now, &Event::Agents { known });
            }
        }
        self.pool_slots.retain(|_, sum| *sum > 0);
    }
}
