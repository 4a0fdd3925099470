//! Offers: made by matching, answered by the agent, or ended by time and events.
//!
//! Invariant: an offer is numbered once and for all; whatever names an old one changes nothing (I10).

use crate::centre::device::DeviceId;
use crate::centre::matching::Outcome;
use crate::centre::{Centre, Effect, phrases};
use crate::model::adapter::{self, Directive};
use crate::model::part::{Purpose, Transfer};
use crate::model::record::{Offer, Owner, RecordKey, State};
use crate::model::rule::AgentRef;
use crate::model::{AgentName, Alias, Attribute, FeedId, Form, OfferNumber, Participant, Seq, SessionId};

/// How long an agent who declined a session is not asked about it, while nobody else takes it.
const RETRY_MS: u64 = 30_000;

/// How an offer ends without acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::centre) enum Unoffer {
    /// The agent said no.
    Declined,
    /// The agent said nothing.
    Expired,
    /// The agent can't take it any more; why.
    Withdrawn(&'static str),
    /// The session is over.
    SessionOver,
    /// Its owner asks for something else, or has the session no more.
    TakenBack,
}

impl Centre {
    /// Proposes a waiting session to an agent who is free; a request to the agent's switch.
    pub(in crate::centre) fn make_offer(&mut self, id: SessionId, reference: AgentRef) {
        let device = self.best_device_for(reference, id).filter(|_| !self.is_request(id));
        if device.is_none() && !self.is_request(id) {
            return;
        }
        let Some(times) = self.sessions.get(id).map(|live| self.times(&live.record.queue)) else { return };
        self.leave_queue(id);
        self.meta.last_offer = OfferNumber(self.meta.last_offer.0 + 1);
        let number = self.meta.last_offer;
        let (now, expires) = (self.now, self.now.plus_ms(times.offer_ms));
        let (Some(live), Some(agent)) = (self.sessions.get_mut(id), self.agents.get_mut(reference)) else { return };
        agent.take_slot(&live.record.medium);
        agent.offers.insert(number, id);
        live.record.state = State::Offered;
        live.record.offer = Some(Offer { number, agent: agent.profile.name.clone(), at: now, expires });
        live.record.recheck = None;
        live.why.clear();
        live.offered_to = device;
        self.session_changed(id);
        self.refresh_agent(reference);
        match device {
            Some(device) => self.send_offer(id, device),
            None => self.announce_call(id, reference),
        }
        self.learn(id, reference, Outcome::Offered);
    }

    pub(super) fn send_offer(&mut self, id: SessionId, device: DeviceId) {
        let (Some(live), Some(to)) = (self.sessions.get(id), self.devices.get(device)) else { return };
        let Some(offer) = &live.record.offer else { return };
        let others = self.agents.named(&offer.agent).is_some_and(|agent| agent.offers.len() > 1);
        let queue = Attribute::new("queue", live.known_in());
        let form = Form {
            title: phrases::offer_title(offer.number),
            text: self.offer_text(live, offer, others),
            fields: Vec::new(),
            attributes: vec![Attribute::new("number", offer.number.to_string()), queue],
        };
        let offer = adapter::Offer {
            contact: to.contact.clone(),
            session: live.record.alias.clone(),
            form,
            expires: offer.expires,
        };
        self.outbox.effects.push(Effect::Offer(to.endpoint, offer));
    }

    fn offer_text(&self, live: &super::Live, offer: &Offer, numbered: bool) -> String {
        let Some(transfer) = &live.record.transfer else {
            return phrases::offer(&live.record, offer, self.now, numbered);
        };
        let owner = live.record.owner.as_ref().and_then(|owner| self.agents.named(&owner.agent));
        let by = owner.map_or("", |agent| agent.profile.shown_as.as_str());
        phrases::transfer_offer(&live.record, offer, transfer, by, self.now, numbered)
    }

    /// The device that was handed offers is gone: another gets them, or they go back.
    pub(in crate::centre) fn offers_lost(&mut self, reference: AgentRef, device: DeviceId) {
        let Some(agent) = self.agents.get(reference) else { return };
        let offers: Vec<SessionId> = agent.offers.values().copied().collect();
        for id in offers {
            let substitute = self
                .best_device_to_take(reference, id)
                .filter(|best| self.devices.get(*best).is_some_and(super::super::device::Device::is_open));
            let Some(live) = self.sessions.get_mut(id).filter(|live| live.offered_to == Some(device)) else { continue };
            live.offered_to = substitute;
            match substitute {
                Some(substitute) => self.send_offer(id, substitute),
                None => self.unoffer(id, Unoffer::Withdrawn(phrases::YOU_LEFT)),
            }
        }
    }

    /// Takes all of an agent's offers back.
    pub(in crate::centre) fn withdraw_offers(&mut self, reference: AgentRef, why: &'static str) {
        let Some(agent) = self.agents.get(reference) else { return };
        let offers: Vec<SessionId> = agent.offers.values().copied().collect();
        for id in offers {
            self.unoffer(id, Unoffer::Withdrawn(why));
        }
    }

    /// Ends an offer without acceptance. Unless the session is over, it waits again.
    pub(in crate::centre) fn unoffer(&mut self, id: SessionId, how: Unoffer) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let Some(offer) = live.record.offer.take() else { return };
        let (medium, device) = (live.record.medium.clone(), live.offered_to.take());
        let Some(live) = self.sessions.get(id) else { return };
        let missed = self.times(live.known_in()).missed_offers;
        let takes_slot = live.record.transfer.as_ref().is_none_or(Transfer::takes_slot);
        let reference = self.agents.reference(&offer.agent);
        if let Some(reference) = reference {
            self.tell_withdrawn(id, reference, offer.number, device, how);
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.offers.remove(&offer.number);
            }
            match how {
                Unoffer::Declined if takes_slot => self.learn(id, reference, Outcome::Declined),
                Unoffer::Expired if takes_slot => self.learn(id, reference, Outcome::Expired),
                _ => {}
            }
        }
        self.goes_on(id, &offer.agent, how);
        let Some(reference) = reference else { return };
        let set_away = how == Unoffer::Expired && self.count_missed(reference, missed);
        if takes_slot {
            self.release_agent(reference, &medium, false);
            self.reconsider_agent(reference);
        }
        if set_away {
            self.tell_agent(reference, &Alias::default(), phrases::set_away(missed));
        }
    }

    /// What becomes of a session whose offer has ended without acceptance.
    fn goes_on(&mut self, id: SessionId, agent: &AgentName, how: Unoffer) {
        let is_transfer = self.sessions.get(id).is_some_and(|live| live.record.transfer.is_some());
        match (is_transfer, how) {
            (true, Unoffer::SessionOver | Unoffer::TakenBack) => self.end_transfer(id),
            (true, _) => self.transfer_missed(id, agent, how),
            (false, Unoffer::SessionOver) => {}
            (false, _) => {
                if let (Unoffer::Declined | Unoffer::Expired, Some(reference)) = (how, self.agents.reference(agent)) {
                    self.pass_over(id, reference, how == Unoffer::Declined);
                }
                self.join_queue(id);
            }
        }
    }

    pub(super) fn pass_over(&mut self, id: SessionId, reference: AgentRef, for_a_while: bool) {
        let retry_at = self.now.plus_ms(RETRY_MS);
        let (Some(live), Some(agent)) = (self.sessions.get_mut(id), self.agents.get_mut(reference)) else { return };
        live.record.passed_over.push(agent.profile.name.clone());
        agent.passed.insert(id);
        if for_a_while {
            live.retry_at = Some(live.retry_at.map_or(retry_at, |earlier| earlier.min(retry_at)));
        }
    }

    fn tell_withdrawn(
        &mut self,
        id: SessionId,
        reference: AgentRef,
        number: OfferNumber,
        device: Option<DeviceId>,
        how: Unoffer,
    ) {
        let Some(live) = self.sessions.get(id) else { return };
        let what = match how {
            Unoffer::Declined => phrases::YOU_DECLINED.to_owned(),
            Unoffer::Expired => phrases::OFFER_EXPIRED.to_owned(),
            Unoffer::Withdrawn(why) => why.to_owned(),
            Unoffer::SessionOver => phrases::customer_left(&live.record.customer_name),
            Unoffer::TakenBack => phrases::TAKEN_BACK.to_owned(),
        };
        let queue = live.known_in().to_owned();
        if let Some(agent) = self.agents.get_mut(reference) {
            agent.remember_offer(number, what.clone());
        }
        if how == Unoffer::Declined {
            return;
        }
        let Some(to) = device.and_then(|device| self.devices.get(device)) else { return };
        let directive = Directive {
            contact: to.contact.clone(),
            name: "withdraw-offer".to_owned(),
            attributes: vec![
                Attribute::new("number", number.to_string()),
                Attribute::new("queue", queue),
                Attribute::new("text", phrases::offer_gone(number, Some(&what))),
            ],
        };
        self.outbox.effects.push(Effect::Direct(to.endpoint, directive));
    }

    /// The agent takes the session: it is the agent's from now on, and the device gets the transcript.
    pub(in crate::centre) fn accept(&mut self, id: SessionId, reference: AgentRef, device: DeviceId) {
        // Where the word came from, unless the session has to be served elsewhere.
        let is_good = self.may_take_on(device, id);
        let device = if is_good { Some(device) } else { self.best_device_to_take(reference, id) };
        let Some(device) = device else { return self.unoffer(id, Unoffer::Withdrawn(phrases::YOU_LEFT)) };
        let Some(offer) = self.sessions.get_mut(id).and_then(|live| live.record.offer.take()) else { return };
        let purpose = self.sessions.get(id).and_then(|live| live.record.transfer.as_ref()).map(|asked| asked.purpose);
        match purpose {
            Some(Purpose::Invite) => return self.accept_invitation(id, reference, device, &offer),
            Some(Purpose::Transfer) => self.hand_over(id, reference),
            None => {}
        }
        if let Some(name) = self.agents.get(reference).map(|agent| agent.profile.name.clone()) {
            self.remove_joined(id, &name);
        }
        let Some((feed, joined_after)) = self.assign(id, reference, &offer) else { return };
        self.open_row(feed, device, joined_after);
        self.roster_changed(reference);
        self.show_to(id, reference);
    }

    /// The session that was offered is the agent's. By which feed, and after which message.
    pub(in crate::centre) fn assign(
        &mut self,
        id: SessionId,
        reference: AgentRef,
        offer: &Offer,
    ) -> Option<(FeedId, Seq)> {
        let now = self.now;
        let (live, agent) = (self.sessions.get_mut(id)?, self.agents.get_mut(reference)?);
        agent.offers.remove(&offer.number);
        agent.sessions.insert(id);
        agent.remember_offer(offer.number, phrases::YOU_ACCEPTED.to_owned());
        live.record.assignments += 1;
        live.record.state = State::Active;
        live.record.held_since = None;
        live.is_overdue = false;
        live.offered_to = None;
        let participant = Participant(live.record.assignments);
        let joined_after = live.last;
        let name = agent.profile.name.clone();
        live.record.owner = Some(Owner {
            agent: name.clone(),
            participant,
            offer: offer.number,
            since: now,
            joined_after,
            lost_at: None,
        });
        self.forget_missed(reference);
        self.learn(id, reference, Outcome::Accepted);
        self.note_served(id, &name);
        self.forget_passed_over(id);
        self.refresh_agent(reference);
        Some((FeedId { session: id, participant }, joined_after))
    }

    /// Opens a participant's row of the address table, with nothing delivered yet.
    pub(in crate::centre) fn open_row(&mut self, feed: FeedId, device: DeviceId, joined_after: Seq) {
        self.cursors.insert(feed, Seq(0));
        self.outbox.touch(RecordKey::Cursor(feed.session, feed.participant));
        self.bind_row(feed, device, joined_after);
    }
}
