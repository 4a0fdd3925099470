//! What is stored: records, transcript entries, and the batch that changes them.
//!
//! Values are absolute, so that a batch can be sent again. Whoever stores them puts a version before the bytes.

pub use super::served::Served;

use super::dialog::Talk;
use super::identity::Account;
use super::part::{Audience, Joined, Transfer};
use super::request::Request;
use super::rule::Skill;
use super::settings::Queue;
use super::{
    Address, AgentName, Alias, Attribute, Body, Contact, EndpointId, OfferNumber, Participant, Seq, SessionId, Side,
    Software, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A part of the data with one owner at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Shard {
    /// Accounts, links, plugin generations: small, read everywhere.
    Directory,
    /// Sessions, queues, agents' slots, bindings of the pools with this number.
    Pool(u16),
}

/// A key of a [`Record`], in its shard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordKey {
    /// The shard's counters.
    Meta,
    /// A session.
    Session(SessionId),
    /// How far a participant has got.
    Cursor(SessionId, Participant),
    /// An agent's duty.
    Agent(AgentName),
    /// A row of the address table.
    Binding(SessionId, Participant),
    /// An account of one side.
    Account(Side, String),
    /// What a rule of a pool remembers.
    Memory(String, String),
    /// A contact's watch at a provider: provider, contact, presentity.
    Subscription(String, Contact, Alias),
    /// Who served a customer last.
    Served(Customer),
    /// What is out of service.
    Quarantine(super::quarantine::Quarantined),
    /// What is known of a pool's waits.
    Waits(String),
}

/// A stored value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// See [`Meta`].
    Meta(Meta),
    /// See [`Session`].
    Session(Box<Session>),
    /// See [`Cursor`].
    Cursor(Cursor),
    /// See [`Agent`].
    Agent(Agent),
    /// See [`Binding`].
    Binding(Binding),
    /// See [`Account`].
    Account(Account),
    /// See [`Memory`].
    Memory(Memory),
    /// See [`Subscription`].
    Subscription(Subscription),
    /// See [`Served`].
    Served(Served),
    /// See [`Quarantine`](super::quarantine::Quarantine).
    Quarantine(super::quarantine::Quarantine),
    /// See [`Waits`](super::waits::Waits).
    Waits(super::waits::Waits),
}

impl Record {
    /// Where it is stored.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Meta(_) => RecordKey::Meta,
            Self::Session(s) => RecordKey::Session(s.id),
            Self::Cursor(c) => RecordKey::Cursor(c.session, c.participant),
            Self::Agent(a) => RecordKey::Agent(a.name.clone()),
            Self::Binding(b) => RecordKey::Binding(b.session, b.participant),
            Self::Account(a) => RecordKey::Account(a.side, a.name.clone()),
            Self::Memory(m) => RecordKey::Memory(m.pool.clone(), m.rule.clone()),
            Self::Subscription(s) => {
                RecordKey::Subscription(s.provider.clone(), s.contact.clone(), s.presentity.clone())
            }
            Self::Served(s) => RecordKey::Served(s.customer.clone()),
            Self::Quarantine(q) => RecordKey::Quarantine(q.of.clone()),
            Self::Waits(w) => RecordKey::Waits(w.pool.clone()),
        }
    }
}

/// A shard's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The last session's number.
    pub last_session: SessionId,
    /// The last offer's number.
    pub last_offer: OfferNumber,
    /// `now` of the last batch: time never goes back, also over restarts.
    pub last_now: Timestamp,
}

/// Where a session stands.
///
/// ```text
/// Arrived ─► Waiting ◄─► Offered ─► Active ─► Wrapping ─► Closed
///    │        │  ▲ ▲                  │  │ agent lost         ▲
///    │        │  │ └──────────────────│──┘                    │
///    │        ▼  │ dialog done        │ passed on             │
///    └─────► Automated ◄──────────────┘                       │
///                └────────────────────────────────────────────┘
/// ```
/// A customer may end it from any state but `Closed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Came in; until then the customer's software may make itself known.
    Arrived {
        /// Latest start of waiting.
        until: Timestamp,
    },
    /// In the queue.
    Waiting,
    /// With a dialog: see [`Session::talk`].
    Automated,
    /// Proposed to an agent: see [`Session::offer`].
    Offered,
    /// With its owner: see [`Session::owner`].
    Active,
    /// Over for the customer; the agent is still busy with it.
    Wrapping {
        /// When it closes.
        until: Timestamp,
    },
    /// Over.
    Closed {
        /// When.
        at: Timestamp,
    },
}

impl State {
    /// Whether the customer may go on with it.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Wrapping { .. } | Self::Closed { .. })
    }

    /// The glossary's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrived { .. } => "arrived",
            Self::Waiting => "waiting",
            Self::Automated => "automated",
            Self::Offered => "offered",
            Self::Active => "active",
            Self::Wrapping { .. } => "wrapping",
            Self::Closed { .. } => "closed",
        }
    }
}

/// A customer's address: the provider and the outside name there. A member has the same wherever he signs in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Customer {
    /// Empty for a member of our own, else the provider that hosts the person.
    pub provider: String,
    /// The name there.
    pub alias: Alias,
}

/// A session proposed to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Counted in the shard.
    pub number: OfferNumber,
    /// To whom.
    pub agent: AgentName,
    /// Since when.
    pub at: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// The agent who has a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Who.
    pub agent: AgentName,
    /// The assignment: what names another is refused (I10).
    pub participant: Participant,
    /// The offer that was accepted: the number by which the agent's words name the session.
    pub offer: OfferNumber,
    /// Since when.
    pub since: Timestamp,
    /// The last message when the agent came: all up to it are shown as replayed.
    pub joined_after: Seq,
    /// Set while the agent has no device; the session goes back when the grace is over.
    pub lost_at: Option<Timestamp>,
}

/// One customer's conversation, from first word to wrap-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Its outside name: what agents see the customer as.
    pub alias: Alias,
    /// The link that started it: what the customer sees it as.
    pub link: Alias,
    /// Where it waits or waited.
    pub queue: String,
    /// `chat`.
    pub medium: String,
    /// The customer's provider (the listener's or link's name in the operator's file).
    pub provider: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Whose.
    pub customer: Customer,
    /// How the customer is shown.
    pub customer_name: String,
    /// Whether the customer has an account with us.
    pub member: bool,
    /// The customer's software, once known.
    pub software: Option<Software>,
    /// BCP 47, or empty.
    pub language: String,
    /// Higher is more urgent.
    pub priority: i32,
    /// The first word.
    pub arrived_at: Timestamp,
    /// When it joined the queue; kept when it returns there.
    pub waiting_since: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Present in [`State::Offered`], and in [`State::Active`] where it is the offer of [`Self::transfer`].
    pub offer: Option<Offer>,
    /// Present exactly in [`State::Active`] and [`State::Wrapping`].
    pub owner: Option<Owner>,
    /// The last assignment's number; 0 before the first.
    pub assignments: u32,
    /// Who missed or declined it, oldest first.
    pub passed_over: Vec<AgentName>,
    /// First moment at which a rule held it, until it is accepted.
    pub held_since: Option<Timestamp>,
    /// When to look at it again though nothing changes.
    pub recheck: Option<Timestamp>,
    /// Set while the customer has no device; the session ends when the grace is over.
    pub customer_lost_at: Option<Timestamp>,
    /// Why it ended.
    pub closed_reason: Option<String>,
    /// Said as `continue CODE` on our own listener, it gives the session to whoever says it; used once. Nobody but the customer
    /// is told it.
    #[serde(default)]
    pub code: Option<String>,
    /// Only software of the agent's own that speaks the customer's protocol serves it: as its queue said when it came there.
    #[serde(default)]
    pub own_software: bool,
    /// The agent whom the customer has asked for.
    #[serde(default)]
    pub requested: Option<AgentName>,
    /// What its owner asks of others; only in [`State::Active`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Agents who take part beside the owner, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Joined>,
    /// Present where a switch has made it: there is no contact then, and no transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Present exactly in [`State::Automated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Box<Talk>>,
    /// What dialogs have found out: for rules, for agents and for the next dialog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Attribute>,
    /// What a dialog has added to its priority.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub raised: i32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Session {
    /// One that comes to a queue now and waits there; of a customer of whom nothing more is known.
    pub fn of(id: SessionId, alias: Alias, queue: &Queue, customer: Customer, now: Timestamp) -> Self {
        Self {
            id,
            alias,
            link: Alias::default(),
            queue: queue.name.clone(),
            medium: queue.medium.clone(),
            provider: customer.provider.clone(),
            protocol: String::new(),
            customer,
            customer_name: String::new(),
            member: false,
            software: None,
            language: String::new(),
            priority: queue.priority,
            arrived_at: now,
            waiting_since: now,
            state: State::Waiting,
            offer: None,
            owner: None,
            assignments: 0,
            passed_over: Vec::new(),
            held_since: None,
            recheck: None,
            customer_lost_at: None,
            closed_reason: None,
            code: None,
            request: None,
            own_software: queue.own_software,
            requested: None,
            transfer: None,
            joined: Vec::new(),
            talk: None,
            facts: Vec::new(),
            raised: 0,
        }
    }

    /// Whether it is served by software of the agent's own in a queue: a request of a switch is served by none.
    pub fn needs_own_software_in(&self, queue: &Queue) -> bool {
        queue.own_software && self.request.is_none()
    }

    /// What its queue's priority is raised by.
    pub fn own_priority(&self) -> i32 {
        self.request.as_ref().map_or(0, |request| request.priority).saturating_add(self.raised)
    }
}

/// How far a participant has got in a transcript: up to and with `through`, all is delivered or reported undelivered (I3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Whose transcript.
    pub session: SessionId,
    /// To whom.
    pub participant: Participant,
    /// The last message that needs no delivery any more.
    pub through: Seq,
}

/// An agent's duty: what outlives a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Who.
    pub name: AgentName,
    /// Set by `away`, cleared by `ready`; the reason, which may be empty.
    pub away: Option<String>,
    /// When the last session ended.
    pub idle_since: Timestamp,
    /// Offers missed in a row.
    pub missed: u32,
    /// A switch has said that the agent is there: on duty also without a device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_switch: bool,
}

/// One row of the address table (DESIGN.md, 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Whose conversation.
    pub session: SessionId,
    /// Whose row; also the assignment's number.
    pub participant: Participant,
    /// The name by which the other side of the conversation is known at this device.
    pub outside: Alias,
    /// Which side the device is on.
    pub side: Side,
    /// The person: the agent's account or the customer's address.
    pub inside: String,
    /// The device's endpoint.
    pub endpoint: EndpointId,
    /// The device.
    pub contact: Contact,
    /// The device's IP address and port, as seen.
    pub address: String,
    /// The provider's name.
    pub provider: String,
    /// The device's software, as far as known.
    pub client: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// The last message either way.
    pub used_at: Timestamp,
    /// Messages from the device.
    pub received: u64,
    /// Messages to the device.
    pub sent: u64,
    /// The person's name at the provider, as it was reported: who arrives under it again is the same person. Empty where the person
    /// has an account of our own.
    #[serde(default)]
    pub principal: Alias,
    /// How the provider shows the person.
    #[serde(default)]
    pub shown_as: String,
}

/// A contact at a provider watches a presentity: it is shown that again after a restart, though its software does not ask again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The provider's name.
    pub provider: String,
    /// The watcher.
    pub contact: Contact,
    /// A link, or for agents a queue.
    pub presentity: Alias,
    /// As [`Binding::principal`].
    pub principal: Alias,
    /// As [`Binding::shown_as`].
    pub shown_as: String,
}

/// What a rule remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Of which pool.
    pub pool: String,
    /// Of which rule.
    pub rule: String,
    /// Its state.
    pub state: super::SavedState,
}

/// Who said an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speaker {
    /// A participant.
    Participant(Participant),
    /// Cordboard itself.
    Centre,
}

/// One message of a transcript. Stored under its arrival number; chained to the one before it of the same session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose transcript.
    pub session: SessionId,
    /// Its place there, from 1 without gaps.
    pub seq: Seq,
    /// When it was taken.
    pub at: Timestamp,
    /// Who said it.
    pub speaker: Speaker,
    /// How the speaker is shown to the other side: an outside name.
    pub name: String,
    /// What.
    pub body: Body,
    /// The protocol's own identifier at the speaker's.
    pub origin: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Who hears it.
    #[serde(default, skip_serializing_if = "Audience::is_everybody")]
    pub audience: Audience,
}

impl Entry {
    /// Whether a participant is delivered it: not one's own words, and to the customer nothing from inside.
    pub fn is_for(&self, participant: Participant) -> bool {
        let is_hidden = participant == Participant::CUSTOMER && self.audience == Audience::Inside;
        self.speaker != Speaker::Participant(participant) && !is_hidden
    }
}

/// An agent's account, as the centre needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// The account.
    pub name: AgentName,
    /// How customers are shown the agent; an outside name.
    pub shown_as: String,
    /// Abilities.
    pub skills: Vec<Skill>,
    /// Queues served.
    pub queues: Vec<String>,
    /// How many at a time, by medium.
    pub capacity: BTreeMap<String, u16>,
    /// What the agent's sessions of all media may weigh together.
    #[serde(default = "AgentProfile::usual_units")]
    pub units: u16,
    /// Names at providers under which the agent may come.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Where a switch reaches the agent, by medium: inside addresses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reached_at: BTreeMap<String, String>,
    /// Whether the agent may join any session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub supervisor: bool,
}

impl AgentProfile {
    /// Of an agent of these queues who takes so many chats at a time, and is shown as the account is called.
    pub fn of(name: &str, queues: impl IntoIterator<Item = impl Into<String>>, chats: u16) -> Self {
        Self {
            name: AgentName::new(name),
            shown_as: name.to_owned(),
            skills: Vec::new(),
            queues: queues.into_iter().map(Into::into).collect(),
            capacity: BTreeMap::from([("chat".to_owned(), chats)]),
            units: Self::usual_units(),
            addresses: Vec::new(),
            reached_at: BTreeMap::new(),
            supervisor: false,
        }
    }

    /// Of an agent for whom nothing else was said.
    pub fn usual_units() -> u16 {
        100
    }
}

/// A change of a record.
#[allow(clippy::large_enum_variant, reason = "nearly every change puts a record; a box each would cost more")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// New or changed.
    Put(Record),
    /// Gone.
    Delete(RecordKey),
}

/// What one commit changes: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Changed records; at most one change for a key.
    pub ops: Vec<Op>,
    /// New transcript entries, in the order of their arrival.
    pub appends: Vec<Entry>,
    /// The journal's entry, encoded; empty for none.
    pub journal: Vec<u8>,
    /// What is to be written of a new segment of the journal, behind that entry.
    pub segment: Option<Segment>,
}

/// An entry that begins a segment, or a part of such an entry. A journal may be read from a segment's beginning, and cut there: it says
/// what the rest starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The segment begins here, with all of it.
    Whole {
        /// When.
        at: Timestamp,
        /// Encoded.
        first: Vec<u8>,
    },
    /// The segment will have begun here as soon as the last part is stored.
    Begins {
        /// When.
        at: Timestamp,
        /// What stands there until then.
        mark: Vec<u8>,
    },
    /// A part of what the segment begins with.
    Part(Vec<u8>),
    /// The last of them.
    LastPart(Vec<u8>),
}

impl Segment {
    /// What is written.
    pub fn entry(&self) -> &[u8] {
        match self {
            Self::Whole { first: entry, .. }
            | Self::Begins { mark: entry, .. }
            | Self::Part(entry)
            | Self::LastPart(entry) => entry,
        }
    }
}
