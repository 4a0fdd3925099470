//! Accounts as operators make them: what was asked for is checked against the configuration and handed to [`Identity`].
//!
//! Invariant: an agent's profile serves queues that exist, and at least one; an address that is added is of a provider there is.

use super::in_force::InForce;
use crate::control::{AccountRow, NamedAddress, NewAgent, NewCustomer, Password, Refusal};
use crate::identity::profile::{Description, MOST_ADDRESSES, MOST_ATTRIBUTES};
use crate::identity::{self, Identity};
use crate::model::identity::{Account, Verifiers};
use crate::model::record::AgentProfile;
use crate::model::{Address, AgentName, Attribute, MemberProfile, Side};
use std::sync::Arc;

/// Changes accounts. Calls block until the change is stored.
#[derive(Debug, Clone)]
pub struct Accounts {
    identity: Identity,
    in_force: InForce,
}

impl Accounts {
    /// The accounts of this identity, for the queues and providers that are in force.
    pub fn new(identity: Identity, in_force: InForce) -> Self {
        Self { identity, in_force }
    }

    /// Whether there is an account of this name.
    pub fn has(&self, side: Side, name: &str) -> bool {
        self.identity.find(side, name).is_some()
    }

    /// Makes or replaces an agent's account. The profile is for the centre.
    pub fn add_agent(&self, new: NewAgent) -> Result<AgentProfile, Refusal> {
        let NewAgent {
            name,
            shown_as,
            skills,
            queues,
            capacity,
            units,
            addresses,
            reached_at,
            supervisor,
            password,
            replace,
        } = new;
        self.check_addresses(&addresses)?;
        let queues = self.queues_of(queues, skills.iter().map(|skill| skill.name.as_str()))?;
        let mut description =
            Description { skills, queues: Some(queues), capacity, units, shown_as, addresses, reached_at, supervisor };
        if let Some(old) = self.identity.find(Side::Agent, &name).filter(|_| replace) {
            if description.addresses.is_empty() {
                description.addresses = old.addresses().to_vec();
            }
            if let Some(agent) = old.agent.as_ref().filter(|_| description.reached_at.is_empty()) {
                description.reached_at.clone_from(&agent.reached_at);
            }
            let verifiers = new_or_kept(password, &old)?;
            let account = Account { verifiers, agent: Some(description.into_profile(&old.name)), ..(*old).clone() };
            self.identity.replace(account).map_err(Refusal::new)?;
        } else {
            let verifiers = verifiers(&password_needed(password, &name)?)?;
            self.identity.add_agent(&name, verifiers, description).map_err(Refusal::new)?;
        }
        let stored = self.identity.find(Side::Agent, &name).and_then(|account| account.agent.clone());
        stored.ok_or_else(|| Refusal::new(format!("the account {name:?} was removed again by somebody else")))
    }

    /// Makes or replaces a customer's account.
    pub fn add_customer(&self, new: NewCustomer) -> Result<MemberProfile, Refusal> {
        let NewCustomer { name, shown_as, addresses, attributes, password, replace } = new;
        self.check_addresses(&addresses)?;
        check_attributes(&attributes)?;
        let old = self.identity.find(Side::Customer, &name).filter(|_| replace);
        let mut account = if let Some(old) = &old {
            Account { verifiers: new_or_kept(password, old)?, ..Account::clone(old) }
        } else {
            let verifiers = verifiers(&password_needed(password, &name)?)?;
            identity::new_customer(&name, verifiers).map_err(Refusal::new)?
        };
        account.shown_as = shown_as.unwrap_or(account.shown_as);
        if !addresses.is_empty() {
            account.addresses = addresses;
        }
        if !attributes.is_empty() {
            account.attributes = attributes;
        }
        let profile = account.member().ok_or_else(|| not_there(Side::Customer, &name))?;
        if old.is_some() { self.identity.replace(account) } else { self.identity.add(account) }
            .map_err(Refusal::new)?;
        Ok(profile)
    }

    /// Gives an account a name at a provider more, or takes one away. The account as it is then.
    pub fn change_address(&self, change: &NamedAddress, add: bool) -> Result<Arc<Account>, Refusal> {
        let NamedAddress { side, name, address } = change;
        let old = self.identity.find(*side, name).ok_or_else(|| not_there(*side, name))?;
        let mut account = Account::clone(&old);
        let addresses = account.addresses_mut();
        let has = addresses.iter().position(|known| known == address);
        match has {
            Some(_) if add => return Ok(old),
            Some(place) => drop(addresses.remove(place)),
            None if add => addresses.push(address.clone()),
            None => {
                let known = listed(addresses);
                let name = &old.name;
                return Err(Refusal::new(format!("{name} does not have the address {address}; there are: {known}")));
            }
        }
        if add {
            self.check_addresses(account.addresses())?;
        }
        self.identity.replace(account).map_err(Refusal::new)?;
        self.identity.find(*side, name).ok_or_else(|| not_there(*side, name))
    }

    /// Removes an account. The name as it was stored.
    pub fn remove(&self, side: Side, name: &str) -> Result<AgentName, Refusal> {
        let stored = self.identity.find(side, name).map_or_else(|| name.to_owned(), |account| account.name.clone());
        if self.identity.remove(side, name).map_err(Refusal::new)? {
            return Ok(AgentName::new(stored));
        }
        Err(not_there(side, name))
    }

    /// All accounts of a side, by name.
    pub fn list(&self, side: Side) -> Vec<AccountRow> {
        let row = |account: &Account| AccountRow {
            name: account.name.clone(),
            shown_as: account.agent.as_ref().map_or(&account.shown_as, |agent| &agent.shown_as).clone(),
            agent: account.agent.clone(),
            addresses: account.addresses().to_vec(),
            attributes: account.attributes.clone(),
        };
        self.identity.list(side).iter().map(|account| row(account)).collect()
    }

    /// Whether these may be given to somebody.
    fn check_addresses(&self, addresses: &[Address]) -> Result<(), Refusal> {
        if addresses.len() > MOST_ADDRESSES {
            let count = addresses.len();
            return Err(Refusal::new(format!("{count} addresses are named; an account has at most {MOST_ADDRESSES}")));
        }
        let config = self.in_force.get();
        let providers: Vec<&str> = config.providers.iter().map(|provider| provider.name.as_str()).collect();
        let Some(unknown) = addresses.iter().find(|address| !providers.contains(&address.provider.as_str())) else {
            return Ok(());
        };
        let known = providers.join(", ");
        let known =
            if known.is_empty() { "the configuration has no [[provider]]" } else { &format!("there are {known}") };
        Err(Refusal::new(format!("{unknown}: there is no provider {:?}; {known}", unknown.provider)))
    }

    /// Queues that were named, or else those that a skill is named for.
    fn queues_of<'s>(
        &self,
        named: Option<Vec<String>>,
        skills: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<String>, Refusal> {
        let config = self.in_force.get();
        let there_are: Vec<&str> = config.settings.queues.iter().map(|queue| queue.name.as_str()).collect();
        let known = there_are.join(", ");
        if let Some(unknown) = named.iter().flatten().find(|queue| !there_are.contains(&queue.as_str())) {
            return Err(Refusal::new(format!("--queues: there is no queue {unknown:?}; there are {known}")));
        }
        let by_skill = || skills.filter(|skill| there_are.contains(skill)).map(str::to_owned).collect();
        let queues: Vec<String> = named.unwrap_or_else(by_skill);
        if queues.is_empty() {
            return Err(Refusal::new(format!(
                "the agent would serve no queue, as no skill is named for one; name some with --queues (there are {known})"
            )));
        }
        Ok(queues)
    }
}

/// Whether these may be said of somebody.
fn check_attributes(attributes: &[Attribute]) -> Result<(), Refusal> {
    if attributes.len() > MOST_ATTRIBUTES {
        let count = attributes.len();
        return Err(Refusal::new(format!("{count} attributes are given; an account has at most {MOST_ATTRIBUTES}")));
    }
    let mut names: Vec<&str> = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(Refusal::new(format!("the attribute {:?} is given twice; give it once", two[0]))),
        None => Ok(()),
    }
}

fn not_there(side: Side, name: &str) -> Refusal {
    let side = side.as_str();
    Refusal::new(format!("there is no {side}'s account {name:?}; `cordboard {side} list` shows those there are"))
}

fn listed(addresses: &[Address]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if addresses.is_empty() { "none".to_owned() } else { addresses.join(", ") }
}

fn new_or_kept(password: Option<Password>, old: &Account) -> Result<Verifiers, Refusal> {
    password.map_or_else(|| Ok(old.verifiers.clone()), |password| verifiers(&password))
}

fn password_needed(password: Option<Password>, name: &str) -> Result<Password, Refusal> {
    password.ok_or_else(|| {
        Refusal::new(format!(
            "there is no account {name:?} to change; leave --replace out to make it, and give a password"
        ))
    })
}

fn verifiers(password: &Password) -> Result<Verifiers, Refusal> {
    Verifiers::from_password(password.expose()).map_err(Refusal::new)
}
