//! One channel of an endpoint: its phase, and what waits for its reader.
//!
//! ```text
//!            start-tls             secured
//!   open ───────────────► securing ───────► open (secured)
//!    │ close                 │ close          │ close
//!    └───────────────────────┴────────────────┴──────────► closing ─► (gone)
//! ```
//!
//! Invariant: bytes go to and from the peer only in phase open; from `start-tls` until secured nothing reaches the guest, and
//! nothing the guest says reaches the peer (no command injection in front of TLS).

use crate::model::Timestamp;
use crate::model::adapter::Channel;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    Securing,
    Closing,
}

#[derive(Debug)]
pub(super) struct ChannelState {
    pub(super) number: Channel,
    pub(super) phase: Phase,
    pub(super) secured: bool,
    /// Whether commands for contacts may be given: from the start where it was accepted, else once the guest says so.
    pub(super) ready: bool,
    pub(super) unsent: Unsent,
}

impl ChannelState {
    /// Whether contacts can be served over it.
    pub(super) fn serves(&self) -> bool {
        self.ready && self.phase != Phase::Closing
    }
}

/// Bytes on their way to the peer.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    bytes: usize,
    mark: Option<Mark>,
}

/// Progress is measured from mark to mark: the bytes that waited when the mark was set have to leave in time. So a reader
/// who takes a byte now and then is as slow as one who takes none.
#[derive(Debug, Clone, Copy)]
struct Mark {
    left: usize,
    since: Timestamp,
}

impl Unsent {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn queued(&mut self, now: Timestamp, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > 0 {
            self.mark.get_or_insert(Mark { left: self.bytes, since: now });
        }
    }

    pub(super) fn sent(&mut self, now: Timestamp, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        let Some(mark) = &mut self.mark else { return };
        mark.left = mark.left.saturating_sub(bytes);
        if mark.left == 0 {
            self.mark = (self.bytes > 0).then_some(Mark { left: self.bytes, since: now });
        }
    }

    /// Since when the peer owes us a read.
    pub(super) fn waiting_since(&self) -> Option<Timestamp> {
        self.mark.map(|mark| mark.since)
    }
}
