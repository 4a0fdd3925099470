//! What a customer is told: a range in words, and whether it still holds.
//!
//! Invariant: the words never promise more than the range: its lower end is rounded down, its upper end up.

use super::Estimate;
use super::measures::seconds;
use crate::model::Timestamp;

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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub estimate: Estimate,
}

impl Told {
    /// Whether it should be told anew: what is estimated now is outside the range told, less the time gone by, or has moved by half of its
    /// width, and by a minute at least.
    pub fn changed_much(&self, now: Timestamp, estimate: &Estimate) -> bool {
        let gone_s = seconds(now.since_ms(self.at));
        let left_s = |then_s: f64| (then_s - gone_s).max(0.0);
        let (low_s, high_s) = (left_s(self.estimate.low_s), left_s(self.estimate.high_s));
        let outside_s = (low_s - estimate.wait_s).max(estimate.wait_s - high_s);
        let moved_s = (estimate.wait_s - left_s(self.estimate.wait_s)).abs();
        let much = outside_s > 0.0 || moved_s > MUCH * (self.estimate.high_s - self.estimate.low_s);
        much && moved_s > LITTLE_S
    }
}
