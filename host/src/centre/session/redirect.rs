//! Customers who are sent to a listener of our own, and how their conversations go on there.
//!
//! ```text
//! at a provider: session starts ─► Redirect, with a code ─┬─► goes on where it is, as if nothing had been said
//!                                                         └─► `continue CODE` on our own listener: it is his who said it
//! on a listener: arrival ─► Redirect, before there is any session
//! ```
//! A member needs no code: he is the same person at both places.
//!
//! Invariant: a code is good for one live session whose customer is still at a provider; neither a code that is good nor the words
//! around it get into a transcript, so no agent ever sees one.

use crate::centre::device::DeviceId;
use crate::centre::presence::Presentity;
use crate::centre::{Centre, Effect, phrases};
use crate::model::adapter::Redirection;
use crate::model::record::{Customer, State};
use crate::model::{Attribute, Failure, SessionId, Side};

impl Centre {
    /// A customer has arrived: on a listener with a redirect he is sent on at once, at such a provider his conversations are.
    pub(in crate::centre) fn redirect_arrived(&mut self, device: DeviceId) {
        let Some((target, own_accounts)) = self.redirect_of(device) else { return };
        if own_accounts {
            return self.send_redirect(device, target, Vec::new());
        }
        let rows = self.table.feeds_of(device);
        let live = |id: &SessionId| self.sessions.get(*id).is_some_and(super::Live::is_live);
        let sessions: Vec<SessionId> = rows.iter().map(|feed| feed.session).filter(live).collect();
        for id in sessions {
            self.redirect_session(id, device, target.clone());
        }
    }

    /// A session has started.
    pub(super) fn redirect_started(&mut self, id: SessionId, device: DeviceId) {
        if let Some((target, false)) = self.redirect_of(device) {
            self.redirect_session(id, device, target);
        }
    }

    /// Where the customers of a device's provider or listener are sent, and whether it is a listener.
    fn redirect_of(&self, device: DeviceId) -> Option<(String, bool)> {
        let opened = self.devices.opened(device).filter(|opened| opened.side == Side::Customer)?;
        let redirect = self.settings.redirects.iter().find(|redirect| redirect.provider == opened.provider)?;
        Some((redirect.target.clone(), opened.own_accounts))
    }

    fn redirect_session(&mut self, id: SessionId, device: DeviceId, target: String) {
        let Some(live) = self.sessions.get(id) else { return };
        let (link, is_member) = (live.record.link.clone(), live.record.customer.provider.is_empty());
        let code = if is_member { None } else { Some(self.code_of(id)) };
        let mut attributes = vec![
            Attribute::new("link", link.as_str()),
            Attribute::new("text", phrases::redirected(&target, &link, code.as_deref())),
        ];
        attributes.extend(code.map(|code| Attribute::new("code", code)));
        self.send_redirect(device, target, attributes);
    }

    /// The session's code; a session that has none is given one.
    fn code_of(&mut self, id: SessionId) -> String {
        if let Some(code) = self.sessions.get(id).and_then(|live| live.record.code.clone()) {
            return code;
        }
        let code = self.draw_letters();
        self.sessions.set_code(id, Some(code.clone()));
        self.session_changed(id);
        code
    }

    fn send_redirect(&mut self, device: DeviceId, target: String, attributes: Vec<Attribute>) {
        let Some(to) = self.devices.get(device) else { return };
        let (endpoint, contact) = (to.endpoint, to.contact.clone());
        self.effect(Effect::Redirect(endpoint, Redirection { contact, target, attributes }));
    }

    /// What comes of words that hold a code; `None` where they are words like any.
    pub(super) fn hear_code(
        &mut self,
        device: DeviceId,
        customer: &Customer,
        text: &str,
    ) -> Option<Result<(), Failure>> {
        let id = self.sessions.coded(spoken_code(text)?)?;
        let live = self.sessions.get(id)?;
        if live.record.customer == *customer && customer.provider.is_empty() {
            return Some(Ok(())); // Said again after it was taken: the first answer was lost.
        }
        if live.record.customer.provider.is_empty() {
            return None;
        }
        if !self.devices.opened(device)?.own_accounts {
            return Some(Err(Failure::new("not-allowed", phrases::CONTINUE_THERE)));
        }
        Some(self.continue_session(id, device, customer))
    }

    fn continue_session(&mut self, id: SessionId, device: DeviceId, customer: &Customer) -> Result<(), Failure> {
        let Some(live) = self.sessions.get(id) else { return Ok(()) };
        let own =
            self.customers.sessions(customer).filter_map(|id| self.sessions.get(id)).filter(|live| live.is_live());
        let limit = self.settings.limits.sessions_per_customer;
        if own.count() >= limit {
            return Err(Failure::new("too-many", phrases::too_many_sessions(limit)));
        }
        let link = live.record.link.clone();
        if self.session_of(customer, &link).is_some() {
            return Err(Failure::new("conflict", phrases::continue_beside(&link)));
        }
        self.give_session(id, device, customer);
        self.tell(device, &link, phrases::CONTINUED.to_owned());
        self.tell_continued(id);
        Ok(())
    }

    /// The session is this customer's from now on, and goes on at this device behind what was delivered at the old one.
    fn give_session(&mut self, id: SessionId, device: DeviceId, customer: &Customer) {
        let (Some(live), Some(to)) = (self.sessions.get_mut(id), self.devices.get(device)) else { return };
        let before = std::mem::replace(&mut live.record.customer, customer.clone());
        live.record.customer_name.clone_from(&to.name);
        live.record.member = to.member;
        let (feed, last) = (live.customer_feed(), live.last);
        self.customers.remove_session(&before, id);
        self.customers.add_session(customer, id);
        self.bind_row(feed, device, last);
        self.customer_found(id);
        self.session_changed(id);
        self.reconsider_session(id);
    }

    /// The agent sees the customer as he is now, and is told why.
    fn tell_continued(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id).filter(|live| live.record.state == State::Active) else { return };
        let (alias, text) = (live.record.alias.clone(), phrases::goes_on(&live.record));
        let owner = live.record.owner.as_ref().and_then(|owner| self.agents.reference(&owner.agent));
        self.watches.changed(&Presentity::new(Side::Agent, &alias));
        if let Some(device) = live.owner_feed().and_then(|feed| self.table.device(feed)) {
            self.tell(device, &alias, text);
        }
        if let Some(reference) = owner {
            self.roster_changed(reference);
        }
    }
}

/// The code in `continue CODE`, which is compared exactly.
fn spoken_code(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    let (word, code) = (words.next()?, words.next()?);
    (words.next().is_none() && word.eq_ignore_ascii_case("continue")).then_some(code)
}
