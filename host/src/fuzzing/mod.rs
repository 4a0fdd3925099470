//! Fuzz targets of the border between host and guest: arbitrary inputs for a real adapter in the real engine, and a guest that answers
//! anything against the endpoint machine's checks.
//!
//! Compiled for tests, and with the feature `fuzzing` for `tests/fuzz`. Invariant of both targets: the host never panics, what waits and
//! what is sent stays within its limits, and an endpoint goes on or is gone.

mod boundary;
mod guest;
mod invented;
mod program;
#[cfg(test)]
mod tests;

pub use guest::guest;
pub use invented::outputs;
