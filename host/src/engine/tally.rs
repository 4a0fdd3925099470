//! What the sandboxes of one plugin have done and hold: counters that each entry of a guest adds to, from any thread.
//!
//! An entry takes about 2 µs, so counting it is two readings of the clock and three additions without a lock. A guest never waits for
//! anything while it is entered; so the time it takes is processor time, but for moments at which the system ran somebody else.
//!
//! Invariant: nothing decides by time. Strikes and limits count fuel and failures, so a busy machine holds nothing against anybody.

use crate::model::adapter::GuestFailure;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Classes that divide a doubling of latency: a quantile is told to within an eighth or so.
const CLASSES_PER_DOUBLING: u32 = 4;
/// What takes less than 2^8 ns is in the first class.
const FIRST_DOUBLING: u32 = 8;
/// What takes more than 2^34 ns, 17 s, is in the last class.
const LAST_DOUBLING: u32 = 34;
/// All classes.
const CLASSES: usize = ((LAST_DOUBLING - FIRST_DOUBLING) * CLASSES_PER_DOUBLING + 2) as usize;

/// See the module.
#[derive(Debug)]
pub struct Tally {
    fuel: AtomicU64,
    busy_ns: AtomicU64,
    classes: [AtomicU64; CLASSES],
    failures: [AtomicU64; FailureKind::ALL.len()],
    sandboxes: AtomicUsize,
    memory_bytes: AtomicUsize,
    last_failure: Mutex<Option<(Instant, GuestFailure)>>,
}

/// In which way a guest fails; the words of metrics and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It trapped.
    Trapped,
    /// Its fuel was used up.
    Fuel,
    /// It wanted more than it may have.
    Limit,
    /// Its answer broke the contract.
    Contract,
    /// It said no, to settings or to a state; its store is whole.
    Refused,
}

impl FailureKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Trapped, Self::Fuel, Self::Limit, Self::Contract, Self::Refused];

    /// Of a failure.
    pub fn of(failure: &GuestFailure) -> Self {
        match failure {
            GuestFailure::Trapped(_) => Self::Trapped,
            GuestFailure::Fuel { .. } => Self::Fuel,
            GuestFailure::Limit(_) => Self::Limit,
            GuestFailure::Contract(_) => Self::Contract,
            GuestFailure::Refused(_) => Self::Refused,
        }
    }

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::Fuel => "fuel",
            Self::Limit => "limit",
            Self::Contract => "contract",
            Self::Refused => "refused",
        }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            fuel: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
            classes: [const { AtomicU64::new(0) }; CLASSES],
            failures: [const { AtomicU64::new(0) }; FailureKind::ALL.len()],
            sandboxes: AtomicUsize::new(0),
            memory_bytes: AtomicUsize::new(0),
            last_failure: Mutex::new(None),
        }
    }
}

impl Tally {
    /// A guest was entered, and has come back.
    pub(super) fn entered(&self, took: Duration, fuel: u64) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.classes[class_of(ns)].fetch_add(1, Relaxed);
        self.busy_ns.fetch_add(ns, Relaxed);
        self.fuel.fetch_add(fuel, Relaxed);
    }

    /// There is one sandbox more.
    pub(super) fn opened(&self) {
        self.sandboxes.fetch_add(1, Relaxed);
    }

    /// A sandbox that held so much is gone.
    pub(super) fn closed(&self, held_bytes: usize) {
        self.sandboxes.fetch_sub(1, Relaxed);
        self.memory_bytes.fetch_sub(held_bytes, Relaxed);
    }

    /// A sandbox has grown.
    pub(super) fn grown(&self, bytes: usize) {
        self.memory_bytes.fetch_add(bytes, Relaxed);
    }

    /// A guest has failed; or somebody found out later that its answer was none.
    pub fn failed(&self, failure: &GuestFailure) {
        self.failures[FailureKind::of(failure) as usize].fetch_add(1, Relaxed);
        let last = Some((Instant::now(), failure.clone()));
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    /// All of it as it is now; what is counted meanwhile may be in one number and not yet in another.
    pub fn read(&self) -> Reading {
        let last = self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Reading {
            fuel: self.fuel.load(Relaxed),
            latency: Latency {
                classes: std::array::from_fn(|class| self.classes[class].load(Relaxed)),
                sum_ns: self.busy_ns.load(Relaxed),
            },
            failures: FailureKind::ALL.map(|kind| (kind, self.failures[kind as usize].load(Relaxed))),
            sandboxes: self.sandboxes.load(Relaxed),
            memory_bytes: self.memory_bytes.load(Relaxed),
            last_failure: last.map(|(at, failure)| (at.elapsed(), failure)),
        }
    }
}

/// A [`Tally`] at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Instructions, roughly.
    pub fuel: u64,
    /// How often guests were entered, their starts included, and how long it took.
    pub latency: Latency,
    /// How often they failed.
    pub failures: [(FailureKind, u64); FailureKind::ALL.len()],
    /// Sandboxes there are.
    pub sandboxes: usize,
    /// Linear memory they hold.
    pub memory_bytes: usize,
    /// How long ago the last failure was, and what it was: a trap with the functions that were running.
    pub last_failure: Option<(Duration, GuestFailure)>,
}

/// How long entries took, in classes of which a doubling has four.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    classes: [u64; CLASSES],
    sum_ns: u64,
}

impl Latency {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// How long they took together.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_ns)
    }

    /// What `per_mille` of a thousand did not exceed, to within a class; nothing where there were none.
    pub fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let rank = (self.count() * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        let class = self.classes.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_nanos(upper_ns(class)))
    }

    /// How many took no longer than 2^`doubling` ns.
    pub fn within(&self, doubling: u32) -> u64 {
        let doublings = doubling.clamp(FIRST_DOUBLING, LAST_DOUBLING) - FIRST_DOUBLING;
        self.classes[..=(doublings * CLASSES_PER_DOUBLING) as usize].iter().sum()
    }
}

/// Classes 1 to 4 divide 2^8 to 2^9 ns, 5 to 8 the next doubling, and so on; an upper bound belongs to its class.
fn class_of(ns: u64) -> usize {
    let inside = ns.saturating_sub(1);
    if inside < 1 << FIRST_DOUBLING {
        return 0;
    }
    let doubling = inside.ilog2();
    let part = (inside >> (doubling - CLASSES_PER_DOUBLING.ilog2())) % u64::from(CLASSES_PER_DOUBLING);
    let class = u64::from((doubling - FIRST_DOUBLING) * CLASSES_PER_DOUBLING) + part + 1;
    usize::try_from(class).unwrap_or(CLASSES).min(CLASSES - 1)
}

/// The most that a call of this class took; the last class has no such bound, and tells the next it would have.
fn upper_ns(class: usize) -> u64 {
    let Some(behind) = class.checked_sub(1) else { return 1 << FIRST_DOUBLING };
    let (doubling, part) =
        (behind as u64 / u64::from(CLASSES_PER_DOUBLING), behind as u64 % u64::from(CLASSES_PER_DOUBLING));
    let begins = 1_u64 << (u64::from(FIRST_DOUBLING) + doubling);
    begins + begins / u64::from(CLASSES_PER_DOUBLING) * (part + 1)
}

#[cfg(test)]
mod tests;
