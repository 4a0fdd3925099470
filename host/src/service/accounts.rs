//! Accounts as operators make them: what was asked for is checked against the configuration and handed to [`Identity`].
//!
//! Invariant: an agent's profile serves queues that exist, and at least one.

use crate::control::{AccountRow, NewAgent, NewCustomer, Password, Refusal};
use crate::identity::Identity;
use crate::identity::profile::Description;
use crate::model::identity::{Account, Verifiers};
use crate::model::record::AgentProfile;
use crate::model::settings::Settings;
use crate::model::{AgentName, Side};

/// Changes accounts. Calls block until the change is stored.
#[derive(Debug, Clone)]
pub struct Accounts {
    identity: Identity,
    queues: Vec<String>,
}

impl Accounts {
    /// The accounts of this identity, for a centre with these settings.
    pub fn new(identity: Identity, settings: &Settings) -> Self {
        Self { identity, queues: settings.queues.iter().map(|queue| queue.name.clone()).collect() }
    }

    /// Whether there is an account of this name.
    pub fn has(&self, side: Side, name: &str) -> bool {
        self.identity.find(side, name).is_some()
    }

    /// Makes or replaces an agent's account. The profile is for the centre.
    pub fn add_agent(&self, new: NewAgent) -> Result<AgentProfile, Refusal> {
        let NewAgent { name, shown_as, skills, queues, capacity, password, replace } = new;
        let queues = self.queues_of(queues, skills.iter().map(|skill| skill.name.as_str()))?;
        let description = Description { skills, queues: Some(queues), capacity, shown_as };
        if let Some(old) = self.identity.find(Side::Agent, &name).filter(|_| replace) {
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
    pub fn add_customer(&self, new: NewCustomer) -> Result<String, Refusal> {
        let NewCustomer { name, shown_as, password, replace } = new;
        let old = self.identity.find(Side::Customer, &name).filter(|_| replace);
        let verifiers = match &old {
            Some(old) => new_or_kept(password, old)?,
            None => verifiers(&password_needed(password, &name)?)?,
        };
        if old.is_none() {
            self.identity.add_customer(&name, verifiers.clone()).map_err(Refusal::new)?;
        }
        let stored = self.identity.find(Side::Customer, &name);
        let Some(stored) = stored else { return Ok(name) };
        if old.is_some() || shown_as.is_some() {
            let shown_as = shown_as.unwrap_or_else(|| stored.shown_as.clone());
            let account = Account { shown_as, verifiers, ..(*stored).clone() };
            self.identity.replace(account).map_err(Refusal::new)?;
        }
        Ok(stored.name.clone())
    }

    /// Removes an account. The name as it was stored.
    pub fn remove(&self, side: Side, name: &str) -> Result<AgentName, Refusal> {
        let stored = self.identity.find(side, name).map_or_else(|| name.to_owned(), |account| account.name.clone());
        if self.identity.remove(side, name).map_err(Refusal::new)? {
            return Ok(AgentName::new(stored));
        }
        let side = side.as_str();
        Err(Refusal::new(format!(
            "there is no {side}'s account {name:?}; `cordboard {side} list` shows those there are"
        )))
    }

    /// All accounts of a side, by name.
    pub fn list(&self, side: Side) -> Vec<AccountRow> {
        let row = |account: &Account| AccountRow {
            name: account.name.clone(),
            shown_as: account.agent.as_ref().map_or(&account.shown_as, |agent| &agent.shown_as).clone(),
            agent: account.agent.clone(),
        };
        self.identity.list(side).iter().map(|account| row(account)).collect()
    }

    /// Queues that were named, or else those that a skill is named for.
    fn queues_of<'s>(
        &self,
        named: Option<Vec<String>>,
        skills: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<String>, Refusal> {
        let known = self.queues.join(", ");
        if let Some(unknown) = named.iter().flatten().find(|queue| !self.queues.contains(queue)) {
            return Err(Refusal::new(format!("--queues: there is no queue {unknown:?}; there are {known}")));
        }
        let by_skill =
            || skills.filter(|skill| self.queues.iter().any(|queue| queue == skill)).map(str::to_owned).collect();
        let queues: Vec<String> = named.unwrap_or_else(by_skill);
        if queues.is_empty() {
            return Err(Refusal::new(format!(
                "the agent would serve no queue, as no skill is named for one; name some with --queues (there are {known})"
            )));
        }
        Ok(queues)
    }
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
