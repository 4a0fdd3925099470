//! What came out of a talk.

use super::TalkOptions;
use crate::server::Server;
use serde::Serialize;
use std::time::Duration;

/// One measurement.
#[derive(Debug, Serialize)]
pub struct Talk {
    /// Which server.
    pub server: String,
    /// How many pairs.
    pub pairs: usize,
    /// Round trips outstanding of each.
    pub outstanding: usize,
    /// Whether the clients used stream management.
    pub acks: bool,
    /// How long it took.
    pub seconds: f64,
    /// Messages from one client to the other.
    pub messages: u64,
    /// The same, a second.
    pub messages_per_second: f64,
    /// Processor time of the server for each, in microseconds; absent where its process is not known.
    pub cpu_us_per_message: Option<f64>,
    /// See [`RoundTrips`].
    pub round_trips: RoundTrips,
}

/// How long round trips took, in milliseconds.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct RoundTrips {
    /// How many were counted.
    pub count: usize,
    /// Half of them were as fast as this.
    pub p50_ms: f64,
    /// 99 of 100 were.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl RoundTrips {
    /// Of all round trips.
    pub fn of(mut trips: Vec<Duration>) -> Self {
        trips.sort_unstable();
        let at = |hundredths: usize| trips.get((trips.len() * hundredths / 100).min(trips.len().saturating_sub(1)));
        let ms = |trip: Option<&Duration>| trip.map_or(0.0, |trip| trip.as_secs_f64() * 1e3);
        Self { count: trips.len(), p50_ms: ms(at(50)), p99_ms: ms(at(99)), max_ms: ms(trips.last()) }
    }
}

impl Talk {
    #[allow(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
    pub(super) fn new(
        server: &Server,
        options: &TalkOptions,
        messages: u64,
        took: Duration,
        used: Option<Duration>,
        round_trips: RoundTrips,
    ) -> Self {
        let count = messages.max(1) as f64;
        Self {
            server: server.name.clone(),
            pairs: options.pairs,
            outstanding: options.outstanding,
            acks: options.acks,
            seconds: took.as_secs_f64(),
            messages,
            messages_per_second: messages as f64 / took.as_secs_f64(),
            cpu_us_per_message: used.map(|used| used.as_secs_f64() * 1e6 / count),
            round_trips,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_are_as_fast_as_the_median() {
        let trips = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(RoundTrips::of(trips), RoundTrips { count: 100, p50_ms: 51.0, p99_ms: 100.0, max_ms: 100.0 });
        assert_eq!(RoundTrips::of(Vec::new()), RoundTrips::default());
        assert!((RoundTrips::of(vec![Duration::from_micros(1500)]).p99_ms - 1.5).abs() < 1e-9);
    }
}
