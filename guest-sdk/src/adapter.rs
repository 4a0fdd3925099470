//! Speakers of an IM protocol, as sans-IO state machines: one input in, all its outputs out.

pub use crate::bindings::adapter::exports::cordboard::adapter::protocol::{
    Action, Arrival, Asked, Authentication, Channel, Chunk, Command, Contact, Datagram, Delivery, Dialling, Directive,
    Ending, Event, Hint, Input, Offer, Opening, Output, Principal, Proof, ProofStep, Published, Receipt, Redirection,
    Replied, Report, Request, Response, Roster, RosterEntry, Said, Seen, Settlement, Setup, Showing, Software,
    Subscription, Timer, Tls,
};
use crate::model::{SavedState, Timestamp};

/// A speaker of one IM protocol: one value is one endpoint.
///
/// It does no IO and knows no clock: `now` and everything that happens are arguments, what is to be done is returned. Export it with
/// [`export_adapter!`](crate::export_adapter).
pub trait Adapter: Sized + 'static {
    /// A new endpoint. The error says what is wrong with the settings.
    fn open(now: Timestamp, setup: Setup) -> Result<Self, String>;

    /// One input, all its outputs, carried out in order. What tells the peer that a report is safe is sent after its
    /// [`Input::Settled`], never before.
    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output>;

    /// All there is to restore the endpoint from.
    fn save(&self) -> SavedState;

    /// An endpoint as it was saved, maybe by another version.
    fn restore(setup: Setup, state: SavedState) -> Result<Self, String>;

    /// Which endpoint of a datagram listener gets this datagram; empty: the only one.
    fn sort_key(_data: &[u8]) -> String {
        String::new()
    }
}
