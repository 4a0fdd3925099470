//! The range around an estimate: from how far waits were from estimates of late.
//!
//! Kept are the last ratios of wait and estimate, each with a constant added that stands for what is as uncertain in a short wait. The range
//! is between two of their quantiles; which, follows what the ranges said before have covered (Gibbs and Candès, "Adaptive conformal inference
//! under distribution shift", 2021).
//!
//! Invariant: low ≤ high, neither is negative, and both are finite.

use super::history::Unfit;
use super::measures::count;
use super::{Estimate, MOST_WAIT_S};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The share of waits that a range should cover.
pub const COVERAGE_AIM: f64 = 0.8;
/// The share that should be below, and above.
const TAIL: f64 = (1.0 - COVERAGE_AIM) / 2.0;
/// Ratios kept.
const RATIOS: usize = 500;
/// With fewer, the first guess is used.
const LEAST_RATIOS: usize = 20;
/// The fewer there are, the further out the range goes: with this many it is half way to the ends of what was seen.
const CAUTION: f64 = 10.0;
/// Before anything is known: a quarter to twice and a bit.
const FIRST_GUESS: (f64, f64) = (0.25, 2.2);
/// As uncertain in a short wait as in a long one, in seconds.
const OFFSET_S: f64 = 20.0;
/// How far a tail moves at each wait that was or was not in the range.
const STEP: f64 = 0.005;
/// Tails stay within these.
const TAILS: (f64, f64) = (0.01, 0.4);

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Interval {
    last: VecDeque<f64>,
    sorted: Vec<f64>,
    below: f64,
    above: f64,
}

impl Default for Interval {
    fn default() -> Self {
        Self { last: VecDeque::new(), sorted: Vec::new(), below: TAIL, above: TAIL }
    }
}

impl Interval {
    /// The ratios, the oldest first, and the tails: to be stored, and recalled.
    pub(super) fn learnt(&self) -> (Vec<f64>, [f64; 2]) {
        (self.last.iter().copied().collect(), [self.below, self.above])
    }

    pub(super) fn recall(&mut self, ratios: &[f64], [below, above]: [f64; 2]) -> Result<(), Unfit> {
        let is_ratio = |ratio: &f64| ratio.is_finite() && *ratio >= 0.0;
        let is_tail = |tail: f64| (TAILS.0..=TAILS.1).contains(&tail);
        if ratios.len() > RATIOS || !ratios.iter().all(is_ratio) || !is_tail(below) || !is_tail(above) {
            return Err(Unfit("a range's ratios or tails"));
        }
        let mut sorted = ratios.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        *self = Self { last: ratios.iter().copied().collect(), sorted, below, above };
        Ok(())
    }

    /// The range for an estimate.
    pub(super) fn around(&self, wait_s: f64) -> (f64, f64) {
        let (low, high) = if self.sorted.len() < LEAST_RATIOS {
            FIRST_GUESS
        } else {
            let few = f64::from(count(self.sorted.len())) / (f64::from(count(self.sorted.len())) + CAUTION);
            (self.quantile(self.below * few), self.quantile(1.0 - self.above * few))
        };
        let scaled = |ratio: f64| ((wait_s + OFFSET_S) * ratio - OFFSET_S).clamp(0.0, MOST_WAIT_S);
        (scaled(low), scaled(high.max(low)))
    }

    /// Between the two nearest ratios.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list of at most RATIOS")]
    fn quantile(&self, share: f64) -> f64 {
        let len = f64::from(count(self.sorted.len()));
        let place = (share * (len + 1.0) - 1.0).clamp(0.0, len - 1.0);
        let before = self.sorted[place as usize];
        let behind = self.sorted[(place as usize + 1).min(self.sorted.len() - 1)];
        before + (behind - before) * (place - place.floor())
    }

    /// What was said of a session, and how long it waited.
    pub(super) fn learn(&mut self, said: &Estimate, wait_s: f64) {
        let moved =
            |tail: f64, missed: bool| (tail + STEP * (TAIL - f64::from(u8::from(missed)))).clamp(TAILS.0, TAILS.1);
        self.below = moved(self.below, wait_s < said.low_s);
        self.above = moved(self.above, wait_s > said.high_s);
        if self.last.len() >= RATIOS
            && let Some(oldest) = self.last.pop_front()
        {
            let place = self.sorted.partition_point(|ratio| *ratio < oldest);
            self.sorted.remove(place);
        }
        let ratio = (wait_s + OFFSET_S) / (said.wait_s + OFFSET_S);
        self.last.push_back(ratio);
        self.sorted.insert(self.sorted.partition_point(|other| *other < ratio), ratio);
    }
}
