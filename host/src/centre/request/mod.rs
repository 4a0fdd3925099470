//! Requests of switches: sessions without an endpoint (see [`crate::model::request`]).
//!
//! ```text
//!  New ─► waiting ─► offered ── Accepted ─► active ── Ended ─► wrapping ─► closed
//!            ▲          │ Declined, expired, withdrawn
//!            └──────────┘          Abandoned, Ended, nobody asks any more: from anywhere ─► closed
//! ```
//! What is waiting, offered or active is a session like any other: the same queues, rules, slots and offers. Different is who is told:
//! not the agent's device but the switchboard, the one endpoint by which all switches are answered.
//!
//! Invariant: every [`Call`] is answered exactly once, in the batch that took it, as things stand after its matching pass.

mod status;

use super::pages::PagedMap;
use super::session::{Ending, Live, Unoffer};
use super::timers::Timer;
use super::{Centre, Effect, phrases};
use crate::model::record::{Customer, RecordKey, Session, State};
use crate::model::request::{Call, Duty, Key, NewRequest, Reply, Request, Said, Target};
use crate::model::rule::AgentRef;
use crate::model::settings::Queue;
use crate::model::{AgentName, Alias, EndpointId, Failure, OfferNumber, Reference, SessionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How such sessions came in, where others have their provider's protocol.
const PROTOCOL: &str = "http";

/// What a call comes to: the request it was about, if any.
type Outcomes = Result<Option<SessionId>, Failure>;

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Requests {
    /// Where switches are answered.
    board: Option<EndpointId>,
    by_id: PagedMap<String, SessionId>,
    /// By the switches' names and their own keys.
    by_key: PagedMap<(String, String), SessionId>,
    /// To be told when the batch ends.
    changed: BTreeSet<SessionId>,
    replies: Vec<(EndpointId, Reference, Outcomes)>,
}

impl Requests {
    /// The session behind an identifier.
    pub(super) fn get(&self, id: &str) -> Option<SessionId> {
        self.by_id.get(id).copied()
    }

    /// The session for which a switch has used a key.
    pub(super) fn of_key(&self, switch: &str, key: &Key) -> Option<SessionId> {
        self.by_key.get(&(switch.to_owned(), key.text.clone())).copied()
    }

    pub(super) fn add(&mut self, request: &Request, session: SessionId) {
        self.by_id.insert(request.id.clone(), session);
        if let Some(key) = &request.key {
            self.by_key.insert((request.switch.clone(), key.text.clone()), session);
        }
    }

    pub(super) fn remove(&mut self, request: &Request) {
        self.by_id.remove(&request.id);
        if let Some(key) = &request.key {
            self.by_key.remove(&(request.switch.clone(), key.text.clone()));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn keys(&self) -> usize {
        self.by_key.len()
    }

    /// Its switch is to be told how it stands.
    pub(super) fn changed(&mut self, session: SessionId) {
        self.changed.insert(session);
    }
}

impl Centre {
    /// The switchboard is there (again): it is told of every request that is not over.
    pub(super) fn switchboard_opened(&mut self, endpoint: EndpointId) {
        self.requests.board = Some(endpoint);
        let live = self.requests.by_id.values().filter(|id| self.sessions.get(**id).is_some_and(Live::is_live));
        let live: Vec<SessionId> = live.copied().collect();
        self.requests.changed.extend(live);
    }

    /// A switch asks or says something.
    pub(super) fn switch_called(&mut self, call: &Call) {
        let outcome = match &call.said {
            Said::New(new) => self.new_request(&call.switch, new).map(Some),
            Said::Agent(name, duty) => self.duty_told(name, duty).map(|()| None),
            Said::Look(id) => self.own_request(&call.switch, id).map(Some),
            Said::Accepted(id, offer) => self.request_accepted(&call.switch, id, *offer).map(Some),
            Said::Declined(id, offer) => self.request_declined(&call.switch, id, *offer).map(Some),
            Said::Ended(id) => self.request_over(&call.switch, id, "ended by the switch").map(Some),
            Said::Abandoned(id) => self.request_over(&call.switch, id, "abandoned").map(Some),
        };
        if let Ok(Some(id)) = outcome {
            self.request_seen(id);
        }
        self.requests.replies.push((call.endpoint, call.reference, outcome));
    }

    /// The end of a batch: calls are answered, and the switchboard hears of requests that have changed.
    pub(super) fn tell_switches(&mut self) {
        for (endpoint, reference, outcome) in std::mem::take(&mut self.requests.replies) {
            let outcome = match outcome {
                Ok(Some(id)) => self.request_status(id).map(Some).ok_or_else(unknown),
                Ok(None) => Ok(None),
                Err(failure) => Err(failure),
            };
            self.effect(Effect::Reply(endpoint, Reply { reference, outcome }));
        }
        let changed = std::mem::take(&mut self.requests.changed);
        let Some(board) = self.requests.board else { return };
        for id in changed {
            if let Some(status) = self.request_status(id) {
                self.effect(Effect::Request(board, status));
            }
        }
    }

    fn new_request(&mut self, switch: &str, new: &NewRequest) -> Result<SessionId, Failure> {
        if let Some(id) = self.requests.get(&new.id) {
            return Ok(id);
        }
        if let Some(known) = self.asked_before(switch, new) {
            return known;
        }
        let (queue, link) = self.request_queue(&new.target)?;
        if let Some(medium) = new.medium.as_ref().filter(|medium| **medium != queue.medium) {
            return Err(Failure::new("conflict", phrases::wrong_medium(&queue.name, &queue.medium, medium)));
        }
        self.check_room_for_request(&queue)?;
        let request = Request {
            id: new.id.clone(),
            switch: switch.to_owned(),
            priority: new.priority,
            attributes: new.attributes.clone(),
            key: new.key.clone(),
        };
        let record = self.request_record(&request, new, &queue, link);
        let id = record.id;
        self.requests.add(&request, id);
        self.sessions.insert(Live::new(record));
        self.start_waiting(id);
        Ok(id)
    }

    /// The request for which this switch has used the key already, as long as that is known.
    fn asked_before(&self, switch: &str, new: &NewRequest) -> Option<Result<SessionId, Failure>> {
        let key = new.key.as_ref()?;
        let session = self.requests.of_key(switch, key)?;
        let request = self.sessions.get(session)?.record.request.as_ref()?;
        if request.key.as_ref() == Some(key) {
            return Some(Ok(session));
        }
        Some(Err(Failure::new("key-used", phrases::key_used(&key.text, &request.id))))
    }

    fn request_queue(&self, target: &Target) -> Result<(Queue, Alias), Failure> {
        let (name, link) = match target {
            Target::Queue(name) => (name.clone(), Alias::default()),
            Target::Link(alias) => {
                let link = self.links.get(alias);
                let link = link.ok_or_else(|| Failure::new("not-found", self.links.not_found(alias)))?;
                (link.queue.clone(), alias.clone())
            }
        };
        let queue = self.queues.get(&name).map(|queue| queue.settings.clone());
        queue.map(|queue| (queue, link)).ok_or_else(|| Failure::new("not-found", phrases::no_such_queue(&name)))
    }

    fn check_room_for_request(&self, queue: &Queue) -> Result<(), Failure> {
        let limits = &self.settings.limits;
        if self.sessions.len() >= limits.sessions || self.requests.len() >= limits.requests {
            return Err(Failure::new("busy", phrases::CENTRE_FULL));
        }
        let waiting = self.queues.get(&queue.name).map_or(0, |queue| queue.waiting.len());
        if waiting >= queue.max_waiting as usize {
            return Err(Failure::new("busy", phrases::queue_full(&queue.label)));
        }
        Ok(())
    }

    fn request_record(&mut self, request: &Request, new: &NewRequest, queue: &Queue, link: Alias) -> Session {
        let alias = self.draw_alias();
        self.meta.last_session = SessionId(self.meta.last_session.0 + 1);
        let customer = Customer { provider: request.switch.clone(), alias: Alias::new(new.caller.clone()) };
        Session {
            link,
            protocol: PROTOCOL.to_owned(),
            customer_name: new.name.clone(),
            language: new.language.clone(),
            priority: queue.priority.saturating_add(new.priority),
            own_software: false,
            request: Some(request.clone()),
            ..Session::of(self.meta.last_session, alias, queue, customer, self.now)
        }
    }

    /// The request of this identifier, where it is this switch's.
    fn own_request(&self, switch: &str, id: &str) -> Result<SessionId, Failure> {
        let session = self.requests.get(id).ok_or_else(unknown)?;
        let request = self.sessions.get(session).and_then(|live| live.record.request.as_ref());
        request.filter(|request| request.switch == switch).map(|_| session).ok_or_else(unknown)
    }

    fn request_accepted(&mut self, switch: &str, id: &str, offer: OfferNumber) -> Result<SessionId, Failure> {
        let id = self.own_request(switch, id)?;
        let Some(live) = self.sessions.get(id) else { return Err(unknown()) };
        let has_it = live.record.owner.as_ref().is_some_and(|owner| owner.offer == offer);
        if has_it && live.record.state == State::Active {
            return Ok(id);
        }
        let reference = self.offered_to(id, offer)?;
        let offer = self.sessions.get_mut(id).and_then(|live| live.record.offer.take());
        // A request has no row that could be opened.
        let _ = offer.and_then(|offer| self.assign(id, reference, &offer));
        Ok(id)
    }

    fn request_declined(&mut self, switch: &str, id: &str, offer: OfferNumber) -> Result<SessionId, Failure> {
        let id = self.own_request(switch, id)?;
        if self.sessions.get(id).is_some_and(|live| live.declined == Some(offer)) {
            return Ok(id);
        }
        let reference = self.offered_to(id, offer)?;
        if let Some(live) = self.sessions.get_mut(id) {
            live.declined = Some(offer);
        }
        self.forget_missed(reference);
        self.unoffer(id, Unoffer::Declined);
        Ok(id)
    }

    /// Whom a request is offered to by this number; any other number is stale (I10).
    fn offered_to(&mut self, id: SessionId, number: OfferNumber) -> Result<AgentRef, Failure> {
        let offer = self.sessions.get(id).and_then(|live| live.record.offer.as_ref());
        if offer.is_some_and(|offer| offer.expires <= self.now) {
            self.unoffer(id, Unoffer::Expired);
        }
        let offer = self.sessions.get(id).and_then(|live| live.record.offer.as_ref());
        let offer = offer.filter(|offer| offer.number == number);
        let reference = offer.and_then(|offer| self.agents.reference(&offer.agent));
        reference.ok_or_else(|| Failure::new("stale", phrases::stale_offer(number)))
    }

    /// Over; said again, nothing changes.
    fn request_over(&mut self, switch: &str, id: &str, reason: &str) -> Result<SessionId, Failure> {
        let id = self.own_request(switch, id)?;
        self.end_session(id, &Ending::new(reason, ""));
        Ok(id)
    }

    /// Somebody has asked after a request: it lives on.
    fn request_seen(&mut self, id: SessionId) {
        let now = self.now;
        let Some(times) = self.sessions.get(id).map(|live| self.times(&live.record.queue)) else { return };
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.seen_at = now;
        self.timers.set(Timer::Session(id), live.deadline(&self.settings, times));
    }

    fn duty_told(&mut self, name: &AgentName, duty: &Duty) -> Result<(), Failure> {
        let reference = self.agents.reference(name);
        let reference = reference.ok_or_else(|| Failure::new("not-found", phrases::unknown_agent(name)))?;
        if let Some(agent) = self.agents.get_mut(reference) {
            agent.duty.at_switch = *duty != Duty::Off;
            self.outbox.touch(RecordKey::Agent(name.clone()));
        }
        match duty {
            Duty::Available => self.set_away(reference, None),
            Duty::Away(reason) => {
                self.set_away(reference, Some(reason.clone()));
                self.withdraw_offers(reference, phrases::YOU_ARE_AWAY);
            }
            Duty::Off => self.refresh_agent(reference),
        }
        Ok(())
    }

    /// Whether a switch has made this session.
    pub(super) fn is_request(&self, id: SessionId) -> bool {
        self.sessions.get(id).is_some_and(|live| live.record.request.is_some())
    }

    /// A request was offered: its switch is told with the batch, and here the agent's device, if there is one, that it is coming.
    pub(super) fn announce_call(&mut self, id: SessionId, reference: AgentRef) {
        let Some(live) = self.sessions.get(id) else { return };
        let Some(offer) = &live.record.offer else { return };
        let text = phrases::call_for_you(&live.record, offer);
        let from = Alias::new(live.record.queue.clone());
        self.tell_agent(reference, &from, text);
    }
}

fn unknown() -> Failure {
    Failure::new("not-found", phrases::NO_SUCH_REQUEST)
}
