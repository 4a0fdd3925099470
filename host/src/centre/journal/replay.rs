//! Runs a journal again.
//!
//! Invariant: a replay gives the centre nothing that is not in the journal or in what was stored before it.

use super::{Answered, JournalEntry, PluginAnswer};
use crate::centre::{Centre, Input, LoadError, Loaded, Output, RuleSet};
use crate::model::adapter::GuestFailure;
use crate::model::record::{AgentProfile, Entry, Op, Record, RecordKey};
use crate::model::rule::{AgentRef, Answer, Change, Pick, Rule, SessionRef};
use crate::model::settings::Settings;
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
    /// The first entry of a journal says what the centre starts from.
    #[error("batch {batch} (counted from 0) comes before any start; replay from an entry with a start")]
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
    ledger: Ledger,
    answers: Answers,
    batch: usize,
}

impl Replay {
    /// From what was stored before the journal's first entry; an empty ledger for a journal from the very first start.
    pub fn new(ledger: Ledger) -> Self {
        Self { centre: None, ledger, answers: Answers::default(), batch: 0 }
    }

    /// Runs one batch and compares.
    pub fn step(&mut self, entry: &JournalEntry) -> Result<Output, Divergence> {
        let batch = self.batch;
        self.answers.fill(&entry.answers);
        let output = if let Some(start) = &entry.start {
            let loaded = self.ledger.loaded(start.shard, start.profiles.clone(), start.members.clone());
            let mut centre = Centre::load(start.settings.clone(), self.rules(entry), loaded)?;
            let output = centre.resume(entry.now);
            self.centre = Some(centre);
            output
        } else {
            let centre = self.centre.as_mut().ok_or(Divergence::NoStart { batch })?;
            centre.begin(entry.now, entry.seed);
            for input in &entry.inputs {
                if let Input::Settings(settings) = input {
                    centre.stage_rules(added(centre, settings, entry, &self.answers));
                }
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
        self.ledger.apply(&output);
        self.batch += 1;
        Ok(output)
    }

    /// The centre as it stands after the last batch.
    pub fn centre(&self) -> Option<&Centre> {
        self.centre.as_ref()
    }

    fn rules(&self, entry: &JournalEntry) -> RuleSet {
        let mut rules = RuleSet::new();
        for digest in &entry.digests {
            let pool: &mut Vec<Box<dyn Rule>> = rules.entry(digest.pool.clone()).or_default();
            let place = u16::try_from(pool.len()).unwrap_or(u16::MAX);
            pool.push(Box::new(Recorded {
                pool: digest.pool.clone(),
                place,
                name: digest.rule.clone(),
                digest: digest.digest,
                answers: self.answers.clone(),
            }));
        }
        rules
    }
}

/// Rules that new settings name and that are not there yet.
fn added(
    centre: &Centre,
    settings: &Settings,
    entry: &JournalEntry,
    answers: &Answers,
) -> BTreeMap<(String, String), Box<dyn Rule>> {
    let mut added: BTreeMap<(String, String), Box<dyn Rule>> = BTreeMap::new();
    for pool in &settings.pools {
        for rule in pool.rules.iter().filter(|rule| centre.place_of(&pool.name, rule).is_none()) {
            let known = entry.digests.iter().find(|digest| digest.pool == pool.name && digest.rule == *rule);
            // Not in force at the batch's end: there were other settings behind these in the batch, and it was asked nothing.
            let digest = known.map_or(Digest([0; 32]), |known| known.digest);
            let (pool, name, answers) = (pool.name.clone(), rule.clone(), answers.clone());
            let recorded = Recorded { pool: pool.clone(), place: 0, name: name.clone(), digest, answers };
            added.insert((pool, name), Box::new(recorded));
        }
    }
    added
}

/// The recorded answers of the batch that is being run, shared by all rules.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<(VecDeque<PluginAnswer>, Option<String>)>>);

impl Answers {
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<PluginAnswer>, &mut Option<String>) -> T) -> T {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (answers, complaint) = &mut *inner;
        act(answers, complaint)
    }

    fn fill(&self, recorded: &[PluginAnswer]) {
        self.with(|answers, complaint| {
            *answers = recorded.iter().cloned().collect();
            *complaint = None;
        });
    }

    /// What was asked otherwise, or not at all.
    fn complaint(&self) -> Option<String> {
        self.with(|answers, complaint| {
            let left = || answers.front().map(|left| format!("{} was not called", left.answered.call()));
            complaint.take().or_else(left)
        })
    }

    /// The next answer, if it is to this call of this rule.
    fn take<T>(
        &self,
        rule: &Recorded,
        call: &str,
        open: impl FnOnce(Answered) -> Option<T>,
    ) -> Result<T, GuestFailure> {
        self.with(|answers, complaint| {
            let next = answers.pop_front().filter(|next| next.pool == rule.pool && next.rule == rule.place);
            next.and_then(|next| open(next.answered)).ok_or_else(|| {
                let text = format!("{call} of rule {} in pool {} is not what was recorded next", rule.name, rule.pool);
                complaint.get_or_insert_with(|| text.clone());
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
    digest: Digest,
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
        self.digest
    }

    fn placed(&mut self, place: u16) {
        self.place = place;
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
