//! Requests: sessions that other media ask for (a telephone switch, a mail system), and what is said between such a system and the
//! centre. Here they are called *switches*, whatever they carry.
//!
//! A request waits, is matched and uses a slot as a conversation does; but it has no contact, no transcript and no row of the address
//! table: the switch rings the agent's inside address and says what came of it.
//!
//! Invariant: a request is known by an identifier that nobody can guess, and to nobody but the switch that made it.

use super::{AgentName, Alias, Attribute, EndpointId, Failure, OfferNumber, Reference, Timestamp};
use serde::{Deserialize, Serialize};

/// What a session has beside, that is a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// By which the switch names it; nobody can guess it.
    pub id: String,
    /// The name of the switch's token.
    pub switch: String,
    /// Added to the queue's priority.
    pub priority: i32,
    /// Facts for rules.
    pub attributes: Vec<Attribute>,
    /// By which the switch would ask for it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// A switch's own name for a request, so that one that loses the answer may ask again without making a second one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// As the switch gave it.
    pub text: String,
    /// Digest of what it asked for with it, in hexadecimal digits: another request needs another key.
    pub asked: String,
}

/// A request as a switch makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRequest {
    /// Drawn by whoever takes the request in; nobody can guess it.
    pub id: String,
    /// `voice`, `e-mail`, ...; absent: that of the queue.
    pub medium: Option<String>,
    /// Where it waits.
    pub target: Target,
    /// Who calls: a number, an address.
    pub caller: String,
    /// How the caller is shown to agents.
    pub name: String,
    /// BCP 47, or empty.
    pub language: String,
    /// Added to the queue's priority.
    pub priority: i32,
    /// Facts for rules.
    pub attributes: Vec<Attribute>,
    /// The switch's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// Where a request is to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// In the queue of this link.
    Link(Alias),
    /// In this queue.
    Queue(String),
}

/// One thing that a switch asks or says; answered by exactly one [`Reply`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Where the answer goes.
    pub endpoint: EndpointId,
    /// Comes back in the answer.
    pub reference: Reference,
    /// The name of the switch's token.
    pub switch: String,
    /// What.
    pub said: Said,
}

/// See [`Call`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Wants an agent.
    New(Box<NewRequest>),
    /// Asks how a request stands, and so keeps it alive.
    Look(String),
    /// The agent has answered.
    Accepted(String, OfferNumber),
    /// The agent does not answer, or does not want to.
    Declined(String, OfferNumber),
    /// The call is over.
    Ended(String),
    /// The caller has gone before anybody answered.
    Abandoned(String),
    /// An agent is there, is away, or leaves, as the switch knows it.
    Agent(AgentName, Duty),
}

/// What a switch says of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Duty {
    /// Takes sessions, also without a device of the IM side.
    Available,
    /// On duty, and takes none; the reason, which may be empty.
    Away(String),
    /// On duty by devices only, if there are any.
    Off,
}

/// The answer to a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Of the call.
    pub reference: Reference,
    /// How the request stands; nothing where the call was about an agent.
    pub outcome: Result<Option<Status>, Failure>,
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Which.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// Its medium.
    pub medium: String,
    /// How.
    pub standing: Standing,
}

/// See [`Status`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody yet.
    Waiting {
        /// Its place in the queue, from 1.
        place: u32,
        /// Why, as far as a rule has said.
        why: String,
        /// How long it will probably take, where that is known.
        wait: Option<ExpectedWait>,
    },
    /// To be rung now.
    Offered(Assignment),
    /// The agent has answered.
    Accepted(Assignment),
    /// Over, and why.
    Ended(String),
}

/// A range of waiting times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedWait {
    /// Milliseconds from now.
    pub low_ms: u64,
    /// Milliseconds from now.
    pub high_ms: u64,
}

/// Who is to serve a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The offer: what names another changes nothing (I10).
    pub offer: OfferNumber,
    /// The account.
    pub agent: AgentName,
    /// How customers are shown the agent.
    pub shown_as: String,
    /// Where the agent is reached by this medium, if the account says so.
    pub address: Option<String>,
    /// When the next one is tried unless it is accepted; absent once it is.
    pub expires: Option<Timestamp>,
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To ask for agents, and to say what becomes of one's own requests.
    Route,
    /// To say that agents are there, away, or gone.
    Presence,
}

impl Role {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Presence => "presence",
        }
    }
}

/// Whose a token is, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// The switch's name.
    pub switch: String,
    /// What it may do.
    pub roles: Vec<Role>,
}
