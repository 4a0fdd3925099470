//! Transfers: an owner gives a session to a queue or an agent.
//!
//! With an accept, the owner keeps it and is told what comes of the offer; a queue's rules choose whom of its agents to ask next (see
//! `model::part` for the states). Blind, the owner leaves at once: the session waits at the front of the queue, or is offered to the
//! agent as if matching had chosen him.
//!
//! Invariant: the old owner's row is closed in the batch in which the new one's is opened, so nobody is ever the second owner (I1).

use super::{Return, Unoffer};
use crate::centre::agent::Standing;
use crate::centre::{Centre, phrases};
use crate::model::dialog::Origin;
use crate::model::part::{Purpose, Transfer};
use crate::model::record::{Offer, Owner, State};
use crate::model::rule::AgentRef;
use crate::model::{AgentName, Attribute, OfferNumber, SessionId};

/// Where a session is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::centre) enum Target {
    Queue(String),
    Agent(AgentRef),
    /// Takes what it is given at once.
    Dialog(String),
}

impl Centre {
    /// Whom a name means to an agent: a queue, or another agent by the account or as shown. `@ann` is never a queue.
    pub(in crate::centre) fn target_of(&self, name: &str) -> Result<Target, String> {
        let agent = name.strip_prefix('@');
        if agent.is_none() && self.queues.get(&name.to_lowercase()).is_some() {
            return Ok(Target::Queue(name.to_lowercase()));
        }
        let dialog = name.strip_prefix("dialog:").unwrap_or(name).to_lowercase();
        if agent.is_none() && self.dialog(&dialog).is_some() {
            return Ok(Target::Dialog(dialog));
        }
        self.agent_called(agent.unwrap_or(name)).map(Target::Agent).ok_or_else(|| phrases::no_such_target(name))
    }

    /// The agent of an account, or else the only one who is shown under the name.
    pub(in crate::centre) fn agent_called(&self, name: &str) -> Option<AgentRef> {
        let account = [name.to_owned(), name.to_lowercase()].into_iter().map(AgentName::new);
        if let Some(agent) = account.into_iter().find_map(|name| self.agents.reference(&name)) {
            return Some(agent);
        }
        let is_shown = |shown_as: &str| shown_as.to_lowercase() == name.to_lowercase();
        let mut shown = self.agents.all().filter(|agent| is_shown(&agent.profile.shown_as));
        let first = shown.next()?.reference;
        shown.next().is_none().then_some(first)
    }

    /// An owner asks a queue's agents, or one agent, to take a session. What the owner is told.
    pub(in crate::centre) fn transfer(&mut self, id: SessionId, target: &Target, note: &str) -> String {
        if let Target::Dialog(_) = target {
            return self.pass(id, target, note);
        }
        if let Err(why) = self.may_go_to(id, target) {
            return why;
        }
        let (to, customer) = (self.target_label(target), self.customer_name(id));
        if !self.is_asked(id, target) {
            self.drop_transfer(id);
            self.add_note(id, &to, note);
            let queue = if let Target::Queue(queue) = target { Some(queue.clone()) } else { None };
            self.request(id, Purpose::Transfer, queue, note);
            match target {
                Target::Queue(_) => self.seek(id),
                Target::Agent(agent) => self.propose(id, *agent),
                Target::Dialog(_) => {}
            }
        }
        phrases::asked_to_take(&to, &customer)
    }

    /// An owner gives a session away at once. What the owner is told.
    pub(in crate::centre) fn pass(&mut self, id: SessionId, target: &Target, note: &str) -> String {
        if let Err(why) = self.may_go_to(id, target) {
            return why;
        }
        let owner = self.sessions.get(id).and_then(|live| live.record.owner.clone());
        let Some(owner) = owner.and_then(|owner| self.agents.reference(&owner.agent)) else { return String::new() };
        let (to, customer) = (self.target_label(target), self.customer_name(id));
        self.add_note(id, &to, note);
        match target {
            Target::Queue(queue) => {
                self.drop_transfer(id);
                self.change_queue(id, queue);
                self.take_back(id, Return::Passed);
                self.pass_over(id, owner, true);
            }
            Target::Agent(agent) => {
                self.take_back(id, Return::Passed);
                self.make_offer(id, *agent);
            }
            Target::Dialog(dialog) => self.pass_to_dialog(id, dialog, note),
        }
        phrases::passed_on(&customer, &to)
    }

    /// The dialog has the session from now on, and the note; it speaks for itself.
    fn pass_to_dialog(&mut self, id: SessionId, dialog: &str, note: &str) {
        self.drop_transfer(id);
        self.leave_rules(id);
        if self.release_owner(id).is_some() {
            let note = (!note.is_empty()).then(|| Attribute::new("note", note));
            self.begin_talk(id, dialog, Origin::Agent, note.into_iter().collect());
        }
    }

    /// Whether a session may be offered there; what the owner is told where not.
    fn may_go_to(&self, id: SessionId, target: &Target) -> Result<(), String> {
        let Some(live) = self.sessions.get(id) else { return Err(phrases::no_conversations()) };
        match target {
            Target::Queue(name) => {
                let Some(queue) = self.queues.get(name) else { return Err(phrases::no_such_target(name)) };
                let (label, medium) = (&queue.settings.label, &queue.settings.medium);
                if *medium != live.record.medium {
                    return Err(phrases::other_medium(label, medium, &live.record.medium));
                }
                let is_full = queue.waiting.len() >= queue.settings.max_waiting as usize;
                if is_full { Err(phrases::queue_full(label)) } else { Ok(()) }
            }
            Target::Agent(agent) => self.may_be_asked(*agent, live, true),
            Target::Dialog(name) => self.may_talk(name).map_err(|_| phrases::dialog_out_of_service(name)),
        }
    }

    /// Whether an agent may be asked to take or to join a session.
    pub(super) fn may_be_asked(&self, reference: AgentRef, live: &super::Live, needs_slot: bool) -> Result<(), String> {
        let Some(agent) = self.agents.get(reference) else { return Err(phrases::no_such_agent()) };
        let name = &agent.profile.shown_as;
        if live.record.owner.as_ref().is_some_and(|owner| owner.agent == agent.profile.name) {
            return Err(phrases::is_yours(&live.record.customer_name));
        }
        if agent.standing() != Standing::Available {
            return Err(phrases::agent_is_away(name));
        }
        // One who was asked already has the slot for it.
        let is_asked = live.record.offer.as_ref().is_some_and(|offer| offer.agent == agent.profile.name);
        if needs_slot && !is_asked && !agent.has_slot(&live.record.medium, &self.settings) {
            return Err(phrases::agent_is_busy(name));
        }
        if needs_slot && !self.can_serve(reference, live.record.id) {
            return Err(phrases::agent_speaks_otherwise(name));
        }
        Ok(())
    }

    /// Whether this was asked already and is not answered yet: a word that comes again changes nothing.
    fn is_asked(&self, id: SessionId, target: &Target) -> bool {
        let Some(live) = self.sessions.get(id) else { return false };
        let Some(transfer) = live.record.transfer.as_ref().filter(|transfer| transfer.takes_slot()) else {
            return false;
        };
        let asked = live.record.offer.as_ref().and_then(|offer| self.agents.reference(&offer.agent));
        match target {
            Target::Queue(queue) => transfer.queue.as_ref() == Some(queue),
            Target::Agent(agent) => transfer.queue.is_none() && asked == Some(*agent),
            Target::Dialog(_) => false,
        }
    }

    fn target_label(&self, target: &Target) -> String {
        match target {
            Target::Queue(name) => self.queues.get(name).map_or_else(String::new, |queue| queue.settings.label.clone()),
            Target::Agent(agent) => self.shown_as(*agent),
            Target::Dialog(name) => self.dialog(name).map_or_else(String::new, |dialog| dialog.label.clone()),
        }
    }

    fn add_note(&mut self, id: SessionId, to: &str, note: &str) {
        let Some(owner) = self.sessions.get(id).and_then(|live| live.record.owner.clone()) else { return };
        if !note.is_empty() {
            let name = self.agents.named(&owner.agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
            self.append_inside(id, owner.participant, name, phrases::note(to, note));
        }
    }

    /// Notes what a session's owner asks of others.
    pub(super) fn request(&mut self, id: SessionId, purpose: Purpose, queue: Option<String>, note: &str) {
        self.leave_rules(id);
        let Some(live) = self.sessions.get_mut(id) else { return };
        live.record.transfer = Some(Transfer { purpose, queue, note: note.to_owned(), passed_over: Vec::new() });
        self.session_changed(id);
    }

    /// The next matching pass looks for somebody of the queue.
    fn seek(&mut self, id: SessionId) {
        let Some(queue) = self.sessions.get(id).and_then(super::Live::rules_queue) else { return };
        if let Some(pool) = self.queues.pool(queue) {
            self.pools.seek(pool, id);
        }
    }

    /// The settings have changed: a transfer to a queue that is no more ends, and one that nobody is asked about is decided anew.
    pub(in crate::centre) fn seek_again(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id).filter(|live| live.record.transfer.is_some()) else { return };
        let Some(queue) = live.rules_queue() else { return };
        if self.queues.get(queue).is_none() {
            self.drop_transfer(id);
        } else if live.record.offer.is_none() {
            self.seek(id);
        }
    }

    /// Offers what is asked to an agent, while the owner keeps the session.
    pub(in crate::centre) fn propose(&mut self, id: SessionId, reference: AgentRef) {
        let Some(device) = self.best_device_to_take(reference, id) else { return self.cannot_take(id, reference) };
        self.meta.last_offer = OfferNumber(self.meta.last_offer.0 + 1);
        let number = self.meta.last_offer;
        let Some(times) = self.sessions.get(id).map(|live| self.times(live.known_in())) else { return };
        let (now, expires) = (self.now, self.now.plus_ms(times.offer_ms));
        let (Some(live), Some(agent)) = (self.sessions.get_mut(id), self.agents.get_mut(reference)) else { return };
        let takes_slot = live.record.transfer.as_ref().is_some_and(Transfer::takes_slot);
        if takes_slot {
            agent.take_slot(&live.record.medium);
        }
        agent.offers.insert(number, id);
        live.record.offer = Some(Offer { number, agent: agent.profile.name.clone(), at: now, expires });
        live.offered_to = Some(device);
        self.session_changed(id);
        self.refresh_agent(reference);
        self.send_offer(id, device);
        if takes_slot {
            self.learn(id, reference, crate::centre::matching::Outcome::Offered);
        }
    }

    /// None of the agent's devices may serve it.
    fn cannot_take(&mut self, id: SessionId, reference: AgentRef) {
        if let Some(agent) = self.agents.get(reference).map(|agent| agent.profile.name.clone()) {
            self.transfer_missed(id, &agent, Unoffer::Withdrawn(phrases::YOU_LEFT));
        }
    }

    /// Nobody of the queue may take it now, and why: the owner keeps it.
    pub(in crate::centre) fn nobody_takes(&mut self, id: SessionId, why: &str) {
        let Some(live) = self.sessions.get(id) else { return };
        let queue = live.rules_queue().and_then(|name| self.queues.get(name));
        let label = queue.map_or_else(String::new, |queue| queue.settings.label.clone());
        let text = phrases::nobody_takes(&label, &live.record.customer_name, why);
        self.end_transfer(id);
        self.tell_owner(id, text);
    }

    /// The one who was asked does not take it: the next of the queue is asked, or the owner keeps it and is told so.
    pub(super) fn transfer_missed(&mut self, id: SessionId, agent: &AgentName, how: Unoffer) {
        let Some(live) = self.sessions.get_mut(id) else { return };
        let customer = live.record.customer_name.clone();
        if let Some(transfer) = live.record.transfer.as_mut().filter(|transfer| transfer.queue.is_some()) {
            transfer.passed_over.push(agent.clone());
            self.session_changed(id);
            return self.seek(id);
        }
        let purpose = live.record.transfer.as_ref().map_or(Purpose::Transfer, |transfer| transfer.purpose);
        let name = self.agents.named(agent).map_or_else(String::new, |agent| agent.profile.shown_as.clone());
        let did = match how {
            Unoffer::Declined => "has declined",
            Unoffer::Expired => "has not answered",
            Unoffer::Withdrawn(_) | Unoffer::SessionOver | Unoffer::TakenBack => "is not there any more",
        };
        self.end_transfer(id);
        self.tell_owner(id, phrases::asked_in_vain(&name, did, &customer, purpose));
    }

    /// Takes back what the owner asked of others, if anything.
    pub(in crate::centre) fn drop_transfer(&mut self, id: SessionId) {
        let Some(live) = self.sessions.get(id).filter(|live| live.record.transfer.is_some()) else { return };
        if live.record.offer.is_some() {
            self.unoffer(id, Unoffer::TakenBack);
        } else {
            self.end_transfer(id);
        }
    }

    /// Nothing is asked of others any more.
    pub(super) fn end_transfer(&mut self, id: SessionId) {
        self.leave_rules(id);
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.record.transfer.take().is_some() {
            self.session_changed(id);
        }
    }

    /// Somebody accepts a transfer: the owner leaves, and the session is in the queue of whoever takes it.
    pub(super) fn hand_over(&mut self, id: SessionId, to: AgentRef) {
        let queue = self.sessions.get(id).and_then(|live| live.record.transfer.as_ref()?.queue.clone());
        let (shown_as, customer) = (self.shown_as(to), self.customer_name(id));
        self.tell_owner(id, phrases::has_taken_over(&shown_as, &customer));
        self.end_transfer(id);
        self.release_owner(id);
        if let Some(queue) = queue {
            self.change_queue(id, &queue);
        }
        self.append_from_centre(id, &phrases::now_with(&shown_as));
    }

    /// The session belongs to another queue from now on; it waits in none now.
    pub(in crate::centre) fn change_queue(&mut self, id: SessionId, name: &str) {
        let Some(queue) = self.queues.get(name).map(|queue| queue.settings.clone()) else { return };
        self.leave_rules(id);
        let Some(live) = self.sessions.get_mut(id) else { return };
        if live.record.queue != queue.name {
            live.record.priority = queue.priority.saturating_add(live.record.own_priority());
            live.record.own_software = live.record.needs_own_software_in(&queue);
            live.record.queue = queue.name;
            self.session_changed(id);
        }
    }

    /// Takes an active session from its owner, who has a slot more; whoever calls gives it another owner or another state.
    pub(super) fn release_owner(&mut self, id: SessionId) -> Option<Owner> {
        let live = self.sessions.get_mut(id)?;
        debug_assert_eq!(live.record.state, State::Active, "only an active session has an owner to release");
        let feed = live.owner_feed()?;
        let owner = live.record.owner.take()?;
        let medium = live.record.medium.clone();
        self.close_row(feed);
        self.session_changed(id);
        if let Some(reference) = self.agents.reference(&owner.agent) {
            self.unshow_to(id, reference);
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.sessions.remove(&id);
            }
            self.roster_changed(reference);
            self.release_agent(reference, &medium, true);
        }
        Some(owner)
    }
}
