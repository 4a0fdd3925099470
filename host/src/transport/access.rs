//! What endpoints need of the rest of the host: the centre behind its loop, and who checks a proof.
//!
//! Ends at the traits: `shard` implements [`CentreAccess`], `identity` implements [`Verifier`], tests do both.

use crate::centre::Input;
use crate::model::adapter::{Authentication, ProofStep};
use crate::model::record::Entry;
use crate::model::{EndpointId, Seq, SessionId, Side};
use crate::shard::Post;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

/// The centre can't be reached: it has stopped, or is loading its memory again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the centre has stopped")]
pub struct Stopped;

/// The way to the centre of a shard.
pub trait CentreAccess: Send + Sync + 'static {
    /// A number that no endpoint had before.
    fn next_endpoint(&self) -> EndpointId;
    /// Where the effects of this endpoint go from now on.
    fn register(&self, endpoint: EndpointId, post: Arc<dyn Post>);
    /// No more effects for it.
    fn unregister(&self, endpoint: EndpointId);
    /// Tells the centre; waits while it is busy.
    fn submit(&self, input: Input) -> impl Future<Output = Result<(), Stopped>> + Send;
    /// At most `limit` committed entries of a transcript behind `after`, in order.
    fn read(
        &self,
        session: SessionId,
        after: Seq,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Entry>, Stopped>> + Send;
}

/// Who wants to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The address the connection comes from.
    pub source: IpAddr,
    /// Which side's accounts count.
    pub side: Side,
    /// Whether the channel is secured.
    pub secured: bool,
}

/// Checks proofs.
pub trait Verifier: Send + Sync + 'static {
    /// What is kept of an exchange from challenge to challenge, by the endpoint's task; the default is none.
    type Exchange: Default + Send + 'static;

    /// Checks one step. An endpoint has one step under way at a time; a step with a new reference begins a new exchange and
    /// ends the one before. A refusal comes as late as it should be told. May be dropped at any moment.
    fn step(
        &self,
        peer: Peer,
        exchange: &mut Self::Exchange,
        step: &Authentication,
    ) -> impl Future<Output = ProofStep> + Send;
}
