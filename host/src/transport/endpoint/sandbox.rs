//! The guest of an endpoint, its last checkpoint, and the inputs since: what it takes to go on after a trap, or after a rest.
//!
//! ```text
//!            ┌────── restore the checkpoint ◄── input ───────┐
//!            ▼                                               │
//!         running ── no input for a while: save ──────► asleep (a checkpoint and nothing else)
//!          │ ▲ │
//!          │ │ └── enough inputs: save ──► (running)
//!     trap │ └──── restore the checkpoint, replay the inputs since without the poison ◄── │
//!          └────────────────────────────────────┘ fails, or one trap too many: lost
//! ```
//! Most of what a connection takes is its sandbox, and most connections are silent most of the time: so a guest at rest has none. Waking
//! it costs about as much processor time as the message that it is woken for. Linear memory never shrinks, but a guest that wakes begins anew.
//!
//! Invariant: the outputs of an input are given out at most once; a replay's are thrown away, and so are all outputs of a
//! call that broke a rule.

use super::EndpointConfig;
use crate::model::adapter::{Adapter, Command, GuestFailure, Input, Output, Setup};
use crate::model::{SavedState, Timestamp};
use std::sync::Arc;

/// An endpoint without inputs for so long is at rest: its guest is saved and its sandbox is freed. Longer than the pauses of people who
/// are writing, or software that is signing in.
pub(super) const REST_MS: u64 = 5_000;
/// What an input weighs in the replay beside its bytes.
const INPUT_BYTES: usize = 64;

pub(super) struct Sandbox {
    config: Arc<EndpointConfig>,
    seed: [u8; 32],
    opened_at: Timestamp,
    /// Absent while it sleeps: all of it is in the checkpoint.
    adapter: Option<Box<dyn Adapter>>,
    last_input: Timestamp,
    checkpoint: Option<SavedState>,
    since: Vec<(Timestamp, Input)>,
    since_bytes: usize,
    traps: u32,
}

/// What came of an input.
pub(super) enum Call {
    /// Its outputs, checked.
    Done(Vec<Output>),
    /// The guest goes on without this input.
    Poisoned(Input, GuestFailure),
    /// There is no guest any more.
    Lost(Option<Input>, GuestFailure),
}

/// What came of a checkpoint.
pub(super) enum Saved {
    /// The guest goes on.
    Going,
    /// The guest failed to save itself, was restored and goes on.
    Restored(GuestFailure),
    /// There is no guest any more.
    Lost(GuestFailure),
}

impl Sandbox {
    pub(super) fn open(config: Arc<EndpointConfig>, seed: [u8; 32], now: Timestamp) -> Result<Self, GuestFailure> {
        let adapter = Some(config.factory.open(now, &setup(&config, &seed))?);
        let (checkpoint, since) = (None, Vec::new());
        let (opened_at, last_input) = (now, now);
        Ok(Self { config, seed, opened_at, adapter, last_input, checkpoint, since, since_bytes: 0, traps: 0 })
    }

    /// Gives the guest one input. `check` says whether its outputs keep the rules.
    pub(super) fn handle(
        &mut self,
        now: Timestamp,
        input: Input,
        check: impl FnOnce(&[Output]) -> Result<(), GuestFailure>,
    ) -> Call {
        self.last_input = now;
        let adapter = match self.awake() {
            Ok(adapter) => adapter,
            Err(failure) => return Call::Lost(Some(input), failure),
        };
        let answer = adapter.handle(now, &input).and_then(|outputs| check(&outputs).map(|()| outputs));
        match answer {
            Ok(outputs) => {
                self.since_bytes += weight(&input);
                self.since.push((now, input));
                Call::Done(outputs)
            }
            // The store is whole, and the guest as it was before.
            Err(failure @ GuestFailure::Refused(_)) => Call::Poisoned(input, failure),
            Err(failure) => match self.recover() {
                Ok(()) => Call::Poisoned(input, failure),
                Err(_) => Call::Lost(Some(input), failure),
            },
        }
    }

    /// Whether the inputs kept have reached their limit.
    pub(super) fn is_full(&self) -> bool {
        let limits = &self.config.limits;
        self.since.len() >= limits.replay_inputs || self.since_bytes >= limits.replay_bytes
    }

    /// When the guest will be at rest, if nothing comes.
    pub(super) fn rests_at(&self) -> Option<Timestamp> {
        self.adapter.is_some().then(|| self.last_input.plus_ms(REST_MS))
    }

    /// Takes a checkpoint and goes on.
    pub(super) fn save(&mut self) -> Saved {
        match self.checkpoint() {
            Ok(()) => Saved::Going,
            Err(failure) => match self.recover() {
                Ok(()) => Saved::Restored(failure),
                Err(_) => Saved::Lost(failure),
            },
        }
    }

    /// Takes a checkpoint, and frees the sandbox and what the inputs held.
    pub(super) fn rest(&mut self) -> Saved {
        let saved = self.save();
        if matches!(saved, Saved::Going) {
            self.adapter = None;
            self.since = Vec::new();
        }
        saved
    }

    /// The guest, woken if it sleeps.
    fn awake(&mut self) -> Result<&mut dyn Adapter, GuestFailure> {
        let adapter = match self.adapter.take() {
            Some(adapter) => adapter,
            None => self.restored()?,
        };
        Ok(self.adapter.insert(adapter).as_mut())
    }

    /// A fresh guest, as it was at the checkpoint.
    fn restored(&self) -> Result<Box<dyn Adapter>, GuestFailure> {
        let setup = setup(&self.config, &self.seed);
        match &self.checkpoint {
            Some(state) => self.config.factory.restore(&setup, state),
            None => self.config.factory.open(self.opened_at, &setup),
        }
    }

    fn checkpoint(&mut self) -> Result<(), GuestFailure> {
        let Some(adapter) = &mut self.adapter else { return Ok(()) };
        let state = adapter.save()?;
        let limit = self.config.limits.saved_state_bytes;
        if state.bytes.len() > limit {
            return Err(GuestFailure::Limit(format!(
                "a saved state of {} bytes of at most {limit}",
                state.bytes.len()
            )));
        }
        self.checkpoint = Some(state);
        self.since.clear();
        self.since_bytes = 0;
        Ok(())
    }

    /// A fresh guest, as it was before the input that failed.
    fn recover(&mut self) -> Result<(), GuestFailure> {
        self.traps += 1;
        if self.traps > self.config.traps {
            return Err(GuestFailure::Limit(format!("{} failures of at most {}", self.traps, self.config.traps)));
        }
        let mut adapter = self.restored()?;
        for (at, input) in &self.since {
            adapter.handle(*at, input)?;
        }
        self.adapter = Some(adapter);
        Ok(())
    }
}

fn setup(config: &EndpointConfig, seed: &[u8; 32]) -> Setup {
    Setup { seed: seed.to_vec(), ..config.setup.clone() }
}

/// Roughly the bytes an input holds.
fn weight(input: &Input) -> usize {
    let bytes = match input {
        Input::Received(chunk) => chunk.data.capacity(),
        Input::Command(Command::Deliver(delivery)) => match &delivery.message.body {
            crate::model::Body::Text(text) => text.len(),
            _ => 0,
        },
        _ => 0,
    };
    INPUT_BYTES + bytes
}
