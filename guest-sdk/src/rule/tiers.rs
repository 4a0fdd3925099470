//! Tiers out of ranks: equal ranks share a tier, and the tiers are 0, 1, 2, ... in the order of the ranks.
//!
//! Candidates often come in the very order (the host's built-in one is longest idle first), and measures such as loads lie in a narrow
//! range; neither needs a sort. The rest is sorted by radix: to compare 10,000 ranks would cost more than the fuel of a call.

use super::{AgentChoice, SessionChoice};

/// A candidate that is kept.
pub(super) trait Choice {
    /// Where.
    fn put(&mut self, tier: u32);
}

impl Choice for AgentChoice {
    fn put(&mut self, tier: u32) {
        self.tier = tier;
    }
}

impl Choice for SessionChoice {
    fn put(&mut self, tier: u32) {
        self.tier = tier;
    }
}

/// Bits of a digit: two digits cover 70 minutes in milliseconds, three nearly 100 days.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Fewer ranks are compared: to clear and add up the digits would cost more.
const FEW: usize = 200;

/// Puts each choice in the tier of the rank at its place.
pub(super) fn assign<C: Choice>(ranks: &[u64], choices: &mut [C]) {
    if ranks.is_sorted() {
        let mut tiers = Tiers::default();
        for (rank, choice) in ranks.iter().zip(choices) {
            choice.put(tiers.of(*rank));
        }
        return;
    }
    let (least, most) = ranks.iter().fold((u64::MAX, 0), |(least, most), rank| (least.min(*rank), most.max(*rank)));
    match usize::try_from(most - least) {
        Ok(range) if range <= 4 * ranks.len() => by_counting(ranks, least, range, choices),
        _ => by_sorting(ranks.iter().map(|rank| rank - least).zip(0..).collect(), most - least, choices),
    }
}

/// The tiers of ranks that come in their order.
#[derive(Default)]
struct Tiers {
    tier: u32,
    previous: Option<u64>,
}

impl Tiers {
    #[inline]
    fn of(&mut self, rank: u64) -> u32 {
        self.tier += u32::from(self.previous.is_some_and(|previous| previous != rank));
        self.previous = Some(rank);
        self.tier
    }
}

/// All ranks lie in `least ..= least + range`.
fn by_counting<C: Choice>(ranks: &[u64], least: u64, range: usize, choices: &mut [C]) {
    let slot = |rank: u64| usize::try_from(rank - least).unwrap_or(range);
    let mut tiers = vec![0_u32; range + 1];
    for rank in ranks {
        tiers[slot(*rank)] = 1;
    }
    let mut next = 0;
    for entry in &mut tiers {
        next += std::mem::replace(entry, next);
    }
    for (rank, choice) in ranks.iter().zip(choices) {
        choice.put(tiers[slot(*rank)]);
    }
}

/// Ranks of at most `range`, each with its place.
fn by_sorting<C: Choice>(mut order: Vec<(u64, usize)>, range: u64, choices: &mut [C]) {
    if order.len() < FEW {
        order.sort_unstable();
    } else {
        order = by_radix(order, range);
    }
    let mut tiers = Tiers::default();
    for (rank, place) in order {
        choices[place].put(tiers.of(rank));
    }
}

/// A digit at a time from the lowest, only as many as the range has.
fn by_radix(mut order: Vec<(u64, usize)>, range: u64) -> Vec<(u64, usize)> {
    let mut sorted = order.clone();
    let mut shift = 0;
    while shift < u64::BITS && range >> shift > 0 {
        let digit = |rank: u64| usize::try_from((rank >> shift) % DIGITS as u64).unwrap_or(0);
        let mut next = [0_usize; DIGITS];
        for (rank, _) in &order {
            next[digit(*rank)] += 1;
        }
        let mut start = 0;
        for entry in &mut next {
            start += std::mem::replace(entry, start);
        }
        for entry in &order {
            let place = &mut next[digit(entry.0)];
            sorted[*place] = *entry;
            *place += 1;
        }
        std::mem::swap(&mut order, &mut sorted);
        shift += DIGIT_BITS;
    }
    order
}

#[cfg(test)]
mod tests;
