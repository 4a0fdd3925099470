//! What happens at providers: people who come, leave, watch and go on at our own listener; endpoints that go and come again.

use super::{AGENTS, CUSTOMERS, Play};
use crate::centre::tests::desk::{Person, redirects, settled};
use crate::centre::tests::providers::member;
use crate::centre::{Effect, Input};
use crate::model::adapter::{Event, Said, Subscription};
use crate::model::settings::Redirect;
use crate::model::{Alias, Contact, EndpointId, FeedId, Side};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What may happen there. Numbers choose among those there are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Elsewhere {
    Says(u8, bool, u8),
    Leaves(u8),
    Shows(u8, bool),
    Watches(u8, bool, bool),
    AgentWatches(u8, bool),
    EndpointGone(bool),
    EndpointComes(bool),
    Continues(u8, u8, bool),
    MemberChanged(bool),
}

pub(super) fn act() -> impl Strategy<Value = Elsewhere> {
    let n = any::<u8>;
    let flag = any::<bool>;
    prop_oneof![
        8 => (n(), flag(), n()).prop_map(|(who, link, origin)| Elsewhere::Says(who, link, origin)),
        2 => n().prop_map(Elsewhere::Leaves),
        2 => (n(), flag()).prop_map(|(who, here)| Elsewhere::Shows(who, here)),
        2 => (n(), flag(), flag()).prop_map(|(who, link, on)| Elsewhere::Watches(who, link, on)),
        1 => (n(), flag()).prop_map(|(who, on)| Elsewhere::AgentWatches(who, on)),
        2 => flag().prop_map(Elsewhere::EndpointGone),
        1 => flag().prop_map(Elsewhere::EndpointComes),
        4 => (n(), n(), flag()).prop_map(|(who, session, link)| Elsewhere::Continues(who, session, link)),
        1 => flag().prop_map(Elsewhere::MemberChanged),
    ]
}

pub(super) const AGENTS_PROVIDER: &str = "corp";
/// The last may be a member's address.
pub(super) const CONTACTS: [&str; 3] = ["qpamq@prosody.example", "qtomq@prosody.example", "qjoeq@prosody.example"];
const MAYBE_MEMBER: &str = CONTACTS[2];

/// Customers of the provider are sent on.
pub(super) fn redirects_to_us() -> Vec<Redirect> {
    vec![Redirect { provider: "prosody".to_owned(), target: "center.example:5222".to_owned() }]
}

pub(super) fn address_of(agent: &str) -> String {
    format!("{agent}@corp.example")
}

/// The providers' endpoints and who is there.
#[derive(Default)]
pub(super) struct Places {
    endpoints: BTreeMap<Side, EndpointId>,
    people: BTreeMap<&'static str, Person>,
}

impl Play {
    pub(super) fn act_elsewhere(&mut self, act: Elsewhere) {
        match act {
            Elsewhere::Says(who, billing, origin) => {
                let person = self.somebody(who);
                let to = Alias::new(if billing { "billing" } else { "sales" });
                let said = Said { to, message: super::desk::message(&format!("message {}", origin % 8)) };
                let origin = format!("o{}", origin % 8);
                self.desk.report_as(person.endpoint, &person.contact, Some(&origin), Event::Said(said));
            }
            Elsewhere::Leaves(who) => {
                if let Some(person) = self.elsewhere.people.remove(CONTACTS[usize::from(who) % CONTACTS.len()]) {
                    self.desk.left(&person);
                }
            }
            Elsewhere::Shows(who, here) => {
                let person = self.somebody(who);
                self.desk.publish(&person, if here { "available" } else { "unavailable" });
            }
            Elsewhere::Watches(who, billing, on) => {
                let person = self.somebody(who);
                self.watches(&person, if billing { "billing" } else { "sales" }, on);
            }
            Elsewhere::AgentWatches(who, on) => {
                if let Some(person) = self.agent(who) {
                    self.watches(&person, super::BILLING, on);
                }
            }
            Elsewhere::EndpointGone(customers) => self.endpoint_gone(side(customers)),
            Elsewhere::EndpointComes(customers) => drop(self.provider(side(customers))),
            Elsewhere::Continues(who, session, billing) => self.continues(who, session, billing),
            Elsewhere::MemberChanged(has_address) => {
                let addresses: &[&str] = if has_address { &[MAYBE_MEMBER] } else { &[] };
                self.desk.members = vec![member(CUSTOMERS[0], addresses)];
                self.desk.batch(vec![Input::Member(self.desk.members[0].clone())]);
            }
        }
    }

    fn watches(&mut self, person: &Person, presentity: &str, on: bool) {
        let presentity = Alias::new(presentity);
        let event = if on {
            Event::Subscribed(Subscription { presentity, expires: None })
        } else {
            Event::Unsubscribed(presentity)
        };
        assert_eq!(settled(&self.desk.report(person.endpoint, &person.contact, event)), "ok");
    }

    /// A contact of the provider, who arrives where he is not there.
    fn somebody(&mut self, who: u8) -> Person {
        let name = CONTACTS[usize::from(who) % CONTACTS.len()];
        let endpoint = self.provider(Side::Customer);
        if let Some(person) = self.elsewhere.people.get(name) {
            return person.clone();
        }
        let (person, effects) = self.desk.arrive_at(endpoint, name);
        assert_eq!(settled(&effects), "ok");
        self.elsewhere.people.insert(name, person.clone());
        person
    }

    /// An agent who has an account, and so the address, and is not here yet.
    pub(super) fn agent_at_provider(&mut self, name: &'static str) -> Person {
        let endpoint = self.provider(Side::Agent);
        if let Some(recalled) = self.agents.get(name) {
            return recalled.clone();
        }
        let (person, effects) = self.desk.arrive_at(endpoint, &address_of(name));
        assert_eq!(settled(&effects), "ok");
        self.desk.publish(&person, "available");
        person
    }

    pub(super) fn drop_agent(&mut self, person: &Person) {
        if self.elsewhere.endpoints.get(&Side::Agent) == Some(&person.endpoint) {
            self.desk.left(person);
        } else {
            self.desk.gone(person);
        }
    }

    fn endpoint_gone(&mut self, side: Side) {
        let Some(endpoint) = self.elsewhere.endpoints.remove(&side) else { return };
        self.elsewhere.people.retain(|_, person| person.endpoint != endpoint);
        self.agents.retain(|_, person| person.endpoint != endpoint);
        self.desk.batch(vec![Input::Gone { endpoint, reason: "the link is lost".to_owned() }]);
    }

    /// The provider's endpoint; where there is none it opens, and whom it has to recall arrives (I9).
    fn provider(&mut self, side: Side) -> EndpointId {
        if let Some(endpoint) = self.elsewhere.endpoints.get(&side) {
            return *endpoint;
        }
        let missing = self.missing(side);
        let from = self.desk.outputs.len();
        let endpoint = self.desk.open_provider(side);
        self.elsewhere.endpoints.insert(side, endpoint);
        self.desk.wait(50);
        let effects = self.desk.outputs[from..].iter().flat_map(|output| &output.effects);
        let recalled: BTreeSet<Contact> = effects.filter_map(recalled).collect();
        for (feed, contact) in &missing {
            assert!(recalled.contains(contact), "{contact} has {feed:?} and is not recalled");
        }
        for contact in recalled {
            self.recalled_arrives(side, endpoint, &contact, &missing);
        }
        endpoint
    }

    /// Rows of a provider that have no device and somebody to wait for.
    fn missing(&self, side: Side) -> Vec<(FeedId, Contact)> {
        let provider = if side == Side::Agent { AGENTS_PROVIDER } else { "prosody" };
        let row = |feed: FeedId| {
            let row = self.desk.centre.table.row(feed)?;
            let live = self.desk.centre.sessions.get(feed.session)?;
            let is_here = row.binding.provider == provider && row.device.is_none() && live.is_live();
            is_here.then(|| (feed, row.binding.contact.clone()))
        };
        self.desk.centre.table.feeds().filter_map(row).collect()
    }

    fn recalled_arrives(&mut self, side: Side, endpoint: EndpointId, contact: &Contact, missing: &[(FeedId, Contact)]) {
        let name = contact.as_str();
        let agent = AGENTS.iter().find(|agent| address_of(agent) == name);
        if agent.is_some_and(|agent| self.agents.contains_key(agent)) {
            return;
        }
        let (person, effects) = self.desk.arrive_at(endpoint, name);
        if settled(&effects) != "ok" {
            assert_eq!(side, Side::Agent, "{}", settled(&effects));
            return;
        }
        match (agent, CONTACTS.iter().find(|known| **known == name)) {
            (Some(agent), _) => drop(self.agents.insert(agent, person)),
            (None, Some(known)) => drop(self.elsewhere.people.insert(known, person)),
            (None, None) => panic!("{name} was never here"),
        }
        // Whose account has another address now is another person.
        for (feed, _) in missing.iter().filter(|(_, of)| of == contact && name != MAYBE_MEMBER) {
            let row = self.desk.centre.table.row(*feed);
            assert!(row.is_none_or(|row| row.device.is_some()), "{name} is back, {feed:?} has no device");
        }
    }

    /// Somebody says a code: on our own listener the session may be his then, or nothing has happened to it.
    fn continues(&mut self, who: u8, session: u8, billing: bool) {
        let is_elsewhere = who.is_multiple_of(5);
        let person = if is_elsewhere { self.somebody(who) } else { self.customer(who) };
        let Some(id) = self.session(session) else { return };
        let record = self.desk.centre.sessions.get(id).expect("it was chosen among those there are").record.clone();
        let code = record.code.clone().unwrap_or_else(|| "a".repeat(26));
        let effects = self.desk.say(&person, if billing { "billing" } else { "sales" }, &format!("continue {code}"));
        let Some(live) = self.desk.centre.sessions.get(id) else { return };
        let is_good = record.code.is_some() && !record.customer.provider.is_empty();
        assert!(!is_good || !is_elsewhere || settled(&effects) != "ok", "it was taken where it can't be used");
        if is_good && settled(&effects) == "ok" {
            assert_eq!(live.record.customer.alias.as_str(), CUSTOMERS[usize::from(who) % CUSTOMERS.len()]);
            assert!(live.record.customer.provider.is_empty());
        } else {
            assert_eq!(live.record.customer, record.customer);
        }
        assert!(is_elsewhere || redirects(&effects).is_empty());
    }
}

fn side(customers: bool) -> Side {
    if customers { Side::Customer } else { Side::Agent }
}

fn recalled(effect: &Effect) -> Option<Contact> {
    match effect {
        Effect::Direct(_, order) if order.name == "recall" => Some(order.contact.clone()),
        _ => None,
    }
}
