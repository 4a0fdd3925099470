//! The guest of an endpoint, its last checkpoint, and the inputs since: what it takes to go on after a trap, or after a rest.
//!
//! ```text
//!            ┌────── restore the checkpoint ◄── input ───────┐
//!            ▼                                               │
//!         running ── no input for a while: save ──────► asleep (a checkpoint and nothing else)
//!          │ ▲ │
//!          │ │ └── enough inputs: save ──► (running)
//!     trap │ └──── restore the checkpoint, replay the inputs since without the last one ◄── │
//!          └────────────────────────────────────┘ fails, or one trap too many: lost
//! ```
//! Most of what a connection takes is its sandbox, and most connections are silent most of the time: so a guest at rest has none. Waking
//! it costs about as much processor time as the message that it is woken for. Linear memory never shrinks, but a guest that wakes begins anew:
//! so one that holds far more than its state is put to sleep at a checkpoint, however busy it is.
//!
//! Invariant: the outputs of an input are given out at most once; a replay's are thrown away, and so are all outputs of a
//! call that broke a rule.

mod swap;

pub(super) use swap::{PutBack, Swapped};

use super::EndpointConfig;
use crate::model::adapter::{Adapter, AdapterFactory, Channel, Command, GuestFailure, Input, Output, Setup};
use crate::model::{SavedState, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;
use swap::{Former, Wanted};

/// An endpoint without inputs for so long is at rest: its guest is saved and its sandbox is freed. Longer than the pauses of people who
/// are writing, or software that is signing in.
pub(super) const REST_MS: u64 = 5_000;
/// The same of a link, whose state is that of many persons.
const LINK_REST_MS: u64 = 60_000;
/// A guest may keep so much memory over a checkpoint.
const MEMORY_BYTES: usize = 256 * 1024;
/// And so many times what it saved: one with many persons needs it.
const MEMORY_PER_STATE_BYTE: usize = 8;
/// What an input weighs in the replay beside its bytes.
const INPUT_BYTES: usize = 64;
/// Bytes of state that one input more pays the saving of.
const STATE_BYTES_PER_INPUT: usize = 256;
/// How often the bytes of the inputs kept may be those of the state.
const STATES_KEPT: usize = 2;

pub(super) struct Sandbox {
    config: Arc<EndpointConfig>,
    /// Makes its guests.
    factory: Arc<dyn AdapterFactory>,
    seed: [u8; 32],
    opened_at: Timestamp,
    /// Absent while it sleeps: all of it is in the checkpoint.
    adapter: Option<Box<dyn Adapter>>,
    last_input: Timestamp,
    checkpoint: Option<SavedState>,
    since: Vec<(Timestamp, Input)>,
    since_bytes: usize,
    /// When the guest failed, as far as it still counts.
    traps: VecDeque<Timestamp>,
    /// What goes on if the guest fails; present while it is on probation.
    former: Option<Box<Former>>,
    /// What the guest should be made of, and failed as.
    wanted: Option<Box<Wanted>>,
    put_back: Option<Box<PutBack>>,
}

/// What came of an input.
pub(super) enum Call {
    /// Its outputs, checked.
    Done(Vec<Output>),
    /// The guest is as it was before this input.
    Failed(Input, GuestFailure),
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
    pub(super) fn open(
        config: Arc<EndpointConfig>,
        factory: Arc<dyn AdapterFactory>,
        seed: [u8; 32],
        now: Timestamp,
    ) -> Result<Self, GuestFailure> {
        let adapter = Some(factory.open(now, &setup(&config, &seed))?);
        Ok(Self {
            config,
            factory,
            seed,
            opened_at: now,
            adapter,
            last_input: now,
            checkpoint: None,
            since: Vec::new(),
            since_bytes: 0,
            traps: VecDeque::new(),
            former: None,
            wanted: None,
            put_back: None,
        })
    }

    /// Gives the guest one input. `check` says whether its outputs keep the rules. A failure counts, but for those on the way
    /// to the cause of one that was counted.
    pub(super) fn handle(
        &mut self,
        now: Timestamp,
        input: Input,
        counts: bool,
        check: impl Fn(&[Output]) -> Result<(), GuestFailure>,
    ) -> Call {
        self.last_input = now;
        let answer = loop {
            let answer = self.answer(now, &input, &check);
            // Failing on probation is no failure of the connection: the former guest answers.
            if !answer.as_ref().is_err_and(|failure| self.put_back(now, Some(&input), failure)) {
                break answer;
            }
        };
        match answer {
            Ok(outputs) => {
                self.since_bytes += weight(&input);
                self.since.push((now, input));
                Call::Done(outputs)
            }
            // The store is whole, and the guest as it was before.
            Err(failure @ GuestFailure::Refused(_)) if self.adapter.is_some() => Call::Failed(input, failure),
            Err(failure) => {
                let counted = if counts { self.count_trap(now) } else { Ok(()) };
                match counted.and_then(|()| self.recover()) {
                    Ok(()) => Call::Failed(input, failure),
                    Err(_) => Call::Lost(Some(input), failure),
                }
            }
        }
    }

    fn answer(
        &mut self,
        now: Timestamp,
        input: &Input,
        check: impl Fn(&[Output]) -> Result<(), GuestFailure>,
    ) -> Result<Vec<Output>, GuestFailure> {
        let adapter = self.awake()?;
        let outputs = adapter.handle(now, input)?;
        check(&outputs).inspect_err(|failure| adapter.at_fault(failure))?;
        Ok(outputs)
    }

    /// A guest that was never given so many of its last inputs.
    pub(super) fn take_back(&mut self, inputs: usize) -> Result<(), GuestFailure> {
        self.since.truncate(self.since.len().saturating_sub(inputs));
        self.since_bytes = self.since.iter().map(|(_, input)| weight(input)).sum();
        self.recover()
    }

    /// At most so many of the last bytes of a channel since the checkpoint.
    pub(super) fn received(&self, channel: Channel, most: usize) -> Vec<u8> {
        let of_channel = |(_, input): &(Timestamp, Input)| match input {
            Input::Received(chunk) if chunk.channel == channel => Some(chunk.data.clone()),
            _ => None,
        };
        let mut bytes = self.since.iter().filter_map(of_channel).flatten().collect::<Vec<u8>>();
        bytes.drain(..bytes.len().saturating_sub(most));
        bytes
    }

    /// Somebody was served worse for a failure: it counts against the adapter, of whatever endpoint.
    pub(super) fn strike(&self, failure: &GuestFailure) {
        self.factory.strike(failure);
    }

    /// One failure more, where the endpoint may survive it.
    fn count_trap(&mut self, now: Timestamp) -> Result<(), GuestFailure> {
        let window_ms = self.config.limits.traps_window_ms;
        while self.traps.front().is_some_and(|at| at.plus_ms(window_ms) <= now) {
            self.traps.pop_front();
        }
        self.traps.push_back(now);
        let (traps, most) = (self.traps.len(), self.config.traps as usize);
        if traps > most { Err(GuestFailure::Limit(format!("{traps} failures of at most {most}"))) } else { Ok(()) }
    }

    /// Whether the inputs kept have reached their limit.
    ///
    /// Saving costs in proportion to the state, which on a link is that of thousands of persons. So the more was saved the
    /// last time, the more inputs are kept until the next: an input costs the same share of a checkpoint however large the
    /// state is, and what is kept stays within a few times its size.
    pub(super) fn is_full(&self) -> bool {
        let limits = &self.config.limits;
        let state_bytes = self.checkpoint.as_ref().map_or(0, |state| state.bytes.len());
        self.since.len() >= limits.replay_inputs.max(state_bytes / STATE_BYTES_PER_INPUT)
            || self.since_bytes >= limits.replay_bytes.max(state_bytes * STATES_KEPT)
    }

    /// Whether nothing came since the checkpoint.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.since.is_empty()
    }

    /// When the guest will be at rest, if nothing comes.
    pub(super) fn rests_at(&self) -> Option<Timestamp> {
        let rest_ms = if self.config.lasting { LINK_REST_MS } else { REST_MS };
        self.adapter.is_some().then(|| self.last_input.plus_ms(rest_ms))
    }

    /// Takes a checkpoint and goes on.
    pub(super) fn save(&mut self, now: Timestamp) -> Saved {
        match self.checkpoint() {
            Ok(()) => Saved::Going,
            Err(failure) if self.put_back(now, None, &failure) => self.save(now),
            Err(failure) => match self.count_trap(now).and_then(|()| self.recover()) {
                Ok(()) => Saved::Restored(failure),
                Err(_) => Saved::Lost(failure),
            },
        }
    }

    /// Takes a checkpoint, and frees the sandbox and what the inputs held.
    pub(super) fn rest(&mut self, now: Timestamp) -> Saved {
        let saved = self.save(now);
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
            Some(state) => self.factory.restore(&setup, state),
            None => self.factory.open(self.opened_at, &setup),
        }
    }

    fn checkpoint(&mut self) -> Result<(), GuestFailure> {
        let Some(adapter) = &mut self.adapter else { return Ok(()) };
        let state = adapter.save()?;
        let state = within_limit(state, &self.config).inspect_err(|failure| adapter.at_fault(failure))?;
        self.checkpoint = Some(state);
        self.since.clear();
        self.since_bytes = 0;
        self.end_probation();
        self.shrink();
        Ok(())
    }

    /// Frees a sandbox that has grown far beyond what its guest needs; the next input gets a fresh one.
    fn shrink(&mut self) {
        let state_bytes = self.checkpoint.as_ref().map_or(0, |state| state.bytes.len());
        let most = MEMORY_BYTES.saturating_add(state_bytes.saturating_mul(MEMORY_PER_STATE_BYTE));
        self.adapter.take_if(|adapter| adapter.memory_bytes() > most);
    }

    /// A fresh guest, as it was before the input that failed.
    fn recover(&mut self) -> Result<(), GuestFailure> {
        self.adapter = None;
        let mut adapter = self.restored()?;
        for (at, input) in &self.since {
            adapter.handle(*at, input)?;
        }
        self.adapter = Some(adapter);
        Ok(())
    }
}

fn within_limit(state: SavedState, config: &EndpointConfig) -> Result<SavedState, GuestFailure> {
    let (bytes, limit) = (state.bytes.len(), config.state_bytes);
    if bytes > limit {
        return Err(GuestFailure::Limit(format!("a saved state of {bytes} bytes of at most {limit}")));
    }
    Ok(state)
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
