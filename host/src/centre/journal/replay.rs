//! Runs a journal again.
//!
//! A replay starts from nothing, from the records that were loaded, or from a checkpoint.
//!
//! Invariant: a replay gives the centre nothing that is not in the journal or in what was stored before it.

use super::JournalEntry;
use super::recorded::{Answers, Reopen, added, dialogs, rules};
use crate::centre::matching::Others;
use crate::centre::noted::Noted;
use crate::centre::{Centre, Checkpoint, CheckpointError, Components, Input, LoadError, Loaded, Output};
use crate::model::limits::Limits;
use crate::model::record::{AgentProfile, Entry, Op, Record, RecordKey};
use crate::model::{MemberProfile, SessionId};
use std::collections::BTreeMap;

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
    notes: bool,
    /// Other rules, until there is a centre to ask them.
    others: Option<Others>,
}

impl Replay {
    /// From what was stored before the journal's first entry; an empty ledger for a journal from the very first start.
    pub fn new(ledger: Ledger) -> Self {
        Self { centre: None, ledger: Some(ledger), answers: Answers::default(), batch: 0, notes: false, others: None }
    }

    /// From a checkpoint in the middle of a run.
    ///
    /// # Errors
    /// See [`Centre::restore`].
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        let answers = Answers::default();
        answers.fill(&[], &checkpoint.digests);
        answers.fill_dialogs(&[], &checkpoint.dialogs);
        let rules = rules(&answers, &checkpoint.digests, &checkpoint.dialogs);
        let centre = Centre::restore(checkpoint, rules)?;
        Ok(Self { centre: Some(centre), ledger: None, answers, batch: 0, notes: false, others: None })
    }

    /// Notes decisions from now on, with the reasons of the components that are at hand.
    pub fn note_decisions(&mut self, reopen: Reopen) {
        self.notes = true;
        self.answers.call_witnesses(reopen);
        let Some(centre) = &mut self.centre else { return };
        centre.note_decisions();
        for standing in centre.told_rules() {
            let world = centre.world_of(&standing.pool);
            self.answers.brief(&standing, &world);
        }
    }

    /// Asks other rules, by pool, beside those that are recorded; what they say is noted with each decision. They know nothing yet.
    pub fn ask_others(&mut self, rules: Components) {
        self.place_others(Others::new(rules, &Limits::default()));
    }

    /// The same rules as another replay asks, with what they remember.
    pub fn ask_others_of(&mut self, before: &mut Self) {
        if let Some(others) = before.take_others() {
            self.place_others(others.restarted());
        }
    }

    fn place_others(&mut self, others: Others) {
        match &mut self.centre {
            Some(centre) => centre.ask_others_too(others),
            None => self.others = Some(others),
        }
    }

    fn take_others(&mut self) -> Option<Others> {
        self.others.take().or_else(|| self.centre.as_mut().map(Centre::take_others))
    }

    /// What was noted since this was asked last.
    pub fn take_noted(&mut self) -> Vec<Noted> {
        self.centre.as_mut().map(Centre::take_noted).unwrap_or_default()
    }

    /// Runs one batch and compares.
    pub fn step(&mut self, entry: &JournalEntry) -> Result<Output, Divergence> {
        let batch = self.batch;
        self.answers.fill(&entry.answers, &entry.digests);
        self.answers.fill_dialogs(&entry.spoken, &entry.dialogs);
        let output = if let Some(start) = &entry.start {
            let ledger = self.ledger.as_ref().ok_or(Divergence::NoStart { batch })?;
            let loaded = ledger.loaded(start.shard, start.profiles.clone(), start.members.clone());
            let rules = rules(&self.answers, &entry.digests, &entry.dialogs);
            let mut centre = Centre::load(start.settings.clone(), rules, loaded)?;
            if self.notes {
                centre.note_decisions();
            }
            if let Some(others) = self.take_others() {
                centre.ask_others_too(others.restarted());
            }
            let output = centre.resume(entry.now);
            self.centre = Some(centre);
            output
        } else {
            let centre = self.centre.as_mut().ok_or(Divergence::NoStart { batch })?;
            centre.begin(entry.now, entry.seed);
            for input in &entry.inputs {
                if let Input::Settings(settings) = input {
                    centre.stage_rules(added(centre, settings, &self.answers));
                    centre.stage_dialogs(dialogs(&self.answers, settings));
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
