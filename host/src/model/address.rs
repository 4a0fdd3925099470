//! Names of persons at providers, and who of ours stands behind them.
//!
//! Invariant: two spellings of an address that mean the same person are equal once [`Address::new`] has made them.

use super::{Alias, Attribute};
use serde::{Deserialize, Serialize};

/// The name of a person at a provider. Only as [`Self::new`] makes it, it may be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The provider's name in the operator's file.
    pub provider: String,
    /// The person's name there: on XMPP the bare JID.
    pub address: String,
}

impl Address {
    /// The address as it is compared: without the resource (RFC 7622, 3.4: what follows the first `/`), and with ASCII letters in
    /// lower case. Letters beyond ASCII stay as they are: the provider's own server has prepared them.
    pub fn new(provider: impl Into<String>, address: &str) -> Self {
        let bare = address.split('/').next().unwrap_or_default();
        Self { provider: provider.into(), address: bare.trim().to_ascii_lowercase() }
    }
}

impl std::fmt::Display for Address {
    /// As an operator writes it: `prosody:jim@corp.example`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.provider, self.address)
    }
}

/// A customer's account, as the centre needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberProfile {
    /// The account: the member's outside name.
    pub alias: Alias,
    /// How agents are shown the member.
    pub name: String,
    /// Where else the member is known.
    pub addresses: Vec<Address>,
    /// Facts that rules are told, as `vip=gold`.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}
