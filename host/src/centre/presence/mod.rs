//! Presence: what persons publish, who watches whom, and what is shown.
//!
//! A view belongs to a presentity, not to a watcher: customers watch links, agents watch queues and the customers of their
//! sessions under the sessions' aliases. A presentity's change is shown when its view differs from the one shown last, at most once
//! in [`QUIET_MS`], to a bounded number of watchers in a batch.
//!
//! Invariant: every watcher is shown the presentity's newest view in the end; no view holds an agent's name, address or device.

mod roster;
mod subscriptions;
mod views;
mod watches;

pub(super) use subscriptions::Subscriptions;
pub(super) use watches::{Presentity, Watches};

use super::device::{DeviceId, Person};
use super::link::Links;
use super::{Centre, Effect, phrases};
use crate::model::adapter::{Published, Showing};
use crate::model::record::Customer;
use crate::model::rule::AgentRef;
use crate::model::{Alias, Failure, Presence, SessionId, Side};
use std::collections::BTreeSet;

/// At least so long between two showings of one presentity.
const QUIET_MS: u64 = 1_000;

/// Presences shown in one batch; what is left is shown with the next, at once.
const SHOWN_PER_BATCH: usize = 1_024;

impl Centre {
    /// A person's device has published its presence.
    pub(super) fn published(&mut self, id: DeviceId, published: &Published) {
        let Some(device) = self.devices.get_mut(id) else { return };
        let was_open = device.is_open();
        if device.tuples == published.tuples {
            return;
        }
        device.tuples.clone_from(&published.tuples);
        let is_open = device.is_open();
        let person = device.person.clone();
        match &person {
            Person::Customer(customer) => self.tuples_changed(customer),
            Person::Agent(agent) => self.refresh_agent(*agent),
        }
        if is_open && !was_open {
            self.watch_all(id);
        } else if !is_open && was_open {
            self.watches.remove_device(id);
        }
    }

    fn watch_all(&mut self, device: DeviceId) {
        let presentities = self.presentities(device);
        if self.watches_all(device) {
            self.watches.add_to_all(device);
        }
        for presentity in presentities {
            self.watch(device, &presentity);
        }
    }

    /// Whether it is a customer's on our own listeners.
    fn watches_all(&self, id: DeviceId) -> bool {
        let person = self.devices.get(id).map(|device| &device.person);
        matches!(person, Some(Person::Customer(_))) && self.devices.opened(id).is_some_and(|opened| opened.own_accounts)
    }

    /// The links have changed, and with them what is published.
    pub(super) fn publish_links(&mut self) {
        self.watches.publish(&published(&self.links));
    }

    /// Whom a person watches as soon as a device is open: at a provider what was subscribed to, on our own listeners, whose rosters
    /// are ours, all that may be watched; agents the customers of their sessions anywhere.
    fn presentities(&self, id: DeviceId) -> Vec<Presentity> {
        let (Some(device), Some(opened)) = (self.devices.get(id), self.devices.opened(id)) else { return Vec::new() };
        let (side, agent) = match &device.person {
            Person::Customer(_) => (Side::Customer, None),
            Person::Agent(reference) => (Side::Agent, Some(*reference)),
        };
        let mut aliases: Vec<Alias> = match agent.and_then(|reference| self.agents.get(reference)) {
            _ if !opened.own_accounts => self.subscriptions_of(id),
            Some(agent) => agent.placement.serves.iter().map(|queue| Alias::new(queue.clone())).collect(),
            None => self.links.published().iter().map(|link| link.alias.clone()).collect(),
        };
        if let Some(reference) = agent {
            aliases.extend(self.active_sessions(reference).map(|live| live.record.alias.clone()));
        }
        aliases.into_iter().map(|alias| Presentity { side, alias }).collect()
    }

    /// A contact at a provider has arrived. Its software doesn't ask again for what it has subscribed to, and may not tell whether it
    /// is open, so it is shown all at once.
    pub(super) fn watch_again(&mut self, device: DeviceId) {
        if self.devices.opened(device).is_some_and(|opened| !opened.own_accounts) {
            self.watch_all(device);
        }
    }

    /// Conversations: a request has no window.
    fn active_sessions(&self, agent: AgentRef) -> impl Iterator<Item = &super::session::Live> {
        let sessions = self.agents.get(agent).into_iter().flat_map(|agent| &agent.sessions);
        let joined = self.agents.get(agent).into_iter().flat_map(|agent| &agent.joined);
        let sessions = sessions.chain(joined).filter_map(|id| self.sessions.get(*id));
        sessions.filter(|live| live.is_live() && live.record.request.is_none())
    }

    /// A person wants to watch a presentity.
    pub(super) fn subscribed(&mut self, device: DeviceId, presentity: &Alias) -> Result<(), Failure> {
        let presentity = self.visible(device, presentity)?;
        self.watch(device, &presentity);
        self.keep_subscription(device, &presentity.alias);
        Ok(())
    }

    /// A person wants to know a presence once.
    pub(super) fn probed(&mut self, device: DeviceId, presentity: &Alias) -> Result<(), Failure> {
        let presentity = self.visible(device, presentity)?;
        if let Some(view) = self.presence_view(&presentity) {
            self.show(device, view);
        }
        Ok(())
    }

    /// A person wants to watch a presentity no more.
    pub(super) fn unsubscribed(&mut self, device: DeviceId, alias: &Alias) {
        self.drop_subscription(device, alias);
        if let Ok(presentity) = self.visible(device, alias) {
            self.watches.remove(&presentity, device);
        }
    }

    /// The presentity of a name, where the person may watch it.
    fn visible(&self, device: DeviceId, alias: &Alias) -> Result<Presentity, Failure> {
        let person = self.devices.get(device).map(|device| &device.person);
        let side = match person {
            Some(Person::Customer(_)) => self.links.get(alias).map(|_| Side::Customer),
            Some(Person::Agent(agent)) => {
                let is_visible = self.queues.get(alias.as_str()).is_some() || self.taking_part(*agent, alias).is_ok();
                is_visible.then_some(Side::Agent)
            }
            None => None,
        };
        let side = side.ok_or_else(|| Failure::new("not-found", phrases::no_such_name(alias)))?;
        Ok(Presentity::new(side, alias))
    }

    fn watch(&mut self, device: DeviceId, presentity: &Presentity) {
        let shown = self.watches.shown(presentity).cloned();
        let Some(view) = shown.or_else(|| self.presence_view(presentity)) else { return };
        self.watches.add(presentity, device, &view);
        self.show(device, view);
    }

    fn show(&mut self, device: DeviceId, presence: Presence) {
        self.send_roster_first(device);
        let Some(to) = self.devices.get(device) else { return };
        let showing = Showing { contact: to.contact.clone(), presence };
        self.outbox.effects.push(Effect::Show(to.endpoint, showing));
    }

    /// A customer's presence has changed: agents who have a session with the customer see it.
    pub(super) fn tuples_changed(&mut self, customer: &Customer) {
        for id in self.customers.sessions(customer) {
            if let Some(live) = self.sessions.get(id).filter(|live| live.is_live()) {
                self.watches.changed(&Presentity::new(Side::Agent, &live.record.alias));
            }
        }
    }

    /// An agent takes part in a session: the agent's open devices watch the customer.
    pub(super) fn show_to(&mut self, id: SessionId, agent: AgentRef) {
        let Some(live) = self.sessions.get(id) else { return };
        let presentity = Presentity::new(Side::Agent, &live.record.alias);
        for device in self.devices_of(agent) {
            if self.devices.get(device).is_some_and(super::device::Device::is_open) {
                self.watch(device, &presentity);
            }
        }
    }

    /// An agent takes part in a session no more: the agent's devices see the customer leave.
    pub(super) fn unshow_to(&mut self, id: SessionId, agent: AgentRef) {
        let Some(alias) = self.sessions.get(id).map(|live| live.record.alias.clone()) else { return };
        let presentity = Presentity::new(Side::Agent, &alias);
        for device in self.devices_of(agent) {
            if self.watches.remove(&presentity, device) {
                self.show(device, Presence { presentity: alias.clone(), tuples: Vec::new() });
            }
        }
    }

    fn devices_of(&self, agent: AgentRef) -> Vec<DeviceId> {
        self.agents.get(agent).into_iter().flat_map(|agent| agent.devices.iter().copied()).collect()
    }

    /// A session is over: whoever watched the customer sees the customer leave.
    pub(super) fn unshow_session(&mut self, id: SessionId) {
        let Some(alias) = self.sessions.get(id).map(|live| live.record.alias.clone()) else { return };
        for device in self.watches.remove_presentity(&Presentity::new(Side::Agent, &alias)) {
            self.show(device, Presence { presentity: alias.clone(), tuples: Vec::new() });
        }
    }

    /// An agent's queues have changed: what the open devices watch is made anew.
    pub(super) fn agent_watches_again(&mut self, reference: AgentRef) {
        let Some(agent) = self.agents.get(reference) else { return };
        let devices: Vec<DeviceId> = agent.devices.iter().copied().collect();
        for id in devices {
            if self.devices.get(id).is_some_and(super::device::Device::is_open) {
                self.watches.remove_device(id);
                self.watch_all(id);
            }
        }
        self.roster_changed(reference);
    }

    /// At the end of a batch: rosters and presences that have changed.
    pub(super) fn show_what_changed(&mut self) {
        self.send_rosters();
        let mut left = SHOWN_PER_BATCH;
        while left > 0 {
            let Some(presentity) = self.watches.next_run(self.now) else { break };
            let view = self.presence_view(&presentity);
            let devices = self.watches.run(&presentity, view.as_ref(), self.now, left);
            left -= devices.len().max(1).min(left);
            for device in devices {
                if let Some(view) = self.watches.shown(&presentity).cloned() {
                    self.show(device, view);
                }
            }
        }
    }
}

fn published(links: &Links) -> BTreeSet<Presentity> {
    links.published().iter().map(|link| Presentity::new(Side::Customer, &link.alias)).collect()
}
