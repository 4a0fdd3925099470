//! Names and numbers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since the Unix epoch. Given by the shell, never read by the core, and never going back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This moment and `ms` milliseconds more; saturates.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds that have gone by since `earlier`; zero where `earlier` is later.
    #[must_use]
    pub fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a name as it stands.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as text, given away.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// An outside name: a link, a session's alias, a customer's address, a queue's public name. The empty alias is the
    /// centre itself (the domain without a local part). An adapter spells it in its protocol's way (`alias@domain`).
    Alias
}
name! {
    /// An agent's account: an inside name, never shown to a customer.
    AgentName
}
name! {
    /// A person on one endpoint, as the protocol names them (full JID, nick). Chosen by the adapter, opaque to us.
    Contact
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

number! {
    /// One endpoint. The upper 32 bits are the epoch of the lease under which it was opened, so that a number is never
    /// used twice, also over restarts.
    EndpointId(u64), "e"
}
number! {
    /// One session; counted from 1 in its shard. Inside only: outside it is known by its alias.
    SessionId(u64), "s"
}
number! {
    /// Place of a message in its session's transcript; counted from 1.
    Seq(u32), "#"
}
number! {
    /// An offer; counted from 1 in its shard. An answer that names an old one changes nothing (I10).
    OfferNumber(u32), ""
}
number! {
    /// One who takes part in a session: 0 is the customer, n > 0 the n-th assignment of an agent.
    Participant(u32), "p"
}

impl Participant {
    /// The customer of every session.
    pub const CUSTOMER: Self = Self(0);
}

/// Chosen by whoever asks, returned in the answer.
pub type Reference = u64;

/// The way of a transcript to one participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FeedId {
    /// Whose transcript.
    pub session: SessionId,
    /// To whom.
    pub participant: Participant,
}

/// Which side of the centre an endpoint serves. Nothing but the centre crosses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Customers: members and guests.
    Customer,
    /// Agents.
    Agent,
}

impl Side {
    /// The word of the contract: `customer` or `agent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
        }
    }
}

/// SHA-256 of a component together with its settings: what a plugin is known by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    /// The first 12 hexadecimal digits; `{:#}` prints all 64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if f.alternate() { 32 } else { 6 };
        self.0[..shown].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}
