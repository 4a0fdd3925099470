//! What the participants of a session said lately, by the protocol's own identifiers: so a resend is known and dropped, and a
//! receipt finds the message it is for.
//!
//! A resend has the speaker, the identifier and the words of the first. The words count because some software starts to count
//! anew with every connection.
//!
//! Invariant: at most the given number for each speaker; made again from the transcript's tail after a restart.

use crate::model::record::{Entry, Speaker};
use crate::model::{Body, Participant, Seq};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    seq: Seq,
    speaker: Participant,
    origin: String,
    words: [u8; 16],
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::centre) struct Origins {
    heard: VecDeque<Heard>,
}

impl Origins {
    /// Remembers an entry, if it has an identifier.
    pub(in crate::centre) fn remember(&mut self, entry: &Entry, limit: usize) {
        let (Speaker::Participant(speaker), Some(origin)) = (entry.speaker, entry.origin.as_ref()) else { return };
        let same = self.heard.iter().filter(|heard| heard.speaker == speaker).count();
        if same >= limit
            && let Some(oldest) = self.heard.iter().position(|heard| heard.speaker == speaker)
        {
            self.heard.remove(oldest);
        }
        self.heard.push_back(Heard { seq: entry.seq, speaker, origin: origin.clone(), words: words(&entry.body) });
    }

    /// Whether the speaker said this before under the same identifier.
    pub(in crate::centre) fn knows(&self, speaker: Participant, origin: &str, body: &Body) -> bool {
        let mut same = self.heard.iter().filter(|heard| heard.speaker == speaker && heard.origin == origin).peekable();
        same.peek().is_some() && {
            let words = words(body);
            same.any(|heard| heard.words == words)
        }
    }

    /// The speaker and the identifier of a message.
    pub(in crate::centre) fn of(&self, seq: Seq) -> Option<(Participant, &str)> {
        let heard = self.heard.iter().rev().find(|heard| heard.seq == seq)?;
        Some((heard.speaker, &heard.origin))
    }
}

fn words(body: &Body) -> [u8; 16] {
    let hash = match body {
        Body::Text(text) => Sha256::digest(text.as_bytes()),
        other => Sha256::digest(format!("{other:?}").as_bytes()),
    };
    let mut words = [0; 16];
    words.copy_from_slice(&hash[..16]);
    words
}
