//! XMPP clients in great number, and what is measured with them.
//!
//! [`client`] is one connection, [`talk`], [`swap`] and [`idle`] are the measurements, [`host`] starts a Cordboard of its own to measure, [`process`]
//! reads what a process uses. The scenarios of `tests/e2e` use the client alone.
//!
//! It ends at measuring: what the figures should be is said in README.md.
//!
//! Invariant: a connection at rest holds no buffer, so that thousands fit into one process beside what they measure.

pub mod client;
pub mod host;
pub mod idle;
pub mod process;
pub mod server;
pub mod swap;
pub mod talk;
pub mod xml;
