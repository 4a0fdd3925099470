//! Where effects go. Ends at the trait: an endpoint's mailbox implements it.
//!
//! Invariant: posting never blocks and never fails, so that no endpoint can hold up a shard.

use crate::centre::Effect;

/// Takes the effects of one endpoint.
pub trait Post: Send + Sync {
    /// Takes one effect; never blocks.
    fn post(&self, effect: Effect);
    /// The shard has forgotten its memory (its store failed): nothing more will come for this endpoint, which is to close.
    fn reset(&self);
}
