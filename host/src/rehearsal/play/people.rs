//! How people come and go in a play: agents on an endpoint for each protocol, customers by the doors by which they came, switches by the
//! switchboard.
//!
//! Invariant: whatever is done here is an input of the centre, which finds out by itself who it is.

use super::Play;
use crate::centre::{Input, Opened};
use crate::model::adapter::{Arrival, Event, Published, Report, Said};
use crate::model::record::Customer;
use crate::model::request::{self, Call, Duty, NewRequest, Request, Target};
use crate::model::{AgentName, Alias, Attribute, Contact, EndpointId, Message, PresenceTuple, Side};
use crate::rehearsal::{Passage, Standing};
use std::collections::{BTreeMap, BTreeSet};

/// Where switches are answered.
const SWITCHBOARD: EndpointId = EndpointId(1);
/// Where rules' questions are carried out.
pub(super) const CONSULTANT: EndpointId = EndpointId(2);
/// The first of the others.
const FIRST: u64 = 3;
/// What agents use of whom it is not known.
const USUAL_PROTOCOL: &str = "xmpp";

/// The endpoints of a play, and which agents are where.
#[derive(Default)]
pub(super) struct Places {
    /// By what they speak.
    agents: BTreeMap<String, EndpointId>,
    /// By listener or provider.
    customers: BTreeMap<String, Opened>,
    here: BTreeSet<(AgentName, EndpointId)>,
}

impl Places {
    /// Where an agent's words come from.
    fn device(&self, agent: &AgentName) -> Option<EndpointId> {
        self.here.iter().find(|(name, _)| name == agent).map(|(_, endpoint)| *endpoint)
    }
}

impl Play<'_> {
    /// Opens every endpoint that there was.
    pub(super) fn open_endpoints(&mut self) {
        let mut opened = Vec::new();
        let protocols = self.day.standings.iter().flat_map(|standing| standing.protocols.iter().map(String::as_str));
        let protocols: BTreeSet<&str> = protocols.chain([USUAL_PROTOCOL]).collect();
        for protocol in protocols {
            let endpoint = EndpointId(FIRST + opened.len() as u64);
            self.places.agents.insert(protocol.to_owned(), endpoint);
            opened.push(open(endpoint, Side::Agent, &format!("agents by {protocol}"), protocol));
        }
        for passage in &self.day.passages {
            let came = &passage.came;
            if came.request.is_some() || self.places.customers.contains_key(&came.provider) {
                continue;
            }
            let endpoint = EndpointId(FIRST + opened.len() as u64);
            let door = self.day.doors.iter().find(|door| door.provider == came.provider);
            let door = match door {
                Some(door) => Opened { endpoint, ..door.clone() },
                None => open(endpoint, Side::Customer, &came.provider, &came.protocol),
            };
            self.places.customers.insert(came.provider.clone(), door.clone());
            opened.push(door);
        }
        let mut inputs = vec![Input::SwitchboardOpened(SWITCHBOARD), Input::ConsultantOpened(CONSULTANT)];
        inputs.extend(opened.into_iter().map(Input::Opened));
        self.batch(&inputs);
    }

    /// An agent stands so from now on.
    pub(super) fn stand(&mut self, standing: &Standing) {
        // Who comes by another device has come before the one before is gone.
        let (mut inputs, leaves) = self.devices(standing);
        inputs.extend(self.at_switch(standing));
        inputs.extend(leaves);
        self.batch(&inputs);
    }

    /// What the agent's devices do: those that come or show something else, and those that leave.
    fn devices(&mut self, standing: &Standing) -> (Vec<Input>, Vec<Input>) {
        let Standing { agent, is, protocols, by_device, .. } = standing;
        let name = agent.as_str();
        let activity = if is == "available" && *by_device { "available" } else { "away" };
        let (mut comes, mut leaves) = (Vec::new(), Vec::new());
        for (protocol, endpoint) in &self.places.agents {
            let place = (agent.clone(), *endpoint);
            if is != "off-duty" && protocols.contains(protocol) {
                if self.places.here.insert(place) {
                    comes.push(report(*endpoint, name, arrived(name, name, "member")));
                }
                comes.push(report(*endpoint, name, published(activity)));
            } else if self.places.here.remove(&place) {
                leaves.push(report(*endpoint, name, Event::Left("as it was recorded".to_owned())));
            }
        }
        (comes, leaves)
    }

    /// What a switch says of an agent.
    fn at_switch(&mut self, standing: &Standing) -> Vec<Input> {
        let Standing { agent, is, protocols, by_device, .. } = standing;
        let duty = match is.as_str() {
            "available" if !by_device => Duty::Available,
            "away" if protocols.is_empty() => Duty::Away(String::new()),
            _ if self.by_switch.remove(agent) => {
                // One who was away there is not away any more.
                return [Duty::Available, Duty::Off].map(|duty| self.duty_told(agent, duty)).into();
            }
            _ => return Vec::new(),
        };
        self.by_switch.insert(agent.clone());
        vec![self.duty_told(agent, duty)]
    }

    fn duty_told(&mut self, agent: &AgentName, duty: Duty) -> Input {
        self.call("", request::Said::Agent(agent.clone(), duty))
    }

    /// What it takes for a passage to come.
    pub(super) fn coming(&mut self, place: usize) -> Vec<Input> {
        let day = self.day;
        let passage = &day.passages[place];
        match &passage.came.request {
            Some(request) => vec![self.requested(passage, request)],
            None => self.said_first(place, passage),
        }
    }

    fn requested(&mut self, passage: &Passage, request: &Request) -> Input {
        let came = &passage.came;
        let is_linked = !came.link.as_str().is_empty();
        let new = NewRequest {
            id: request.id.clone(),
            medium: None,
            target: if is_linked { Target::Link(came.link.clone()) } else { Target::Queue(came.queue.clone()) },
            caller: came.customer.alias.to_string(),
            name: came.customer_name.clone(),
            language: came.language.clone(),
            priority: request.priority,
            attributes: request.attributes.clone(),
            // Each request of the record is asked for once.
            key: None,
        };
        self.call(&request.switch, request::Said::New(Box::new(new)))
    }

    fn said_first(&self, place: usize, passage: &Passage) -> Vec<Input> {
        let came = &passage.came;
        let Some(door) = self.places.customers.get(&came.provider) else { return Vec::new() };
        let contact = contact_of(place);
        let kind = if came.member { "member" } else { "guest" };
        let arrived = arrived(&self.principal(door, passage), &came.customer_name, kind);
        let mut inputs = vec![report(door.endpoint, &contact, arrived)];
        if let Some(software) = &came.software {
            inputs.push(report(door.endpoint, &contact, Event::Software(software.clone())));
        }
        let language = (!came.language.is_empty()).then(|| came.language.clone());
        let asked = passage.asked.iter().rfind(|(at, _)| *at <= passage.waiting_since);
        let words = asked.map_or_else(|| "as it was recorded".to_owned(), |(_, agent)| self.please(agent.as_ref()));
        inputs.push(report(door.endpoint, &contact, said(came.link.as_str(), &words, language)));
        inputs
    }

    /// The words by which a customer asks for an agent later on.
    pub(super) fn asks(&mut self, place: usize, agent: Option<&AgentName>) {
        let came = &self.day.passages[place].came;
        let Some(endpoint) = self.places.customers.get(&came.provider).map(|door| door.endpoint) else { return };
        let words = said(came.link.as_str(), &self.please(agent), None);
        self.batch(&[report(endpoint, &contact_of(place), words)]);
    }

    fn please(&self, agent: Option<&AgentName>) -> String {
        let profile = agent.and_then(|agent| self.day.profiles.iter().find(|profile| profile.name == *agent));
        format!("{}, please", profile.map_or("anyone", |profile| profile.shown_as.as_str()))
    }

    /// Under which name the customer signs in; another where the person has a session already, which would go on instead of a new one.
    fn principal(&self, door: &Opened, passage: &Passage) -> String {
        let Customer { provider, alias } = &passage.came.customer;
        let known = alias.to_string();
        let name = if door.own_accounts || !provider.is_empty() {
            known
        } else {
            let members = self.day.members.iter().filter(|member| member.alias == *alias);
            let mut there =
                members.flat_map(|member| &member.addresses).filter(|there| there.provider == door.provider);
            there.next().map_or(known, |there| there.address.clone())
        };
        let goes_on = self.centre.has_session(&passage.came.customer, &passage.came.link);
        if goes_on { format!("{name}#{}", passage.session.0) } else { name }
    }

    /// An agent says something to the centre, if the agent is there.
    pub(super) fn agent_says(&mut self, agent: &AgentName, to: &str, words: &str) {
        if let Some(endpoint) = self.places.device(agent) {
            self.batch(&[report(endpoint, agent.as_str(), said(to, words, None))]);
        }
    }

    /// A switch says something.
    pub(super) fn call(&mut self, switch: &str, said: request::Said) -> Input {
        self.calls += 1;
        let (endpoint, reference, switch) = (SWITCHBOARD, self.calls, switch.to_owned());
        Input::Call(Box::new(Call { endpoint, reference, switch, said }))
    }
}

fn contact_of(place: usize) -> String {
    format!("c{place}")
}

fn open(endpoint: EndpointId, side: Side, provider: &str, protocol: &str) -> Opened {
    Opened {
        endpoint,
        side,
        provider: provider.to_owned(),
        protocol: protocol.to_owned(),
        own_accounts: true,
        address: String::new(),
    }
}

fn report(endpoint: EndpointId, contact: &str, event: Event) -> Input {
    Input::Report { endpoint, report: Report { reference: 0, contact: Contact::new(contact), origin: None, event } }
}

fn arrived(person: &str, name: &str, kind: &str) -> Event {
    Event::Arrived(Arrival { attributes: vec![Attribute::new("kind", kind)], ..Arrival::of(person, name) })
}

fn published(activity: &str) -> Event {
    Event::Published(Published { expires: None, tuples: vec![PresenceTuple::of("rehearsal", activity)] })
}

fn said(to: &str, text: &str, language: Option<String>) -> Event {
    Event::Said(Said { to: Alias::new(to), message: Message { language, ..Message::text(text) } })
}
