//! A centre between two batches as bytes, so that a journal can be replayed from its middle.
//!
//! Unlike records, which are what a restart needs, a checkpoint is all of the memory: who is connected, what is marked, what is known of
//! the rules' health. It is read by the release that wrote it, or refused. The rules themselves are no data: whoever restores a centre
//! brings others in their places.
//!
//! Invariant: a restored centre gives the outputs that the one before would have given.

use super::matching::{Chain, Health, Lanes};
use super::{Centre, DialogDigest, RuleDigest, RuleSet};
use crate::model::{Lane, SavedState, SessionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A centre without its rules. See the [module](self).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Of the release that wrote it.
    pub release: String,
    /// The last that had come.
    pub last_session: SessionId,
    /// The rules in force, in the order of pools and chains.
    pub digests: Vec<RuleDigest>,
    /// The dialogs in force.
    #[serde(default)]
    pub dialogs: Vec<DialogDigest>,
    /// The rest; two centres in the same state have the same bytes.
    pub state: Vec<u8>,
}

/// Why a checkpoint can't be restored.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is of another release, or damaged.
    #[error(
        "the checkpoint is of cordboard {release}, and this one can't read it: {error}; replay with the release that wrote it"
    )]
    State {
        /// Which release wrote it.
        release: String,
        /// What is the matter.
        error: rmp_serde::decode::Error,
    },
    /// The wrong number of rules.
    #[error("pool {pool} had {expected} rules, but {found} were given")]
    Rules {
        /// Where.
        pool: String,
        /// Then.
        expected: usize,
        /// Now.
        found: usize,
    },
}

/// What is written.
#[derive(Serialize)]
struct Written<'a> {
    centre: &'a Centre,
    rules: BTreeMap<&'a str, Vec<(Lane, Vec<&'a Health>)>>,
}

/// What is read.
#[derive(Deserialize)]
struct Read {
    centre: Centre,
    rules: BTreeMap<String, Vec<(Lane, Vec<Health>)>>,
}

impl Centre {
    /// The centre as it stands. To be taken between two batches: after [`Centre::finish`], before [`Centre::begin`].
    ///
    /// # Panics
    /// Never: a centre is plain data, and memory takes all of it.
    pub fn checkpoint(&self) -> Checkpoint {
        let rules = self.chains.iter().map(|(pool, lanes)| (pool.as_str(), lanes.health())).collect();
        let state = rmp_serde::encode::to_vec_named(&Written { centre: self, rules });
        Checkpoint {
            release: env!("CARGO_PKG_VERSION").to_owned(),
            last_session: self.meta.last_session,
            digests: self.digests(),
            dialogs: self.dialog_digests(),
            state: state.expect("plain data is written to memory without fail"),
        }
    }

    /// A centre as it stood, with these rules in the places of those then: one for each of [`Checkpoint::digests`].
    ///
    /// # Errors
    /// Where it was written by a release that this one does not know, or the rules are too few or too many.
    pub fn restore(checkpoint: &Checkpoint, mut rules: RuleSet) -> Result<Self, CheckpointError> {
        let read: Result<Read, _> = rmp_serde::from_slice(&checkpoint.state);
        let Read { mut centre, rules: known } =
            read.map_err(|error| CheckpointError::State { release: checkpoint.release.clone(), error })?;
        centre.dialogs.staff(rules.take_dialogs());
        let (mut known, settings) = (known, &centre.settings);
        for pool in &settings.pools {
            let known = known.remove(&pool.name).unwrap_or_default();
            for (lane, known) in &known {
                let (expected, found) = (known.len(), rules.of(&pool.name, *lane).len());
                if expected != found {
                    return Err(CheckpointError::Rules { pool: pool.name.clone(), expected, found });
                }
            }
            let mut lanes = Lanes::new(pool, &mut rules, &settings.limits);
            for (lane, known) in known {
                lanes.set_health(lane, known);
            }
            centre.chains.insert(pool.name.clone(), lanes);
        }
        Ok(centre)
    }
}

/// A rule that knows the world of its pool.
pub(super) struct Told {
    pub(super) pool: String,
    pub(super) lane: Lane,
    pub(super) place: u16,
    pub(super) rule: String,
    /// What it remembered last.
    pub(super) memory: Option<SavedState>,
}

impl Centre {
    /// The rules that have been told everything.
    pub(super) fn told_rules(&self) -> Vec<Told> {
        let of_pool = |(pool, lanes): (&String, &Lanes)| {
            let told = |(lane, chain): (Lane, &Chain)| {
                let told = |(place, rule, memory)| Told { pool: pool.clone(), lane, place, rule, memory };
                chain.told().map(told).collect::<Vec<_>>()
            };
            lanes.all().flat_map(told).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }
}
