//! The transport's view of sign-ins: an [`Entrance`] of an [`Identity`].
//!
//! Invariant: the entrance decides the side; what the transport says of it is the same, or nobody comes in.

use super::entrance::Entrance;
use super::sign_in::{ExchangeSlot, Identity, Peer};
use crate::model::Failure;
use crate::model::adapter::{Authentication, ProofStep};
use crate::transport;

/// Checks who wants to come in at one listener. An endpoint's task keeps the [`ExchangeSlot`].
#[derive(Debug, Clone)]
pub struct Door {
    identity: Identity,
    entrance: Entrance,
}

impl Door {
    /// The door of a listener.
    pub fn new(identity: Identity, entrance: Entrance) -> Self {
        Self { identity, entrance }
    }
}

impl transport::Verifier for Door {
    type Exchange = ExchangeSlot;

    async fn step(&self, peer: transport::Peer, exchange: &mut ExchangeSlot, step: &Authentication) -> ProofStep {
        if peer.side != self.entrance.side {
            return ProofStep::Refused(Failure::new("not-allowed", "this listener is of the other side"));
        }
        let peer = Peer { source: peer.source, secured: peer.secured };
        self.identity.step(&self.entrance, peer, exchange, step).await
    }
}
