//! Tiers out of ranks: equal ranks share a tier, and the tiers are 0, 1, 2, ... in the order of the ranks.
//!
//! Candidates often come in the very order (the host's built-in one is longest idle first), and measures such as loads lie in a narrow
//! range; neither needs a sort.

/// Gives `tier(index, tier)` the tier of each rank.
pub(super) fn assign(ranks: &[u64], mut tier: impl FnMut(usize, u32)) {
    if ranks.is_sorted() {
        return in_order(ranks.iter().copied().enumerate(), tier);
    }
    let (least, most) = ranks.iter().fold((u64::MAX, 0), |(least, most), rank| (least.min(*rank), most.max(*rank)));
    match usize::try_from(most - least) {
        Ok(range) if range <= 4 * ranks.len() => by_counting(ranks, least, range, tier),
        _ => {
            let mut order: Vec<(u64, usize)> = ranks.iter().copied().zip(0..).collect();
            order.sort_unstable();
            in_order(order.into_iter().map(|(rank, index)| (index, rank)), &mut tier);
        }
    }
}

/// `ranks` are sorted.
fn in_order(ranks: impl Iterator<Item = (usize, u64)>, mut tier: impl FnMut(usize, u32)) {
    let mut current = 0;
    let mut previous = None;
    for (index, rank) in ranks {
        current += u32::from(previous.is_some_and(|previous| previous != rank));
        previous = Some(rank);
        tier(index, current);
    }
}

/// All ranks lie in `least ..= least + range`.
fn by_counting(ranks: &[u64], least: u64, range: usize, mut tier: impl FnMut(usize, u32)) {
    let slot = |rank: u64| usize::try_from(rank - least).unwrap_or(range);
    let mut tiers = vec![0_u32; range + 1];
    for rank in ranks {
        tiers[slot(*rank)] = 1;
    }
    let mut next = 0;
    for entry in &mut tiers {
        let present = *entry;
        *entry = next;
        next += present;
    }
    for (index, rank) in ranks.iter().enumerate() {
        tier(index, tiers[slot(*rank)]);
    }
}

#[cfg(test)]
mod tests;
