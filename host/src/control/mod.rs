//! The control socket: how the command line asks the running service. A Unix socket that only the service's own user can open;
//! one line of JSON is the request, one line the answer.
//!
//! Invariant: whoever can open the socket may do everything an operator may; so its mode is 0600 before it has its name.

mod client;
mod protocol;
mod server;
#[cfg(test)]
mod tests;

pub use client::{AskError, ask};
pub use protocol::{
    AccountRow, Answer, BanRow, FailureRow, Health, ListenerRow, NamedAddress, NewAgent, NewBan, NewCustomer, Password,
    PluginRow, PoisonRow, ProviderRow, Refusal, Request, Response,
};
pub use server::{Control, ControlError, Operations};

use std::time::Duration;

/// Bytes of a request's line.
const REQUEST_BYTES: u64 = 64 * 1024;
/// Bytes of an answer's line: 100,000 sessions and what belongs to them.
const ANSWER_BYTES: u64 = 256 * 1024 * 1024;
/// For a request to arrive.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// For an answer to be made, and again to be written.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Connections at a time; more wait.
const CONNECTIONS: usize = 16;
