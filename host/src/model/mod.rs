//! Plain types of the unified model: what the centre, the storage, the endpoints and the plugins say to each other.
//!
//! No IO, no clock, no randomness and no WebAssembly here. The shapes of plugins' types follow `wit/`; `contract`
//! converts between these and the generated ones, so that a new contract version touches nothing else.
//!
//! Invariant: an [`Alias`] is an outside name and may be shown to anybody; an [`AgentName`] is an inside name and has no
//! conversion to an [`Alias`] (I6).

pub mod adapter;
mod address;
pub mod consult;
pub mod dialog;
pub mod identity;
mod ids;
pub mod lane;
pub mod limits;
mod message;
pub mod part;
mod presence;
pub mod quarantine;
pub mod record;
pub mod request;
pub mod rule;
pub mod served;
pub mod settings;
pub mod waits;

pub use address::{Address, MemberProfile};
pub use ids::{
    AgentName, Alias, Contact, Digest, EndpointId, FeedId, OfferNumber, Participant, Reference, Seq, SessionId, Side,
    Timestamp,
};
pub use lane::Lane;
pub use message::{
    Attribute, Body, Extension, Failure, Field, Form, FormOption, HttpRequest, HttpResponse, LinkTarget, Message,
    SavedState, attribute,
};
pub use presence::{Presence, PresenceTuple, QueueStatus, Software};
