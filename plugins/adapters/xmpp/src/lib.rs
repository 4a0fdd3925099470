//! XMPP (RFC 6120, 6121) as a sans-IO server: people connect with the IM software they have.
//!
//! Bytes come in, a stanza tree is made of them ([`xml`]), the stream is negotiated ([`stream`], [`sasl`], [`bind`]), and what a person
//! does is reported to the host; what the host wants is written as stanzas. The host owns sockets, TLS, secrets, time and storage.
//!
//! An alias of Cordboard is the local part at the domain of the listener; a contact is a full address.
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
mod bind;
mod body;
mod bytes;
mod clock;
mod command;
mod delivery;
mod disco;
mod endpoint;
mod iq;
mod ledger;
mod message;
mod outbox;
mod person;
mod presence;
mod receipts;
mod roster;
mod sasl;
#[cfg(test)]
mod scenario;
mod settings;
mod shown;
mod software;
mod stanza;
mod stream;
mod timers;
mod turn;
mod xml;

pub use endpoint::Xmpp;

cordboard_sdk::export_adapter!(Xmpp);
