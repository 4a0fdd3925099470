//! Who drops has a grace. A customer's session waits for the customer; an agent's session goes back to the front of its queue.

use crate::centre::device::DeviceId;
use crate::centre::{Centre, phrases};
use crate::model::SessionId;
use crate::model::record::{RecordKey, State};

/// Why a session goes back to its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum Return {
    /// The agent had no device for longer than the grace.
    AgentLost,
    /// The agent's account is gone.
    AgentRemoved,
}

impl Centre {
    /// The device of a row is gone. Another device of the same person takes its place, or the grace begins.
    pub(in crate::centre) fn row_lost(&mut self, feed: crate::model::FeedId) {
        let Some(live) = self.sessions.get(feed.session) else { return };
        let last = live.last;
        let is_customer = feed == live.customer_feed();
        let substitute = if is_customer {
            self.customers.devices(&live.record.customer).next_back()
        } else {
            let owner = live.record.owner.as_ref().filter(|owner| owner.participant == feed.participant);
            owner.and_then(|owner| self.best_device_for(self.agents.reference(&owner.agent)?, feed.session))
        };
        match substitute {
            Some(device) => self.bind_row(feed, device, last),
            None if is_customer => self.customer_lost(feed.session),
            None => self.owner_lost(feed.session),
        }
    }

    fn customer_lost(&mut self, id: SessionId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.is_live() && live.record.customer_lost_at.is_none() {
            live.record.customer_lost_at = Some(now);
            self.session_changed(id);
        }
    }

    pub(in crate::centre) fn customer_found(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.record.customer_lost_at.take().is_some() {
            self.session_changed(id);
        }
    }

    fn owner_lost(&mut self, id: SessionId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.record.state != State::Active {
            return;
        }
        if let Some(owner) = live.record.owner.as_mut().filter(|owner| owner.lost_at.is_none()) {
            owner.lost_at = Some(now);
            self.session_changed(id);
        }
    }

    /// A device has come for a person with sessions: rows without a device get it.
    pub(in crate::centre) fn customer_returned(&mut self, device: DeviceId, sessions: Vec<SessionId>) {
        for id in sessions {
            let Some(live) = self.sessions.get(id) else { continue };
            let (feed, last) = (live.customer_feed(), live.last);
            if self.table.row(feed).is_some() && self.table.device(feed).is_none() {
                self.bind_row(feed, device, last);
                self.customer_found(id);
            }
        }
    }

    /// See [`Self::customer_returned`]. Of a session that is over the agent is still delivered the rest.
    pub(in crate::centre) fn agent_returned(&mut self, device: DeviceId, sessions: Vec<SessionId>) {
        for id in sessions {
            if !self.may_serve_on(device, id) {
                continue;
            }
            let Some(live) = self.sessions.get_mut(id) else { continue };
            let last = live.last;
            let Some(feed) = live.owner_feed() else { continue };
            if self.table.row(feed).is_none() || self.table.device(feed).is_some() {
                continue;
            }
            let was_lost = live.record.owner.as_mut().is_some_and(|owner| owner.lost_at.take().is_some());
            if was_lost {
                self.session_changed(id);
            }
            self.bind_row(feed, device, last);
        }
    }

    /// Takes an active session from its owner, back to the queue with its original time.
    pub(in crate::centre) fn take_back(&mut self, id: SessionId, why: Return) {
        let Some(live) = self.sessions.get(id) else { return };
        if let State::Wrapping { .. } = live.record.state {
            return self.close(id);
        }
        let (Some(owner), Some(feed)) = (live.record.owner.clone(), live.owner_feed()) else { return };
        let medium = live.record.medium.clone();
        let shown_as = self.agents.named(&owner.agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
        self.close_row(feed);
        self.unshow_session(id);
        if let Some(live) = self.sessions.get_mut(id) {
            live.record.owner = None;
        }
        if let Some(reference) = self.agents.reference(&owner.agent) {
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.sessions.remove(&id);
            }
            self.roster_changed(reference);
            self.release_agent(reference, &medium, true);
        }
        self.outbox.touch(RecordKey::Session(id));
        self.join_queue(id);
        let text = match why {
            Return::AgentLost => phrases::agent_lost(&shown_as),
            Return::AgentRemoved => phrases::agent_removed(&shown_as),
        };
        self.append_from_centre(id, &text);
    }
}
