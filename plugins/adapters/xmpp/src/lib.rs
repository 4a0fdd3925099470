//! XMPP (RFC 6120, 6121), sans IO, from both ends: as a server to which people connect with the IM software they have, and as a
//! component (XEP-0114) of a server whose users stay there.
//!
//! Bytes come in, a stanza tree is made of them ([`xml`], [`stream`]), the role agrees with the peer on who is who ([`server`],
//! [`component`]), and what a person does is reported to the host; what the host wants is written as stanzas. From there on the roles
//! are one. The host owns sockets, TLS, secrets, time and storage.
//!
//! An alias of Cordboard is the local part at our domain. A contact is a full address where the person's client is the peer, and a bare
//! one where their server is.
//!
//! Invariant: nothing is acknowledged before the host has settled it ([`ledger`]).

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        clippy::needless_raw_string_hashes,
        clippy::format_collect,
        clippy::format_push_string,
        reason = "tables of `check(input, expect![..])` and readable transcripts matter more than allocations"
    )
)]

mod acks;
mod address;
mod availability;
mod body;
mod bytes;
mod clock;
mod command;
mod component;
mod delivery;
mod disco;
mod endpoint;
mod iq;
mod ledger;
mod message;
mod outbox;
mod people;
mod person;
mod presence;
mod receipts;
mod roster;
#[cfg(test)]
mod scenario;
mod server;
mod settings;
mod shown;
mod software;
mod stanza;
mod stream;
mod timers;
mod turn;
mod xml;

pub use endpoint::Xmpp;
#[cfg(feature = "fuzzing")]
pub use xml::read_in_pieces;

#[cfg(feature = "component")]
cordboard_sdk::export_adapter!(Xmpp);
