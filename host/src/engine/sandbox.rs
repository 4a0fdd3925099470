//! One store with one guest in it, and the one function that enters it.
//!
//! ```text
//!            enter: Ok                      enter: trap, fuel, limit; condemn
//!  alive ───────────────► alive    alive ──────────────────────────────────────► dead (until dropped)
//! ```
//!
//! A trap poisons the whole store, so a dead sandbox answers every call with what it died of. Whoever owns it makes a new one.

use super::Engine;
use super::failure;
use super::guest::Guest;
use super::tally::Tally;
use crate::model::adapter::GuestFailure;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::Store;

/// Handles that live in one store; a plugin has one for each machine.
const COMPONENT_HANDLES: usize = 1024;

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Instructions, roughly; deterministic.
    pub fuel: u64,
    /// Bytes that it may hand over in one answer, and in one call of the host.
    pub output_bytes: usize,
}

/// A guest in its store.
pub struct Sandbox {
    store: Store<Guest>,
    tally: Arc<Tally>,
    /// As far as the tally knows.
    held_bytes: usize,
    died_of: Option<GuestFailure>,
    fuel_used: u64,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("guest", self.store.data())
            .field("died_of", &self.died_of)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// An empty store; the guest is put into it by [`Self::enter`]. What it does and holds is added to the tally.
    pub fn new(engine: &Engine, guest: Guest, tally: &Arc<Tally>) -> Self {
        let mut store = Store::new(engine.wasm(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_max_component_handles(COMPONENT_HANDLES);
        tally.opened();
        Self { store, tally: Arc::clone(tally), held_bytes: 0, died_of: None, fuel_used: 0 }
    }

    /// Runs `call` with every limit armed: fuel, memory, output bytes, calls of the host. Guest code runs here and nowhere else.
    ///
    /// After an error the sandbox is dead, and answers every further call with that error.
    pub fn enter<R>(
        &mut self,
        allowance: Allowance,
        call: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<R, GuestFailure> {
        if let Some(failure) = &self.died_of {
            return Err(failure.clone());
        }
        self.store.data_mut().arm();
        self.store.set_hostcall_fuel(allowance.output_bytes);
        if let Err(error) = self.store.set_fuel(allowance.fuel) {
            return Err(self.condemn(GuestFailure::Contract(format!("{error:#}"))));
        }
        let began = Instant::now();
        let result = call(&mut self.store);
        self.fuel_used = allowance.fuel.saturating_sub(self.store.get_fuel().unwrap_or(0));
        self.count(began);
        result.map_err(|error| {
            let failure = failure::explain(&error, allowance, self.store.data_mut());
            self.condemn(failure)
        })
    }

    fn count(&mut self, began: Instant) {
        self.tally.entered(began.elapsed(), self.fuel_used);
        let holds_bytes = self.memory_bytes();
        if holds_bytes > self.held_bytes {
            self.tally.grown(holds_bytes - self.held_bytes);
            self.held_bytes = holds_bytes;
        }
    }

    /// Ends the guest for a fault that the host found in its answer; returns that fault.
    pub fn condemn(&mut self, failure: GuestFailure) -> GuestFailure {
        self.tally.failed(&failure);
        self.died_of = Some(failure.clone());
        failure
    }

    /// Whether it still answers.
    pub fn is_alive(&self) -> bool {
        self.died_of.is_none()
    }

    /// Linear memory held now.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().memory.held_bytes()
    }

    /// Fuel that the last call used.
    pub fn fuel_used(&self) -> u64 {
        self.fuel_used
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tally.closed(self.held_bytes);
    }
}
