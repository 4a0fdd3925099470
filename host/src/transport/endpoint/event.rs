//! What an endpoint is made with, told, and answers: the vocabulary between the pure machine and its shell.
//!
//! Invariant: every [`Event`] is handled whole, and the [`Action`]s it yields are carried out in order.

use crate::centre::{Effect, Input as CentreInput};
use crate::model::adapter::{
    AdapterFactory, Authentication, Channel, Ending, GuestFailure, Input, Opening, Proof, Setup,
};
use crate::model::limits::Limits;
use crate::model::record::Entry;
use crate::model::{Contact, FeedId, Seq, Timestamp};
use crate::transport::bans::Bans;
use std::sync::Arc;

#[cfg(doc)]
use super::Endpoint;

/// What all endpoints of a listener, or of a link to a provider, have in common.
pub struct EndpointConfig {
    /// What they are opened with; the seed is each endpoint's own and stays empty here.
    pub setup: Setup,
    /// The listener's or provider's name in the operator's file.
    pub provider: String,
    /// `xmpp`, ...
    pub protocol: String,
    /// Whether the persons on it are our own accounts. Then nothing is taken before a proof.
    pub own_accounts: bool,
    /// Whether there is a certificate to start TLS with.
    pub tls: bool,
    /// Contacts that may be on one endpoint at a time.
    pub contacts: usize,
    /// Failures of the guest that an endpoint survives within `limits.traps_window_ms`.
    pub traps: u32,
    /// Bytes of the guest's saved state.
    pub state_bytes: usize,
    /// Whether the endpoint outlives its channels (an outbound link), or goes with them (an accepted socket).
    pub lasting: bool,
    /// Who is kept out; shared by all that the process has.
    pub bans: Arc<Bans>,
    /// Limits.
    pub limits: Limits,
}

/// What happened.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "handed over by value and taken apart, never stored")]
pub enum Event {
    /// A further channel is open (a link reconnected).
    Opened(Opening),
    /// Bytes came in.
    Received {
        /// On which channel.
        channel: Channel,
        /// At most `limits.chunk_bytes`; more is cut.
        data: Vec<u8>,
    },
    /// TLS is agreed on; the answer to [`Action::StartTls`].
    Secured(Opening),
    /// Bytes have left.
    Sent {
        /// On which channel.
        channel: Channel,
        /// How many.
        bytes: usize,
    },
    /// A channel has ended, whoever ended it.
    Closed(Ending),
    /// The answer to [`Action::Verify`] or [`Action::Prove`].
    Proof(Proof),
    /// The answer to [`Action::Pull`].
    Pulled {
        /// Of which feed.
        feed: FeedId,
        /// Committed entries behind `after`, in order.
        entries: Vec<Entry>,
    },
    /// The centre wants this done; only while [`Endpoint::wants_effects`].
    Effect(Effect),
    /// A moment that [`Endpoint::next_due`] named has come.
    Due,
    /// Another adapter is in service: the guest goes over to it if it can.
    Swap(Arc<dyn AdapterFactory>),
    /// Finish politely within `limits.drain_ms`.
    Drain,
    /// End now: the centre has forgotten this endpoint, or can't reach it.
    Reset(&'static str),
}

/// What is to be done, in order.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "carried out and dropped in the same turn, never stored")]
pub enum Action {
    /// Send bytes.
    Send {
        /// On which channel.
        channel: Channel,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Start TLS after the sends before it. No send follows until [`Event::Secured`].
    StartTls {
        /// On which channel.
        channel: Channel,
    },
    /// Check a step; one at a time.
    Verify(Authentication),
    /// Prove ourselves; one at a time.
    Prove(Authentication),
    /// A dialled channel is up.
    Ready {
        /// Which.
        channel: Channel,
    },
    /// Tell the centre.
    Submit(CentreInput),
    /// Read a transcript; one at a time for a feed.
    Pull {
        /// For which feed.
        feed: FeedId,
        /// Entries behind this one.
        after: Seq,
        /// So many.
        limit: usize,
    },
    /// Somebody is kept out from now on.
    Banned {
        /// Until when.
        until: Timestamp,
    },
    /// The guest is one of the adapter in service, after [`Event::Swap`] or when that was tried again.
    Moved,
    /// The guest is one of a former adapter: the one in service failed with it.
    Stayed(GuestFailure),
    /// Keep what broke the guest for its developer.
    Poison {
        /// Whose it was, where that is known.
        contact: Option<Contact>,
        /// The input that broke it, or the bytes up to where they did; absent where the guest failed to save itself.
        input: Option<Box<Input>>,
        /// How the guest failed.
        failure: GuestFailure,
    },
    /// Close a channel after the sends before it; [`Event::Closed`] follows.
    Close {
        /// Which.
        channel: Channel,
        /// Why.
        reason: String,
    },
    /// Close a channel at once: nobody reads what is sent. [`Event::Closed`] follows.
    Abort {
        /// Which.
        channel: Channel,
        /// Why.
        reason: String,
    },
}
