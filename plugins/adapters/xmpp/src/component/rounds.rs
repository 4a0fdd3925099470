//! What concerns all people of a provider, done a few at a time: asking for their presence when the link is up, and looking for those
//! who have gone meanwhile.
//!
//! ```text
//!  ready ──► asking ──all asked, 30 s──► looking ──all seen, 1 h──► looking ──► ...
//! ```
//!
//! Invariant: a call does a bounded part, however many people there are, and never more than the host has credit for.

use super::probe;
use crate::availability;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::timers::next_round;
use cordboard_sdk::model::Timestamp;
use serde::{Deserialize, Serialize};

/// People whose presence is asked for in a call.
const ASKED: usize = 64;
/// People who are looked at in a call.
const LOOKED_AT: usize = 256;
/// Reports that looking may leave unsettled: less than the host's credit, since stanzas want their share.
const REPORTS: usize = 24;
/// How long a server may take to tell of those whom it was asked for.
const ANSWER_MS: u64 = 30_000;
/// How often is looked for those who are silent for too long.
const LOOK_MS: u64 = 3_600_000;
/// How soon a look goes on that had to wait for the host.
const WAIT_MS: u64 = 1_000;
/// How long a person may be silent of whom no presence is known.
const SILENT_MS: u64 = 24 * 3_600_000;

/// How far a round has got: behind that contact.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Round {
    Asking(String),
    Looking(String),
}

impl Default for Round {
    fn default() -> Self {
        Self::Looking(String::new())
    }
}

impl Xmpp {
    /// The link is up: what was known of people's presence may have changed since.
    pub(super) fn begin_rounds(&mut self, now: Timestamp, out: &mut Outbox) {
        self.state.component.round = Round::Asking(String::new());
        next_round(now, 0, out);
    }

    /// The next part of a round.
    pub(crate) fn round(&mut self, now: Timestamp, out: &mut Outbox) {
        if !self.is_up() {
            return;
        }
        let after_ms = match std::mem::take(&mut self.state.component.round) {
            Round::Asking(contact) => self.ask(now, &contact, out),
            Round::Looking(contact) => self.look(now, &contact, out),
        };
        next_round(now, after_ms, out);
    }

    fn ask(&mut self, now: Timestamp, contact: &str, out: &mut Outbox) -> u64 {
        let contacts = self.state.people.behind(contact, ASKED);
        for contact in &contacts {
            // What was awaited is forgotten with the channel.
            self.let_go_of(now, contact, out);
            self.with(now, contact, out, |turn, person| {
                probe(turn, &person.contact, "");
                if !person.known_as.is_empty() {
                    probe(turn, &person.contact, &person.known_as);
                }
            });
        }
        match contacts.into_iter().nth(ASKED - 1) {
            Some(last) => {
                self.state.component.round = Round::Asking(last);
                0
            }
            None => ANSWER_MS,
        }
    }

    fn look(&mut self, now: Timestamp, contact: &str, out: &mut Outbox) -> u64 {
        let contacts = self.state.people.behind(contact, LOOKED_AT);
        let is_last = contacts.len() < LOOKED_AT;
        let mut seen = contact.to_owned();
        for contact in contacts {
            if self.state.ledger.len() >= REPORTS {
                self.state.component.round = Round::Looking(seen);
                return WAIT_MS;
            }
            self.look_at(now, &contact, out);
            seen = contact;
        }
        if is_last {
            return LOOK_MS;
        }
        self.state.component.round = Round::Looking(seen);
        0
    }

    /// Somebody of whom the server tells nothing any more has gone, and somebody of whom it never did, after a long silence.
    fn look_at(&mut self, now: Timestamp, contact: &str, out: &mut Outbox) {
        let Some(mut person) = self.state.people.take(contact) else { return };
        let mut turn = self.turn(now, "", out);
        availability::doubt(&mut turn, &mut person);
        if person.arrived && !person.is_present() && person.active_at.saturating_add(SILENT_MS) <= now {
            turn.report_end(contact, "silent");
            person.arrived = false;
        }
        if person.arrived {
            self.state.people.put(person);
        }
    }
}
