//! Rosters: customers have the links, agents their queues and the customers of their sessions.
//!
//! Invariant: only devices that have asked for a roster get its changes, and before the presence of whom they bring.

use crate::centre::device::{DeviceId, Person};
use crate::centre::{Centre, Effect};
use crate::model::adapter::{Roster, RosterEntry};
use crate::model::rule::AgentRef;
use crate::model::settings::Link;
use crate::model::{Alias, Side};

impl Centre {
    /// A device wants its roster.
    pub(in crate::centre) fn asked_roster(&mut self, device: DeviceId) {
        if let Some(device) = self.devices.get_mut(device) {
            device.has_roster = true;
        }
        self.send_roster(device);
    }

    /// What an agent's roster holds has changed: the devices get it at the end of the batch.
    pub(in crate::centre) fn roster_changed(&mut self, agent: AgentRef) {
        if let Some(agent) = self.agents.get(agent) {
            self.watches.rosters.extend(agent.devices.iter().copied());
        }
    }

    /// The links have changed, and with them every customer's roster.
    pub(in crate::centre) fn rosters_changed(&mut self) {
        for endpoint in self.devices.endpoints() {
            self.watches.rosters.extend(endpoint.devices.iter().copied());
        }
    }

    pub(super) fn send_rosters(&mut self) {
        for device in std::mem::take(&mut self.watches.rosters) {
            self.send_changed_roster(device);
        }
    }

    /// Sends a roster that has changed ahead of a presence: software forgets the presence of whom it doesn't know yet.
    pub(super) fn send_roster_first(&mut self, device: DeviceId) {
        if self.watches.rosters.remove(&device) {
            self.send_changed_roster(device);
        }
    }

    fn send_changed_roster(&mut self, device: DeviceId) {
        if self.devices.get(device).is_some_and(|device| device.has_roster) {
            self.send_roster(device);
        }
    }

    fn send_roster(&mut self, device: DeviceId) {
        let Some(to) = self.devices.get(device) else { return };
        let entries = match &to.person {
            Person::Customer(_) => self.links.published().iter().map(|link| self.link_entry(link)).collect(),
            Person::Agent(agent) => self.agent_entries(*agent),
        };
        let roster = Roster { contact: to.contact.clone(), entries };
        self.outbox.effects.push(Effect::Roster(to.endpoint, roster));
    }

    fn link_entry(&self, link: &Link) -> RosterEntry {
        let parent = link.parent.as_ref().and_then(|parent| self.links.get(parent));
        let group = parent.map_or(&self.settings.name, |parent| &parent.label);
        entry(link.alias.clone(), &link.label, group)
    }

    fn agent_entries(&self, reference: AgentRef) -> Vec<RosterEntry> {
        let serves = self.agents.get(reference).map(|agent| agent.placement.serves.as_slice()).unwrap_or_default();
        let queues = serves.iter().filter_map(|name| self.queues.get(name));
        let queues = queues
            .map(|queue| entry(Alias::new(queue.settings.name.clone()), &queue.settings.label, &self.settings.name));
        let sessions = self.active_sessions(reference).map(|live| {
            let group = self.queues.get(&live.record.queue).map_or(&live.record.queue, |queue| &queue.settings.label);
            entry(live.record.alias.clone(), &live.record.customer_name, group)
        });
        queues.chain(sessions).collect()
    }

    /// Publishes links and queues anew, after the settings have changed.
    pub(in crate::centre) fn advertise_again(&mut self) {
        let (links, queues) = (self.advertised(Side::Customer), self.advertised(Side::Agent));
        for endpoint in self.devices.endpoints() {
            let targets = if endpoint.opened.side == Side::Customer { &links } else { &queues };
            self.outbox.effects.push(Effect::Advertise(endpoint.opened.endpoint, targets.clone()));
        }
        self.rosters_changed();
    }
}

fn entry(alias: Alias, name: &str, group: &str) -> RosterEntry {
    RosterEntry { alias, name: name.to_owned(), groups: vec![group.to_owned()], attributes: Vec::new() }
}
