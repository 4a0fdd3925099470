//! Drives Cordboard plugins in plain unit tests: no WebAssembly, no host, no network, no clock.
//!
//! [`rule::Pool`] asks a rule and checks the law of its contract, [`adapter::Endpoint`] feeds an adapter and collects what it does,
//! [`dialog::Talk`] holds a conversation, and [`dialog::Customers`] check the law with many. What the plugin logged is in [`logged`].
//!
//! Invariant: the same test makes the same calls with the same times and seeds, every time.

pub mod adapter;
pub mod dialog;
pub mod rule;
mod violation;

use cordboard_sdk::log::{Level, captured};

/// What was logged on this thread since the last call, as `warn: text`.
pub fn logged() -> Vec<String> {
    let word = |level| match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    captured().into_iter().map(|(level, text)| format!("{}: {text}", word(level))).collect()
}
