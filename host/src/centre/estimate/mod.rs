//! Waiting times of the pools: what is known of every line, and when a session's is looked at again.
//!
//! ```text
//! session's state:  arrived ──► waiting, offered ──► active, wrapping ──► closed
//! told to its pool:         Arrived             Entered              Ended
//!                           Left, Abandoned ─────────────────────────────┘ of who was not served
//! ```
//! It ends at numbers: `telling` puts them into words for the customer. What was learnt outlasts a restart (`storing`); sessions that were
//! here before it are found again in their places, and nothing is learnt of how long they wait.
//!
//! Invariant: every session that waits or is served has a line, which its pool's waiting times follow; no other has one.

mod following;
mod storing;
mod telling;

pub use storing::Forgotten;

use super::Centre;
use super::pages::{PagedMap, PagedSet, SINGLE};
use super::queue::Queue;
use crate::model::rule::AgentRef;
use crate::model::{SessionId, Timestamp};
use crate::waiting::{Estimate, Event, Standing, Told, WaitingTimes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Lines up to this length are looked at as often as the settings say, longer ones as many times more seldom as they are longer: a look
/// costs as many steps as there are sessions behind.
const SHORT_LINE: usize = 5_000;

/// What a session is in its pool's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Waits,
    Served { by: AgentRef },
}

/// One session as its pool follows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    pool: String,
    queue: String,
    phase: Phase,
    /// It came here from the line: how long it is served is known.
    began: bool,
    /// How it stood when it was looked at last.
    seen: Option<Standing>,
    told: Option<Told>,
    /// How often it was told something else unasked.
    changes: u32,
    look_at: Option<Timestamp>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Estimates {
    pools: PagedMap<String, WaitingTimes, SINGLE>,
    lines: PagedMap<SessionId, Line>,
    /// Slots that agents who take sessions have, in each pool.
    slots: PagedMap<AgentRef, Vec<(String, u32)>>,
    pool_slots: BTreeMap<String, u32>,
    looks: PagedSet<(Timestamp, SessionId)>,
    changed_queues: BTreeSet<String>,
    /// What watchers of a queue's links are shown.
    shown: PagedMap<String, Estimate>,
    turns: storing::Turns,
    /// Empty but between a restart's loading and its end.
    #[serde(skip)]
    found: storing::Found,
}

impl Estimates {
    /// A pool's waiting times, which begin when something happens there.
    fn pool_mut(&mut self, now: Timestamp, pool: &str) -> &mut WaitingTimes {
        if !self.pools.contains_key(pool) {
            let mut times = WaitingTimes::default();
            let known = Some(self.slots_in(pool));
            times.handle(now, &Event::Agents { known });
            self.pools.insert(pool.to_owned(), times);
        }
        self.pools.get_or_insert_with(&pool.to_owned(), WaitingTimes::default)
    }

    fn slots_in(&self, pool: &str) -> u32 {
        self.pool_slots.get(pool).copied().unwrap_or(0)
    }

    /// When somebody's wait is to be looked at, or something stored.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let look = self.looks.first().map(|(at, _)| *at);
        look.into_iter().chain(self.turns.next_due()).min()
    }

    /// A queue's counts have changed.
    pub(super) fn queue_changed(&mut self, queue: &str) {
        if !self.changed_queues.contains(queue) {
            self.changed_queues.insert(queue.to_owned());
        }
    }

    /// The operator has other queues now.
    pub(super) fn keep_only(&mut self, queues: impl Fn(&str) -> bool) {
        self.shown.retain(|queue, _| queues(queue));
        self.changed_queues.retain(|queue| queues(queue));
    }

    /// How a session stood when it was looked at last.
    pub(super) fn seen(&self, id: SessionId) -> Option<Standing> {
        self.lines.get(&id)?.seen
    }

    /// What watchers of a queue's links are shown of its wait.
    pub(super) fn shown(&self, queue: &str) -> Option<&Estimate> {
        self.shown.get(queue)
    }

    /// The waiting times of a pool where something was measured.
    pub(super) fn measured(&self, pool: &str) -> Option<&WaitingTimes> {
        self.pools.get(pool).filter(|times| times.outcomes() > 0)
    }

    fn look_later(&mut self, id: SessionId, at: Option<Timestamp>) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if let Some(old) = std::mem::replace(&mut line.look_at, at) {
            self.looks.remove(&(old, id));
        }
        if let Some(at) = at {
            self.looks.insert((at, id));
        }
    }
}

impl Centre {
    /// How long whoever comes to a queue now will wait, where that is known: enough was measured, and somebody takes sessions.
    pub(super) fn expected_wait(&self, queue: &Queue, now: Timestamp) -> Option<Estimate> {
        let times = self.measured_times(&queue.settings.pool)?;
        if queue.available == 0 {
            return None;
        }
        if queue.waiting.is_empty() && !queue.free.is_empty() {
            return Some(Estimate { wait_s: 0.0, low_s: 0.0, high_s: 0.0 });
        }
        Some(times.newcomer(now, &queue.settings.name, head_start_ms(queue, queue.settings.priority)).estimate)
    }

    /// A pool's waiting times, once there is enough behind them.
    fn measured_times(&self, pool: &str) -> Option<&WaitingTimes> {
        self.estimates.measured(pool).filter(|times| times.outcomes() >= u64::from(self.settings.waiting_times.after))
    }
}

/// What priority is worth in a line; of less than none there is no measure.
fn head_start_ms(queue: &Queue, priority: i32) -> u64 {
    u64::from(priority.max(0).unsigned_abs()).saturating_mul(queue.point_ms())
}

impl Centre {
    /// The module's invariant.
    pub(super) fn check_lines(&self) -> Result<(), String> {
        let (mut waiting, mut served): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) = Default::default();
        let mut places = 0;
        for live in self.sessions.all() {
            let (id, place) = (live.record.id, self.place_in_line(live));
            let line = self.estimates.lines.get(&id).map(Line::place);
            if line != place {
                return Err(format!("session {id} is {place:?}, its line says {line:?}"));
            }
            let Some(place) = place else { continue };
            places += 1;
            let count = if place.phase == Phase::Waits { &mut waiting } else { &mut served };
            *count.entry(place.pool).or_default() += 1;
        }
        if places != self.estimates.lines.len() {
            return Err(format!("{places} sessions have {} lines", self.estimates.lines.len()));
        }
        for (pool, times) in self.estimates.pools.iter() {
            let of = |counts: &BTreeMap<&str, usize>| counts.get(pool.as_str()).copied().unwrap_or(0);
            if times.followed() != (of(&waiting), of(&served)) {
                return Err(format!("pool {pool} follows {:?}, not {waiting:?}, {served:?}", times.followed()));
            }
        }
        for agent in self.agents.all() {
            let known = self.estimates.slots.get(&agent.reference).cloned().unwrap_or_default();
            if known != self.slots_of(agent) {
                return Err(format!("{} has the slots {:?}, not {known:?}", agent.profile.name, self.slots_of(agent)));
            }
        }
        Ok(())
    }
}
