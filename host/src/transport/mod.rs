//! Carries bytes between sockets and adapters, and understands none of them.
//!
//! [`mailbox`] is where the centre's effects wait for an endpoint.
//!
//! Invariant: nothing here reads a protocol, and nothing is told to a peer that the adapter did not say.


pub mod mailbox;
