//! The estimator that learns: Erlang-A corrected by a regression over what else is seen, and by a small one for each queue.
//!
//! Formulas assume that agents take whoever is first, that they are all there and that all sessions are alike. Where that is not so
//! (agents with skills for some queues only, breaks, overtaking by who has a head start) the waits show it, and the regression learns by how much.
//! Begun as Erlang-A itself, it departs from it only as far as the waits that it has seen demand.
//!
//! Invariant: an estimate is within a factor of eight (and a minute) of Erlang-A's, however odd the history.

use super::ridge::Ridge;
use super::{ErlangA, Estimator, Place};
use serde::{Deserialize, Serialize};

/// What the pool's regression sees; the first is Erlang-A.
const POOL: usize = 13;
/// What a queue's regression sees.
const QUEUE: usize = 3;
/// Kept of the past at each wait learnt: half after 3,500, and in a queue after 1,400.
const POOL_KEPT: f64 = 0.9998;
const QUEUE_KEPT: f64 = 0.9995;
/// So many waits the prior is worth.
const POOL_PRIOR: f64 = 10.0;
const QUEUE_PRIOR: f64 = 30.0;
/// Erlang-A may be wrong by this factor, and this many seconds more.
const FACTOR: f64 = 8.0;
const MARGIN_S: f64 = 60.0;
/// Features are in minutes and tens of people, so that the prior weighs on all alike.
const MINUTE_S: f64 = 60.0;

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Regression {
    pool: Ridge<POOL>,
    queues: Vec<Ridge<QUEUE>>,
}

impl Default for Regression {
    fn default() -> Self {
        let mut erlang_a = [0.0; POOL];
        erlang_a[0] = MINUTE_S;
        Self { pool: Ridge::new(erlang_a, POOL_PRIOR, POOL_KEPT), queues: Vec::new() }
    }
}

impl Regression {
    fn of_queue(&self, place: &Place) -> f64 {
        self.queues.get(place.queue).map_or(0.0, |queue| queue.predict(&queue_features(place)))
    }
}

impl Estimator for Regression {
    fn name(&self) -> &'static str {
        "regression"
    }

    fn copy(&self) -> Box<dyn Estimator> {
        Box::new(self.clone())
    }

    fn memory(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).expect("numbers are written to memory without fail")
    }

    fn recall(&mut self, memory: &[u8]) -> Result<(), String> {
        *self = rmp_serde::from_slice(memory).map_err(|error| format!("the regression's memory: {error}"))?;
        Ok(())
    }

    /// The pool's, then the queues'.
    fn learnt(&self, queues: &[usize]) -> Vec<f64> {
        let queues = queues.iter().filter_map(|queue| self.queues.get(*queue));
        self.pool.learnt().chain(queues.flat_map(Ridge::learnt)).collect()
    }

    fn recall_learnt(&mut self, numbers: &[f64]) -> Result<(), &'static str> {
        let unfit = || "the regression's numbers";
        let (pool, queues) = numbers.split_at_checked(Ridge::<POOL>::LEARNT).ok_or_else(unfit)?;
        if !queues.len().is_multiple_of(Ridge::<QUEUE>::LEARNT) || !numbers.iter().all(|number| number.is_finite()) {
            return Err(unfit());
        }
        self.pool.recall(pool);
        let queue = |numbers: &[f64]| {
            let mut queue = new_queue();
            queue.recall(numbers);
            queue
        };
        self.queues = queues.chunks_exact(Ridge::<QUEUE>::LEARNT).map(queue).collect();
        Ok(())
    }

    fn estimate_s(&self, place: &Place) -> f64 {
        let erlang_a_s = ErlangA::wait_s(place);
        let wait_s = self.pool.predict(&pool_features(place)) + self.of_queue(place);
        wait_s.clamp(erlang_a_s / FACTOR, erlang_a_s * FACTOR + MARGIN_S)
    }

    /// Each of the two learns what the other leaves over.
    fn learn(&mut self, place: &Place, wait_s: f64) {
        let (pool, queue) = (pool_features(place), queue_features(place));
        let (by_pool_s, by_queue_s) = (self.pool.predict(&pool), self.of_queue(place));
        self.pool.learn(&pool, wait_s - by_queue_s);
        if self.queues.len() <= place.queue {
            self.queues.resize(place.queue + 1, new_queue());
        }
        self.queues[place.queue].learn(&queue, wait_s - by_pool_s);
    }
}

fn new_queue() -> Ridge<QUEUE> {
    Ridge::new([0.0; QUEUE], QUEUE_PRIOR, QUEUE_KEPT)
}

/// In the order of what they are worth: how long the line takes at the present pace, who is in it, what just happened.
fn pool_features(place: &Place) -> [f64; POOL] {
    let steps = f64::from(place.ahead) + 1.0;
    let paced_s = steps * place.gap_s;
    [
        ErlangA::wait_s(place) / MINUTE_S,
        1.0,
        steps / 5.0,
        paced_s / MINUTE_S,
        paced_s.sqrt() / 8.0,
        place.work_s / f64::from(place.in_service.max(1)) / MINUTE_S,
        f64::from(place.ahead_same) / 5.0,
        place.oldest_s / MINUTE_S,
        place.oldest_same_s / MINUTE_S,
        place.recent_wait_s / MINUTE_S,
        f64::from(place.resting),
        f64::from(place.arrivals) / 10.0,
        f64::from(place.overtakers) / 10.0,
    ]
}

/// Whether the queue waits longer than others, by how much per place in line, and when its own line stands still.
fn queue_features(place: &Place) -> [f64; QUEUE] {
    let paced_s = (f64::from(place.ahead) + 1.0) * place.gap_s;
    [1.0, paced_s / MINUTE_S, place.oldest_same_s / MINUTE_S]
}
