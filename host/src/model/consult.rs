//! What the centre asks for a plugin, of the world or of the store, on its way out and back.
//!
//! Invariant: a question is numbered; an answer to another one than the present changes nothing (I10).

use super::part::Audience;
use super::record::Entry;
use super::rule::Consultation;
use super::{Body, EndpointId, Failure, HttpResponse, Seq, SessionId};
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

/// A dialog wants to know what was said; transcripts lie in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Whose transcript.
    pub session: SessionId,
    /// Counted in the session, together with its questions.
    pub number: u32,
    /// From the message behind this one on.
    pub after: Seq,
    /// So many messages.
    pub limit: u16,
    /// So many bytes of words.
    pub bytes: usize,
}

impl Excerpt {
    /// Of what was read, the last that fit; in order. What agents say among themselves is not for a dialog, which speaks with the customer.
    pub fn select(&self, mut read: Vec<Entry>) -> Vec<Entry> {
        let mut room = self.bytes;
        let is_open = |entry: &Entry| entry.audience != Audience::Inside && matches!(entry.body, Body::Text(_));
        read.retain(is_open);
        let fits = |entry: &&Entry| {
            let Body::Text(text) = &entry.body else { return false };
            let fits = text.len() <= room;
            room = room.saturating_sub(text.len());
            fits
        };
        let fitting = read.iter().rev().take_while(fits).count();
        read.split_off(read.len() - fitting)
    }
}

/// What came of an [`Excerpt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpted {
    /// Who has read it.
    pub endpoint: EndpointId,
    /// Of the excerpt.
    pub session: SessionId,
    /// Of the excerpt.
    pub number: u32,
    /// In order.
    pub entries: Result<Vec<Entry>, Failure>,
}
