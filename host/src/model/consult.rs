//! A plugin's question to the world, on its way out of the centre and back.
//!
//! Invariant: a question is numbered; an answer to another one than the present changes nothing (I10).

use super::rule::Consultation;
use super::{EndpointId, Failure, HttpResponse, SessionId};
use serde::{Deserialize, Serialize};

/// Of what kind whoever asks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Asker {
    /// A rule.
    #[default]
    Rule,
    /// A dialog.
    Dialog,
}

/// A plugin asks; whoever carries it out may reach only what is granted to the plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// About which session.
    pub session: SessionId,
    /// Counted in the session.
    pub number: u32,
    /// What asks.
    #[serde(default)]
    pub asker: Asker,
    /// The plugin's name.
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
