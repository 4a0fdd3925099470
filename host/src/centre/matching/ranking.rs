//! Candidates as the rules narrow them, one after the other.
//!
//! Invariant: what is left is a subset of the candidates without duplicates, in the built-in order.

use crate::model::adapter::GuestFailure;

/// Candidates in the built-in order, each with its class over all rules so far; lower is better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranking {
    pub(super) kept: Vec<u32>,
    classes: Vec<u32>,
}

impl Ranking {
    pub(super) fn new(candidates: &[u32]) -> Self {
        Self { kept: candidates.to_vec(), classes: vec![0; candidates.len()] }
    }

    /// The best.
    pub(super) fn best(&self) -> Option<u32> {
        let place = (0..self.kept.len()).min_by_key(|place| self.classes[*place])?;
        Some(self.kept[place])
    }

    /// All, the best first.
    pub(super) fn best_first(&self) -> Vec<u32> {
        let mut places: Vec<usize> = (0..self.kept.len()).collect();
        places.sort_by_key(|place| self.classes[*place]);
        places.into_iter().map(|place| self.kept[place]).collect()
    }

    /// Takes one rule's choices in. Those in `spared` stay behind all others of their class, whatever the rule says of them.
    ///
    /// Fails, and changes nothing, where the choices are no subset of the candidates or name one twice.
    pub(super) fn narrow(&mut self, choices: &[(u32, u32)], spared: &[u32]) -> Result<(), GuestFailure> {
        let tiers = self.tiers(choices, spared)?;
        let rows = self.kept.iter().zip(&self.classes).zip(&tiers);
        let rows = rows.filter_map(|((kept, class), tier)| Some((*kept, *class, (*tier)?)));
        let (mut kept, mut classes, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for (candidate, class, tier) in rows {
            kept.push(candidate);
            classes.push(class);
            left.push(tier);
        }
        self.classes = combined(&classes, &left);
        self.kept = kept;
        Ok(())
    }

    /// Each candidate's tier, in the built-in order.
    fn tiers(&self, choices: &[(u32, u32)], spared: &[u32]) -> Result<Vec<Option<u32>>, GuestFailure> {
        let mut tiers = vec![None; self.kept.len()];
        let mut places = Places::new(&self.kept);
        for (candidate, tier) in choices {
            let place = places.find(*candidate).ok_or_else(|| {
                GuestFailure::Contract(format!(
                    "kept {candidate}, which is not among the {} candidates",
                    self.kept.len()
                ))
            })?;
            if tiers[place].replace(*tier).is_some() {
                return Err(GuestFailure::Contract(format!("kept {candidate} twice")));
            }
        }
        for candidate in spared {
            if let Some(place) = places.find(*candidate) {
                tiers[place] = Some(u32::MAX);
            }
        }
        Ok(tiers)
    }
}

/// Finds candidates' places: in one sweep where they are asked for in order, by a sorted index from then on where not.
struct Places<'a> {
    kept: &'a [u32],
    next: usize,
    sorted: Option<Vec<(u32, usize)>>,
}

impl<'a> Places<'a> {
    fn new(kept: &'a [u32]) -> Self {
        Self { kept, next: 0, sorted: None }
    }

    fn find(&mut self, candidate: u32) -> Option<usize> {
        if self.sorted.is_none() {
            let ahead = self.kept[self.next..].iter().position(|kept| *kept == candidate);
            if let Some(ahead) = ahead {
                let place = self.next + ahead;
                self.next = place + 1;
                return Some(place);
            }
        }
        let sorted = self.sorted.get_or_insert_with(|| {
            let mut sorted: Vec<(u32, usize)> = self.kept.iter().copied().zip(0..).collect();
            sorted.sort_unstable();
            sorted
        });
        let at = sorted.binary_search_by_key(&candidate, |(candidate, _)| *candidate).ok()?;
        Some(sorted[at].1)
    }
}

/// One number for each pair of class and tier, in the pairs' order. Only the order counts, so mostly one of the two will do.
fn combined(classes: &[u32], tiers: &[u32]) -> Vec<u32> {
    if is_even(classes) {
        return tiers.to_vec();
    }
    if is_even(tiers) {
        return classes.to_vec();
    }
    let pairs: Vec<(u32, u32)> = classes.iter().copied().zip(tiers.iter().copied()).collect();
    let mut distinct = pairs.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |pair: &(u32, u32)| distinct.binary_search(pair).unwrap_or_default();
    pairs.iter().map(|pair| u32::try_from(number(pair)).unwrap_or(u32::MAX)).collect()
}

fn is_even(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|two| two[0] == two[1])
}
