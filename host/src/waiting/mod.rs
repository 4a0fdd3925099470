//! Waiting times: how long a session will wait, as a range with a measured coverage.
//!
//! ```text
//!            Event ──► History: who waits, who is served, how fast it goes
//!                         │ Place: what is seen where a session stands
//!                         ▼
//!      Estimator, Estimator, Estimator ...   each says seconds; an Interval makes a range of them
//!                         │                  ▲
//!                         ▼                  │ learns, once the session was served
//!               the one chosen ──► told   Score: errors and coverage, the past discounted
//! ```
//!
//! Estimators compete, one set per pool (sessions of its queues wait for the same agents). Each says its estimate when a session
//! arrives; when the session enters service all of them are scored by what happened and learn from it, and the one with the least
//! squared error of late is the one whose estimates are told. It ends at numbers and words: whom they are told to is the centre's.
//!
//! Pure: the time is an argument, nothing is random, and no function of libm is used but the square root, which is exact.
//!
//! Invariant: an estimate depends on events given before it and on nothing else. What is learnt of a session is learnt when it
//! enters service, from the [`Place`] that was kept of its arrival. What lies in an outage is learnt from by nobody.

mod estimators;
mod event;
mod history;
mod interval;
mod learnt;
mod measures;
mod place;
mod regression;
mod ridge;
mod score;
#[cfg(test)]
mod tests;
mod told;

pub use estimators::{
    ErlangA, Estimator, HeadOfLine, LastToEnterService, MovingAverage, QueueLength, built_in_estimators,
};
pub use event::Event;
pub use interval::COVERAGE_AIM;
pub use learnt::{LearntError, MOST_BYTES};
pub(crate) use measures::milliseconds;
pub use place::Place;
pub use regression::Regression;
pub use score::{Score, Summary};
pub use told::{Told, words};

use crate::model::{SessionId, Timestamp};
use history::History;
use interval::Interval;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Sessions of one pool that are followed while they wait; those beyond it get no estimate. It bounds the memory, at about 400
/// bytes each.
pub const MOST_WAITING: usize = 262_144;
/// Nobody is told a longer wait: a week.
pub const MOST_WAIT_S: f64 = 7.0 * 86_400.0;
/// Who waited less was served at once: nothing is learnt or scored.
const LEAST_WAIT_MS: u64 = 1000;
/// So much is kept of a score at the next session scored: half of it after 700.
const SCORE_KEPT: f64 = 0.999;
/// As many sessions are scored before the choice is looked at for the first time.
const FIRST_CHOICE: f64 = 30.0;
/// Another estimator is chosen when its squared error is less than this share of the present one's, so that two of a kind don't
/// alternate.
const CLEARLY_BETTER: f64 = 0.98;

/// What one estimator says: seconds from now until the session enters service.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The expected wait.
    pub wait_s: f64,
    /// In 8 of 10 cases it will be from here ...
    pub low_s: f64,
    /// ... to here.
    pub high_s: f64,
}

/// Where a waiting session stands now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its place in line, from 1, as head starts order it; of all queues of the pool.
    pub position: u32,
    /// The chosen estimate.
    pub estimate: Estimate,
}

/// A session that waited has entered service: what had been estimated at its arrival, and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How long it waited.
    pub wait_s: f64,
    /// In the order of [`WaitingTimes::names`].
    pub estimates: Vec<Estimate>,
    /// Which of them was the chosen one then.
    pub chosen: usize,
}

/// An estimator with what is measured of it.
#[derive(Debug)]
struct Contender {
    estimator: Box<dyn Estimator>,
    interval: Interval,
    score: Score,
}

impl Clone for Contender {
    fn clone(&self) -> Self {
        Self { estimator: self.estimator.copy(), interval: self.interval.clone(), score: self.score }
    }
}

impl Contender {
    fn estimate(&self, place: &Place) -> Estimate {
        let said = self.estimator.estimate_s(place);
        let wait_s = if said.is_finite() { said.clamp(0.0, MOST_WAIT_S) } else { 0.0 };
        let (low_s, high_s) = self.interval.around(wait_s);
        Estimate { wait_s, low_s, high_s }
    }
}

/// What was seen and said when a session arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Arrival {
    place: Place,
    estimates: Vec<Estimate>,
    chosen: usize,
}

/// The waiting times of one pool.
#[derive(Debug, Clone)]
pub struct WaitingTimes {
    history: History,
    contenders: Vec<Contender>,
    chosen: usize,
    arrivals: BTreeMap<SessionId, Arrival>,
    outcomes: u64,
    /// Who arrives earlier is not scored.
    scores_from: Timestamp,
}

impl Default for WaitingTimes {
    fn default() -> Self {
        Self::new(built_in_estimators())
    }
}

/// An estimator's name and memory, and what was measured of it.
type Remembered = (String, Vec<u8>, Interval, Score);

impl Serialize for WaitingTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { history, contenders, chosen, arrivals, outcomes, scores_from } = self;
        let remembered = |contender: &'_ Contender| {
            let Contender { estimator, interval, score } = contender;
            (estimator.name(), estimator.memory(), interval.clone(), *score)
        };
        let contenders: Vec<_> = contenders.iter().map(remembered).collect();
        (history, contenders, chosen, arrivals, outcomes, scores_from).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WaitingTimes {
    /// With the built-in estimators: others are no part of a centre.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (history, remembered, chosen, arrivals, outcomes, scores_from): (_, Vec<Remembered>, usize, _, _, _) =
            Deserialize::deserialize(deserializer)?;
        let mut contenders = Vec::new();
        for (mut estimator, (name, memory, interval, score)) in built_in_estimators().into_iter().zip(remembered) {
            if estimator.name() != name {
                return Err(D::Error::custom(format!("expected the estimator {}, found {name}", estimator.name())));
            }
            estimator.recall(&memory).map_err(D::Error::custom)?;
            contenders.push(Contender { estimator, interval, score });
        }
        if chosen >= contenders.len() {
            return Err(D::Error::custom(format!("estimator {chosen} of {}", contenders.len())));
        }
        Ok(Self { history, contenders, chosen, arrivals, outcomes, scores_from })
    }
}

impl WaitingTimes {
    /// With these estimators, of which the first is used until there is something to choose by.
    ///
    /// # Panics
    /// If there is none.
    pub fn new(estimators: Vec<Box<dyn Estimator>>) -> Self {
        assert!(!estimators.is_empty(), "waiting times need an estimator");
        let contender =
            |estimator| Contender { estimator, interval: Interval::default(), score: Score::discounted(SCORE_KEPT) };
        Self {
            history: History::default(),
            contenders: estimators.into_iter().map(contender).collect(),
            chosen: 0,
            arrivals: BTreeMap::new(),
            outcomes: 0,
            scores_from: Timestamp::default(),
        }
    }

    /// Something happened at `now`, which never goes back. Gives an outcome when a session that waited enters service.
    pub fn handle(&mut self, now: Timestamp, event: &Event<'_>) -> Option<Outcome> {
        let waited_ms = self.history.handle(now, event);
        for contender in &mut self.contenders {
            contender.estimator.observe(now, event);
        }
        match event {
            Event::Arrived { session, .. } => self.arrived(now, *session),
            Event::Entered { session, .. } => {
                let arrival = self.arrivals.remove(session)?;
                let waited_ms = waited_ms.filter(|waited| *waited >= LEAST_WAIT_MS)?;
                return Some(self.learn(arrival, measures::seconds(waited_ms)));
            }
            Event::Abandoned { session } | Event::Left { session } => drop(self.arrivals.remove(session)),
            Event::FoundWaiting { session, .. } | Event::FoundServed { session, .. } => {
                self.arrivals.remove(session);
            }
            Event::Ended { .. } | Event::Agents { .. } => {}
        }
        None
    }

    fn arrived(&mut self, now: Timestamp, session: SessionId) {
        self.arrivals.remove(&session);
        if now < self.scores_from {
            return;
        }
        let Some(place) = self.history.place(now, session) else { return };
        let estimates = self.contenders.iter().map(|contender| contender.estimate(&place)).collect();
        self.arrivals.insert(session, Arrival { place, estimates, chosen: self.chosen });
    }

    fn learn(&mut self, arrival: Arrival, wait_s: f64) -> Outcome {
        let Arrival { place, estimates, chosen } = arrival;
        for (contender, estimate) in self.contenders.iter_mut().zip(&estimates) {
            contender.score.add(estimate, wait_s);
            contender.interval.learn(estimate, wait_s);
            contender.estimator.learn(&place, wait_s);
        }
        self.outcomes += 1;
        self.choose();
        Outcome { wait_s, estimates, chosen }
    }

    fn choose(&mut self) {
        let error = |contender: &Contender| contender.score.mean_square();
        let present = &self.contenders[self.chosen];
        if present.score.scored() < FIRST_CHOICE {
            return;
        }
        let by_error =
            |(_, one): &(usize, &Contender), (_, other): &(usize, &Contender)| error(one).total_cmp(&error(other));
        let best = self.contenders.iter().enumerate().min_by(by_error);
        if let Some((best, contender)) = best
            && error(contender) < CLEARLY_BETTER * error(present)
        {
            self.chosen = best;
        }
    }

    /// How a waiting session stands now: on arrival, on request, and to see whether what it was told still holds ([`Told`]). None for
    /// one that does not wait, or was one too many to follow.
    ///
    /// It looks at those who stand behind the session, so it costs little at the end of a line and most at its head.
    pub fn standing(&self, now: Timestamp, session: SessionId) -> Option<Standing> {
        let place = self.history.place(now, session)?;
        let estimate = self.contenders[self.chosen].estimate(&place);
        Some(Standing { position: place.ahead.saturating_add(1), estimate })
    }

    /// How a session would stand that came to this queue now.
    pub fn newcomer(&self, now: Timestamp, queue: &str, head_start_ms: u64) -> Standing {
        let place = self.history.newcomer(now, queue, head_start_ms);
        let estimate = self.contenders[self.chosen].estimate(&place);
        Standing { position: place.ahead.saturating_add(1), estimate }
    }

    /// By how many waits the estimators were measured.
    pub fn outcomes(&self) -> u64 {
        self.outcomes
    }

    /// The estimators' names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.contenders.iter().map(|contender| contender.estimator.name())
    }

    /// Which one is told now, as a number in [`Self::names`].
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// How each estimator has done of late.
    pub fn scores(&self) -> impl Iterator<Item = (&'static str, Summary)> {
        self.contenders.iter().map(|contender| (contender.estimator.name(), contender.score.summary()))
    }

    /// Sessions that are followed: waiting and in service.
    pub fn followed(&self) -> (usize, usize) {
        self.history.followed()
    }
}
