//! Runs a journal again.
//!
//! A replay starts from nothing, from the records that were loaded, or from a checkpoint.
//!
//! Invariant: a replay gives the centre nothing that is not in the journal or in what was stored before it.

use super::{Answered, JournalEntry, PluginAnswer};
use crate::centre::{Centre, Checkpoint, CheckpointError, LoadError, Loaded, Output, RuleDigest, RuleSet};
use crate::model::adapter::GuestFailure;
use crate::model::record::{AgentProfile, Entry, Op, Record, RecordKey};
use crate::model::rule::{AgentRef, Answer, Change, Pick, Rule, SessionRef};
use crate::model::{Digest, Failure, HttpResponse, MemberProfile, Reference, SavedState, SessionId, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a replay differs from what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Divergence {
    /// The outputs differ.
    #[error("batch {batch} (counted from 0) has other outputs than were recorded")]
    Output {
        /// Which.
        batch: usize,
    },
    /// A rule was not asked what it was asked then.
    #[error("batch {batch} (counted from 0) asks the rules otherwise than was recorded: {detail}")]
    Calls {
        /// Which.
        batch: usize,
        /// How.
        detail: String,
    },
    /// A journal's first entry says what the centre starts from; after a checkpoint a start needs the records that were loaded.
    #[error(
        "batch {batch} (counted from 0) comes before any start, or starts from records that are not known; replay from a snapshot"
    )]
    NoStart {
        /// Which.
        batch: usize,
    },
    /// What was stored can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// What the store would hold: every output's records and entries applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// By key.
    pub records: BTreeMap<RecordKey, Record>,
    /// By session.
    pub transcripts: BTreeMap<SessionId, Vec<Entry>>,
}

impl Ledger {
    /// Applies a batch.
    pub fn apply(&mut self, output: &Output) {
        for op in &output.ops {
            match op {
                Op::Put(record) => self.records.insert(record.key(), record.clone()),
                Op::Delete(key) => self.records.remove(key),
            };
        }
        for entry in &output.appends {
            self.transcripts.entry(entry.session).or_default().push(entry.clone());
        }
    }

    /// As a centre is loaded from it.
    pub fn loaded(&self, shard: u16, profiles: Vec<AgentProfile>, members: Vec<MemberProfile>) -> Loaded {
        let records: Vec<Record> = self.records.values().cloned().collect();
        let unfinished = Loaded::unfinished(&records);
        let tail = |id: SessionId| Some((id, self.transcripts.get(&id)?.clone()));
        let tails = unfinished.into_iter().filter_map(tail).collect();
        Loaded { shard, records, tails, profiles, members }
    }
}

/// A journal being run again, batch by batch.
pub struct Replay {
    centre: Option<Centre>,
    /// What the store would hold; not known behind a checkpoint.
    ledger: Option<Ledger>,
    answers: Answers,
    batch: usize,
}

impl Replay {
    /// From what was stored before the journal's first entry; an empty ledger for a journal from the very first start.
    pub fn new(ledger: Ledger) -> Self {
        Self { centre: None, ledger: Some(ledger), answers: Answers::default(), batch: 0 }
    }

    /// From a checkpoint in the middle of a run.
    ///
    /// # Errors
    /// See [`Centre::restore`].
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        let answers = Answers::default();
        answers.fill(&[], &checkpoint.digests);
        let centre = Centre::restore(checkpoint, rules(&answers, &checkpoint.digests))?;
        Ok(Self { centre: Some(centre), ledger: None, answers, batch: 0 })
    }

    /// Runs one batch and compares.
    pub fn step(&mut self, entry: &JournalEntry) -> Result<Output, Divergence> {
        let batch = self.batch;
        self.answers.fill(&entry.answers, &entry.digests);
        let output = if let Some(start) = &entry.start {
            let ledger = self.ledger.as_ref().ok_or(Divergence::NoStart { batch })?;
            let loaded = ledger.loaded(start.shard, start.profiles.clone(), start.members.clone());
            let rules = rules(&self.answers, &entry.digests);
            let mut centre = Centre::load(start.settings.clone(), rules, loaded)?;
            let output = centre.resume(entry.now);
            self.centre = Some(centre);
            output
        } else {
            let centre = self.centre.as_mut().ok_or(Divergence::NoStart { batch })?;
            centre.begin(entry.now, entry.seed);
            for input in &entry.inputs {
                centre.handle(input);
            }
            centre.finish()
        };
        if let Some(detail) = self.answers.complaint() {
            return Err(Divergence::Calls { batch, detail });
        }
        if output.hash() != entry.output_hash {
            return Err(Divergence::Output { batch });
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.apply(&output);
        }
        self.batch += 1;
        Ok(output)
    }

    /// The centre as it stands after the last batch.
    pub fn centre(&self) -> Option<&Centre> {
        self.centre.as_ref()
    }
}

/// Rules that answer what is recorded.
fn rules(answers: &Answers, digests: &[RuleDigest]) -> RuleSet {
    let mut rules = RuleSet::new();
    for digest in digests {
        let pool: &mut Vec<Box<dyn Rule>> = rules.entry(digest.pool.clone()).or_default();
        let place = u16::try_from(pool.len()).unwrap_or(u16::MAX);
        pool.push(Box::new(Recorded {
            pool: digest.pool.clone(),
            place,
            name: digest.rule.clone(),
            answers: answers.clone(),
        }));
    }
    rules
}

/// The recorded answers of the batch that is being run, shared by all rules.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: VecDeque<PluginAnswer>,
    complaint: Option<String>,
    /// Which component stands in each place of each pool: another after an exchange.
    digests: BTreeMap<String, Vec<Digest>>,
}

impl Answers {
    fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn fill(&self, recorded: &[PluginAnswer], in_force: &[RuleDigest]) {
        self.with(|script| {
            script.answers = recorded.iter().cloned().collect();
            script.complaint = None;
            script.digests.clear();
            for RuleDigest { pool, digest, .. } in in_force {
                script.digests.entry(pool.clone()).or_default().push(*digest);
            }
        });
    }

    fn digest(&self, pool: &str, place: u16) -> Digest {
        let known = self.with(|script| script.digests.get(pool)?.get(usize::from(place)).copied());
        known.unwrap_or(Digest([0; 32]))
    }

    /// What was asked otherwise, or not at all.
    fn complaint(&self) -> Option<String> {
        self.with(|script| {
            let left = || script.answers.front().map(|left| format!("{} was not called", left.answered.call()));
            script.complaint.take().or_else(left)
        })
    }

    /// The next answer, if it is to this call of this rule.
    fn take<T>(
        &self,
        rule: &Recorded,
        call: &str,
        open: impl FnOnce(Answered) -> Option<T>,
    ) -> Result<T, GuestFailure> {
        self.with(|script| {
            let next = script.answers.pop_front().filter(|next| next.pool == rule.pool && next.rule == rule.place);
            next.and_then(|next| open(next.answered)).ok_or_else(|| {
                let text = format!("{call} of rule {} in pool {} is not what was recorded next", rule.name, rule.pool);
                script.complaint.get_or_insert_with(|| text.clone());
                GuestFailure::Contract(text)
            })
        })
    }
}

/// A rule that answers what was recorded.
struct Recorded {
    pool: String,
    place: u16,
    name: String,
    answers: Answers,
}

macro_rules! recorded {
    ($self:ident, $case:ident, $call:literal) => {
        $self.answers.take($self, $call, |answered| match answered {
            Answered::$case(answer) => Some(answer),
            _ => None,
        })?
    };
}

impl Rule for Recorded {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        self.answers.digest(&self.pool, self.place)
    }

    fn changed(&mut self, _: &[Change]) -> Result<(), GuestFailure> {
        recorded!(self, Changed, "changed")
    }

    fn rank_agents(&mut self, _: Timestamp, _: SessionRef, _: &[AgentRef], _: bool) -> Result<Answer, GuestFailure> {
        recorded!(self, Agents, "rank-agents")
    }

    fn rank_sessions(&mut self, _: Timestamp, _: AgentRef, _: &[SessionRef], _: bool) -> Result<Pick, GuestFailure> {
        recorded!(self, Sessions, "rank-sessions")
    }

    fn learned(&mut self, _: Timestamp, _: SessionRef, _: AgentRef, _: &str) -> Result<(), GuestFailure> {
        recorded!(self, Learned, "learned")
    }

    fn consulted(
        &mut self,
        _: Timestamp,
        _: SessionRef,
        _: Reference,
        _: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        Err(GuestFailure::Contract("no consultation is recorded".to_owned()))
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        recorded!(self, Memory, "memory")
    }

    fn rebuild(&mut self, _: Option<&SavedState>) -> Result<(), GuestFailure> {
        recorded!(self, Rebuilt, "rebuild")
    }
}
