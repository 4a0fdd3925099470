//! In and out of the queue.
//!
//! Invariant: only here a session gets the state waiting or leaves it, so that the queues' lists are right.

use crate::centre::Centre;
use crate::centre::presence::Presentity;
use crate::model::record::State;
use crate::model::{SessionId, Side};

impl Centre {
    /// From a dialog that it has talked to first: the customer's software has the time that it would have had without.
    pub(in crate::centre) fn start_waiting_in_time(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let until = live.record.arrived_at.plus_ms(self.settings.limits.software_wait_ms);
        if live.record.software.is_some() || until <= self.now {
            return self.start_waiting(id);
        }
        live.record.state = State::Arrived { until };
        self.session_changed(id);
    }

    /// From arrived: joins the queue.
    pub(in crate::centre) fn start_waiting(&mut self, id: SessionId) {
        let now = self.now;
        if let Some(live) = self.sessions.get_mut(id) {
            live.record.waiting_since = now;
        }
        self.join_queue(id);
    }

    /// Waits (again), with the time the session had. How it is served is what the queue says when it joins.
    pub(in crate::centre) fn join_queue(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.record.state = State::Waiting;
        live.is_held = false;
        let queue = live.record.queue.clone();
        let is_overdue = live.is_overdue;
        if let Some(queue) = self.queues.get_mut(&queue) {
            live.record.medium.clone_from(&queue.settings.medium);
            live.record.own_software = live.record.needs_own_software_in(&queue.settings);
            let key = queue.place_of(&live.record);
            live.place = key;
            queue.add(key, live.record.waiting_since);
            if is_overdue {
                queue.overdue.insert(key);
            }
            self.pools.session_dirty(&queue.settings.pool, key);
        }
        self.session_changed(id);
        self.queue_changed(&queue);
    }

    /// Leaves the queue's lists; the caller gives it another state.
    pub(in crate::centre) fn leave_queue(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if !live.is_waiting() {
            return;
        }
        live.consulting = None;
        let (key, since, queue) = (live.wait_key(), live.record.waiting_since, live.record.queue.clone());
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.remove(key, since);
            self.pools.session_left(&queue.settings.pool, key);
        }
        self.queue_changed(&queue);
    }

    /// Marks a waiting session for the next matching pass.
    pub(in crate::centre) fn reconsider_session(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id).filter(|live| live.is_waiting()) else { return };
        if let Some(pool) = self.queues.pool(&live.record.queue) {
            self.pools.session_dirty(pool, live.wait_key());
        }
    }

    /// Something that is counted of a queue has changed: rules and watchers are told.
    pub(in crate::centre) fn queue_changed(&mut self, name: &str) {
        let Some(queue) = self.queues.get(name) else { return };
        self.pools.queue_changed(&queue.settings.pool, name);
        self.estimates.queue_changed(name);
        for link in self.links.of_queue(name) {
            self.watches.changed(&Presentity::new(Side::Customer, &link.alias));
        }
    }

    /// Those who passed the session over may be asked again.
    pub(in crate::centre) fn forget_passed_over(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.retry_at = None;
        for name in std::mem::take(&mut live.record.passed_over) {
            if let Some(agent) = self.agents.named_mut(&name) {
                agent.passed.remove(&id);
            }
        }
        self.session_changed(id);
    }
}
