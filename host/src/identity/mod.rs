//! Accounts and the proof of who somebody is.
//!
//! [`Identity`] is the whole of it for the rest of the host: it keeps accounts durably, takes a peer through a sign-in, delays and
//! limits refusals. It knows no protocol and no socket, only mechanisms by name and the address of the source.
//!
//! | part | what |
//! |---|---|
//! | `accounts` | accounts in memory and in the store |
//! | `door` | sign-ins as the transport asks for them |
//! | `entrance` | what a listener lets in |
//! | `exchange` | one sign-in, pure |
//! | `profile` | an agent's skills and capacity, as an operator writes them |
//! | `refusals` | how often a source may be refused, pure |
//! | `scram` | the server's half of RFC 5802, pure |
//! | `sign_in` | the shell: clock, randomness, delay |
//! | `tokens` | how other systems prove themselves over HTTP |
//! | `verifiers` | what is kept of a password |
//!
//! Invariant: no password, key or proof is in a log line, a `Debug` output or an error.

mod accounts;
mod door;
mod entrance;
mod exchange;
pub mod profile;
mod refusals;
mod scram;
mod sign_in;
pub mod tokens;
mod verifiers;

#[cfg(test)]
mod tests;

pub use accounts::AccountError;
pub use door::Door;
pub use entrance::{Entrance, Mechanism};
pub use sign_in::{ExchangeSlot, Identity, Peer, new_customer};
pub use verifiers::{PASSWORD_BYTES, PasswordError, SALT_BYTES, SHA1_ITERATIONS, SHA256_ITERATIONS};
