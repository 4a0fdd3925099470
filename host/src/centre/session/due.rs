//! What a session's deadlines do.

use super::{Ending, Return, Unoffer};
use crate::centre::{Centre, phrases};
use crate::model::record::State;
use crate::model::{SessionId, Timestamp};

impl Centre {
    /// A session's deadline has passed: whatever is due is done, and its timer set anew.
    pub(in crate::centre) fn session_due(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id) else { return };
        if live.deadline(&self.settings, self.times(&live.record.queue)).is_none_or(|deadline| deadline > self.now) {
            return self.session_changed(id);
        }
        let (state, grace) = (live.record.state, self.settings.customer_grace_ms);
        if live.is_live() && live.record.customer_lost_at.is_some_and(|at| at.plus_ms(grace) <= self.now) {
            return self.end_session(id, &Ending::new("customer lost", phrases::CUSTOMER_LOST));
        }
        if live.unseen_at(&self.settings).is_some_and(|at| at <= self.now) {
            return self.end_session(id, &Ending::new("its switch has not asked after it", ""));
        }
        if let Some(agent) = self.joined_lost(id) {
            return self.leave(id, &agent);
        }
        match state {
            State::Arrived { .. } => self.start_waiting(id),
            State::Waiting => self.waiting_due(id),
            State::Automated => self.talk_due(id),
            State::Offered => self.unoffer(id, Unoffer::Expired),
            State::Active if self.has_expired(id) => self.unoffer(id, Unoffer::Expired),
            State::Active => self.take_back(id, Return::AgentLost),
            State::Wrapping { .. } => self.close(id),
            State::Closed { .. } => self.forget_session(id),
        }
    }

    fn waiting_due(&mut self, id: SessionId) {
        let now = self.now;
        self.consultation_due(id);
        let Some(queue) = self.sessions.get(id).map(|live| live.record.queue.clone()) else { return };
        let times = self.times(&queue);
        let Some(live) = self.sessions.get_mut(id) else { return };
        let is_past = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if is_past(live.record.recheck) {
            live.record.recheck = None;
        }
        let retry = is_past(live.retry_at);
        let hold_over = is_past(live.hold_ends(times));
        if hold_over && !live.is_overdue {
            live.is_overdue = true;
            let key = live.wait_key();
            if let Some(queue) = self.queues.get_mut(&queue) {
                queue.overdue.insert(key);
            }
        }
        if retry {
            self.forget_passed_over(id);
        }
        self.session_changed(id);
        self.reconsider_session(id);
    }
}
