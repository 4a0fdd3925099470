//! What is seen of the pool from where a session stands. All that estimators may use.

use serde::{Deserialize, Serialize};

/// The numbers at one moment. Times in seconds; everything is finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The session's queue, by number.
    pub queue: usize,
    /// Those who are served before it, as things are.
    pub ahead: u32,
    /// Those of them who wait in the same queue.
    pub ahead_same: u32,
    /// Mean service times of those ahead and its own, added up.
    pub work_s: f64,
    /// How long who is served next has waited.
    pub head_waited_s: f64,
    /// The same, with the head start.
    pub oldest_s: f64,
    /// How long the longest waiting other session of the same queue has waited.
    pub oldest_same_s: f64,
    /// Sessions in service.
    pub in_service: u32,
    /// Sessions that can be in service at a time: known, or inferred from how many were while others waited.
    pub agents: f64,
    /// Agents who have ended a session within the last minute and have not taken another.
    pub resting: u32,
    /// Mean service time.
    pub service_s: f64,
    /// How many of those who wait give up, per second and session.
    pub give_up_per_s: f64,
    /// Mean time between the last entries into service.
    pub gap_s: f64,
    /// Mean wait of the last who waited and were served; none yet: nothing.
    pub recent_wait_s: f64,
    /// Wait of the last who waited and was served.
    pub last_wait_s: f64,
    /// Arrivals within the last five minutes.
    pub arrivals: u32,
    /// Arrivals within the last ten minutes of those who have a longer head start than this session and may overtake it.
    pub overtakers: u32,
}
