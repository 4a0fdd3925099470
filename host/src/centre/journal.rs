//! The journal: what is needed to have every batch again (I8).
//!
//! A batch's outputs follow from what was loaded, the settings, `now`, the seed, the inputs and the rules' answers. [`Replay`] runs
//! a centre with the answers as they were recorded, and compares what comes out with what came out then.
//!
//! Invariant: the bytes of an entry carry a version in front.

mod recorded;
mod replay;

pub use recorded::Reopen;
pub use replay::{Divergence, Ledger, Replay};

use super::{Centre, DialogDigest, Input, Loaded, Output};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::Turn;
use crate::model::rule::{Answer, Pick};
use crate::model::settings::Settings;
use crate::model::{Digest, Lane, SavedState, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The first byte of an encoded entry.
const VERSION: u8 = 1;

/// What a rule answered to one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginAnswer {
    /// Of which pool.
    pub pool: String,
    /// In which of its chains.
    #[serde(default)]
    pub lane: Lane,
    /// Its place in that chain.
    pub rule: u16,
    /// To which call, and what.
    pub answered: Answered,
}

/// See [`PluginAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answered {
    /// `changed`.
    Changed(Result<(), GuestFailure>),
    /// `rank-agents`.
    Agents(Result<Answer, GuestFailure>),
    /// `rank-sessions`.
    Sessions(Result<Pick, GuestFailure>),
    /// `learned`.
    Learned(Result<(), GuestFailure>),
    /// `memory`.
    Memory(Result<Option<SavedState>, GuestFailure>),
    /// `rebuild`.
    Rebuilt(Result<(), GuestFailure>),
    /// `consulted`.
    Consulted(Result<(), GuestFailure>),
}

impl Answered {
    /// The call's name.
    pub fn call(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::Agents(_) => "rank-agents",
            Self::Sessions(_) => "rank-sessions",
            Self::Learned(_) => "learned",
            Self::Memory(_) => "memory",
            Self::Rebuilt(_) => "rebuild",
            Self::Consulted(_) => "consulted",
        }
    }
}

/// What a dialog answered to one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogAnswer {
    /// Which.
    pub dialog: String,
    /// In which session.
    pub session: SessionId,
    /// To which call, and what.
    pub spoken: Spoken,
}

/// See [`DialogAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spoken {
    /// `open`.
    Opened(Result<SavedState, GuestFailure>),
    /// `handle`.
    Turned(Result<Turn, GuestFailure>),
}

/// A rule in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDigest {
    /// Of which pool.
    pub pool: String,
    /// In which of its chains.
    #[serde(default)]
    pub lane: Lane,
    /// As the operator's file names it.
    pub rule: String,
    /// Which component with which settings.
    pub digest: Digest,
}

/// What a centre was made from: the first entry after a start has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The settings in force.
    pub settings: Settings,
    /// What was loaded, but for records and transcripts: those follow from the entries before, or are in the store.
    pub shard: u16,
    /// All agents' accounts.
    pub profiles: Vec<crate::model::record::AgentProfile>,
    /// As in [`Loaded`].
    #[serde(default)]
    pub members: Vec<crate::model::MemberProfile>,
}

impl Start {
    /// From the arguments of [`Centre::load`].
    pub fn new(settings: &Settings, loaded: &Loaded) -> Self {
        Self {
            settings: settings.clone(),
            shard: loaded.shard,
            profiles: loaded.profiles.clone(),
            members: loaded.members.clone(),
        }
    }
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// As given to [`Centre::begin`] or [`Centre::resume`].
    pub now: Timestamp,
    /// As given to [`Centre::begin`].
    pub seed: [u8; 32],
    /// Present for the batch of [`Centre::resume`], which has no inputs.
    pub start: Option<Box<Start>>,
    /// In order.
    pub inputs: Vec<Input>,
    /// In order.
    pub answers: Vec<PluginAnswer>,
    /// The rules in force.
    pub digests: Vec<RuleDigest>,
    /// What dialogs answered, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spoken: Vec<DialogAnswer>,
    /// The dialogs in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<DialogDigest>,
    /// SHA-256 of effects, ops and appends.
    pub output_hash: [u8; 32],
}

/// Why an entry can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Written by a newer release, or no entry.
    #[error("the journal entry begins with byte {found:?}, expected {VERSION}; read it with the release that wrote it")]
    Version {
        /// What stands there.
        found: Option<u8>,
    },
    /// The bytes are damaged.
    #[error("the journal entry can't be read: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
}

impl JournalEntry {
    /// The entry of a batch of inputs.
    pub fn batch(centre: &Centre, now: Timestamp, seed: [u8; 32], inputs: Vec<Input>, output: &Output) -> Self {
        Self {
            now,
            seed,
            start: None,
            inputs,
            answers: output.answers.clone(),
            digests: centre.digests(),
            spoken: output.spoken.clone(),
            dialogs: centre.dialog_digests(),
            output_hash: output.hash(),
        }
    }

    /// The entry of a resumption.
    pub fn resumed(centre: &Centre, now: Timestamp, start: Start, output: &Output) -> Self {
        Self { start: Some(Box::new(start)), ..Self::batch(centre, now, [0; 32], Vec::new(), output) }
    }

    /// As it is stored.
    ///
    /// # Panics
    /// Never: an entry is plain data, and memory takes all of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        rmp_serde::encode::write_named(&mut bytes, self).expect("plain data is written to memory without fail");
        bytes
    }

    /// As it was stored.
    pub fn decode(bytes: &[u8]) -> Result<Self, JournalError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(rmp_serde::from_slice(rest)?),
            other => Err(JournalError::Version { found: other.map(|(version, _)| *version) }),
        }
    }
}

impl Output {
    /// SHA-256 of effects, ops and appends: two outputs with the same hash are the same.
    ///
    /// # Panics
    /// Never: outputs are plain data, and a hash takes all of it.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Hasher(sha2::Sha256::new());
        rmp_serde::encode::write(&mut hasher, &(&self.effects, &self.ops, &self.appends))
            .expect("plain data is hashed without fail");
        hasher.0.finalize().into()
    }
}

/// Lets `MessagePack` be written into a hash.
struct Hasher(sha2::Sha256);

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Centre {
    /// The rules in force.
    pub fn digests(&self) -> Vec<RuleDigest> {
        let of_pool = |(pool, lanes): (&String, &super::matching::Lanes)| {
            let digest = |(lane, rule): (Lane, super::matching::Standing<'_>)| RuleDigest {
                pool: pool.clone(),
                lane,
                rule: rule.name.to_owned(),
                digest: rule.digest,
            };
            lanes.rules().map(digest).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }
}
