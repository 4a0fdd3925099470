//! What the participants of a session said lately, by the protocol's own identifiers: so a resend is known and dropped, and a
//! receipt finds the message it is for.
//!
//! A resend has the speaker, the identifier and the words of the first. The words count because some software starts to count
//! anew with every connection.
//!
//! Invariant: at most the given number for each speaker; made again from the transcript's tail after a restart.

use crate::model::record::{Entry, Speaker};
use crate::model::{Body, Participant, Seq};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    seq: Seq,
    speaker: Participant,
    origin: String,
    /// Of identifier and words, so that a look through all touches no other memory.
    mark: u128,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
        self.heard.push_back(Heard {
            seq: entry.seq,
            speaker,
            origin: origin.clone(),
            mark: mark(origin, &entry.body),
        });
    }

    /// Whether the speaker said this before under the same identifier.
    pub(in crate::centre) fn knows(&self, speaker: Participant, origin: &str, body: &Body) -> bool {
        let mark = mark(origin, body);
        self.heard.iter().any(|heard| heard.mark == mark && heard.speaker == speaker)
    }

    /// The speaker and the identifier of a message.
    pub(in crate::centre) fn of(&self, seq: Seq) -> Option<(Participant, &str)> {
        let heard = self.heard.iter().rev().find(|heard| heard.seq == seq)?;
        Some((heard.speaker, &heard.origin))
    }
}

fn mark(origin: &str, body: &Body) -> u128 {
    let hash = Sha256::new().chain_update(origin.len().to_be_bytes()).chain_update(origin);
    let hash = match body {
        Body::Text(text) => hash.chain_update(text),
        other => hash.chain_update(format!("{other:?}")),
    };
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(mark)
}
