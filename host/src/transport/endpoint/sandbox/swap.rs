//! Another adapter takes over an endpoint's guest, and gives it back if it can't keep it.
//!
//! ```text
//!          save, restore, save, restore                settled a report, was saved, or 60 s are over
//!   alone ──────────────────────────────► on probation ──────────────────────────────────────────────► alone, with the new one
//!     ▲ │ a step fails                         │ the new guest fails
//!     │ └─► stays; tried again                 ▼
//!     └──────── the old guest: its checkpoint, the inputs since, and the one that failed
//! ```
//! A new guest has to read what the old one wrote, and then to write what it can read itself: who can't would be lost at the first rest. One
//! that sleeps sleeps on.
//!
//! Invariant: whatever the new guest does, no input is lost and none acts twice; the checkpoint is one that the present adapter wrote, and
//! the former adapter is let go of in the end.

use super::{Sandbox, setup, within_limit};
use crate::model::adapter::{Adapter, AdapterFactory, GuestFailure, Input};
use crate::model::{Reference, SavedState, Timestamp};
use std::sync::Arc;

/// How long a guest may be put back at most.
const PROBATION_MS: u64 = 60_000;
/// How often an adapter is tried again at the next checkpoint.
const TRIES: u32 = 3;
/// And then not sooner than this.
const TRY_AGAIN_MS: u64 = 60_000;

/// The way back.
pub(super) struct Former {
    factory: Arc<dyn AdapterFactory>,
    /// Of the moment at which the inputs kept begin.
    checkpoint: SavedState,
    until: Timestamp,
    /// The first report of the new guest.
    report: Option<Reference>,
    tries: u32,
}

/// An adapter in service that has failed here.
pub(super) struct Wanted {
    factory: Arc<dyn AdapterFactory>,
    tries: u32,
    tried_at: Timestamp,
}

/// Why the former guest is back.
pub(in super::super) struct PutBack {
    pub(in super::super) input: Option<Input>,
    pub(in super::super) failure: GuestFailure,
}

/// What came of a swap.
pub(in super::super) enum Swapped {
    /// The guest is one of the new adapter.
    Moved,
    /// The guest is as it was.
    Stayed(GuestFailure),
    /// There is no guest any more: the old one could not be saved, and not be restored.
    Lost(GuestFailure),
}

impl Sandbox {
    /// Another adapter is in service.
    pub(in super::super) fn swap(&mut self, now: Timestamp, factory: Arc<dyn AdapterFactory>) -> Swapped {
        self.go_over(now, factory, 1)
    }

    /// Tries the adapter in service again where it failed before; to be called after a checkpoint. `None`: it is not time.
    pub(in super::super) fn try_again(&mut self, now: Timestamp) -> Option<Swapped> {
        let is_time = |wanted: &mut Box<Wanted>| wanted.tries < TRIES || wanted.tried_at.plus_ms(TRY_AGAIN_MS) <= now;
        let Wanted { factory, tries, .. } = *self.wanted.take_if(is_time)?;
        Some(self.go_over(now, factory, tries + 1))
    }

    fn go_over(&mut self, now: Timestamp, factory: Arc<dyn AdapterFactory>, tries: u32) -> Swapped {
        if let Err(failure) = self.save_to_swap(now) {
            if self.adapter.is_none() {
                return Swapped::Lost(failure);
            }
            self.wanted = Some(Box::new(Wanted { factory, tries, tried_at: now }));
            return Swapped::Stayed(failure);
        }
        self.wanted = None;
        if factory.digest() == self.factory.digest() {
            self.factory = factory;
            return Swapped::Moved;
        }
        match self.taken_over_by(&*factory) {
            Ok((adapter, saved)) => {
                self.adapter = self.adapter.is_some().then_some(adapter);
                let factory = std::mem::replace(&mut self.factory, factory);
                self.former = self.checkpoint.replace(saved).map(|checkpoint| {
                    Box::new(Former { factory, checkpoint, until: now.plus_ms(PROBATION_MS), report: None, tries })
                });
                Swapped::Moved
            }
            Err(failure) => {
                self.wanted = Some(Box::new(Wanted { factory, tries, tried_at: now }));
                Swapped::Stayed(failure)
            }
        }
    }

    /// A checkpoint of this moment. One that fails is no failure of the connection, so it is not counted.
    fn save_to_swap(&mut self, now: Timestamp) -> Result<(), GuestFailure> {
        if self.since.is_empty() && self.checkpoint.is_some() {
            return Ok(());
        }
        let Err(failure) = self.checkpoint() else { return Ok(()) };
        if self.put_back(now, None, &failure) {
            return self.save_to_swap(now);
        }
        // Where that fails there is no guest.
        _ = self.recover();
        Err(failure)
    }

    /// A guest of another adapter, as at the checkpoint, and what it saves of it.
    fn taken_over_by(&self, factory: &dyn AdapterFactory) -> Result<(Box<dyn Adapter>, SavedState), GuestFailure> {
        let nothing = || GuestFailure::Contract("nothing was saved that another adapter could read".to_owned());
        let state = self.checkpoint.as_ref().ok_or_else(nothing)?;
        let setup = setup(&self.config, &self.seed);
        let saved = within_limit(factory.restore(&setup, state)?.save()?, &self.config)?;
        Ok((factory.restore(&setup, &saved)?, saved))
    }

    /// The former guest goes on, as it was before the input at which the new one failed. False where there is none any more, or where it does
    /// not take what the new one took; then it is for the new one to recover.
    pub(super) fn put_back(&mut self, now: Timestamp, input: Option<&Input>, failure: &GuestFailure) -> bool {
        let Some(former) = self.former.take() else { return false };
        let Former { factory, checkpoint, tries, .. } = *former;
        let factory = std::mem::replace(&mut self.factory, factory);
        let saved = self.checkpoint.replace(checkpoint);
        if self.recover().is_err() {
            (self.factory, self.checkpoint) = (factory, saved);
            return false;
        }
        factory.strike(failure);
        self.wanted = Some(Box::new(Wanted { factory, tries, tried_at: now }));
        self.put_back = Some(Box::new(PutBack { input: input.cloned(), failure: failure.clone() }));
        true
    }

    /// Why the former guest is back, said once.
    pub(in super::super) fn take_put_back(&mut self) -> Option<PutBack> {
        self.put_back.take().map(|put_back| *put_back)
    }

    /// Until when a guest may be put back.
    pub(in super::super) fn probation_until(&self) -> Option<Timestamp> {
        self.former.as_ref().map(|former| former.until)
    }

    /// The guest has reported.
    pub(in super::super) fn reported(&mut self, reference: Reference) {
        if let Some(former) = &mut self.former {
            former.report.get_or_insert(reference);
        }
    }

    /// A report is settled, and the guest has heard of it.
    pub(in super::super) fn settled(&mut self, reference: Reference) {
        if self.former.as_ref().is_some_and(|former| former.report == Some(reference)) {
            self.end_probation();
        }
    }

    /// The guest keeps its place: the former adapter is let go of.
    pub(in super::super) fn end_probation(&mut self) {
        self.former = None;
    }
}
