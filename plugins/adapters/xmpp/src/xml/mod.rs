//! The part of XML that XMPP uses (RFC 6120, 11), over the tokeniser `rxml`.
//!
//! [`Reader`] turns bytes into a stream header and whole stanzas ([`Element`]), [`Writer`] turns facts into bytes. What a peer may
//! make us keep is limited here: bytes, depth, elements and attributes of a stanza.
//!
//! Invariant: whatever the bytes, the answer is an item or a [`Fault`], and the same however the bytes were cut.

mod element;
mod namespace;
mod reader;
mod scope;
mod skipper;
mod writer;

pub(crate) use element::{Attribute, Element};
pub(crate) use namespace::{Namespace, ns};
#[cfg(feature = "fuzzing")]
pub use reader::fuzzing::reader as read_in_pieces;
pub(crate) use reader::{Fault, Item, Reader, ReaderState, Terms};
pub(crate) use writer::{Writer, push_number};
