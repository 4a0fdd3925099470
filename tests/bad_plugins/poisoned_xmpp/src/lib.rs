//! The XMPP adapter with a planted bug: it panics when somebody says "planted bug", and does all else as the real one.
//!
//! Invariant: a stanza that is left out does no harm, as nothing of it is reported.

use cordboard_adapter_xmpp::Xmpp;
use cordboard_sdk::adapter::{Adapter, Event, Input, Output, Setup};
use cordboard_sdk::model::{Body, SavedState, Timestamp};

/// What must not be said.
const PLANTED: &str = "planted bug";

/// The adapter.
pub struct Poisoned(Xmpp);

impl Adapter for Poisoned {
    fn open(now: Timestamp, setup: Setup) -> Result<Self, String> {
        Xmpp::open(now, setup).map(Self)
    }

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let outputs = self.0.handle(now, input);
        assert!(!outputs.iter().any(is_poison), "the planted bug");
        outputs
    }

    fn save(&self) -> SavedState {
        self.0.save()
    }

    fn restore(setup: Setup, state: SavedState) -> Result<Self, String> {
        Xmpp::restore(setup, state).map(Self)
    }
}

fn is_poison(output: &Output) -> bool {
    let Output::Report(report) = output else { return false };
    let Event::Said(said) = &report.event else { return false };
    matches!(&said.message.body, Body::Text(text) if text.contains(PLANTED))
}

cordboard_sdk::export_adapter!(Poisoned);

#[cfg(test)]
mod tests;
