//! How a session ends, and when it is forgotten.

use super::{Live, Unoffer};
use crate::centre::matching::Outcome;
use crate::centre::timers::Timer;
use crate::centre::{Centre, phrases};
use crate::model::record::{Record, RecordKey, State};
use crate::model::{FeedId, SessionId};

/// Why a session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::centre) struct Ending {
    /// For the record and the operator.
    pub(in crate::centre) reason: String,
    /// The last word in the conversation; empty: none.
    pub(in crate::centre) text: String,
}

impl Ending {
    pub(in crate::centre) fn new(reason: impl Into<String>, text: impl Into<String>) -> Self {
        Self { reason: reason.into(), text: text.into() }
    }
}

impl Centre {
    /// The operator ends a session.
    pub(in crate::centre) fn close_by_operator(&mut self, id: SessionId, reason: &str) {
        let text = phrases::ended_by_operator(reason);
        let reason = if reason.is_empty() { "ended by the operator" } else { reason };
        self.end_session(id, &Ending::new(reason, text));
    }

    /// Ends a session that is not over: at once, or after the agent's wrap-up.
    pub(in crate::centre) fn end_session(&mut self, id: SessionId, ending: &Ending) {
        let Some(live) = self.sessions.get(id).filter(|live| live.is_live()) else { return };
        let wrap_up_ms = self.times(&live.record.queue).wrap_up_ms;
        let wraps = live.record.state == State::Active && wrap_up_ms > 0;
        self.leave_queue(id);
        self.unoffer(id, Unoffer::SessionOver);
        self.end_transfer(id);
        self.end_talk(id);
        self.forget_passed_over(id);
        if !ending.text.is_empty() {
            self.append_from_centre(id, &ending.text);
        }
        let until = self.now.plus_ms(wrap_up_ms);
        self.sessions.set_code(id, None);
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.record.closed_reason = Some(ending.reason.clone());
        live.record.held_since = None;
        live.record.recheck = None;
        if wraps {
            live.record.state = State::Wrapping { until };
            self.session_changed(id);
        } else {
            self.close(id);
        }
        self.unshow_session(id);
        self.rosters_in_change(id);
    }

    /// The session is over, and the agent has a slot more.
    pub(in crate::centre) fn close(&mut self, id: SessionId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.record.state = State::Closed { at: now };
        let medium = live.record.medium.clone();
        let owner = live.record.owner.as_ref().map(|owner| owner.agent.clone());
        self.session_changed(id);
        if let Some(reference) = owner.and_then(|name| self.agents.reference(&name)) {
            self.learn(id, reference, Outcome::Closed);
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.sessions.remove(&id);
                agent.closed.insert(id);
            }
            self.release_agent(reference, &medium, true);
        }
        self.forget_when_delivered(id);
    }

    /// Forgets a closed session once all of its participants have been delivered everything.
    pub(in crate::centre) fn forget_when_delivered(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        if !matches!(live.record.state, State::Closed { .. }) {
            return;
        }
        let feeds = self.table.feeds_in(id);
        // A request is kept as long as others wait for their last delivery: its switch may ask once more how it ended.
        if live.record.request.is_none() && feeds.iter().all(|feed| self.is_delivered(live, *feed)) {
            self.forget_session(id);
        }
    }

    fn is_delivered(&self, live: &Live, feed: FeedId) -> bool {
        self.cursors.get(&feed).is_some_and(|through| *through >= live.last)
    }

    /// Drops a closed session from memory: its record stays in the store, its rows and cursors go.
    pub(in crate::centre) fn forget_session(&mut self, id: SessionId) {
        for feed in self.table.feeds_in(id) {
            self.close_row(feed);
        }
        let Some(live) = self.sessions.remove(id) else { return };
        self.customers.remove_session(&live.record.customer, id);
        if let Some(request) = &live.record.request {
            self.requests.remove(request);
        }
        for name in live.agents() {
            if let Some(agent) = self.agents.named_mut(name) {
                agent.closed.remove(&id);
                agent.joined.remove(&id);
            }
        }
        self.timers.set(Timer::Session(id), None);
        if let Some(pool) = self.queues.pool(&live.record.queue) {
            self.pools.session_gone(pool, id, live.is_known);
        }
        self.outbox.touch(RecordKey::Session(id));
        self.outbox.leave(Record::Session(Box::new(live.record)));
    }
}
