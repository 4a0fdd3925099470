//! A rule's question to the world, on its way out of the centre and back.
//!
//! Invariant: a question is numbered; an answer to another one than the present changes nothing (I10).

use super::rule::Consultation;
use super::{EndpointId, Failure, HttpResponse, SessionId};
use serde::{Deserialize, Serialize};

/// A rule asks; whoever carries it out may reach only what is granted to the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// About which session.
    pub session: SessionId,
    /// Counted in the session.
    pub number: u32,
    /// The rule's name.
    pub rule: String,
    /// What is asked, and for how long.
    pub consultation: Consultation,
}

/// What came of a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// Who carried it out.
    pub endpoint: EndpointId,
    /// Of the question.
    pub session: SessionId,
    /// Of the question.
    pub number: u32,
    /// What came.
    pub reply: Result<HttpResponse, Failure>,
}
