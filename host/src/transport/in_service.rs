//! The adapter in service on a listener, or at a provider: what endpoints open with, and what those that are there go over to.
//!
//! ```text
//!             swap             its turn
//!   (seated) ──────► waiting ──────────► (moves) ──► moved ─┐ the new guest failed
//!                       ▲                   └──────► stayed ◄┘
//!                       └─── another swap ─────────────┴── the endpoint has tried again ──► moved
//! ```
//! Who has a turn moves, and passes it on once others were served in between: so nobody's message waits behind more than one
//! endpoint's move on a core, however many endpoints there are.
//!
//! Ends at whose turn it is; how an endpoint moves is its own affair (`endpoint/swap.rs`).
//!
//! Invariant: every endpoint that was seated before a swap gets one turn for it, or is gone; a turn is passed on however it ends.

#[cfg(test)]
mod tests;

use crate::model::adapter::{AdapterFactory, GuestFailure};
use crate::telemetry::event;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// See the module. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct InService(Arc<Inner>);

struct Inner {
    /// The listener's or provider's name.
    place: String,
    /// Endpoints that may move at a time.
    turns: usize,
    state: Mutex<State>,
}

struct State {
    factory: Arc<dyn AdapterFactory>,
    /// Swaps so far.
    swap: u64,
    seats: BTreeMap<u64, Seated>,
    last_seat: u64,
    queue: VecDeque<u64>,
    turns_taken: usize,
    tally: Tally,
}

/// An endpoint, as it stands towards the last swap.
struct Seated {
    bell: Arc<Notify>,
    standing: Standing,
    has_turn: bool,
    /// There was another swap during its turn, and another turn is due.
    has_another: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It was opened with what is in service, or is ending.
    Apart,
    Waiting,
    Moved,
    Stayed,
}

/// What came of the last swap.
#[derive(Default)]
struct Tally {
    since: Option<Instant>,
    moved: usize,
    stayed: usize,
    waiting: usize,
    reason: Option<String>,
    /// One for each turn, in microseconds: at most as many as there are connections.
    pauses_us: Vec<u32>,
    /// That some stay is said once a swap.
    is_warned: bool,
}

/// How far the last swap has got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Swaps so far.
    pub swaps: u64,
    /// Endpoints that have gone over, also if they have ended since.
    pub moved: usize,
    /// Endpoints that are there and on a former adapter, since the new one failed with them.
    pub stayed: usize,
    /// Endpoints whose turn has not come.
    pub waiting: usize,
    /// Why the first of those that stayed did.
    pub reason: Option<String>,
    /// Of a hundred endpoints 99 were not served for at most so long because of their own move.
    pub pause_p99: Duration,
    /// The longest of all.
    pub pause_most: Duration,
}

impl std::fmt::Debug for InService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}", self.current().digest(), self.0.place)
    }
}

impl InService {
    /// An adapter in service at `place`, a listener's or provider's name.
    pub fn new(place: &str, factory: Arc<dyn AdapterFactory>) -> Self {
        Self::with_turns(place, factory, available_parallelism().map_or(1, usize::from))
    }

    fn with_turns(place: &str, factory: Arc<dyn AdapterFactory>, turns: usize) -> Self {
        let state = State {
            factory,
            swap: 0,
            seats: BTreeMap::new(),
            last_seat: 0,
            queue: VecDeque::new(),
            turns_taken: 0,
            tally: Tally::default(),
        };
        Self(Arc::new(Inner { place: place.to_owned(), turns, state: Mutex::new(state) }))
    }

    /// Whose it is: the listener's or provider's name.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// What new endpoints open with.
    pub fn current(&self) -> Arc<dyn AdapterFactory> {
        self.0.state().factory.clone()
    }

    /// Puts another in service: new endpoints open with it from now on, and those that are there go over one after the other. Returns at
    /// once.
    pub fn swap(&self, factory: Arc<dyn AdapterFactory>) {
        let mut state = self.0.state();
        state.factory = factory;
        state.swap += 1;
        for seated in state.seats.values_mut() {
            seated.standing = Standing::Waiting;
        }
        state.queue = state.seats.keys().copied().collect();
        let waiting = state.queue.len();
        state.tally = Tally { since: Some(Instant::now()), waiting, ..Tally::default() };
        self.0.give_turns(&mut state);
        self.0.tell_end(&mut state);
    }

    /// How far the last swap has got.
    pub fn progress(&self) -> Progress {
        let state = self.0.state();
        let tally = &state.tally;
        let [pause_p99, pause_most] = tally.pauses();
        let Tally { moved, stayed, waiting, .. } = *tally;
        Progress { swaps: state.swap, moved, stayed, waiting, reason: tally.reason.clone(), pause_p99, pause_most }
    }

    /// A seat for an endpoint that is opened with what is in service.
    pub(super) fn seat(&self) -> (Seat, Arc<dyn AdapterFactory>) {
        let mut state = self.0.state();
        state.last_seat += 1;
        let (number, bell) = (state.last_seat, Arc::new(Notify::new()));
        state.seats.insert(
            number,
            Seated { bell: bell.clone(), standing: Standing::Apart, has_turn: false, has_another: false },
        );
        (Seat { inner: self.0.clone(), number, bell, swap: state.swap }, state.factory.clone())
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_turns(&self, state: &mut State) {
        while state.turns_taken < self.turns
            && let Some(number) = state.queue.pop_front()
        {
            let Some(seated) = state.seats.get_mut(&number) else { continue };
            if std::mem::replace(&mut seated.has_turn, true) {
                seated.has_another = true;
                continue;
            }
            state.turns_taken += 1;
            seated.bell.notify_one();
        }
    }

    /// Says what came of a swap: once when nobody waits any more, and once if somebody stays.
    fn tell_end(&self, state: &mut State) {
        let digest = state.factory.digest();
        let tally = &mut state.tally;
        if tally.waiting > 0 {
            return;
        }
        if let Some(since) = tally.since.take() {
            event::adapter_swapped(&self.place, digest, tally.moved, since.elapsed(), tally.pauses());
        }
        if let Some(reason) = tally.reason.as_deref().filter(|_| !tally.is_warned) {
            event::adapter_stayed(&self.place, digest, tally.stayed, reason);
            tally.is_warned = true;
        }
    }
}

impl Tally {
    /// The longest but those of one in a hundred, and the longest of all.
    fn pauses(&self) -> [Duration; 2] {
        let mut pauses_us = self.pauses_us.clone();
        pauses_us.sort_unstable();
        let p99 = (pauses_us.len() * 99).div_ceil(100).saturating_sub(1);
        let pause = |us: Option<&u32>| Duration::from_micros(us.copied().unwrap_or_default().into());
        [pause(pauses_us.get(p99)), pause(pauses_us.last())]
    }

    fn count(&mut self, standing: Standing) -> Option<&mut usize> {
        match standing {
            Standing::Apart => None,
            Standing::Waiting => Some(&mut self.waiting),
            Standing::Moved => Some(&mut self.moved),
            Standing::Stayed => Some(&mut self.stayed),
        }
    }
}

/// An endpoint's place in the order in which adapters are swapped; given up with the endpoint.
pub(super) struct Seat {
    inner: Arc<Inner>,
    number: u64,
    bell: Arc<Notify>,
    /// The swap that its endpoint has come to.
    swap: u64,
}

impl Seat {
    /// Waits for its turn to move; yields where to. [`Seat::pass_on`] is due then.
    pub(super) async fn turn(&mut self) -> Arc<dyn AdapterFactory> {
        loop {
            if let Some((swap, factory)) = self.called() {
                self.swap = swap;
                return factory;
            }
            self.bell.notified().await;
        }
    }

    fn called(&self) -> Option<(u64, Arc<dyn AdapterFactory>)> {
        let state = self.inner.state();
        let has_turn = state.seats.get(&self.number).is_some_and(|seated| seated.has_turn);
        has_turn.then(|| (state.swap, state.factory.clone()))
    }

    /// The endpoint has gone over.
    pub(super) fn moved(&self) {
        self.stands(Standing::Moved, None);
    }

    /// It has not, or is back on what it was on before.
    pub(super) fn stayed(&self, failure: &GuestFailure) {
        self.stands(Standing::Stayed, Some(failure));
    }

    fn stands(&self, standing: Standing, failure: Option<&GuestFailure>) {
        let mut state = self.inner.state();
        if state.swap != self.swap {
            return;
        }
        let State { seats, tally, .. } = &mut *state;
        let Some(seated) = seats.get_mut(&self.number) else { return };
        let before = std::mem::replace(&mut seated.standing, standing);
        if let Some(count) = tally.count(before) {
            *count -= 1;
        }
        if let Some(count) = tally.count(standing) {
            *count += 1;
        }
        if let Some(failure) = failure {
            tally.reason.get_or_insert_with(|| event::clipped(&failure.to_string()));
            self.inner.tell_end(&mut state);
        }
    }

    /// Its turn is over; for so long the endpoint was not served.
    pub(super) fn pass_on(&self, pause: Duration) {
        let mut guard = self.inner.state();
        let state = &mut *guard;
        let Some(seated) = state.seats.get_mut(&self.number) else { return };
        if std::mem::take(&mut seated.has_turn) {
            state.turns_taken -= 1;
        }
        if std::mem::take(&mut seated.has_another) {
            state.queue.push_back(self.number);
        }
        if state.swap == self.swap {
            state.tally.pauses_us.push(u32::try_from(pause.as_micros()).unwrap_or(u32::MAX));
            if seated.standing == Standing::Waiting {
                // It is ending, and does not move any more.
                seated.standing = Standing::Apart;
                state.tally.waiting -= 1;
            }
        }
        self.inner.give_turns(state);
        self.inner.tell_end(state);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.inner.state();
        let Some(seated) = state.seats.remove(&self.number) else { return };
        if seated.has_turn {
            state.turns_taken -= 1;
        }
        if let Standing::Waiting | Standing::Stayed = seated.standing
            && let Some(count) = state.tally.count(seated.standing)
        {
            *count -= 1;
        }
        self.inner.give_turns(&mut state);
        self.inner.tell_end(&mut state);
    }
}
