//! Discounted measures: means whose past counts less and less.
//!
//! Invariant: a measure is finite and positive from the start, since it begins with a prior.

use super::history::Unfit;
use serde::{Deserialize, Serialize};

/// Milliseconds as seconds.
#[allow(clippy::cast_precision_loss, reason = "a week in milliseconds has 30 bits of 52")]
pub(super) fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// Seconds as milliseconds.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "estimates and means of times: not negative, and the cast saturates"
)]
pub(crate) fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// A count, as far as it fits.
pub(super) fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// A mean over the last values: so much of what it holds is kept at each.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Mean {
    sum: f64,
    weight: f64,
    kept: f64,
}

/// No mean that is recalled is longer: thirty years in seconds, so that those of a whole line can be added up.
const MOST_MEAN_S: f64 = 1e9;

impl Mean {
    /// Begins as if `weight` values of `prior` had been seen.
    pub(super) fn new(prior: f64, weight: f64, kept: f64) -> Self {
        Self { sum: prior * weight, weight, kept }
    }

    pub(super) fn add(&mut self, value: f64) {
        self.sum = self.sum * self.kept + value;
        self.weight = self.weight * self.kept + 1.0;
    }

    pub(super) fn get(&self) -> f64 {
        self.sum / self.weight
    }

    /// How many values it is worth.
    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// To be stored, and recalled.
    pub(super) fn learnt(&self) -> [f64; 2] {
        [self.sum, self.weight]
    }

    pub(super) fn recall([sum, weight]: [f64; 2], kept: f64) -> Result<Self, Unfit> {
        let is_fit = is_measure(sum) && is_measure(weight) && weight > 0.0 && sum / weight <= MOST_MEAN_S;
        if is_fit { Ok(Self { sum, weight, kept }) } else { Err(Unfit("a mean service time")) }
    }
}

/// Whether a sum or weight may be such.
pub(super) fn is_measure(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

/// How fast those who wait give up: as if it were as likely at every moment (the maximum likelihood of an exponential patience, with
/// those who were served as censored).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Patience {
    given_up: f64,
    waited_s: f64,
}

/// Kept of what is known about patience at each who leaves the line: half after 1,400.
const PATIENCE_KEPT: f64 = 0.9995;

impl Default for Patience {
    /// As if one had been seen to give up after five minutes.
    fn default() -> Self {
        Self { given_up: 1.0, waited_s: 300.0 }
    }
}

impl Patience {
    /// Somebody has left the line after that time, to be served or not.
    pub(super) fn left(&mut self, waited_s: f64, gave_up: bool) {
        self.given_up = self.given_up * PATIENCE_KEPT + f64::from(u8::from(gave_up));
        self.waited_s = self.waited_s * PATIENCE_KEPT + waited_s;
    }

    pub(super) fn give_up_per_s(&self) -> f64 {
        self.given_up / self.waited_s.max(1.0)
    }

    /// To be stored, and recalled.
    pub(super) fn learnt(&self) -> [f64; 2] {
        [self.given_up, self.waited_s]
    }

    pub(super) fn recall([given_up, waited_s]: [f64; 2]) -> Result<Self, Unfit> {
        let is_fit = is_measure(given_up) && is_measure(waited_s);
        if is_fit { Ok(Self { given_up, waited_s }) } else { Err(Unfit("people's patience")) }
    }
}

/// How many agents there are, inferred: while somebody waits they are all busy, so it is the mean number in service over the time
/// in which somebody waited, the last ten minutes of it above all.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Agents {
    /// Seconds in service, discounted, and the seconds in which they were seen.
    busy_s: f64,
    seen_s: f64,
}

/// What is remembered of the agents fades over this time.
const AGENTS_MEMORY_S: f64 = 600.0;
/// With less time seen than this, those in service now are the better guess.
const AGENTS_LEAST_S: f64 = 30.0;

impl Agents {
    /// For so long somebody waited while so many were in service. (The discount is rational, since an exponential would need libm.)
    pub(super) fn waited(&mut self, elapsed_s: f64, in_service: u32) {
        let kept = AGENTS_MEMORY_S / (AGENTS_MEMORY_S + elapsed_s);
        self.busy_s = (self.busy_s + f64::from(in_service) * elapsed_s) * kept;
        self.seen_s = (self.seen_s + elapsed_s) * kept;
    }

    pub(super) fn inferred(&self, in_service: u32) -> f64 {
        let agents = if self.seen_s < AGENTS_LEAST_S { f64::from(in_service) } else { self.busy_s / self.seen_s };
        agents.max(1.0)
    }

    /// To be stored, and recalled.
    pub(super) fn learnt(&self) -> [f64; 2] {
        [self.busy_s, self.seen_s]
    }

    pub(super) fn recall([busy_s, seen_s]: [f64; 2]) -> Result<Self, Unfit> {
        let is_fit = is_measure(busy_s) && is_measure(seen_s);
        if is_fit { Ok(Self { busy_s, seen_s }) } else { Err(Unfit("the inferred number of agents")) }
    }
}
