//! Guests with something around them: a note of all they are given, moments at which the process may die as they save, and planted
//! defects.
//!
//! Invariant: but for the planted defects what goes in and out is what goes in and out without.

use super::power::Power;
use crate::model::adapter::{Adapter, AdapterFactory, Event, GuestFailure, Input, Output, Settlement, Setup};
use crate::model::{Body, Digest, SavedState, Timestamp};
use std::sync::{Arc, Mutex};

/// The word that makes a [`Defect::TrapsOnBoom`] trap.
pub(super) const BOOM: &str = "boom";

/// A planted defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// It tells the peer that a message is safe before anybody has stored it.
    SettlesAtOnce,
    /// It traps when somebody says [`BOOM`].
    TrapsOnBoom,
}

/// A version of the adapter: the same component, known by another digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Version {
    pub(super) number: u8,
    pub(super) vice: Option<Vice>,
}

/// What is wrong with a version that guests are to go over to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vice {
    /// It does not read what was saved.
    RefusesStates,
    /// It can't be saved.
    TrapsInSave,
    /// It traps at its n-th input, counted from 0, as long as the guest before it can be put back.
    TrapsAt(usize),
}

/// What one endpoint's guests of a version have come to: whether the guest before them may be gone.
#[derive(Debug, Default)]
pub(super) struct Proof {
    saves: usize,
    is_settled: bool,
}

impl Proof {
    /// The first time it was saved was for trial.
    fn may_trap(&self) -> bool {
        self.saves < 2 && !self.is_settled
    }
}

/// Makes guests with something around them.
pub(super) struct Watched {
    pub(super) version: Version,
    /// Until when it may trap.
    pub(super) until: Timestamp,
    pub(super) proof: Arc<Mutex<Proof>>,
    pub(super) inner: Arc<dyn AdapterFactory>,
    pub(super) power: Arc<Power>,
    pub(super) notes: Arc<Notes>,
    pub(super) defect: Option<Defect>,
}

/// Something that a guest was given, in words.
#[derive(Debug, Clone)]
pub(super) struct Note {
    /// The same for all guests of an endpoint: their seed.
    pub(super) endpoint: Vec<u8>,
    pub(super) words: String,
}

/// All that the guests of one side were given.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Option<Vec<Note>>>);

impl Notes {
    /// Notes that are kept; those of [`Default`] are not.
    pub(super) fn kept() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    pub(super) fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap().clone().unwrap_or_default()
    }

    fn note(&self, endpoint: &[u8], words: impl FnOnce() -> String) {
        if let Some(notes) = self.0.lock().unwrap().as_mut() {
            notes.push(Note { endpoint: endpoint.to_vec(), words: words() });
        }
    }
}

fn in_words(input: &Input) -> String {
    match input {
        Input::Received(chunk) => format!("Received {}", String::from_utf8_lossy(&chunk.data)),
        other => format!("{other:?}"),
    }
}

impl Watched {
    fn around(&self, inner: Box<dyn Adapter>, setup: &Setup) -> Box<dyn Adapter> {
        let (power, notes, endpoint) = (Arc::clone(&self.power), Arc::clone(&self.notes), setup.seed.clone());
        let (defect, vice, until, proof) = (self.defect, self.version.vice, self.until, Arc::clone(&self.proof));
        Box::new(Machine { inner, power, notes, endpoint, defect, vice, until, proof, inputs: 0 })
    }
}

impl AdapterFactory for Watched {
    fn open(&self, now: Timestamp, setup: &Setup) -> Result<Box<dyn Adapter>, GuestFailure> {
        self.notes.note(&setup.seed, || format!("{setup:?}"));
        Ok(self.around(self.inner.open(now, setup)?, setup))
    }

    fn restore(&self, setup: &Setup, state: &SavedState) -> Result<Box<dyn Adapter>, GuestFailure> {
        if self.version.vice == Some(Vice::RefusesStates) {
            return Err(GuestFailure::Refused("an unknown format".to_owned()));
        }
        self.notes.note(&setup.seed, || format!("{setup:?}"));
        Ok(self.around(self.inner.restore(setup, state)?, setup))
    }

    fn digest(&self) -> Digest {
        Digest([self.version.number; 32])
    }
}

struct Machine {
    inner: Box<dyn Adapter>,
    power: Arc<Power>,
    notes: Arc<Notes>,
    endpoint: Vec<u8>,
    defect: Option<Defect>,
    vice: Option<Vice>,
    until: Timestamp,
    proof: Arc<Mutex<Proof>>,
    inputs: usize,
}

impl Adapter for Machine {
    fn handle(&mut self, now: Timestamp, input: &Input) -> Result<Vec<Output>, GuestFailure> {
        self.notes.note(&self.endpoint, || in_words(input));
        let mut proof = self.proof.lock().unwrap();
        proof.is_settled |= matches!(input, Input::Settled(_));
        if self.vice == Some(Vice::TrapsAt(self.inputs)) && now < self.until && proof.may_trap() {
            return Err(GuestFailure::Trapped("not made for this".to_owned()));
        }
        drop(proof);
        self.inputs += 1;
        let mut outputs = self.inner.handle(now, input)?;
        match self.defect {
            Some(Defect::TrapsOnBoom) if outputs.iter().any(|output| said(output) == Some(BOOM)) => {
                return Err(GuestFailure::Trapped("boom".to_owned()));
            }
            Some(Defect::SettlesAtOnce) => self.settle_at_once(now, &mut outputs)?,
            _ => {}
        }
        Ok(outputs)
    }

    fn save(&mut self) -> Result<SavedState, GuestFailure> {
        if self.vice == Some(Vice::TrapsInSave) {
            return Err(GuestFailure::Trapped("can't be saved".to_owned()));
        }
        self.proof.lock().unwrap().saves += 1;
        self.power.moment();
        let saved = self.inner.save();
        self.power.moment();
        saved
    }

    fn memory_bytes(&self) -> usize {
        self.inner.memory_bytes()
    }
}

impl Machine {
    fn settle_at_once(&mut self, now: Timestamp, outputs: &mut Vec<Output>) -> Result<(), GuestFailure> {
        let mut at = 0;
        while let Some(output) = outputs.get(at) {
            at += 1;
            if let (Some(_), Output::Report(report)) = (said(output), output) {
                let settlement = Settlement { reference: report.reference, outcome: Ok(()) };
                outputs.extend(self.inner.handle(now, &Input::Settled(settlement))?);
            }
        }
        Ok(())
    }
}

/// The text of a message that is reported.
fn said(output: &Output) -> Option<&str> {
    let Output::Report(report) = output else { return None };
    match &report.event {
        Event::Said(said) => match &said.message.body {
            Body::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
