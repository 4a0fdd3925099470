//! The rule `weighted-random`: lots are drawn among the agents; who has twice the weight is first twice as often.
//!
//! Each offer has a draw of its own. What is drawn follows from `seed` and the number of offers so far, which is remembered over a
//! restart: the same history gives the same lots, so a replay comes out the same.
//!
//! ```toml
//! [rules.weighted-random]
//! seed = 7
//! weights = { ann = 3, trainee = 0 }
//! ```
//!
//! An agent who is not named has the weight 1; weight 0 is asked when nobody else is left. With `by = "skill"` the weight is the level of
//! the skill called like the queue, times the one that is named. It drops nobody.
//!
//! The draw is that of Efraimidis and Spirakis ("Weighted random sampling with a reservoir", 2006): the order by `-log(random) / weight`.

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, Fit, Outcome, Rule, Session};
use cordboard_sdk::saved;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    seed: u64,
    by: By,
    weights: BTreeMap<String, u16>,
}

/// What an agent's weight is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Name,
    Skill,
}

/// The rule.
#[derive(Debug)]
pub struct WeightedRandom {
    settings: Settings,
    /// Offers so far.
    draws: u64,
}

const FORMAT: u32 = 1;

impl Rule for WeightedRandom {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { settings, draws: 0 })
    }

    fn fit(&self, _now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        match self.weight(session, agent) {
            0 => Fit::ranked(u64::MAX),
            weight => Fit::ranked((surprise(self.lot(agent)) << 16) / weight),
        }
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, _fit: Fit) -> String {
        format!("weight {}, draw {}", self.weight(session, agent), self.draws)
    }

    fn learned(&mut self, _now: Timestamp, outcome: Outcome<'_>) {
        self.draws += u64::from(outcome.what == "offered");
    }

    fn memory(&self) -> Option<SavedState> {
        (self.draws > 0).then(|| saved::write(FORMAT, &self.draws))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.draws = saved::read(&memory, FORMAT)?;
        Ok(())
    }
}

impl WeightedRandom {
    fn weight(&self, session: &Session, agent: &Agent) -> u64 {
        let named = self.settings.weights.get(&agent.name).copied().unwrap_or(1);
        match self.settings.by {
            By::Name => named.into(),
            By::Skill => u64::from(named) * u64::from(agent.skill(&session.queue).unwrap_or(0)),
        }
    }

    /// An agent's random number of this draw. The session is left out, or an agent's sessions would stand in random order too.
    fn lot(&self, agent: &Agent) -> u64 {
        let name = agent.name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        mixed(mixed(mixed(self.settings.seed) ^ self.draws) ^ name)
    }
}

/// `SplitMix64`'s mixing: each bit of what goes in changes half of what comes out.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// `-log2(lot / 2^64)` with 20 binary places, in integers, so that it is the same on every machine.
fn surprise(lot: u64) -> u64 {
    const PLACES: u32 = 20;
    let lot = lot.max(1);
    let zeros = lot.leading_zeros();
    // The first bit is the 1 in front of the point, 31 places behind it.
    let mut mantissa = (lot << zeros) >> 32;
    let mut log = u64::from(63 - zeros);
    for _ in 0..PLACES {
        mantissa = (mantissa * mantissa) >> 31;
        let bit = mantissa >> 32;
        mantissa >>= bit;
        log = log << 1 | bit;
    }
    (64 << PLACES) - log
}

cordboard_sdk::export_rule!(WeightedRandom);

#[cfg(test)]
mod tests;
