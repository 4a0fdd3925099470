//! Reports of endpoints: who comes and goes, and where what they do is taken.
//!
//! Invariant: every report is settled exactly once, after the effects that it caused.

use super::device::{DeviceId, Identity, Person};
use super::link::PUBLISHED;
use super::{Centre, Effect, Opened, phrases};
use crate::model::adapter::{Acted, Arrival, Event, Report, Settlement};
use crate::model::limits::Limits;
use crate::model::record::Customer;
use crate::model::rule::AgentRef;
use crate::model::{AgentName, Alias, Body, Contact, EndpointId, Failure, LinkTarget, Side, attribute};

impl Centre {
    /// An endpoint exists.
    pub(super) fn opened(&mut self, opened: &Opened) {
        self.devices.open(opened.clone());
        let targets = self.advertised(opened.side);
        self.effect(Effect::Advertise(opened.endpoint, targets));
        if !opened.own_accounts {
            self.recall(opened);
        }
    }

    /// What a side's endpoints publish: customers the links, agents the queues.
    pub(super) fn advertised(&self, side: Side) -> Vec<LinkTarget> {
        match side {
            Side::Customer => self.links.targets(),
            Side::Agent => {
                let queues = self.queues.all().take(PUBLISHED).map(|queue| &queue.settings);
                queues
                    .map(|q| LinkTarget { alias: Alias::new(q.name.clone()), label: q.label.clone(), parent: None })
                    .collect()
            }
        }
    }

    /// An endpoint is gone, and everybody on it.
    pub(super) fn endpoint_gone(&mut self, endpoint: EndpointId) {
        let Some(devices) = self.devices.endpoint(endpoint).map(|endpoint| endpoint.devices.clone()) else { return };
        for device in devices {
            self.device_gone(device);
        }
        self.devices.close(endpoint);
        self.recalls.endpoint_gone(endpoint);
    }

    /// Somebody did something.
    pub(super) fn report(&mut self, endpoint: EndpointId, report: &Report) {
        let outcome = self.take(endpoint, report);
        self.effect(Effect::Settle(endpoint, Settlement { reference: report.reference, outcome }));
    }

    fn take(&mut self, endpoint: EndpointId, report: &Report) -> Result<(), Failure> {
        if let Event::Arrived(arrival) = &report.event {
            return self.arrived(endpoint, &report.contact, arrival);
        }
        let Some(device) = self.devices.find(endpoint, &report.contact) else {
            return Err(Failure::new("not-authorized", phrases::NOT_ARRIVED));
        };
        let origin = report.origin.as_deref();
        match &report.event {
            Event::Left(_) => self.device_gone(device),
            Event::Software(software) => {
                if let Some(device) = self.devices.get_mut(device) {
                    device.software = Some(software.clone());
                }
                self.software_known(device);
            }
            Event::Said(said) | Event::InvokedLink(said) => {
                return match self.agent_of(device) {
                    None => self.customer_said(device, said, origin),
                    Some(agent) if self.hears_words(&said.to) => self.hear_words(device, agent, said),
                    Some(agent) => self.agent_said(device, agent, said, origin),
                };
            }
            Event::Seen(seen) => self.hint(device, seen),
            Event::Published(published) => self.published(device, published),
            Event::Subscribed(subscription) => return self.subscribed(device, &subscription.presentity),
            Event::Unsubscribed(presentity) => self.unsubscribed(device, presentity),
            Event::Probed(presentity) => return self.probed(device, presentity),
            Event::AskedRoster => self.asked_roster(device),
            Event::Acted(acted) => return self.acted(device, acted),
            Event::AskedHistory(_) | Event::Other(_) | Event::Arrived(_) => {
                return Err(Failure::new("unsupported", phrases::UNSUPPORTED));
            }
        }
        Ok(())
    }

    pub(super) fn agent_of(&self, device: DeviceId) -> Option<AgentRef> {
        match self.devices.get(device)?.person {
            Person::Agent(agent) => Some(agent),
            Person::Customer(_) => None,
        }
    }

    fn acted(&mut self, device: DeviceId, acted: &Acted) -> Result<(), Failure> {
        let Some(agent) = self.agent_of(device) else {
            return Err(Failure::new("unsupported", phrases::UNSUPPORTED));
        };
        let number = attribute(&acted.attributes, "number").and_then(|number| number.parse().ok());
        let words = match (acted.name.as_str(), number) {
            ("accept", Some(number)) => super::words::Words::Accept(Some(number)),
            ("decline", Some(number)) => super::words::Words::Decline(Some(number)),
            ("close", Some(number)) => super::words::Words::End(Some(number)),
            _ => return Err(Failure::new("unsupported", phrases::UNSUPPORTED)),
        };
        self.obey(device, agent, &acted.target, words);
        Ok(())
    }

    fn arrived(&mut self, endpoint: EndpointId, contact: &Contact, arrival: &Arrival) -> Result<(), Failure> {
        let Some(opened) = self.devices.endpoint(endpoint).map(|endpoint| endpoint.opened.clone()) else {
            return Err(Failure::new("gone", phrases::NOT_ARRIVED));
        };
        let identity = self.identity(&opened, contact, arrival);
        if identity.is_err() && !opened.own_accounts {
            self.drop_subscriptions(&opened.provider, contact);
        }
        let identity = identity?;
        if let Some(twin) = self.devices.twin(endpoint, contact).filter(|_| opened.own_accounts) {
            self.disconnect(twin, "conflict", phrases::REPLACED);
            self.device_gone(twin);
        }
        if let Some(same) = self.devices.find(endpoint, contact) {
            self.device_gone(same);
        }
        let person = identity.person.clone();
        let device = self.devices.add(endpoint, contact.clone(), identity);
        match person {
            Person::Customer(customer) => {
                self.customer_arrived(device, &customer);
                self.redirect_arrived(device);
            }
            Person::Agent(agent) => self.agent_arrived(device, agent),
        }
        self.watch_again(device);
        Ok(())
    }

    fn identity(&self, opened: &Opened, contact: &Contact, arrival: &Arrival) -> Result<Identity, Failure> {
        let principal = arrival.principal.clone().unwrap_or_else(|| Alias::new(contact.as_str()));
        let name = if arrival.name.is_empty() { principal.as_str().to_owned() } else { arrival.name.clone() };
        if opened.own_accounts {
            self.our_own(opened.side, principal, name, arrival)
        } else {
            self.at_provider(opened, principal, name)
        }
    }

    /// Who signs in on our own listener.
    fn our_own(&self, side: Side, principal: Alias, name: String, arrival: &Arrival) -> Result<Identity, Failure> {
        let member = !is_guest(arrival, principal.as_str());
        let person = match side {
            Side::Customer => Person::Customer(Customer { provider: String::new(), alias: principal }),
            Side::Agent => {
                let account = arrival.principal.as_ref().map(|alias| AgentName::new(alias.as_str()));
                let agent = account.and_then(|name| self.agents.reference(&name));
                let agent = agent.ok_or_else(|| Failure::new("not-allowed", phrases::NO_AGENT_ACCOUNT))?;
                Person::Agent(agent)
            }
        };
        Ok(Identity { person, name, member, principal: Alias::default(), shown_as: String::new() })
    }

    /// Who somebody else vouches for: a member or an agent where an account says so, else that provider's customer.
    fn at_provider(&self, opened: &Opened, principal: Alias, shown_as: String) -> Result<Identity, Failure> {
        let (provider, address) = (&opened.provider, principal.as_str());
        let (person, name, member) = match opened.side {
            Side::Customer => {
                let member = self.addresses.member(provider, address);
                let (provider, alias, name) = member.map_or_else(
                    || (provider.clone(), principal.clone(), shown_as.clone()),
                    |member| (String::new(), member.alias.clone(), member.name.clone()),
                );
                (Person::Customer(Customer { provider, alias }), name, member.is_some())
            }
            Side::Agent => {
                let agent = self.addresses.agent(provider, address).and_then(|name| self.agents.reference(name));
                let agent = agent.ok_or_else(|| Failure::new("not-allowed", phrases::NO_AGENT_ADDRESS))?;
                (Person::Agent(agent), shown_as.clone(), true)
            }
        };
        Ok(Identity { person, name, member, principal, shown_as })
    }

    fn customer_arrived(&mut self, device: DeviceId, customer: &Customer) {
        self.customers.add_device(customer, device);
        let sessions = self.customers.sessions(customer).collect();
        self.customer_returned(device, sessions);
    }

    fn agent_arrived(&mut self, device: DeviceId, reference: AgentRef) {
        let Some(agent) = self.agents.get_mut(reference) else { return };
        agent.devices.insert(device);
        let sessions = agent.sessions.iter().chain(&agent.closed).copied().collect();
        self.refresh_agent(reference);
        self.agent_returned(device, sessions);
    }

    /// A device is not reachable any more.
    pub(super) fn device_gone(&mut self, id: DeviceId) {
        self.watches.remove_device(id);
        let Some(device) = self.devices.remove(id) else { return };
        match &device.person {
            Person::Customer(customer) => {
                self.customers.remove_device(customer, id);
                self.tuples_changed(customer);
            }
            Person::Agent(reference) => {
                if let Some(agent) = self.agents.get_mut(*reference) {
                    agent.devices.remove(&id);
                }
                self.refresh_agent(*reference);
                self.offers_lost(*reference, id);
            }
        }
        for feed in self.table.feeds_of(id) {
            self.table.detach(feed);
            self.row_lost(feed);
        }
    }
}

/// Whether a person of our own has no account.
fn is_guest(arrival: &Arrival, alias: &str) -> bool {
    attribute(&arrival.attributes, "kind").map_or_else(|| alias.starts_with("guest-"), |kind| kind == "guest")
}

/// The words of a message that may be taken.
pub(super) fn said_text<'a>(body: &'a Body, limits: &Limits) -> Result<&'a str, Failure> {
    match body {
        Body::Text(text) if text.trim().is_empty() => Err(Failure::new("malformed", phrases::EMPTY_MESSAGE)),
        Body::Text(text) if text.len() > limits.message_bytes => {
            Err(Failure::new("too-large", phrases::too_large(text.len(), limits.message_bytes)))
        }
        Body::Text(text) => Ok(text),
        Body::Form(_) | Body::FormReply(_) | Body::Menu(_) | Body::Other(_) => {
            Err(Failure::new("unsupported", phrases::ONLY_TEXT))
        }
    }
}
