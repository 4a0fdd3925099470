//! What was seen in a pool: who waits in which order, who is in service, and how fast it goes.
//!
//! Invariant: `order`, the queues' `waiting` and `work_ms` hold exactly the sessions of `waiting`.

mod pace;

pub(super) use pace::{Pace, Unfit};

use super::event::Event;
use super::measures::{Agents, Mean, Patience, count, milliseconds, seconds};
use super::{MOST_WAITING, Place};
use crate::model::rule::AgentRef;
use crate::model::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Queues told apart in a pool; the rest are taken for one.
const MOST_QUEUES: usize = 65_536;
/// A service time before any was seen: three minutes.
const FIRST_SERVICE_S: f64 = 180.0;
/// Kept of the mean service time at each that ends: half after 140.
const SERVICE_KEPT: f64 = 0.995;
/// Entries into service over which the pace is measured.
const ENTRIES: usize = 10;
/// Waits in the recent mean.
const WAITS: usize = 20;
/// Arrivals that are remembered at most, within [`OVERTAKING_MS`].
const MOST_ARRIVALS: usize = 1024;
const ARRIVALS_MS: u64 = 300_000;
const OVERTAKING_MS: u64 = 600_000;
/// Sessions in service that are followed; those beyond it are not counted.
const MOST_IN_SERVICE: usize = 262_144;
/// Ends of sessions that are remembered at most, within [`REST_MS`].
const MOST_RESTS: usize = 65_536;
/// An agent who has ended a session is about to take another for this long.
const REST_MS: u64 = 60_000;

/// Who is served first: arrival less head start, then number.
type Turn = (Timestamp, SessionId);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Waiter {
    share: Share,
    arrived: Timestamp,
    turn: Turn,
    head_start_ms: u64,
    /// It waited before an outage already: nothing is learnt of how long it does.
    was_found: bool,
}

/// What one who waits adds to the wait of those behind.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Share {
    queue: usize,
    /// The mean service time of its queue when it arrived.
    work_ms: u64,
}

/// Who is served before a session.
struct Ahead {
    all: u32,
    /// Those of its own queue.
    same: u32,
    /// Their service times and its own.
    work_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Service {
    queue: usize,
    agent: Option<AgentRef>,
    since: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Queue {
    service: Mean,
    waiting: BTreeSet<(Timestamp, SessionId)>,
}

/// See the module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct History {
    names: BTreeMap<String, usize>,
    queues: Vec<Queue>,
    waiting: BTreeMap<SessionId, Waiter>,
    /// Who is served when, and what is needed to count those ahead.
    order: BTreeMap<Turn, Share>,
    work_ms: u64,
    in_service: BTreeMap<SessionId, Service>,
    /// Agents who serve, with how many sessions.
    busy: BTreeMap<AgentRef, u32>,
    /// When agents who don't serve ended their last session, within [`REST_MS`].
    resting: BTreeMap<AgentRef, Timestamp>,
    rests: VecDeque<(Timestamp, AgentRef)>,
    entries: VecDeque<Timestamp>,
    arrivals: VecDeque<(Timestamp, u64)>,
    waits: VecDeque<f64>,
    service: Mean,
    patience: Patience,
    agents: Agents,
    known_agents: Option<u32>,
    /// When the last event was.
    now: Timestamp,
}

impl Default for History {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            queues: Vec::new(),
            waiting: BTreeMap::new(),
            order: BTreeMap::new(),
            work_ms: 0,
            in_service: BTreeMap::new(),
            busy: BTreeMap::new(),
            resting: BTreeMap::new(),
            rests: VecDeque::new(),
            entries: VecDeque::with_capacity(ENTRIES),
            arrivals: VecDeque::new(),
            waits: VecDeque::with_capacity(WAITS),
            service: Mean::new(FIRST_SERVICE_S, 1.0, SERVICE_KEPT),
            patience: Patience::default(),
            agents: Agents::default(),
            known_agents: None,
            now: Timestamp::default(),
        }
    }
}

impl History {
    /// Takes note. Gives how long a session waited that enters service.
    pub(super) fn handle(&mut self, now: Timestamp, event: &Event<'_>) -> Option<u64> {
        self.pass_to(now);
        match *event {
            Event::Arrived { session, queue, head_start_ms } => self.arrived(now, session, queue, head_start_ms),
            Event::FoundWaiting { session, queue, waited_ms, head_start_ms } => {
                let arrived = Timestamp(now.0.saturating_sub(waited_ms));
                self.stand(now, session, queue, head_start_ms, Some(arrived));
            }
            Event::FoundServed { session, queue, agent } => {
                self.take(session);
                let queue = self.queue(queue);
                self.serve(now, session, queue, agent);
            }
            Event::Entered { session, agent } => return self.entered(now, session, agent),
            Event::Ended { session, measured } => self.ended(now, session, measured),
            Event::Abandoned { session } => self.left(now, session, true),
            Event::Left { session } => self.left(now, session, false),
            Event::Agents { known } => self.known_agents = known,
        }
        None
    }

    /// What the time since the last event says about the agents; and what is too old is forgotten.
    fn pass_to(&mut self, now: Timestamp) {
        let elapsed_ms = now.since_ms(self.now);
        if !self.waiting.is_empty() && elapsed_ms > 0 {
            self.agents.waited(seconds(elapsed_ms), count(self.in_service.len()));
        }
        self.now = self.now.max(now);
        while self.arrivals.front().is_some_and(|(at, _)| now.since_ms(*at) > OVERTAKING_MS) {
            self.arrivals.pop_front();
        }
        while self.rests.front().is_some_and(|(at, _)| now.since_ms(*at) > REST_MS) {
            self.forget_rest();
        }
    }

    /// The oldest rest, unless the agent has begun another since.
    fn forget_rest(&mut self) {
        if let Some((at, agent)) = self.rests.pop_front()
            && self.resting.get(&agent) == Some(&at)
        {
            self.resting.remove(&agent);
        }
    }

    fn arrived(&mut self, now: Timestamp, session: SessionId, queue: &str, head_start_ms: u64) {
        if !self.stand(now, session, queue, head_start_ms, None) {
            return;
        }
        if self.arrivals.len() >= MOST_ARRIVALS {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((now, head_start_ms));
    }

    /// Into the line, as far as there is room; `found` is when one arrived that waited before an outage already.
    fn stand(
        &mut self,
        now: Timestamp,
        session: SessionId,
        queue: &str,
        head_start_ms: u64,
        found: Option<Timestamp>,
    ) -> bool {
        self.take(session);
        if self.waiting.len() >= MOST_WAITING {
            return false;
        }
        let arrived = found.unwrap_or(now);
        let queue = self.queue(queue);
        let turn = (Timestamp(now.0.saturating_sub(head_start_ms)), session);
        let work_ms = milliseconds(self.queues[queue].service.get());
        let share = Share { queue, work_ms };
        self.order.insert(turn, share);
        self.queues[queue].waiting.insert((arrived, session));
        self.work_ms += work_ms;
        let waiter = Waiter { share, arrived, turn, head_start_ms, was_found: found.is_some() };
        self.waiting.insert(session, waiter);
        true
    }

    /// The number of a queue, which it gets when it is first heard of.
    fn queue(&mut self, name: &str) -> usize {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        if self.queues.len() >= MOST_QUEUES {
            return MOST_QUEUES - 1;
        }
        let service = Mean::new(self.service.get(), 20.0, SERVICE_KEPT);
        self.queues.push(Queue { service, waiting: BTreeSet::new() });
        self.names.insert(name.to_owned(), self.queues.len() - 1);
        self.queues.len() - 1
    }

    /// Out of the line.
    fn take(&mut self, session: SessionId) -> Option<Waiter> {
        let waiter = self.waiting.remove(&session)?;
        self.order.remove(&waiter.turn);
        self.queues[waiter.share.queue].waiting.remove(&(waiter.arrived, session));
        self.work_ms -= waiter.share.work_ms;
        Some(waiter)
    }

    fn left(&mut self, now: Timestamp, session: SessionId, gave_up: bool) {
        if let Some(waiter) = self.take(session).filter(|waiter| !waiter.was_found) {
            self.patience.left(seconds(now.since_ms(waiter.arrived)), gave_up);
        }
    }

    fn entered(&mut self, now: Timestamp, session: SessionId, agent: Option<AgentRef>) -> Option<u64> {
        let waiter = self.take(session)?;
        let waited_ms = now.since_ms(waiter.arrived);
        if waited_ms > 0 && !waiter.was_found {
            self.patience.left(seconds(waited_ms), false);
            push(&mut self.waits, seconds(waited_ms), WAITS);
        }
        push(&mut self.entries, now, ENTRIES);
        self.serve(now, session, waiter.share.queue, agent);
        Some(waited_ms)
    }

    fn serve(&mut self, now: Timestamp, session: SessionId, queue: usize, agent: Option<AgentRef>) {
        self.ended(now, session, false);
        if self.in_service.len() >= MOST_IN_SERVICE {
            return;
        }
        if let Some(agent) = agent {
            *self.busy.entry(agent).or_default() += 1;
            self.resting.remove(&agent);
        }
        self.in_service.insert(session, Service { queue, agent, since: now });
    }

    fn ended(&mut self, now: Timestamp, session: SessionId, measured: bool) {
        let Some(service) = self.in_service.remove(&session) else { return };
        if measured {
            let took_s = seconds(now.since_ms(service.since));
            self.service.add(took_s);
            self.queues[service.queue].service.add(took_s);
        }
        if let Some(agent) = service.agent {
            self.free(now, agent);
        }
    }

    fn free(&mut self, now: Timestamp, agent: AgentRef) {
        match self.busy.get_mut(&agent) {
            Some(sessions) if *sessions > 1 => *sessions -= 1,
            _ => {
                self.busy.remove(&agent);
                if self.rests.len() >= MOST_RESTS {
                    self.forget_rest();
                }
                self.resting.insert(agent, now);
                self.rests.push_back((now, agent));
            }
        }
    }

    /// What is seen from where a waiting session stands.
    pub(super) fn place(&self, now: Timestamp, session: SessionId) -> Option<Place> {
        let me = self.waiting.get(&session)?;
        let ahead = self.ahead(me.turn, me.share.queue, true);
        Some(self.seen(now, Some(session), me.share.queue, me.head_start_ms, &ahead))
    }

    /// What would be seen by a session that came to this queue now.
    pub(super) fn newcomer(&self, now: Timestamp, queue: &str, head_start_ms: u64) -> Place {
        let queue = self.names.get(queue).copied().unwrap_or(self.queues.len().min(MOST_QUEUES - 1));
        let turn = (Timestamp(now.0.saturating_sub(head_start_ms)), SessionId(u64::MAX));
        let mut ahead = self.ahead(turn, queue, false);
        ahead.work_ms += milliseconds(self.queues.get(queue).map_or(self.service.get(), |queue| queue.service.get()));
        self.seen(now, None, queue, head_start_ms, &ahead)
    }

    /// Who comes before a turn, which is of one that waits itself or not.
    fn ahead(&self, turn: Turn, queue: usize, waits: bool) -> Ahead {
        let own = u32::from(waits);
        let (mut behind, mut behind_same, mut behind_ms) = (own, own, 0_u64);
        for (_, other) in self.order.range(turn..).skip(usize::from(waits)) {
            behind += 1;
            behind_same += u32::from(other.queue == queue);
            behind_ms += other.work_ms;
        }
        let same = self.queues.get(queue).map_or(0, |queue| count(queue.waiting.len()));
        Ahead { all: count(self.order.len()) - behind, same: same - behind_same, work_ms: self.work_ms - behind_ms }
    }

    fn seen(
        &self,
        now: Timestamp,
        session: Option<SessionId>,
        queue: usize,
        head_start_ms: u64,
        ahead: &Ahead,
    ) -> Place {
        let since_s = |since: Option<Timestamp>| since.map_or(0.0, |since| seconds(now.since_ms(since)));
        let head = self.order.keys().find(|(_, other)| Some(*other) != session);
        let head_arrived = head.and_then(|(_, head)| self.waiting.get(head)).map(|head| head.arrived);
        let mut same = self.queues.get(queue).into_iter().flat_map(|queue| &queue.waiting);
        let first_same = same.find(|(_, other)| Some(*other) != session);
        Place {
            queue,
            ahead: ahead.all,
            ahead_same: ahead.same,
            work_s: seconds(ahead.work_ms),
            head_waited_s: since_s(head_arrived),
            oldest_s: since_s(head.map(|(turn, _)| *turn)),
            oldest_same_s: since_s(first_same.map(|(arrived, _)| *arrived)),
            in_service: count(self.in_service.len()),
            agents: self.agents(),
            resting: count(self.resting.len()),
            service_s: self.service.get(),
            give_up_per_s: self.patience.give_up_per_s(),
            gap_s: self.gap_s(now),
            recent_wait_s: self.waits.iter().sum::<f64>() / f64::from(count(self.waits.len()).max(1)),
            last_wait_s: self.waits.back().copied().unwrap_or(0.0),
            arrivals: count(self.arrivals.iter().filter(|(at, _)| now.since_ms(*at) <= ARRIVALS_MS).count()),
            overtakers: count(self.arrivals.iter().filter(|(_, head_start)| *head_start > head_start_ms).count()),
        }
    }

    fn agents(&self) -> f64 {
        match self.known_agents {
            Some(known) => f64::from(known.max(1)),
            None => self.agents.inferred(count(self.in_service.len())),
        }
    }

    /// The time since the tenth last entry, by ten. Where nobody has entered for long, at most the time that each agent takes
    /// two services would give.
    fn gap_s(&self, now: Timestamp) -> f64 {
        let most_s = 2.0 * self.service.get() / self.agents();
        match self.entries.front() {
            Some(first) if self.entries.len() == ENTRIES => {
                (seconds(now.since_ms(*first)) / f64::from(count(ENTRIES))).min(most_s)
            }
            _ => most_s,
        }
    }

    /// Whether all that is kept is within its limits.
    #[cfg(test)]
    pub(super) fn is_bounded(&self) -> bool {
        self.queues.len() <= MOST_QUEUES
            && self.names.len() <= MOST_QUEUES
            && self.arrivals.len() <= MOST_ARRIVALS
            && self.rests.len() <= MOST_RESTS
            && self.resting.len() <= self.rests.len()
            && self.busy.len() <= self.in_service.len()
            && self.in_service.len() <= MOST_IN_SERVICE
            && self.entries.len() <= ENTRIES
            && self.waits.len() <= WAITS
    }

    /// Sessions that wait and that are in service.
    pub(super) fn followed(&self) -> (usize, usize) {
        (self.waiting.len(), self.in_service.len())
    }
}

/// At the end, and out goes the first that is too many.
fn push<T>(last: &mut VecDeque<T>, value: T, most: usize) {
    if last.len() >= most {
        last.pop_front();
    }
    last.push_back(value);
}
