//! Accounts, and how an agent comes on duty and leaves it.

use crate::centre::device::DeviceId;
use crate::centre::session::Return;
use crate::centre::timers::Timer;
use crate::centre::{Centre, Effect, phrases};
use crate::model::adapter::Directive;
use crate::model::record::{AgentProfile, RecordKey};
use crate::model::rule::AgentRef;
use crate::model::{AgentName, Attribute, SessionId};

impl Centre {
    /// An account is new or changed.
    pub(in crate::centre) fn agent_changed(&mut self, profile: &AgentProfile) {
        self.addresses.agent_changed(profile);
        let reference = if let Some(reference) = self.agents.reference(&profile.name) {
            self.agents.set_profile(reference, profile.clone());
            if let Some(agent) = self.agents.get_mut(reference) {
                agent.note_overhang(&self.settings);
            }
            reference
        } else {
            self.outbox.touch(RecordKey::Agent(profile.name.clone()));
            self.agents.add(profile.clone(), None, self.now)
        };
        self.refresh_agent(reference);
        self.reconsider_agent(reference);
        self.reconsider_held(reference);
        self.agent_watches_again(reference);
    }

    /// Marks an agent for the next matching pass, where the agent is free.
    pub(in crate::centre) fn reconsider_agent(&mut self, reference: AgentRef) {
        let Some(agent) = self.agents.get(reference) else { return };
        for queue in &agent.placement.free_in {
            if let Some(pool) = self.queues.pool(queue) {
                self.pools.agent_dirty(pool, (agent.placement.idle_since, reference));
            }
        }
    }

    /// Who waits because of rules in the agent's pools is decided about again: a favourite may have left, or learnt something.
    pub(in crate::centre) fn reconsider_held(&mut self, reference: AgentRef) {
        let Some(agent) = self.agents.get(reference) else { return };
        for queue in &agent.placement.serves {
            if let Some(pool) = self.queues.pool(queue) {
                self.pools.look_again(pool);
            }
        }
    }

    /// An account is gone: what the agent has goes back to its queues, and the devices are sent away.
    pub(in crate::centre) fn agent_removed(&mut self, name: &AgentName) {
        self.addresses.agent_removed(name);
        let Some(reference) = self.agents.reference(name) else { return };
        let Some(agent) = self.agents.get(reference) else { return };
        let (devices, sessions, joined) = (agent.devices.clone(), agent.sessions.clone(), agent.joined.clone());
        self.withdraw_offers(reference, phrases::ACCOUNT_REMOVED);
        for session in sessions {
            self.take_back(session, Return::AgentRemoved);
        }
        for session in joined {
            self.leave(session, name);
        }
        for device in devices {
            self.disconnect(device, "policy", phrases::ACCOUNT_REMOVED);
            self.device_gone(device);
        }
        self.displace_agent(reference);
        self.timers.set(Timer::Agent(reference), None);
        self.agents.remove(reference);
        self.outbox.touch(RecordKey::Agent(name.clone()));
    }

    /// A rule wanted to be asked again about this agent.
    pub(in crate::centre) fn agent_due(&mut self, reference: AgentRef) {
        if let Some(agent) = self.agents.get_mut(reference) {
            agent.recheck = None;
        }
        self.reconsider_agent(reference);
    }

    /// Keeps the moment at which a rule wants to be asked again about an agent.
    pub(in crate::centre) fn recheck_agent(&mut self, reference: AgentRef, at: Option<crate::model::Timestamp>) {
        if let Some(agent) = self.agents.get_mut(reference) {
            agent.recheck = at;
            self.timers.set(Timer::Agent(reference), at);
        }
    }

    /// Sets an agent away with a reason, or ready.
    pub(in crate::centre) fn set_away(&mut self, reference: AgentRef, away: Option<String>) {
        let Some(agent) = self.agents.get_mut(reference) else { return };
        agent.duty.away = away;
        agent.duty.missed = 0;
        self.outbox.touch(RecordKey::Agent(agent.profile.name.clone()));
        self.refresh_agent(reference);
    }

    /// Counts an offer that was missed; after too many in a row (`limit`; zero: never) the agent is away. Answers whether that has
    /// happened now.
    pub(in crate::centre) fn count_missed(&mut self, reference: AgentRef, limit: u32) -> bool {
        let Some(agent) = self.agents.get_mut(reference) else { return false };
        agent.duty.missed = agent.duty.missed.saturating_add(1);
        let missed = agent.duty.missed;
        self.outbox.touch(RecordKey::Agent(agent.profile.name.clone()));
        let too_many = limit > 0 && missed >= limit && agent.duty.away.is_none();
        if too_many {
            self.set_away(reference, Some(phrases::MISSED_OFFERS.to_owned()));
        }
        too_many
    }

    /// The agent has answered an offer: the row of missed ones ends.
    pub(in crate::centre) fn forget_missed(&mut self, reference: AgentRef) {
        let Some(agent) = self.agents.get_mut(reference) else { return };
        if agent.duty.missed != 0 {
            agent.duty.missed = 0;
            self.outbox.touch(RecordKey::Agent(agent.profile.name.clone()));
        }
    }

    /// A slot is free again after a session: the agent is idle from now on.
    pub(in crate::centre) fn release_agent(&mut self, reference: AgentRef, medium: &str, was_session: bool) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(reference) else { return };
        agent.release_slot(medium, &self.settings);
        if was_session {
            agent.duty.idle_since = now;
            self.outbox.touch(RecordKey::Agent(agent.profile.name.clone()));
        }
        self.refresh_agent(reference);
    }

    /// The device that words go to: open, of the highest priority, the latest.
    pub(in crate::centre) fn best_device(&self, reference: AgentRef) -> Option<DeviceId> {
        self.best_of(reference, |_| true)
    }

    /// The same of those that may serve a session.
    pub(in crate::centre) fn best_device_for(&self, reference: AgentRef, session: SessionId) -> Option<DeviceId> {
        self.best_of(reference, |device| self.may_serve_on(device, session))
    }

    /// The same among those on which a session may be taken that is offered.
    pub(in crate::centre) fn best_device_to_take(&self, reference: AgentRef, session: SessionId) -> Option<DeviceId> {
        self.best_of(reference, |device| self.may_take_on(device, session))
    }

    fn best_of(&self, reference: AgentRef, may: impl Fn(DeviceId) -> bool) -> Option<DeviceId> {
        let agent = self.agents.get(reference)?;
        let devices = agent.devices.iter().filter(|device| may(**device));
        let devices = devices.filter_map(|device| self.devices.get(*device));
        devices
            .max_by_key(|device| (device.is_available(), device.is_open(), device.priority(), device.id))
            .map(|device| device.id)
    }

    /// Orders a device to be sent away.
    pub(in crate::centre) fn disconnect(&mut self, device: DeviceId, reason: &str, text: &str) {
        let Some(device) = self.devices.get(device) else { return };
        let directive = Directive {
            contact: device.contact.clone(),
            name: "disconnect".to_owned(),
            attributes: vec![Attribute::new("reason", reason), Attribute::new("text", text)],
        };
        let endpoint = device.endpoint;
        self.effect(Effect::Direct(endpoint, directive));
    }
}
