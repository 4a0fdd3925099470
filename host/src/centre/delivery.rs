//! How transcripts get to participants: wake-ups, cursors, and hints beside them. The endpoints fetch the messages themselves.
//!
//! Invariant: a cursor only rises, and is never behind a message that its own participant said next (I3).

use super::device::{DeviceId, Person};
use super::session::Part;
use super::{Centre, Effect, Notice, parse_message_id, phrases};
use crate::model::adapter::{Hint, Seen};
use crate::model::part::Mode;
use crate::model::record::{Entry, RecordKey};
use crate::model::{Alias, Body, EndpointId, Failure, FeedId, Message, Participant, Seq};

impl Centre {
    /// A message was added: the endpoints of those whom it is for have more to deliver.
    pub(super) fn wake(&mut self, entry: &Entry) {
        for feed in self.table.feeds_in(entry.session) {
            if !entry.is_for(feed.participant) {
                let through = self.cursors.get(&feed).copied().unwrap_or_default();
                self.advance(feed, through);
                continue;
            }
            let Some(endpoint) = self.reach(feed).map(|(endpoint, ..)| endpoint) else { continue };
            if let Some(row) = self.table.row_mut(feed) {
                row.binding.sent += 1;
            }
            self.effect(Effect::Wake(endpoint, feed));
        }
    }

    /// A participant was delivered everything up to `through`. Answers whether the cursor has moved.
    fn advance(&mut self, feed: FeedId, through: Seq) -> bool {
        let Some(live) = self.sessions.get(feed.session) else { return false };
        let through = live.passed(feed.participant, through);
        let Some(cursor) = self.cursors.get_mut(&feed).filter(|cursor| through > **cursor) else { return false };
        *cursor = through;
        self.outbox.touch(RecordKey::Cursor(feed.session, feed.participant));
        true
    }

    /// An endpoint has delivered. Only the endpoint that has the participant's row may say so.
    pub(super) fn delivered(
        &mut self,
        endpoint: EndpointId,
        feed: FeedId,
        through: Seq,
        outcome: &Result<(), Failure>,
    ) {
        let is_bound = self.reach(feed).is_some_and(|(bound, ..)| bound == endpoint);
        let Some(last) = self.sessions.get(feed.session).map(|live| live.last) else { return };
        if !is_bound || through > last || !self.advance(feed, through) {
            return;
        }
        if let Err(failure) = outcome {
            self.tell_undelivered(feed, failure);
        }
        self.forget_when_delivered(feed.session);
    }

    /// The agent learns that the customer's software refused a message.
    fn tell_undelivered(&mut self, feed: FeedId, failure: &Failure) {
        let Some(live) = self.sessions.get(feed.session) else { return };
        if feed.participant != Participant::CUSTOMER {
            return;
        }
        let text = phrases::undelivered(&live.record.customer_name, &failure.text);
        let from = live.record.alias.clone();
        if let Some(device) = live.owner_feed().and_then(|feed| self.table.device(feed)) {
            self.tell(device, &from, text);
        }
    }

    /// Says something to a device that belongs to no transcript.
    pub(super) fn tell(&mut self, device: DeviceId, from: &Alias, text: String) {
        let Some(to) = self.devices.get(device) else { return };
        let message = Message {
            id: String::new(),
            sender: from.clone(),
            sender_name: self.settings.name.clone(),
            sent_at: self.now,
            body: Body::Text(text),
            language: None,
            attributes: Vec::new(),
        };
        let notice = Notice { contact: to.contact.clone(), from: from.clone(), message };
        self.outbox.effects.push(Effect::Notice(to.endpoint, notice));
    }

    /// A hint of one participant, for those whom it concerns. Hints are never stored.
    pub(super) fn hint(&mut self, device: DeviceId, seen: &Seen) {
        match seen.state.as_str() {
            "composing" | "paused" | "active" | "inactive" | "gone" => {
                let Some(from) = self.conversation(device, &seen.to) else { return };
                for feed in self.table.feeds_in(from.session) {
                    if self.concerns(from, feed) {
                        self.send_hint(feed, "", &seen.state);
                    }
                }
            }
            "delivered" | "displayed" => {
                let Some((from, seq)) = parse_message_id(&seen.id) else { return };
                if self.table.device(from) != Some(device) {
                    return;
                }
                let Some((to, id)) = self.said_as(from, seq) else { return };
                if self.concerns(from, to) {
                    self.send_hint(to, &id, &seen.state);
                }
            }
            _ => {}
        }
    }

    /// Whether a participant is to know what another does. Agents know of the customer, the customer of those who speak to him: one who
    /// only listens is never noticed.
    fn concerns(&self, from: FeedId, to: FeedId) -> bool {
        let part = self.sessions.get(from.session).and_then(|live| live.part_of(from.participant));
        match part {
            None => to.participant != Participant::CUSTOMER,
            Some(Part::Owner | Part::Joined(Mode::Open)) => to.participant == Participant::CUSTOMER,
            Some(Part::Joined(Mode::Silent | Mode::Whisper)) => false,
        }
    }

    /// The speaker of a message that was delivered to another, and the speaker's own identifier of it.
    fn said_as(&self, to: FeedId, seq: Seq) -> Option<(FeedId, String)> {
        let (speaker, origin) = self.sessions.get(to.session)?.origins.of(seq)?;
        let feed = FeedId { session: to.session, participant: speaker };
        (speaker != to.participant).then(|| (feed, origin.to_owned()))
    }

    fn send_hint(&mut self, feed: FeedId, id: &str, state: &str) {
        let Some((endpoint, contact, alias)) = self.reach(feed) else { return };
        let seen = Seen { to: alias.clone(), id: id.to_owned(), state: state.to_owned() };
        let hint = Hint { contact: contact.clone(), seen, sender: alias.clone() };
        self.effect(Effect::Hint(endpoint, hint));
    }

    /// The row by which a device takes part in the conversation it knows by this name.
    fn conversation(&self, device: DeviceId, name: &Alias) -> Option<FeedId> {
        let feed = match &self.devices.get(device)?.person {
            Person::Customer(customer) => {
                let id = self.session_of(customer, name)?;
                FeedId { session: id, participant: Participant::CUSTOMER }
            }
            Person::Agent(agent) => self.taking_part(*agent, name).ok()?.0,
        };
        (self.table.device(feed) == Some(device)).then_some(feed)
    }
}
