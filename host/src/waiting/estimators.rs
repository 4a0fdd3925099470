//! The trait of estimators, and those with a formula. Named and compared in Ibrahim and Whitt, "Real-time delay estimation based on
//! delay history" (2009) and "Wait-time predictors for customer service systems with time-varying demand and capacity" (2011).

use super::event::Event;
use super::{Place, Regression};
use crate::model::Timestamp;
use std::fmt;

/// Says how long a session will wait from where it stands.
pub trait Estimator: fmt::Debug + Send + Sync {
    /// How it is called in answers; the same for ever.
    fn name(&self) -> &'static str;

    /// The expected wait in seconds. What is not a number, or negative, is taken for nothing.
    fn estimate_s(&self, place: &Place) -> f64;

    /// A session that waited enters service: where it stood when it arrived, and how long it took.
    fn learn(&mut self, _place: &Place, _wait_s: f64) {}

    /// Everything that happens, for an estimator that needs more than a place tells.
    fn observe(&mut self, _now: Timestamp, _event: &Event<'_>) {}

    /// Another that says the same from now on.
    fn copy(&self) -> Box<dyn Estimator>;

    /// What it has learnt, in numbers that outlast a restart; of queues only these, in the order of their numbers. They are recalled as the
    /// queues 0, 1, ...
    fn learnt(&self, _queues: &[usize]) -> Vec<f64> {
        Vec::new()
    }

    /// Goes on with what [`Self::learnt`] gave. The error says what can't be.
    fn recall_learnt(&mut self, _numbers: &[f64]) -> Result<(), &'static str> {
        Ok(())
    }

    /// All that it has learnt, for a checkpoint.
    fn memory(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on with what [`Self::memory`] gave. The error says why it can't be read.
    fn recall(&mut self, _memory: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

/// All that Cordboard brings. The regression is the first: without a history it says what Erlang-A does.
pub fn built_in_estimators() -> Vec<Box<dyn Estimator>> {
    vec![
        Box::new(Regression::default()),
        Box::new(ErlangA),
        Box::new(QueueLength),
        Box::new(HeadOfLine),
        Box::new(LastToEnterService),
        Box::new(MovingAverage),
    ]
}

/// Queue length with abandonment: each step ends when one of the agents is done or one of those ahead gives up, for a session at its
/// own place in line (the head starts are in [`Place::ahead`]).
#[derive(Debug, Clone)]
pub struct ErlangA;

/// Steps that are added up one by one; a longer line is cut into so many parts.
const MOST_STEPS: u32 = 256;

impl ErlangA {
    pub(super) fn wait_s(place: &Place) -> f64 {
        let steps = place.ahead.saturating_add(1);
        let parts = steps.min(MOST_STEPS);
        let width = f64::from(steps) / f64::from(parts);
        let served_per_s = place.agents / place.service_s.max(1.0);
        let ahead = |part: u32| (f64::from(part) + 0.5) * width - 0.5;
        let step_s = |part| width / (served_per_s + ahead(part) * place.give_up_per_s);
        (0..parts).map(step_s).sum()
    }
}

impl Estimator for ErlangA {
    fn name(&self) -> &'static str {
        "erlang-a"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        Self::wait_s(place)
    }
}

/// Mean service time, times those ahead and itself, by agents.
#[derive(Debug, Clone)]
pub struct QueueLength;

impl Estimator for QueueLength {
    fn name(&self) -> &'static str {
        "queue-length"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        place.service_s * (f64::from(place.ahead) + 1.0) / place.agents.max(1.0)
    }
}

/// As long as who is served next has waited until now.
#[derive(Debug, Clone)]
pub struct HeadOfLine;

impl Estimator for HeadOfLine {
    fn name(&self) -> &'static str {
        "head-of-line"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        place.head_waited_s
    }
}

/// As long as the last who entered service had waited.
#[derive(Debug, Clone)]
pub struct LastToEnterService;

impl Estimator for LastToEnterService {
    fn name(&self) -> &'static str {
        "last-to-enter-service"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        place.last_wait_s
    }
}

/// The mean of the last waits.
#[derive(Debug, Clone)]
pub struct MovingAverage;

impl Estimator for MovingAverage {
    fn name(&self) -> &'static str {
        "moving-average"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        place.recent_wait_s
    }
}
