//! What an operator writes of an agent (`--skills billing:7,sales:3 --capacity chat=3`), read into an [`AgentProfile`].
//!
//! Pure. Invariant: every error names the part it is about, what was expected, and an example.

use crate::model::record::AgentProfile;
use crate::model::rule::Skill;
use crate::model::{Address, AgentName, Attribute};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// Skills of one agent.
const MOST_SKILLS: usize = 64;
/// Media of one agent.
const MOST_MEDIA: usize = 16;
/// Addresses of one account.
pub const MOST_ADDRESSES: usize = 16;
/// Attributes of one account.
pub const MOST_ATTRIBUTES: usize = 16;
/// Bytes of an attribute's value.
const VALUE_BYTES: usize = 256;
/// Bytes of an address: a bare JID has at most 1023 + 1 + 1023 (RFC 7622, 3.1).
const ADDRESS_BYTES: usize = 2_047;
/// Bytes of a skill's, queue's or medium's name.
const NAME_BYTES: usize = 64;
/// Sessions at a time.
const MOST_CAPACITY: u16 = 1_000;
/// How customers see an agent whom nobody named: an account's name is an inside name, and stays inside.
const SHOWN_AS: &str = "Agent";

/// What is wrong with a text of an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not `name:level`.
    #[error("\"{part}\": a skill is written name:level, for example billing:7")]
    Skill {
        /// As written.
        part: String,
    },
    /// Out of range.
    #[error("\"{part}\": a skill's level is 1 to 10")]
    Level {
        /// As written.
        part: String,
    },
    /// Not `medium=number`.
    #[error("\"{part}\": a capacity is written medium=number, for example chat=3")]
    Capacity {
        /// As written.
        part: String,
    },
    /// Out of range.
    #[error("\"{part}\": a capacity is 1 to {MOST_CAPACITY}")]
    Number {
        /// As written.
        part: String,
    },
    /// Not a name.
    #[error("\"{part}\": a name has 1 to {NAME_BYTES} of a-z, 0-9, '-', '_' and '.'")]
    Name {
        /// As written.
        part: String,
    },
    /// Not `medium=address`.
    #[error(
        "\"{part}\": where a switch reaches the agent is written medium=address, for example voice=sip:1234@pbx.example"
    )]
    Reached {
        /// As written.
        part: String,
    },
    /// Not `provider:address`.
    #[error("\"{part}\": an address is written provider:address, for example prosody:jim@corp.example")]
    Address {
        /// As written.
        part: String,
    },
    /// Not `name=value`.
    #[error(
        "\"{part}\": an attribute is written name=value, for example vip=gold; the value has 1 to {VALUE_BYTES} bytes"
    )]
    Attribute {
        /// As written.
        part: String,
    },
    /// The same twice.
    #[error("\"{name}\" is named twice; name it once")]
    Twice {
        /// The name.
        name: String,
    },
    /// Too many of them.
    #[error("{count} are named; at most {most} are allowed")]
    TooMany {
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

/// Reads skills: `billing:7,sales:3`. An empty text has none.
pub fn parse_skills(text: &str) -> Result<Vec<Skill>, ProfileError> {
    let mut levels: BTreeMap<String, u8> = BTreeMap::new();
    let mut skills = Vec::new();
    for part in parts(text, MOST_SKILLS)? {
        let (name, level) = part.split_once(':').ok_or_else(|| ProfileError::Skill { part: part.to_owned() })?;
        let name = name_of(name, part)?;
        let level = number(level).ok_or_else(|| ProfileError::Skill { part: part.to_owned() })?;
        let level = u8::try_from(level).ok().filter(|level| (1..=10).contains(level));
        let level = level.ok_or_else(|| ProfileError::Level { part: part.to_owned() })?;
        if levels.insert(name.clone(), level).is_some() {
            return Err(ProfileError::Twice { name });
        }
        skills.push(Skill { name, level });
    }
    Ok(skills)
}

/// Reads capacities: `chat=3,voice=1`.
pub fn parse_capacity(text: &str) -> Result<BTreeMap<String, u16>, ProfileError> {
    let mut capacity = BTreeMap::new();
    for part in parts(text, MOST_MEDIA)? {
        let (medium, most) = part.split_once('=').ok_or_else(|| ProfileError::Capacity { part: part.to_owned() })?;
        let medium = name_of(medium, part)?;
        let most = number(most).ok_or_else(|| ProfileError::Capacity { part: part.to_owned() })?;
        let most = u16::try_from(most).ok().filter(|most| (1..=MOST_CAPACITY).contains(most));
        let most = most.ok_or_else(|| ProfileError::Number { part: part.to_owned() })?;
        if capacity.insert(medium.clone(), most).is_some() {
            return Err(ProfileError::Twice { name: medium });
        }
    }
    Ok(capacity)
}

/// Reads names of queues: `billing,sales`.
pub fn parse_queues(text: &str) -> Result<Vec<String>, ProfileError> {
    let mut queues = Vec::new();
    for part in parts(text, MOST_SKILLS)? {
        let queue = name_of(part, part)?;
        if queues.contains(&queue) {
            return Err(ProfileError::Twice { name: queue });
        }
        queues.push(queue);
    }
    Ok(queues)
}

/// Reads an address: `prosody:jim@corp.example`. The provider is that of a `[[provider]]` in the operator's file.
pub fn parse_address(text: &str) -> Result<Address, ProfileError> {
    let wrong = || ProfileError::Address { part: text.to_owned() };
    let (provider, address) = text.split_once(':').ok_or_else(wrong)?;
    let address = Address::new(name_of(provider, text)?, address);
    let strange = |letter: char| letter.is_whitespace() || letter.is_control();
    if address.address.is_empty() || address.address.len() > ADDRESS_BYTES || address.address.contains(strange) {
        return Err(wrong());
    }
    Ok(address)
}

/// Reads where a switch reaches an agent: `voice=sip:1234@pbx.example`. The address is the switch's own matter.
pub fn parse_reached_at(text: &str) -> Result<(String, String), ProfileError> {
    let wrong = || ProfileError::Reached { part: text.to_owned() };
    let (medium, address) = text.split_once('=').ok_or_else(wrong)?;
    let medium = name_of(medium, text)?;
    let strange = |letter: char| letter.is_whitespace() || letter.is_control();
    if address.is_empty() || address.len() > ADDRESS_BYTES || address.contains(strange) {
        return Err(wrong());
    }
    Ok((medium, address.to_owned()))
}

/// Reads an attribute of a customer: `vip=gold`.
pub fn parse_attribute(text: &str) -> Result<Attribute, ProfileError> {
    let wrong = || ProfileError::Attribute { part: text.to_owned() };
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let (name, value) = (name_of(name, text)?, value.trim());
    if value.is_empty() || value.len() > VALUE_BYTES || value.contains(char::is_control) {
        return Err(wrong());
    }
    Ok(Attribute::new(name, value))
}

/// An agent as an operator describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// See [`parse_skills`].
    pub skills: Vec<Skill>,
    /// Absent: those that are named like his skills.
    pub queues: Option<Vec<String>>,
    /// Empty: three chats.
    pub capacity: BTreeMap<String, u16>,
    /// What sessions of all media may weigh together. Absent: [`AgentProfile::usual_units`].
    pub units: Option<u16>,
    /// How customers are shown the agent. Absent: `Agent`.
    pub shown_as: Option<String>,
    /// Names at providers under which the agent may come.
    pub addresses: Vec<Address>,
    /// Where a switch reaches the agent, by medium.
    pub reached_at: BTreeMap<String, String>,
    /// Whether the agent may join any session.
    pub supervisor: bool,
}

impl Description {
    /// The profile of the agent with this account.
    pub fn into_profile(self, name: &str) -> AgentProfile {
        let queues = self.queues.unwrap_or_else(|| self.skills.iter().map(|skill| skill.name.clone()).collect());
        let capacity = if self.capacity.is_empty() { BTreeMap::from([("chat".to_owned(), 3)]) } else { self.capacity };
        AgentProfile {
            name: AgentName::new(name),
            shown_as: self.shown_as.unwrap_or_else(|| SHOWN_AS.to_owned()),
            skills: self.skills,
            queues,
            capacity,
            units: self.units.unwrap_or_else(AgentProfile::usual_units),
            addresses: self.addresses,
            reached_at: self.reached_at,
            supervisor: self.supervisor,
        }
    }
}

fn parts(text: &str, most: usize) -> Result<Vec<&str>, ProfileError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if parts.len() > most { Err(ProfileError::TooMany { count: parts.len(), most }) } else { Ok(parts) }
}

fn name_of(name: &str, part: &str) -> Result<String, ProfileError> {
    let name = name.trim();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > NAME_BYTES || !name.bytes().all(plain) {
        return Err(ProfileError::Name { part: part.to_owned() });
    }
    Ok(name.to_owned())
}

/// A whole number; one that is too large is the largest, so that its error is about the range.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}
