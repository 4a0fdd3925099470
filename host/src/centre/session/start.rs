//! What a customer says: it goes to the customer's session of that link, or starts one.

use super::Live;
use super::said::Line;
use crate::centre::Centre;
use crate::centre::device::{DeviceId, Person};
use crate::centre::noted::Instead;
use crate::centre::people::said_text;
use crate::centre::phrases;
use crate::model::adapter::Said;
use crate::model::dialog::Origin;
use crate::model::part::Audience;
use crate::model::record::{Customer, RecordKey, Session, Speaker, State};
use crate::model::settings::Link;
use crate::model::{Alias, Attribute, Body, Failure, Participant, Seq, SessionId, attribute};

impl Centre {
    /// A customer has said something to a name.
    pub(in crate::centre) fn customer_said(
        &mut self,
        device: DeviceId,
        said: &Said,
        origin: Option<&str>,
    ) -> Result<(), Failure> {
        let text = said_text(&said.message.body, &self.settings.limits)?;
        let Some(link) = self.links.get(&said.to).cloned() else {
            return Err(Failure::new("not-found", self.links.not_found(&said.to)));
        };
        let Some(customer) = self.customer_of(device) else {
            return Err(Failure::new("not-authorized", phrases::NOT_ARRIVED));
        };
        let sessions: Vec<SessionId> = self.customers.sessions(&customer).collect();
        if self.is_resend(&sessions, &link.alias, text, origin) {
            return Ok(());
        }
        if let Some(outcome) = self.hear_code(device, &customer, text) {
            return outcome;
        }
        let id = match self.live_session(&sessions, &link.alias) {
            Some(id) => id,
            None => self.start_session(device, &customer, &link)?,
        };
        let is_new = self.sessions.get(id).is_some_and(|live| live.last == Seq(0));
        self.hear_customer(id, device, text, said, origin)?;
        self.hear_question(id, text);
        if is_new && !link.greeting.is_empty() {
            self.append_from_centre(id, &link.greeting);
        }
        if is_new {
            self.redirect_started(id, device);
            self.greet_by_dialog(id, &link, text);
        }
        Ok(())
    }

    fn customer_of(&self, device: DeviceId) -> Option<Customer> {
        match &self.devices.get(device)?.person {
            Person::Customer(customer) => Some(customer.clone()),
            Person::Agent(_) => None,
        }
    }

    /// The customer's session of a link that is not over.
    pub(in crate::centre) fn session_of(&self, customer: &Customer, link: &Alias) -> Option<SessionId> {
        let sessions: Vec<SessionId> = self.customers.sessions(customer).collect();
        self.live_session(&sessions, link)
    }

    fn live_session(&self, sessions: &[SessionId], link: &Alias) -> Option<SessionId> {
        let mut sessions = sessions.iter().filter_map(|id| self.sessions.get(*id));
        sessions.find(|live| live.is_live() && live.record.link == *link).map(|live| live.record.id)
    }

    /// Whether the customer has said this to the link before, also in a session that is over meanwhile.
    fn is_resend(&self, sessions: &[SessionId], link: &Alias, text: &str, origin: Option<&str>) -> bool {
        let Some(origin) = origin else { return false };
        let body = Body::Text(text.to_owned());
        let sessions = sessions.iter().filter_map(|id| self.sessions.get(*id));
        sessions
            .filter(|live| live.record.link == *link)
            .any(|live| live.origins.knows(Participant::CUSTOMER, origin, &body))
    }

    fn start_session(&mut self, device: DeviceId, customer: &Customer, link: &Link) -> Result<SessionId, Failure> {
        self.check_room(customer, link)?;
        let record = self.new_session(device, customer, link)?;
        let id = record.id;
        let knows_software = record.software.is_some();
        self.customers.add_session(customer, id);
        self.sessions.insert(Live::new(record));
        let feed = crate::model::FeedId { session: id, participant: Participant::CUSTOMER };
        self.open_row(feed, device, Seq(0));
        if knows_software && link.dialog.is_none() {
            self.start_waiting(id);
        } else {
            self.session_changed(id);
        }
        Ok(id)
    }

    /// A session has started on a link with a dialog, which is told the first words. Where it is out of service, the session waits.
    fn greet_by_dialog(&mut self, id: SessionId, link: &Link, text: &str) {
        let Some(dialog) = &link.dialog else { return };
        if let Err(why) = self.may_talk(dialog) {
            self.note_unspoken(id, dialog, &why, Instead::NotBegun);
            if self.sessions.get(id).is_some_and(|live| live.record.software.is_some()) {
                self.start_waiting(id);
            }
            return;
        }
        self.begin_talk(id, dialog, Origin::Arrival, vec![Attribute::new("first-words", text)]);
    }

    fn check_room(&self, customer: &Customer, link: &Link) -> Result<(), Failure> {
        let limits = &self.settings.limits;
        if self.sessions.len() >= limits.sessions {
            return Err(Failure::new("busy", phrases::CENTRE_FULL));
        }
        let live =
            self.customers.sessions(customer).filter_map(|id| self.sessions.get(id)).filter(|live| live.is_live());
        if live.count() >= limits.sessions_per_customer {
            return Err(Failure::new("too-many", phrases::too_many_sessions(limits.sessions_per_customer)));
        }
        let queue = self.queues.get(&link.queue);
        if queue.is_none_or(|queue| queue.waiting.len() >= queue.settings.max_waiting as usize) {
            return Err(Failure::new("busy", phrases::queue_full(&link.label)));
        }
        Ok(())
    }

    fn new_session(&mut self, device: DeviceId, customer: &Customer, link: &Link) -> Result<Session, Failure> {
        let gone = || Failure::new("not-authorized", phrases::NOT_ARRIVED);
        let queue = self.queues.get(&link.queue).ok_or_else(gone)?.settings.clone();
        let alias = self.draw_alias();
        let opened = self.devices.opened(device).ok_or_else(gone)?;
        let device = self.devices.get(device).ok_or_else(gone)?;
        self.meta.last_session = SessionId(self.meta.last_session.0 + 1);
        Ok(Session {
            link: link.alias.clone(),
            provider: opened.provider.clone(),
            protocol: opened.protocol.clone(),
            customer_name: device.name.clone(),
            member: device.member,
            software: device.software.clone(),
            language: self.language_of(customer),
            state: State::Arrived { until: self.now.plus_ms(self.settings.limits.software_wait_ms) },
            ..Session::of(self.meta.last_session, alias, &queue, customer.clone(), self.now)
        })
    }

    /// As the customer's account says, until the customer's software says another.
    fn language_of(&self, customer: &Customer) -> String {
        attribute(self.attributes_of(customer), "language").unwrap_or_default().to_owned()
    }

    /// The customer's words reach the session, whichever device they come from; that device gets the answers from now on.
    fn hear_customer(
        &mut self,
        id: SessionId,
        device: DeviceId,
        text: &str,
        said: &Said,
        origin: Option<&str>,
    ) -> Result<(), Failure> {
        self.check_length(id)?;
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        let feed = live.customer_feed();
        let name = live.record.customer_name.clone();
        self.move_row(feed, device);
        self.customer_found(id);
        self.note_language(id, said.message.language.as_deref());
        let speaker = Speaker::Participant(Participant::CUSTOMER);
        let (words, origin, language) = (text.to_owned(), origin.map(str::to_owned), said.message.language.clone());
        self.append(id, Line { speaker, name, text: words, origin, language, audience: Audience::Everybody });
        self.hear_request(id, text);
        self.dialog_hears(id, text, said.message.language.as_deref());
        Ok(())
    }

    fn note_language(&mut self, id: SessionId, language: Option<&str>) {
        let (Some(live), Some(language)) = (self.sessions.get_mut(id), language) else { return };
        if live.record.language != language {
            language.clone_into(&mut live.record.language);
            self.session_changed(id);
        }
    }

    /// The customer's software is known now: sessions that waited for it go on.
    pub(in crate::centre) fn software_known(&mut self, device: DeviceId) {
        let Some(known) = self.devices.get(device) else { return };
        let Person::Customer(customer) = known.person.clone() else { return };
        let (software, client) = (known.software.clone(), known.client());
        for feed in self.table.feeds_of(device) {
            if let Some(row) = self.table.row_mut(feed) {
                row.binding.client.clone_from(&client);
                self.outbox.touch(RecordKey::Binding(feed.session, feed.participant));
            }
        }
        let sessions: Vec<SessionId> = self.customers.sessions(&customer).collect();
        for id in sessions {
            self.session_software(id, device, software.clone());
        }
    }

    fn session_software(&mut self, id: SessionId, device: DeviceId, software: Option<crate::model::Software>) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        if !live.is_live() || self.table.device(live.customer_feed()) != Some(device) {
            return;
        }
        live.record.software = software;
        if matches!(live.record.state, State::Arrived { .. }) {
            self.start_waiting(id);
        } else {
            self.session_changed(id);
            self.reconsider_session(id);
        }
    }
}
