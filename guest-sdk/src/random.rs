//! Identifiers out of the endpoint's seed.
//!
//! By `ChaCha8`, so what was drawn does not tell what comes next. The numbers are as secret as the seed: the host gives each endpoint 32
//! fresh bytes from the system; with a seed of your own they are merely deterministic.
//!
//! Invariant: the saved generator goes on where it was; it never draws the same again.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// The alphabet of [`Random::word`]: lower-case letters and digits without 0, 1, l and o, which people mix up.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A generator. It serialises, so keep it in the saved state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Position", from = "Position")]
pub struct Random {
    position: Position,
    generator: ChaCha8Rng,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Position {
    seed: [u8; 32],
    /// How many numbers of 64 bits were drawn.
    drawn: u64,
}

impl Random {
    /// From `setup.seed`. Bytes beyond 32 are left out, missing ones count as 0.
    pub fn new(seed: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(seed).for_each(|(byte, given)| *byte = *given);
        Position { seed: bytes, drawn: 0 }.into()
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.position.drawn += 1;
        self.generator.next_u64()
    }

    /// The next word of `length` letters and digits, 5 bits each.
    pub fn word(&mut self, length: usize) -> String {
        let mut word = String::with_capacity(length);
        while word.len() < length {
            let number = self.number();
            let letters = (0..60).step_by(5).map(|shift| ALPHABET[(number >> shift & 31) as usize] as char);
            word.extend(letters.take(length - word.len()));
        }
        word
    }
}

impl From<Random> for Position {
    fn from(random: Random) -> Self {
        random.position
    }
}

impl From<Position> for Random {
    fn from(position: Position) -> Self {
        let mut generator = ChaCha8Rng::from_seed(position.seed);
        generator.set_word_pos(u128::from(position.drawn) * 2);
        Self { position, generator }
    }
}

#[cfg(test)]
mod tests;
