//! Dials a provider, again and again: how long to wait, what to say of it, what state the link is in.
//!
//! ```text
//!              connected            ready
//!   connecting ─────────► signing in ─────► up
//!       ▲                     │ closed      │ closed
//!       └──────── wait ◄──────┴─────────────┘   1 s, doubled to 60 s; 1 s again after 30 s up
//! ```
//!
//! Invariant: one attempt at a time, none before the wait is over; every change of the state is logged once.

use super::link::{LinkState, LinkStatus};
use crate::model::limits::Limits;
use crate::telemetry::event;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How long to wait before the next attempt.
#[derive(Debug, Clone, Copy)]
struct Backoff {
    least: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    fn new(limits: &Limits) -> Self {
        let least = Duration::from_millis(limits.redial_ms);
        Self { least, most: Duration::from_millis(limits.redial_most_ms), next: least }
    }

    fn reset(&mut self) {
        self.next = self.least;
    }

    /// Between half of the wait and all of it, by `random`, so that those who were cut off together don't come back together.
    fn next(&mut self, random: u32) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.most);
        wait.mul_f64(1.0 - f64::from(random) / f64::from(u32::MAX) / 2.0)
    }
}

/// See the module.
pub(super) struct Redial {
    provider: String,
    address: String,
    dial_time: Duration,
    steady: Duration,
    backoff: Backoff,
    wait: Duration,
    dialling: bool,
    /// Whether we have proven ourselves on this connection.
    proved: bool,
    up_since: Option<Instant>,
    status: Arc<LinkStatus>,
}

impl Redial {
    pub(super) fn new(provider: &str, address: &str, limits: &Limits, status: Arc<LinkStatus>) -> Self {
        Self {
            provider: provider.to_owned(),
            address: address.to_owned(),
            dial_time: Duration::from_millis(limits.dial_ms),
            steady: Duration::from_millis(limits.steady_ms),
            backoff: Backoff::new(limits),
            wait: Duration::ZERO,
            dialling: false,
            proved: false,
            up_since: None,
            status,
        }
    }

    /// The next attempt, its wait before it; none while one is under way.
    pub(super) fn dial(&mut self) -> Option<impl Future<Output = io::Result<TcpStream>> + Send + use<>> {
        if std::mem::replace(&mut self.dialling, true) {
            return None;
        }
        let (address, wait, within) = (self.address.clone(), self.wait, self.dial_time);
        let late = move || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", within.as_secs()));
        Some(async move {
            sleep(wait).await;
            timeout(within, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(late()))
        })
    }

    /// The server has taken the connection.
    pub(super) fn connected(&mut self) {
        (self.dialling, self.proved) = (false, false);
        self.status.set(LinkState::Connecting);
    }

    /// Nobody waits for the attempt under way any more.
    pub(super) fn give_up(&mut self) {
        self.dialling = false;
    }

    /// What the server asked for was computed.
    pub(super) fn proved(&mut self) {
        self.proved = true;
    }

    /// The link is up.
    pub(super) fn ready(&mut self) {
        self.up_since = Some(Instant::now());
        self.status.set(LinkState::Up { since: Instant::now() });
        event::link_up(&self.provider, &self.address);
    }

    /// An attempt has failed, or the connection has ended.
    pub(super) fn closed(&mut self, reason: &str) {
        let connected = !std::mem::take(&mut self.dialling);
        let up_since = self.up_since.take();
        if up_since.is_some_and(|since| since.elapsed() >= self.steady) {
            self.backoff.reset();
        }
        self.wait = self.backoff.next(random());
        let retry_at = Instant::now() + self.wait;
        let refused = connected && up_since.is_none();
        self.status.set(LinkState::Down { why: event::clipped(reason), refused, retry_at });
        if refused {
            event::link_refused(&self.provider, reason, self.proved, self.wait);
        } else {
            event::link_down(&self.provider, &self.address, reason, self.wait);
        }
    }
}

/// Without randomness everybody waits the whole time.
fn random() -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_or(0, |()| u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_doubled_up_to_the_most_and_spread_over_half_of_it() {
        let mut backoff = Backoff::new(&Limits::default());
        let waits: Vec<u128> = (0..9).map(|_| backoff.next(0).as_millis()).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
        assert_eq!(backoff.next(u32::MAX).as_millis(), 30_000);
        assert_eq!(backoff.next(u32::MAX / 2).as_millis(), 45_000);
        backoff.reset();
        assert_eq!(backoff.next(u32::MAX).as_millis(), 500);
    }
}
