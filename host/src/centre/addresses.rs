//! Whose an address at a provider is: an agent's or a member's; and what else is known of members.
//!
//! Ends at telling who it is; a person who is here stays who he was when he came, also when the addresses change.
//!
//! Invariant: holds what the profiles say, and an address of two profiles is the newest one's.

use super::pages::PagedMap;
use crate::model::record::AgentProfile;
use crate::model::{Address, AgentName, Alias, MemberProfile};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Addresses {
    agents: PagedMap<Address, AgentName>,
    members: PagedMap<Address, Alias>,
    /// Members who have an address or an attribute.
    profiles: PagedMap<Alias, MemberProfile>,
}

impl Addresses {
    /// Members who have an address.
    pub(super) fn profiles(&self) -> Vec<MemberProfile> {
        self.profiles.values().cloned().collect()
    }

    /// The agent who is known there under this name.
    pub(super) fn agent(&self, provider: &str, address: &str) -> Option<&AgentName> {
        self.agents.get(&Address::new(provider, address))
    }

    /// The member who is known there under this name.
    pub(super) fn member(&self, provider: &str, address: &str) -> Option<&MemberProfile> {
        self.profiles.get(self.members.get(&Address::new(provider, address))?)
    }

    /// An agent's profile is new or changed.
    pub(super) fn agent_changed(&mut self, profile: &AgentProfile) {
        self.agent_removed(&profile.name);
        let addresses = profile.addresses.iter().map(compared);
        self.agents.extend(addresses.map(|address| (address, profile.name.clone())));
    }

    /// An agent is none any more.
    pub(super) fn agent_removed(&mut self, name: &AgentName) {
        self.agents.retain(|_, agent| agent != name);
    }

    /// A member's profile is new or changed.
    pub(super) fn member_changed(&mut self, profile: &MemberProfile) {
        self.member_removed(&profile.alias);
        if !profile.addresses.is_empty() || !profile.attributes.is_empty() {
            let addresses = profile.addresses.iter().map(compared);
            self.members.extend(addresses.map(|address| (address, profile.alias.clone())));
            self.profiles.insert(profile.alias.clone(), profile.clone());
        }
    }

    /// What is known of a member.
    pub(super) fn profile(&self, alias: &Alias) -> Option<&MemberProfile> {
        self.profiles.get(alias)
    }

    /// A member is none any more.
    pub(super) fn member_removed(&mut self, alias: &Alias) {
        let Some(profile) = self.profiles.remove(alias) else { return };
        for address in profile.addresses.iter().map(compared) {
            if self.members.get(&address) == Some(alias) {
                self.members.remove(&address);
            }
        }
    }
}

fn compared(address: &Address) -> Address {
    Address::new(address.provider.clone(), &address.address)
}
