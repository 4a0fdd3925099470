//! What a pool's waiting times have learnt, as bytes that outlast a restart.
//!
//! A checkpoint has everything and is of one release; this has no sessions, is small, and is read as long as [`FORMAT`] stays. Times are
//! kept as ages and count from the moment of recalling: an outage is no wait that agents have caused, so it is cut out.
//!
//! Invariant: not more than [`MOST_BYTES`]; what is recalled says to newcomers what would have been said in the moment of storing, with
//! nobody in line or in service.

use super::history::{Pace, Unfit};
use super::{Contender, WaitingTimes};
use crate::model::{SavedState, Timestamp};
use serde::{Deserialize, Serialize};

/// Of the stored bytes. It rises with every change of what the numbers mean: the estimators, their features, priors and discounts. What
/// has another is learnt anew.
const FORMAT: u32 = 1;
/// What is stored of a pool at most: 27 KiB of ranges' ratios, 32 KiB of queues, 16 KiB of arrivals lately. A test fills it.
pub const MOST_BYTES: usize = 80 * 1024;
/// So long after a restart nothing is scored that came meanwhile: agents' software is not back yet, and the estimates see too few.
const SETTLING_MS: u64 = 60_000;

/// Why what was stored can't be used. Waits are learnt anew then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LearntError {
    /// Another release has written it.
    #[error("it is of format {found}, this cordboard reads {FORMAT}")]
    Format {
        /// Which.
        found: u32,
    },
    /// The bytes are no such thing.
    #[error("it can't be read: {0}")]
    Bytes(String),
    /// Other estimators than there are now.
    #[error("it is of the estimators {found}, expected {expected}")]
    Estimators {
        /// Now.
        expected: String,
        /// Then.
        found: String,
    },
    /// A number that can't be.
    #[error("{0} can't be")]
    Number(&'static str),
}

impl From<Unfit> for LearntError {
    fn from(Unfit(what): Unfit) -> Self {
        Self::Number(what)
    }
}

#[derive(Serialize, Deserialize)]
struct Learnt {
    estimators: Vec<Measured>,
    chosen: usize,
    outcomes: u64,
    pace: Pace,
}

/// An estimator, and what was measured of it.
#[derive(Serialize, Deserialize)]
struct Measured {
    name: String,
    numbers: Vec<f64>,
    ratios: Vec<f64>,
    tails: [f64; 2],
    score: [f64; 6],
}

impl Measured {
    fn of(contender: &Contender, queues: &[usize]) -> Self {
        let Contender { estimator, interval, score } = contender;
        let (ratios, tails) = interval.learnt();
        let (name, numbers) = (estimator.name().to_owned(), estimator.learnt(queues));
        Self { name, numbers, ratios, tails, score: score.learnt() }
    }

    fn recall(&self, contender: &mut Contender) -> Result<(), Unfit> {
        contender.estimator.recall_learnt(&self.numbers).map_err(Unfit)?;
        contender.interval.recall(&self.ratios, self.tails)?;
        contender.score.recall(self.score)
    }
}

impl WaitingTimes {
    /// What is known at `now`, to be stored.
    ///
    /// # Panics
    /// Never: numbers and names are written to memory without fail.
    pub fn learnt(&self, now: Timestamp) -> SavedState {
        let (pace, queues) = self.history.pace(now);
        let estimators = self.contenders.iter().map(|contender| Measured::of(contender, &queues)).collect();
        let learnt = Learnt { estimators, chosen: self.chosen, outcomes: self.outcomes, pace };
        let bytes = rmp_serde::to_vec_named(&learnt).expect("numbers and names are written to memory without fail");
        SavedState { format: FORMAT, bytes }
    }

    /// Goes on at `now` with what was stored. With the built-in estimators: others are no part of a centre.
    ///
    /// # Errors
    /// Where it was stored by a release with other estimators, or is damaged.
    pub fn recall(now: Timestamp, stored: &SavedState) -> Result<Self, LearntError> {
        if stored.format != FORMAT {
            return Err(LearntError::Format { found: stored.format });
        }
        let learnt: Learnt =
            rmp_serde::from_slice(&stored.bytes).map_err(|error| LearntError::Bytes(error.to_string()))?;
        let mut times = Self::default();
        if !times.names().eq(learnt.estimators.iter().map(|measured| measured.name.as_str())) {
            let expected = times.names().collect::<Vec<_>>().join(", ");
            let found = learnt.estimators.iter().map(|measured| measured.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(LearntError::Estimators { expected, found });
        }
        if learnt.chosen >= times.contenders.len() {
            return Err(LearntError::Number("the number of the chosen estimator"));
        }
        for (measured, contender) in learnt.estimators.iter().zip(&mut times.contenders) {
            measured.recall(contender)?;
        }
        times.history.recall(now, learnt.pace)?;
        (times.chosen, times.outcomes) = (learnt.chosen, learnt.outcomes);
        times.scores_from = now.plus_ms(SETTLING_MS);
        Ok(times)
    }
}
