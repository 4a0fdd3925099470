//! A centre between two batches as bytes, so that a journal can be replayed from its middle.
//!
//! Unlike records, which are what a restart needs, a checkpoint is all of the memory: who is connected, what is marked, what is known of
//! the rules' health. It is read by the release that wrote it, or refused. The rules and dialogs themselves are no data: whoever restores a centre
//! brings others in their places.
//!
//! Invariant: a restored centre gives the outputs that the one before would have given.

use super::matching::{Chain, Health, Lanes, Others};
use super::outbox::Outbox;
use super::{Centre, Components, DialogDigest, DialogSet, RuleDigest};
use crate::model::{Lane, SavedState, SessionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// A centre without its rules, as bytes. See the [module](self).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of the release that wrote it.
    pub release: String,
    /// The last that had come.
    pub last_session: SessionId,
    /// The rules in force, in the order of pools and chains.
    pub digests: Vec<RuleDigest>,
    /// The dialogs in force.
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

/// What stands in front of the state.
type Head = (String, SessionId, Vec<RuleDigest>, Vec<DialogDigest>);

impl Checkpoint {
    /// From what [`Snapshot::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are damaged.
    pub fn read(mut bytes: &[u8]) -> Result<Self, rmp_serde::decode::Error> {
        let (release, last_session, digests, dialogs): Head = rmp_serde::decode::from_read(&mut bytes)?;
        Ok(Self { release, last_session, digests, dialogs, state: bytes.to_vec() })
    }
}

/// The state.
#[derive(Serialize, Deserialize)]
struct State {
    centre: Centre,
    rules: BTreeMap<String, Vec<(Lane, Vec<Health>)>>,
}

/// A centre as it stood, to be encoded while it goes on. Most of it is shared with the centre; see [`pages`](super::pages).
pub struct Snapshot {
    head: Head,
    state: State,
}

impl Snapshot {
    /// Writes all of it, for [`Checkpoint::read`].
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write(&self, mut out: impl io::Write) -> Result<(), rmp_serde::encode::Error> {
        rmp_serde::encode::write_named(&mut out, &self.head)?;
        rmp_serde::encode::write_named(&mut out, &self.state)
    }
}

impl Centre {
    /// The centre as it stands, at little cost. To be taken between two batches: after [`Centre::finish`], before [`Centre::begin`].
    pub fn snapshot(&self) -> Snapshot {
        let health = |(lane, known): (Lane, Vec<&Health>)| (lane, known.into_iter().cloned().collect());
        let of_pool =
            |(pool, lanes): (&String, &Lanes)| (pool.clone(), lanes.health().into_iter().map(health).collect());
        let rules = self.chains.iter().map(of_pool).collect();
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let head = (release, self.meta.last_session, self.digests(), self.dialog_digests());
        Snapshot { head, state: State { centre: self.without_rules(), rules } }
    }

    /// The centre as it stands, as bytes. See [`Self::snapshot`].
    ///
    /// # Panics
    /// Never: a centre is plain data, and memory takes all of it.
    pub fn checkpoint(&self) -> Checkpoint {
        let Snapshot { head: (release, last_session, digests, dialogs), state } = self.snapshot();
        let state = rmp_serde::encode::to_vec_named(&state).expect("plain data is written to memory without fail");
        Checkpoint { release, last_session, digests, dialogs, state }
    }

    fn without_rules(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            shard: self.shard,
            meta: self.meta,
            now: self.now,
            seed: self.seed,
            drawn: self.drawn,
            devices: self.devices.clone(),
            customers: self.customers.clone(),
            agents: self.agents.clone(),
            sessions: self.sessions.clone(),
            queues: self.queues.clone(),
            links: self.links.clone(),
            table: self.table.clone(),
            addresses: self.addresses.clone(),
            cursors: self.cursors.clone(),
            pools: self.pools.clone(),
            chains: BTreeMap::new(),
            staged: BTreeMap::new(),
            staged_dialogs: DialogSet::new(),
            dialogs: self.dialogs.without_work(),
            others: Others::default(),
            trials: self.trials.clone(),
            watches: self.watches.clone(),
            subscriptions: self.subscriptions.clone(),
            recalls: self.recalls.clone(),
            requests: self.requests.clone(),
            consultant: self.consultant,
            served: self.served.clone(),
            estimates: self.estimates.clone(),
            timers: self.timers.clone(),
            outbox: Outbox::default(),
        }
    }

    /// A centre as it stood, with these components in the places of those then: a rule for each of [`Checkpoint::digests`].
    ///
    /// # Errors
    /// Where it was written by a release that this one does not know, or the rules are too few or too many.
    pub fn restore(checkpoint: &Checkpoint, mut components: Components) -> Result<Self, CheckpointError> {
        let read: Result<State, _> = rmp_serde::from_slice(&checkpoint.state);
        let State { mut centre, rules: known } =
            read.map_err(|error| CheckpointError::State { release: checkpoint.release.clone(), error })?;
        centre.dialogs.staff(components.take_dialogs());
        let (mut known, settings) = (known, &centre.settings);
        for pool in &settings.pools {
            let known = known.remove(&pool.name).unwrap_or_default();
            for (lane, known) in &known {
                let (expected, found) = (known.len(), components.of(&pool.name, *lane).len());
                if expected != found {
                    return Err(CheckpointError::Rules { pool: pool.name.clone(), expected, found });
                }
            }
            let mut lanes = Lanes::new(pool, &mut components, &settings.limits);
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
