//! Who drops has a grace. A customer's session waits for the customer; an agent's session goes back to the front of its queue; and one
//! who had joined has left.

use crate::centre::device::DeviceId;
use crate::centre::{Centre, phrases};
use crate::model::record::State;
use crate::model::{FeedId, SessionId};
use serde::{Deserialize, Serialize};

/// Why a session goes back to its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum Return {
    /// The agent had no device for longer than the grace.
    AgentLost,
    /// The agent's account is gone.
    AgentRemoved,
    /// The agent has passed it on.
    Passed,
}

/// What a customer does whose software comes and goes. A dialog is told in a batch of its own, so that a provider that is gone with all
/// of its customers holds nobody up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::centre) enum Turned {
    Left,
    Back,
}

impl Turned {
    /// The contract's word.
    pub(in crate::centre) fn as_str(self) -> &'static str {
        match self {
            Self::Left => "customer-left",
            Self::Back => "customer-back",
        }
    }
}

impl Centre {
    /// The device of a row is gone. Another device of the same person takes its place, or the grace begins.
    pub(in crate::centre) fn row_lost(&mut self, feed: FeedId) {
        let Some(live) = self.sessions.get(feed.session) else { return };
        let last = live.last;
        let is_customer = feed == live.customer_feed();
        let substitute = if is_customer {
            self.customers.devices(&live.record.customer).next_back()
        } else {
            let agent = live.agent_of(feed.participant).and_then(|agent| self.agents.reference(agent));
            let is_owner = live.owner_feed() == Some(feed);
            let best =
                |agent| if is_owner { self.best_device_for(agent, feed.session) } else { self.best_device(agent) };
            agent.and_then(best)
        };
        match substitute {
            Some(device) => self.bind_row(feed, device, last),
            None if is_customer => self.customer_lost(feed.session),
            None => self.agent_lost(feed),
        }
    }

    fn customer_lost(&mut self, id: SessionId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.is_live() && live.record.customer_lost_at.is_none() {
            live.record.customer_lost_at = Some(now);
            live.turned = Some(Turned::Left);
            self.session_changed(id);
        }
    }

    pub(in crate::centre) fn customer_found(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.record.customer_lost_at.take().is_some() {
            if let Some(talk) = live.record.talk.as_deref_mut() {
                talk.heard_at = self.now;
            }
            live.turned = Some(Turned::Back);
            self.session_changed(id);
        }
    }

    /// An agent who takes part has no device any more.
    fn agent_lost(&mut self, feed: FeedId) {
        let now = self.now;
        let Some(live) = self.sessions.get_mut(feed.session).filter(|live| live.is_live()) else { return };
        if let Some(lost_at) = live.lost_at_mut(feed.participant).filter(|lost_at| lost_at.is_none()) {
            *lost_at = Some(now);
            self.session_changed(feed.session);
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
            let Some(live) = self.sessions.get(id) else { continue };
            let Some(agent) = self.agent_of(device).and_then(|agent| self.agents.get(agent)) else { continue };
            let own = |feed: &FeedId| live.agent_of(feed.participant) == Some(&agent.profile.name);
            let may = |feed: &FeedId| live.owner_feed() != Some(*feed) || self.may_serve_on(device, id);
            let lost = |feed: &FeedId| self.table.row(*feed).is_some_and(|row| row.device.is_none());
            let (feeds, last): (Vec<FeedId>, _) =
                (live.feeds().filter(own).filter(may).filter(lost).collect(), live.last);
            for feed in feeds {
                self.agent_found(feed);
                self.bind_row(feed, device, last);
            }
        }
    }

    fn agent_found(&mut self, feed: FeedId) {
        let Some(live) = self.sessions.get_mut(feed.session) else { return };
        if live.lost_at_mut(feed.participant).is_some_and(|lost_at| lost_at.take().is_some()) {
            self.session_changed(feed.session);
        }
    }

    /// Takes an active session from its owner, back to the queue with its original time.
    pub(in crate::centre) fn take_back(&mut self, id: SessionId, why: Return) {
        let Some(live) = self.sessions.get(id) else { return };
        if let State::Wrapping { .. } = live.record.state {
            return self.close(id);
        }
        self.drop_transfer(id);
        let Some(owner) = self.release_owner(id) else { return };
        let shown_as = self.agents.named(&owner.agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
        self.join_queue(id);
        let text = match why {
            Return::AgentLost => phrases::agent_lost(&shown_as),
            Return::AgentRemoved => phrases::agent_removed(&shown_as),
            Return::Passed => phrases::PASSED.to_owned(),
        };
        self.append_from_centre(id, &text);
    }
}
