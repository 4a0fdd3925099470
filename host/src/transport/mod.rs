//! Carries bytes between sockets and adapters, and understands none of them.
//!
//! [`endpoint`] is the pure machine of one endpoint; [`mailbox`] is where the centre's effects wait for it.
//!
//! Invariant: nothing here reads a protocol, and nothing is told to a peer that the adapter did not say.

pub mod endpoint;
#[cfg(test)]
mod line;
pub mod mailbox;
