//! How well an estimator has done: errors, bias and the coverage of its ranges.

use super::Estimate;
use super::history::Unfit;
use super::measures::is_measure;
use serde::{Deserialize, Serialize};

/// Sums over sessions scored; the past may count less and less.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    kept: f64,
    scored: f64,
    squares: f64,
    absolutes: f64,
    errors: f64,
    waits: f64,
    covered: f64,
}

/// A score in numbers that can be shown; all 0 where nothing was scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Root of the mean square error.
    pub rmse_s: f64,
    /// Mean absolute error.
    pub mae_s: f64,
    /// Mean error by mean wait: above 0 it says too much.
    pub bias_pct: f64,
    /// How many waits were within the range.
    pub coverage_80_pct: f64,
}

impl Summary {
    /// The coverage as people say it, 0 to 100.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, so 0 to 100")]
    pub fn covered_pct(&self) -> u32 {
        self.coverage_80_pct.round() as u32
    }
}

impl Score {
    /// Everything counts the same.
    pub fn total() -> Self {
        Self::discounted(1.0)
    }

    /// `kept` of the past stays at each session scored.
    pub fn discounted(kept: f64) -> Self {
        Self { kept, scored: 0.0, squares: 0.0, absolutes: 0.0, errors: 0.0, waits: 0.0, covered: 0.0 }
    }

    /// What was said, and how long it took.
    pub fn add(&mut self, said: &Estimate, wait_s: f64) {
        let error = said.wait_s - wait_s;
        let covered = (said.low_s..=said.high_s).contains(&wait_s);
        let add = |sum: &mut f64, value: f64| *sum = *sum * self.kept + value;
        add(&mut self.scored, 1.0);
        add(&mut self.squares, error * error);
        add(&mut self.absolutes, error.abs());
        add(&mut self.errors, error);
        add(&mut self.waits, wait_s);
        add(&mut self.covered, f64::from(u8::from(covered)));
    }

    /// To be stored, and recalled.
    pub(super) fn learnt(&self) -> [f64; 6] {
        let Self { kept: _, scored, squares, absolutes, errors, waits, covered } = *self;
        [scored, squares, absolutes, errors, waits, covered]
    }

    pub(super) fn recall(&mut self, sums: [f64; 6]) -> Result<(), Unfit> {
        let [scored, squares, absolutes, errors, waits, covered] = sums;
        if !errors.is_finite() || ![scored, squares, absolutes, waits, covered].into_iter().all(is_measure) {
            return Err(Unfit("a score"));
        }
        *self = Self { kept: self.kept, scored, squares, absolutes, errors, waits, covered };
        Ok(())
    }

    /// How many sessions it is worth.
    pub fn scored(&self) -> f64 {
        self.scored
    }

    /// The mean square error, by which estimators are chosen.
    pub fn mean_square(&self) -> f64 {
        self.squares / self.scored.max(1.0)
    }

    /// In numbers that can be shown.
    pub fn summary(&self) -> Summary {
        let by = |sum: f64, whole: f64| if whole > 0.0 { sum / whole } else { 0.0 };
        Summary {
            rmse_s: by(self.squares, self.scored).sqrt(),
            mae_s: by(self.absolutes, self.scored),
            bias_pct: 100.0 * by(self.errors, self.waits),
            coverage_80_pct: 100.0 * by(self.covered, self.scored),
        }
    }
}
