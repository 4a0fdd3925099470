//! A day in figures.
//!
//! Invariant: waits are of those who were served, from joining the queue to the first acceptance; the service level counts those who gave
//! up, too.

use super::{Day, How, Passage};
use crate::model::record::AgentProfile;
use crate::model::{AgentName, SessionId, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// Of a whole day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// By pool.
    pub pools: Vec<PoolFigures>,
    /// Occupied part of each agent's capacity over the time the agent took sessions, in per cent: what sessions weigh of the agent's units, or one
    /// of all slots each.
    pub occupancy_pct: BTreeMap<String, f64>,
    /// The mean of these.
    pub occupancy_mean_pct: f64,
    /// Their standard deviation: how evenly the work was spread.
    pub occupancy_spread_pct: f64,
}

/// Of one pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PoolFigures {
    /// Its name.
    pub pool: String,
    /// Sessions that came.
    pub sessions: usize,
    /// Accepted by an agent.
    pub served: usize,
    /// Given up.
    pub abandoned: usize,
    /// Refused by a rule.
    pub refused: usize,
    /// Still waiting at the end.
    pub waiting: usize,
    /// Mean wait, in seconds.
    pub wait_mean_s: f64,
    /// Half waited no longer.
    pub wait_p50_s: f64,
    /// 95 of 100 waited no longer.
    pub wait_p95_s: f64,
    /// Of those served or given up, how many were served within the limit, in per cent.
    pub service_level_pct: f64,
}

/// Sessions that went to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// Which.
    pub session: SessionId,
    /// Who took it first then; nobody where it was not served.
    pub then: Option<AgentName>,
    /// And now.
    pub now: Option<AgentName>,
}

impl Figures {
    /// Counts a day; a service level within `within_ms`.
    pub fn of(day: &Day, within_ms: u64) -> Self {
        let pool_of: BTreeMap<&str, &str> =
            day.settings.queues.iter().map(|queue| (queue.name.as_str(), queue.pool.as_str())).collect();
        let pool = |name: &String| {
            let here = |passage: &&Passage| pool_of.get(passage.queue.as_str()) == Some(&name.as_str());
            pool_figures(name, &day.passages.iter().filter(here).collect::<Vec<_>>(), within_ms)
        };
        let pools = day.settings.pools.iter().map(|settings| pool(&settings.name)).collect();
        let occupancy_pct = occupancy(day);
        let each: Vec<f64> = occupancy_pct.values().copied().collect();
        let mean = mean(&each);
        let squares: Vec<f64> = each.iter().map(|one| (one - mean) * (one - mean)).collect();
        Self { pools, occupancy_pct, occupancy_mean_pct: mean, occupancy_spread_pct: self::mean(&squares).sqrt() }
    }
}

/// Those who took a session first, where they are not the same on both days.
pub fn elsewhere(then: &Day, now: &Day) -> Vec<Elsewhere> {
    let first = |day: &Day| -> BTreeMap<SessionId, Option<AgentName>> {
        let of = |passage: &Passage| (passage.session, passage.served.first().map(|served| served.agent.clone()));
        day.passages.iter().map(of).collect()
    };
    let mut others = first(now);
    let pairs = first(then).into_iter().map(|(session, then)| {
        let now = others.remove(&session).flatten();
        Elsewhere { session, then, now }
    });
    pairs.filter(|pair| pair.then != pair.now).collect()
}

fn pool_figures(pool: &str, passages: &[&Passage], within_ms: u64) -> PoolFigures {
    let wait = |passage: &&&Passage| passage.served.first().map(|first| first.from.since_ms(passage.waiting_since));
    let mut waits: Vec<u64> = passages.iter().filter_map(|passage| wait(&passage)).collect();
    waits.sort_unstable();
    let unserved = |how: How| {
        let is = |passage: &&&Passage| passage.served.is_empty() && passage.ended.is_some_and(|ended| ended.1 == how);
        passages.iter().filter(is).count()
    };
    let (served, abandoned, refused) = (waits.len(), unserved(How::Abandoned), unserved(How::Refused));
    let in_time = waits.iter().filter(|wait| **wait <= within_ms).count();
    let seconds: Vec<f64> = waits.iter().map(|wait| s(*wait)).collect();
    PoolFigures {
        pool: pool.to_owned(),
        sessions: passages.len(),
        served,
        abandoned,
        refused,
        waiting: passages.len() - served - abandoned - refused,
        wait_mean_s: mean(&seconds),
        wait_p50_s: quantile(&seconds, 50),
        wait_p95_s: quantile(&seconds, 95),
        service_level_pct: share(in_time as u64, (served + abandoned) as u64),
    }
}

/// Each agent's who took sessions at all.
fn occupancy(day: &Day) -> BTreeMap<String, f64> {
    let here = here_ms(day);
    let mut busy: BTreeMap<&AgentName, f64> = BTreeMap::new();
    for passage in &day.passages {
        for served in &passage.served {
            let ms = served.free.unwrap_or(day.to).since_ms(served.from);
            *busy.entry(&served.agent).or_default() += count(ms) * part(day, passage, &served.agent);
        }
    }
    let each = here.into_iter().filter(|(agent, ms)| *ms > 0 && slots(day, agent) > 0);
    each.map(|(agent, ms)| {
        let busy = busy.get(agent).copied().unwrap_or_default();
        (agent.to_string(), 100.0 * busy / count(ms))
    })
    .collect()
}

/// What a session takes of an agent: what its medium weighs of the agent's units, or where that weighs nothing, one of all slots.
fn part(day: &Day, passage: &Passage, agent: &AgentName) -> f64 {
    let queue = day.settings.queues.iter().find(|queue| queue.name == passage.queue);
    let weight = day.settings.weight(queue.map_or(passage.came.medium.as_str(), |queue| queue.medium.as_str()));
    let units = profile(day, agent).map_or(0, |profile| profile.units);
    match (weight, units) {
        (0, _) | (_, 0) => 1.0 / count(slots(day, agent).max(1)),
        (weight, units) => f64::from(weight) / f64::from(units),
    }
}

fn profile<'a>(day: &'a Day, agent: &AgentName) -> Option<&'a AgentProfile> {
    day.profiles.iter().find(|profile| profile.name == *agent)
}

/// Over all media.
fn slots(day: &Day, agent: &AgentName) -> u64 {
    profile(day, agent).map_or(0, |profile| profile.capacity.values().map(|slots| u64::from(*slots)).sum())
}

/// How long each agent took sessions.
fn here_ms(day: &Day) -> BTreeMap<&AgentName, u64> {
    let mut here: BTreeMap<&AgentName, u64> = BTreeMap::new();
    let mut since: BTreeMap<&AgentName, Timestamp> = BTreeMap::new();
    for standing in &day.standings {
        if let Some(from) = since.remove(&standing.agent) {
            *here.entry(&standing.agent).or_default() += standing.at.since_ms(from);
        }
        if standing.is == "available" {
            since.insert(&standing.agent, standing.at);
        }
    }
    for (agent, from) in since {
        *here.entry(agent).or_default() += day.to.since_ms(from);
    }
    here
}

/// The value that so many per cent do not exceed (nearest rank).
fn quantile(sorted: &[f64], pct: usize) -> f64 {
    let rank = (sorted.len() * pct).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len() as u64) }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * count(part) / count(whole) }
}

fn s(ms: u64) -> f64 {
    count(ms) / 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds and counts of days stay far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}
