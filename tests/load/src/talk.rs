//! Messages between pairs: how many a second, how fast, and for how much processor time.
//!
//! ```text
//!   customer ──(1) says──► server ──► agent            one round trip: (1) said until (2) received by the customer
//!   customer ◄─(2) answer── server ◄── agent           one message: (1) or (2), from one client to the other
//! ```
//! Each customer keeps so many round trips outstanding. On a Cordboard the pairs are sessions that agents have accepted, every message is in a
//! transcript before it is acknowledged; on a plain server two people write to each other.
//!
//! Invariant: answers come in the order of what was said, and none is missing; anything else fails the measurement.

mod figures;
mod meeting;
mod talker;

pub use figures::{RoundTrips, Talk};
pub use talker::Trip;

use crate::process::Process;
use crate::server::Server;
use anyhow::{Context, bail};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How long all may take to hear their last answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// What to do.
#[derive(Debug, Clone)]
pub struct TalkOptions {
    /// How many pairs.
    pub pairs: usize,
    /// Round trips that each customer keeps outstanding.
    pub outstanding: usize,
    /// From one question of a customer to the next, at least.
    pub pause: Duration,
    /// Bytes of a message's text, at least.
    pub bytes: usize,
    /// How long before anything is counted.
    pub warm_up: Duration,
    /// How long is measured.
    pub measured: Duration,
    /// Whether the clients use stream management.
    pub acks: bool,
}

impl TalkOptions {
    /// So that not all ask at the same moment, each begins at one of its own.
    fn delay(&self) -> Duration {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        // The golden ratio spreads any number of them evenly.
        let place = BEGUN.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        self.pause * u32::try_from(place >> 16).unwrap_or_default() / 65_536
    }
}

/// What all tasks look at.
#[derive(Debug, Default)]
struct Phase {
    measuring: AtomicBool,
    ending: AtomicBool,
    /// Messages that agents have received while it was measured.
    answered: AtomicU64,
}

/// Brings the pairs together, has them talk, and counts.
pub async fn measure(server: &Server, options: &TalkOptions) -> anyhow::Result<Talk> {
    let (talk, _) = measure_during(server, options, sleep(options.measured)).await?;
    Ok(talk)
}

/// The same for as long as something goes on, which is given back with all round trips.
pub async fn measure_during<T>(
    server: &Server,
    options: &TalkOptions,
    act: impl Future<Output = T>,
) -> anyhow::Result<(Talk, (T, Vec<Trip>))> {
    let (customers, agents) = meeting::meet(server, options).await?;
    let phase = Arc::new(Phase::default());
    let mut answering: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let mut asking: JoinSet<anyhow::Result<Vec<Trip>>> = JoinSet::new();
    for agent in agents {
        answering.spawn(agent.answer(Arc::clone(&phase)));
    }
    for customer in customers {
        asking.spawn(customer.ask(options.clone(), Arc::clone(&phase)));
    }
    let (took, used, done) = tokio::select! {
        watched = watch(server.process, options, &phase, act) => watched?,
        Some(ended) = asking.join_next() => bail!("a customer has ended too early: {:?}", ended?.err()),
        Some(ended) = answering.join_next() => bail!("an agent has ended too early: {:?}", ended?.err()),
    };
    let mut trips = Vec::new();
    while let Some(counted) = timeout(PATIENCE, asking.join_next()).await.context("answers are missing")? {
        trips.extend(counted??);
    }
    answering.shutdown().await;
    let messages = phase.answered.load(Ordering::Relaxed) + trips.len() as u64;
    let round_trips = RoundTrips::of(trips.iter().map(|trip| trip.took).collect());
    Ok((Talk::new(server, options, messages, took, used, round_trips), (done, trips)))
}

/// Waits for what goes on; how long it was, how much processor time the server has used, and what has come of it.
async fn watch<T>(
    process: Option<Process>,
    options: &TalkOptions,
    phase: &Phase,
    act: impl Future<Output = T>,
) -> anyhow::Result<(Duration, Option<Duration>, T)> {
    let cpu = || process.map(Process::cpu).transpose();
    sleep(options.warm_up).await;
    let (begun, before) = (Instant::now(), cpu()?);
    phase.measuring.store(true, Ordering::Relaxed);
    let done = act.await;
    phase.measuring.store(false, Ordering::Relaxed);
    let (took, after) = (begun.elapsed(), cpu()?);
    phase.ending.store(true, Ordering::Relaxed);
    Ok((took, before.zip(after).map(|(before, after)| after.saturating_sub(before)), done))
}
