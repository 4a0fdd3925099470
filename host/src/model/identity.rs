//! Accounts: who may sign in, and what is kept to check it.

use super::record::AgentProfile;
use super::{Address, Alias, Attribute, MemberProfile, Side};
use serde::{Deserialize, Serialize};

/// An account of one side. A name may stand on both; they are two accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Which side's listeners know it.
    pub side: Side,
    /// Prepared by RFC 8265 `UsernameCaseMapped` (as the adapter spells the address).
    pub name: String,
    /// How to show the person.
    pub shown_as: String,
    /// What is kept of the password.
    pub verifiers: Verifiers,
    /// Of an agent.
    pub agent: Option<AgentProfile>,
    /// A customer's names at providers; an agent's are in the profile.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Facts of a customer that rules are told.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

impl Account {
    /// The person's names at providers.
    pub fn addresses(&self) -> &[Address] {
        self.agent.as_ref().map_or(&self.addresses, |agent| &agent.addresses)
    }

    /// The same, to change.
    pub fn addresses_mut(&mut self) -> &mut Vec<Address> {
        self.agent.as_mut().map_or(&mut self.addresses, |agent| &mut agent.addresses)
    }

    /// A customer, as the centre needs it.
    pub fn member(&self) -> Option<MemberProfile> {
        (self.side == Side::Customer).then(|| MemberProfile {
            alias: Alias::new(self.name.clone()),
            name: self.shown_as.clone(),
            addresses: self.addresses.clone(),
            attributes: self.attributes.clone(),
        })
    }
}

/// What is kept of a password: enough to check one, not enough to use it (RFC 5802, 3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifiers {
    /// SCRAM-SHA-1.
    pub sha1: Scram,
    /// SCRAM-SHA-256.
    pub sha256: Scram,
}

impl std::fmt::Debug for Verifiers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifiers")
    }
}

/// One mechanism's verifier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scram {
    /// Random, of this account.
    pub salt: Vec<u8>,
    /// Iteration count.
    pub iterations: u32,
    /// `StoredKey`.
    pub stored_key: Vec<u8>,
    /// `ServerKey`.
    pub server_key: Vec<u8>,
}
