//! Agents who take part in a session beside its owner: a supervisor who joins, or somebody whom the owner invites.
//!
//! ```text
//! join, or an invitation accepted ─► silent ─┬─ `whisper` ─► whisper ◄─┐
//!                                            └─ `openly` ──► open ◄────┘
//!     any of them ─► left: `leave`, no device for the grace, account removed, or the session becomes one's own
//! ```
//!
//! Invariant: the customer learns of nobody but those who speak openly: coming, going and words of the others are inside (I6).

use super::Live;
use super::said::Line;
use crate::centre::device::DeviceId;
use crate::centre::words::Order;
use crate::centre::{Centre, phrases};
use crate::model::part::{Audience, Joined, Mode, Purpose};
use crate::model::record::{Offer, Speaker};
use crate::model::rule::AgentRef;
use crate::model::{AgentName, Body, FeedId, OfferNumber, Participant, SessionId, Timestamp};

/// Sessions of the same customer's name that a supervisor is told to choose from.
const CHOICES: usize = 8;

impl Centre {
    /// The session that a supervisor means, by its number or its customer's name.
    pub(in crate::centre) fn session_called(&self, who: &str) -> Result<SessionId, String> {
        let number = who.trim_start_matches('#').trim_end_matches('.').parse().ok().map(SessionId);
        if let Some(live) = number.and_then(|id| self.sessions.get(id)).filter(|live| live.is_live()) {
            return Ok(live.record.id);
        }
        let is_meant = |live: &&Live| live.is_live() && live.record.customer_name.to_lowercase() == who.to_lowercase();
        let meant: Vec<&Live> = self.sessions.all().filter(is_meant).take(CHOICES).collect();
        match meant.as_slice() {
            [] => Err(phrases::no_such_session(who)),
            [only] => Ok(only.record.id),
            many => Err(phrases::which_session(many.iter().map(|live| (live.record.id.0, live.record.link.as_str())))),
        }
    }

    /// A supervisor joins a session, silently. What the supervisor is told.
    pub(in crate::centre) fn join(&mut self, id: SessionId, reference: AgentRef, device: DeviceId) -> String {
        if let Err(why) = self.may_join(id, reference) {
            return why;
        }
        self.meta.last_offer = OfferNumber(self.meta.last_offer.0 + 1);
        let number = self.meta.last_offer;
        self.add_joined(id, reference, device, number);
        phrases::you_listen(number, &self.customer_name(id))
    }

    fn may_join(&self, id: SessionId, reference: AgentRef) -> Result<(), String> {
        let limits = &self.settings.limits;
        let (Some(live), Some(agent)) = (self.sessions.get(id), self.agents.get(reference)) else {
            return Err(phrases::no_conversations());
        };
        if live.record.request.is_some() {
            return Err(phrases::NOT_FOR_CALLS.to_owned());
        }
        if live.participation(&agent.profile.name).is_some() {
            return Err(phrases::takes_part(&agent.profile.shown_as, &live.record.customer_name));
        }
        if live.record.joined.len() >= limits.joined_per_session {
            return Err(phrases::too_many_joined(limits.joined_per_session, &live.record.customer_name));
        }
        if agent.joined.len() >= limits.joined_per_agent {
            return Err(phrases::joined_too_many(&agent.profile.shown_as, limits.joined_per_agent));
        }
        Ok(())
    }

    fn add_joined(&mut self, id: SessionId, reference: AgentRef, device: DeviceId, number: OfferNumber) {
        let name = self.shown_as(reference);
        self.append_notice(id, phrases::listens(&name), Audience::Inside);
        let (Some(live), Some(agent)) = (self.sessions.get_mut(id), self.agents.get_mut(reference)) else { return };
        live.record.assignments += 1;
        let (participant, joined_after) = (Participant(live.record.assignments), live.last);
        let agent_name = agent.profile.name.clone();
        let mode = Mode::Silent;
        live.record.joined.push(Joined { agent: agent_name, participant, number, mode, joined_after, lost_at: None });
        agent.joined.insert(id);
        self.session_changed(id);
        self.open_row(FeedId { session: id, participant }, device, joined_after);
        self.roster_changed(reference);
        self.show_to(id, reference);
    }

    /// One who has joined takes part no more; nobody is told.
    pub(super) fn remove_joined(&mut self, id: SessionId, agent: &AgentName) -> Option<Joined> {
        let joined = &mut self.sessions.get_mut(id)?.record.joined;
        let place = joined.iter().position(|joined| joined.agent == *agent)?;
        let joined = joined.remove(place);
        self.close_row(FeedId { session: id, participant: joined.participant });
        self.session_changed(id);
        if let Some(reference) = self.agents.reference(agent) {
            self.unshow_to(id, reference);
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.joined.remove(&id);
            }
            self.roster_changed(reference);
        }
        Some(joined)
    }

    /// One who has joined leaves.
    pub(in crate::centre) fn leave(&mut self, id: SessionId, agent: &AgentName) {
        let name = self.agents.named(agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
        let Some(joined) = self.remove_joined(id, agent) else { return };
        if self.sessions.get(id).is_some_and(Live::is_live) {
            let audience = if joined.mode == Mode::Open { Audience::Everybody } else { Audience::Inside };
            self.append_notice(id, phrases::has_left(&name), audience);
        }
        self.forget_when_delivered(id);
    }

    /// One who has joined and has had no device for longer than the grace.
    pub(super) fn joined_lost(&self, id: SessionId) -> Option<AgentName> {
        let live = self.sessions.get(id).filter(|live| live.is_live())?;
        let grace = self.settings.agent_grace_ms;
        let is_lost = |lost_at: Option<Timestamp>| lost_at.is_some_and(|at| at.plus_ms(grace) <= self.now);
        live.record.joined.iter().find(|joined| is_lost(joined.lost_at)).map(|joined| joined.agent.clone())
    }

    /// Whom the words of one who has joined reach from now on.
    pub(in crate::centre) fn set_mode(&mut self, id: SessionId, reference: AgentRef, mode: Mode) {
        let Some(agent) = self.agents.get(reference) else { return };
        let (name, shown_as) = (agent.profile.name.clone(), agent.profile.shown_as.clone());
        let Some(live) = self.sessions.get_mut(id) else { return };
        let Some(joined) = live.record.joined.iter_mut().find(|joined| joined.agent == name) else { return };
        let before = std::mem::replace(&mut joined.mode, mode);
        if before == mode {
            return;
        }
        self.session_changed(id);
        if mode == Mode::Open {
            self.append_notice(id, phrases::has_joined(&shown_as), Audience::Everybody);
        } else if before == Mode::Open {
            self.append_notice(id, phrases::has_left(&shown_as), Audience::Everybody);
        }
    }

    /// Says something once in a session in which an agent takes part, to an audience. What the agent is told.
    pub(in crate::centre) fn say_to(
        &mut self,
        id: SessionId,
        order: &Order<'_>,
        text: &str,
        audience: Audience,
    ) -> String {
        let Some(agent) = self.agents.get(order.agent) else { return phrases::no_such_agent() };
        let (name, shown_as) = (agent.profile.name.clone(), agent.profile.shown_as.clone());
        let Some(live) = self.sessions.get(id) else { return phrases::no_conversations() };
        let Some(taking) = live.participation(&name) else { return phrases::no_conversations() };
        let body = Body::Text(text.to_owned());
        let is_resend = order.origin.is_some_and(|origin| live.origins.knows(taking.participant, origin, &body));
        if !is_resend {
            if let Err(failure) = self.check_length(id) {
                return failure.text;
            }
            let (speaker, origin) = (Speaker::Participant(taking.participant), order.origin.map(str::to_owned));
            let (text, language) = (text.to_owned(), order.language.clone());
            self.append(id, Line { speaker, name: shown_as, text, origin, language, audience });
        }
        phrases::was_heard(audience).to_owned()
    }

    /// An owner asks an agent to join a session. What the owner is told.
    pub(in crate::centre) fn invite(&mut self, id: SessionId, reference: AgentRef) -> String {
        let Some(live) = self.sessions.get(id) else { return phrases::no_conversations() };
        if let Err(why) = self.may_be_asked(reference, live, false).and_then(|()| self.may_join(id, reference)) {
            return why;
        }
        let asked = live.record.offer.as_ref().and_then(|offer| self.agents.reference(&offer.agent));
        let is_invited = live.record.transfer.as_ref().is_some_and(|transfer| transfer.purpose == Purpose::Invite);
        if !(is_invited && asked == Some(reference)) {
            self.drop_transfer(id);
            self.request(id, Purpose::Invite, None, "");
            self.propose(id, reference);
        }
        phrases::asked_to_join(&self.shown_as(reference), &self.customer_name(id))
    }

    /// The invited agent comes.
    pub(super) fn accept_invitation(&mut self, id: SessionId, reference: AgentRef, device: DeviceId, offer: &Offer) {
        self.end_transfer(id);
        if let Some(live) = self.sessions.get_mut(id) {
            live.offered_to = None;
        }
        if let Some(agent) = self.agents.get_mut(reference) {
            agent.offers.remove(&offer.number);
            agent.remember_offer(offer.number, phrases::YOU_ACCEPTED.to_owned());
        }
        self.forget_missed(reference);
        match self.may_join(id, reference) {
            Ok(()) => self.add_joined(id, reference, device, offer.number),
            Err(why) => self.tell(device, &crate::model::Alias::default(), why),
        }
    }
}
