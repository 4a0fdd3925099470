//! Carries bytes between sockets and adapters, and understands none of them.
//!
//! [`listener`] takes connections and [`link`] makes them; the task of each (`connection`) moves the bytes of its socket (`tcp`) to and from the pure
//! machine of its [`endpoint`], whose adapter is the one that is [`InService`]; the centre's effects wait in its [`mailbox`]; who is kept out stands in [`Bans`]. What is needed of the rest of the host stands in
//! [`access`]; certificates are made and read in [`tls`].
//!
//! Invariant: nothing here reads a protocol, and nothing is told to a peer that the adapter did not say.

pub mod access;
mod bans;
mod clock;
mod connection;
pub mod endpoint;
mod in_service;
pub mod link;
pub mod listener;
pub mod mailbox;
mod poison;
mod redial;
mod secret;
mod tcp;
#[cfg(test)]
mod tests;
pub mod tls;

pub use access::{CentreAccess, Peer, Stopped, Verifier};
pub use bans::{Ban, Bans};
pub use in_service::{InService, Progress};
pub use link::{Link, LinkReport, LinkState, LinkStatus};
pub use listener::{Bound, ListenError, Listener};
pub use poison::{Kept, kept};
pub use secret::Secret;
pub use tls::{CertificateError, CertificateFiles};
