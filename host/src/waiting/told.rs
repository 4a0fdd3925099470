//! What a customer is told: a range in words, and whether it still holds.
//!
//! Invariant: the words never promise more than the range: its lower end is rounded down, its upper end up.

use super::Estimate;
use super::measures::seconds;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

const MINUTE_S: f64 = 60.0;
/// From here on hours are said.
const HOURS_FROM_S: f64 = 90.0 * MINUTE_S;
const HOUR_S: f64 = 60.0 * MINUTE_S;
/// What was told is much different when the estimate has moved by this share of the range told ...
const MUCH: f64 = 0.5;
/// ... and by as much as this, below which nobody would mind.
const LITTLE_S: f64 = 60.0;

/// The range in words: "less than a minute", "2 to 4 minutes", "up to 3 minutes", "1 to 2 hours".
pub fn words(estimate: &Estimate) -> String {
    if estimate.high_s <= MINUTE_S {
        return "less than a minute".to_owned();
    }
    let (unit_s, unit) = if estimate.high_s < HOURS_FROM_S { (MINUTE_S, "minutes") } else { (HOUR_S, "hours") };
    let low = (estimate.low_s / unit_s).floor();
    let high = (estimate.high_s / unit_s).ceil();
    match (low, high) {
        (low, high) if low < 1.0 => format!("up to {high} {unit}"),
        (low, high) if low >= high => format!("about {high} {unit}"),
        (low, high) => format!("{low} to {high} {unit}"),
    }
}

/// What was told to somebody who waits, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub estimate: Estimate,
}

impl Told {
    /// What is left of the wait that was told.
    pub fn left_s(&self, now: Timestamp) -> f64 {
        (self.estimate.wait_s - seconds(now.since_ms(self.at))).max(0.0)
    }

    /// Whether it should be told anew: what is expected now, with the time gone by, is outside the range told or has moved by half of its
    /// width, and by a minute at least.
    pub fn changed_much(&self, now: Timestamp, estimate: &Estimate) -> bool {
        let whole_s = estimate.wait_s + seconds(now.since_ms(self.at));
        let told = &self.estimate;
        let outside_s = (told.low_s - whole_s).max(whole_s - told.high_s);
        let moved_s = (whole_s - told.wait_s).abs();
        let much = outside_s > 0.0 || moved_s > MUCH * (told.high_s - told.low_s);
        much && moved_s > LITTLE_S
    }
}
