//! `cordboard:adapter/protocol`: inputs go in, outputs come out.

mod command;
mod input;
mod output;
mod report;

use super::{copied, protocol as wit, taken};
use crate::model::adapter;

impl From<&adapter::Setup> for wit::Setup {
    fn from(s: &adapter::Setup) -> Self {
        Self {
            side: s.side.as_str().to_owned(),
            role: s.role.clone(),
            domain: s.domain.clone(),
            settings: s.settings.clone(),
            seed: s.seed.clone(),
            attributes: copied(&s.attributes),
        }
    }
}

/// What a guest answered to one input, in order.
pub fn outputs(outputs: Vec<wit::Output>) -> Vec<adapter::Output> {
    taken(outputs)
}
