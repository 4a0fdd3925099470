//! Who else takes part in a session beside the customer and the owner, what its agents ask each other, and who hears what is said.
//!
//! ```text
//! transfer, invitation:  asked ─► offered ─► accepted
//!                          ▲         │ declined, expired: a queue's next agent
//!                          └─────────┤
//!                                    └─► ended: the owner keeps the session as if nothing had been asked
//! joined:   silent ◄─► whisper ◄─► open          each by a word; any of them ─► left
//! ```
//!
//! Invariant: one who has joined owns nothing: a session has one owner at most (I1), and who has joined takes no slot.

use super::{AgentName, OfferNumber, Participant, Seq, Timestamp};
use serde::{Deserialize, Serialize};

/// Who hears an entry of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Audience {
    /// All participants.
    #[default]
    Everybody,
    /// All, and the customer is shown who says it, because it is not the one who serves him.
    Named,
    /// Agents only: no customer's feed ever has it (I6).
    Inside,
}

impl Audience {
    /// Whether it is what entries of older releases have.
    pub fn is_everybody(&self) -> bool {
        *self == Self::Everybody
    }
}

/// Whom the words of one who has joined reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Nobody: listens.
    Silent,
    /// The agents.
    Whisper,
    /// Everybody.
    Open,
}

impl Mode {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Whisper => "whisper",
            Self::Open => "open",
        }
    }
}

/// An agent who takes part in a session without owning it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Who.
    pub agent: AgentName,
    /// Of the same numbers as assignments: what names another is refused (I10).
    pub participant: Participant,
    /// By which the agent's words name the session.
    pub number: OfferNumber,
    /// Whom the words reach.
    pub mode: Mode,
    /// The last message when the agent came: all up to it are shown as replayed.
    pub joined_after: Seq,
    /// Set while the agent has no device; the agent has left when the grace is over.
    pub lost_at: Option<Timestamp>,
}

/// What an owner asks of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Somebody is to take the session.
    Transfer,
    /// Somebody is to join it.
    Invite,
}

/// A session's owner has asked somebody to take it or to join it, and keeps it until that is accepted. To whom it is offered now stands
/// in the session's offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// What for.
    pub purpose: Purpose,
    /// The queue whose agents are asked, one after the other; absent: one agent.
    pub queue: Option<String>,
    /// For whoever takes it; may be empty. No customer sees it.
    pub note: String,
    /// Who of the queue has missed or declined it.
    pub passed_over: Vec<AgentName>,
}

impl Transfer {
    /// Whether the agent who is asked needs a slot for it.
    pub fn takes_slot(&self) -> bool {
        self.purpose == Purpose::Transfer
    }
}
