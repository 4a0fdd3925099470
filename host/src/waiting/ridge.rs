//! Least squares over a discounted past, drawn towards a prior (ridge regression).
//!
//! The normal equations are kept and solved anew for every value learnt, by Cholesky: with a dozen features that is a microsecond, it can't
//! drift as recursive updates of an inverse do, and where nothing new is seen the weights go back to the prior.
//!
//! Invariant: weights are finite.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `N` weights.
#[derive(Debug, Clone)]
pub(super) struct Ridge<const N: usize> {
    /// Discounted sums of features' products (the lower half), and of features times what the prior left over.
    products: [[f64; N]; N],
    left_over: [f64; N],
    prior: [f64; N],
    weights: [f64; N],
    /// How many values the prior is worth.
    worth: f64,
    kept: f64,
}

impl<const N: usize> Ridge<N> {
    /// `kept` of the past stays at each value learnt.
    pub(super) fn new(prior: [f64; N], worth: f64, kept: f64) -> Self {
        Self { products: [[0.0; N]; N], left_over: [0.0; N], prior, weights: prior, worth, kept }
    }

    /// How many numbers are learnt.
    pub(super) const LEARNT: usize = N * (N + 1) / 2 + 2 * N;

    /// What is learnt: the lower half of the products, what was left over, the weights.
    pub(super) fn learnt(&self) -> impl Iterator<Item = f64> {
        let lower = self.products.iter().zip(1..).flat_map(|(row, len)| &row[..len]);
        lower.chain(&self.left_over).chain(&self.weights).copied()
    }

    /// Goes on with [`Self::LEARNT`] numbers that were learnt.
    pub(super) fn recall(&mut self, numbers: &[f64]) {
        let mut numbers = numbers.iter().copied();
        let lower = self.products.iter_mut().zip(1..).flat_map(|(row, len)| &mut row[..len]);
        for (number, learnt) in lower.chain(&mut self.left_over).chain(&mut self.weights).zip(&mut numbers) {
            *number = learnt;
        }
    }

    pub(super) fn predict(&self, features: &[f64; N]) -> f64 {
        dot(features, &self.weights)
    }

    pub(super) fn learn(&mut self, features: &[f64; N], value: f64) {
        let left_over = value - dot(features, &self.prior);
        if !left_over.is_finite() {
            return;
        }
        for row in 0..N {
            for column in 0..=row {
                let product = features[row] * features[column];
                self.products[row][column] = self.products[row][column] * self.kept + product;
            }
            self.left_over[row] = self.left_over[row] * self.kept + features[row] * left_over;
        }
        if let Some(change) = self.solve() {
            self.weights = std::array::from_fn(|n| self.prior[n] + change[n]);
        }
    }

    /// Solves (products + worth · 1) x = left over; none where rounding has spoilt the matrix, and the weights stay.
    fn solve(&self) -> Option<[f64; N]> {
        let mut lower = self.products;
        for row in 0..N {
            lower[row][row] += self.worth;
            for column in 0..=row {
                let known = dot(&lower[row][..column], &lower[column][..column]);
                let rest = lower[row][column] - known;
                if row != column {
                    lower[row][column] = rest / lower[column][column];
                } else if rest > 0.0 {
                    lower[row][row] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        let mut x = self.left_over;
        for row in 0..N {
            x[row] = (x[row] - dot(&lower[row][..row], &x[..row])) / lower[row][row];
        }
        for row in (0..N).rev() {
            let known: f64 = (row + 1..N).map(|below| lower[below][row] * x[below]).sum();
            x[row] = (x[row] - known) / lower[row][row];
        }
        x.iter().all(|weight| weight.is_finite()).then_some(x)
    }
}

impl<const N: usize> Serialize for Ridge<N> {
    /// One list of all numbers: serde has no arrays of any length.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { products, left_over, prior, weights, worth, kept } = self;
        let lists = products.iter().chain([left_over, prior, weights]);
        let numbers: Vec<f64> = lists.flatten().chain([worth, kept]).copied().collect();
        numbers.serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Ridge<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = Vec::<f64>::deserialize(deserializer)?;
        let expected = N * (N + 3) + 2;
        if numbers.len() != expected {
            return Err(D::Error::invalid_length(numbers.len(), &format!("{expected} numbers").as_str()));
        }
        let list = |from: usize| std::array::from_fn(|n| numbers[from * N + n]);
        let [worth, kept] = [numbers[expected - 2], numbers[expected - 1]];
        let products = std::array::from_fn(list);
        Ok(Self { products, left_over: list(N), prior: list(N + 1), weights: list(N + 2), worth, kept })
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
