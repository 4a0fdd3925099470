//! Ranks become dense tiers, in the order of the candidates.

use super::{AgentChoice, assign};

fn tiers(ranks: &[u64]) -> Vec<u32> {
    let mut choices: Vec<AgentChoice> = ranks.iter().map(|_| AgentChoice { agent: 0, tier: u32::MAX }).collect();
    assign(ranks, &mut choices);
    choices.into_iter().map(|choice| choice.tier).collect()
}

/// The definition: the tier of a rank is the number of different ranks below it.
fn definition(ranks: &[u64]) -> Vec<u32> {
    let mut distinct = ranks.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    ranks.iter().map(|rank| u32::try_from(distinct.iter().filter(|other| *other < rank).count()).unwrap()).collect()
}

#[test]
fn equal_ranks_share_a_tier() {
    assert!(tiers(&[]).is_empty());
    assert_eq!(tiers(&[5]), [0]);
    assert_eq!(tiers(&[5, 5, 9]), [0, 0, 1]);
    assert_eq!(tiers(&[9, 5, 5, 9, 7]), [2, 0, 0, 2, 1]);
    assert_eq!(tiers(&[u64::MAX, 0, u64::MAX]), [1, 0, 1]);
}

#[test]
fn the_widest_range_is_sorted() {
    let ranks: Vec<u64> = (0..300).map(|number| if number % 2 == 0 { u64::MAX - number } else { number }).collect();
    assert_eq!(tiers(&ranks), definition(&ranks));
}

#[test]
fn all_ways_to_assign_follow_the_definition() {
    let mut state: u64 = 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.rotate_left(31)
    };
    for length in [0, 1, 2, 3, 20, 199, 200, 500] {
        for range in [1, 3, 50, 1_000, 1 << 40, u64::MAX] {
            let mut ranks: Vec<u64> = (0..length).map(|_| next() % range).collect();
            assert_eq!(tiers(&ranks), definition(&ranks), "{ranks:?}");
            ranks.sort_unstable();
            assert_eq!(tiers(&ranks), definition(&ranks), "{ranks:?}");
        }
    }
}
