//! How often a source may be refused. Pure: time is an argument, and nothing sleeps here.
//!
//! Invariant: the table has at most `sources` entries with at most `most` moments each, whatever arrives.

use crate::model::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

#[cfg(test)]
mod tests;

/// Sources remembered; the one whose last refusal is longest ago makes room.
const SOURCES: usize = 16_384;

/// A sliding window of refusals for each source address. IPv6 sources count by their /64, which one customer of a provider has
/// to himself.
pub(super) struct Refusals {
    most: usize,
    window_ms: u64,
    sources: usize,
    by_source: BTreeMap<IpAddr, VecDeque<Timestamp>>,
    by_age: BTreeSet<(Timestamp, IpAddr)>,
}

impl Refusals {
    /// At most `most` refusals of a source within `window_ms`; with zero every source is always limited.
    pub(super) fn new(most: u32, window_ms: u64) -> Self {
        Self { most: most as usize, window_ms, sources: SOURCES, by_source: BTreeMap::new(), by_age: BTreeSet::new() }
    }

    #[cfg(test)]
    pub(super) fn with_sources(self, sources: usize) -> Self {
        Self { sources, ..self }
    }

    /// Whether the source has used up its refusals.
    pub(super) fn limited(&self, source: IpAddr, now: Timestamp) -> bool {
        let within =
            |times: &VecDeque<Timestamp>| times.iter().filter(|at| now.since_ms(**at) < self.window_ms).count();
        self.by_source.get(&counted_as(source)).map_or(0, within) >= self.most
    }

    /// Counts one refusal.
    pub(super) fn count(&mut self, source: IpAddr, now: Timestamp) {
        let source = counted_as(source);
        let times = self.by_source.entry(source).or_default();
        if let Some(last) = times.back() {
            self.by_age.remove(&(*last, source));
        }
        times.push_back(now);
        while times.len() > self.most.max(1) {
            times.pop_front();
        }
        self.by_age.insert((now, source));
        self.make_room(now);
    }

    fn make_room(&mut self, now: Timestamp) {
        while let Some((last, source)) = self.by_age.first().copied() {
            if self.by_age.len() <= self.sources && now.since_ms(last) < self.window_ms {
                return;
            }
            self.by_age.remove(&(last, source));
            self.by_source.remove(&source);
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        assert_eq!(self.by_age.len(), self.by_source.len());
        self.by_source.len()
    }
}

fn counted_as(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
