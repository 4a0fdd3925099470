//! Stream management (XEP-0198): each side says how many stanzas it has handled. Without resumption.
//!
//! Towards the peer a stanza is handled when every report of it is settled, and of all before it; a delivery is delivered when the
//! peer has handled it. An `<r/>` that comes while something is unsettled is answered when that is settled, at the latest at the next
//! `<r/>`.
//!
//! ```text
//!  bound ──enable──► counted        (asks at once for what was delivered before)
//!    └──any stanza──► silent ──enable──► counted
//! ```
//! What waited for the person is delivered as soon as there is a resource, which is before the peer can enable anything. So until it
//! shows what it does, deliveries are awaited.
//!
//! Invariant: `h` never covers a stanza that is not stored.

use crate::ledger::Ledger;
use crate::outbox::Outbox;
use crate::xml::{Element, ns};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Counts since stream management was enabled; they wrap around.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Acks {
    /// Whether the peer has enabled it.
    pub(crate) enabled: bool,
    /// Whether the peer has gone on without.
    #[serde(default)]
    silent: bool,
    received: u32,
    sent: u32,
    /// What the peer has handled of `sent`.
    handled: u32,
    /// Deliveries that the peer has not handled: number and identifier.
    awaiting: VecDeque<(u32, String)>,
    /// What was sent when the peer was last asked, while its answer is outstanding.
    asked_at: Option<u32>,
    /// What was received when the peer asked, while our answer is outstanding.
    owed: Option<u32>,
}

/// The peer claims to have handled more than was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooHigh {
    pub(crate) handled: u32,
    pub(crate) sent: u32,
}

impl Acks {
    /// A stanza of the peer.
    pub(crate) fn count_received(&mut self) {
        if self.enabled {
            self.received = self.received.wrapping_add(1);
        }
    }

    /// The number of the stanza that is being handled.
    pub(crate) fn number(&self) -> Option<u32> {
        self.enabled.then_some(self.received)
    }

    /// A stanza of ours.
    pub(crate) fn count_sent(&mut self) {
        self.sent = self.sent.wrapping_add(1);
    }

    /// The stanza just sent is this delivery. Where the peer does not say what it has handled, it counts as delivered.
    pub(crate) fn deliver(&mut self, id: String, out: &mut Outbox) {
        if self.silent {
            out.receipt(id, Ok(()));
            return;
        }
        self.awaiting.push_back((self.sent, id));
        if self.enabled && self.asked_at.is_none() {
            self.ask(out);
        }
    }

    /// The peer goes on without having enabled anything: what it was sent counts as delivered.
    pub(crate) fn go_on(&mut self, out: &mut Outbox) {
        if !self.enabled && !self.silent {
            self.silent = true;
            self.awaiting.drain(..).for_each(|(_, id)| out.receipt(id, Ok(())));
        }
    }

    /// Takes out a delivery that the peer has refused; whether it was awaited.
    pub(crate) fn refused(&mut self, id: &str) -> bool {
        let at = self.awaiting.iter().position(|(_, awaited)| awaited == id);
        at.is_some_and(|at| self.awaiting.remove(at).is_some())
    }

    /// Begins to count. What was delivered before is behind no number, so any answer covers it.
    pub(crate) fn enable(&mut self, out: &mut Outbox) {
        let awaiting: VecDeque<_> = self.awaiting.drain(..).map(|(_, id)| (0, id)).collect();
        *self = Self { enabled: true, awaiting, ..Self::default() };
        out.xml().raw("<enabled xmlns='urn:xmpp:sm:3'/>");
        if !self.awaiting.is_empty() {
            self.ask(out);
        }
    }

    /// The peer asks.
    pub(crate) fn asked(&mut self, ledger: &Ledger, out: &mut Outbox) {
        let handled = self.handled_by_us(ledger);
        if handled == self.received {
            self.owed = None;
            answer(handled, out);
            return;
        }
        if self.owed.replace(self.received).is_some() {
            answer(handled, out);
        }
    }

    /// Something was settled.
    pub(crate) fn settled(&mut self, ledger: &Ledger, out: &mut Outbox) {
        let Some(owed) = self.owed else { return };
        let handled = self.handled_by_us(ledger);
        if handled.wrapping_sub(owed) < u32::MAX / 2 {
            self.owed = None;
            answer(handled, out);
        }
    }

    /// The last word before the stream ends.
    pub(crate) fn finish(&mut self, ledger: &Ledger, out: &mut Outbox) {
        if self.enabled {
            answer(self.handled_by_us(ledger), out);
        }
    }

    /// The peer has handled so many. An answer older than the last changes nothing.
    pub(crate) fn answered(&mut self, handled: u32, out: &mut Outbox) -> Result<(), TooHigh> {
        let outstanding = self.sent.wrapping_sub(self.handled);
        let newly = handled.wrapping_sub(self.handled);
        if newly > outstanding {
            let stale = self.handled.wrapping_sub(handled) < u32::MAX / 2;
            return if stale { Ok(()) } else { Err(TooHigh { handled, sent: self.sent }) };
        }
        let before = self.handled;
        self.handled = handled;
        while let Some((_, id)) = self.awaiting.pop_front_if(|(number, _)| number.wrapping_sub(before) <= newly) {
            out.receipt(id, Ok(()));
        }
        let asked_at = self.asked_at.take();
        if !self.awaiting.is_empty() && asked_at != Some(self.sent) {
            self.ask(out);
        }
        Ok(())
    }

    fn handled_by_us(&self, ledger: &Ledger) -> u32 {
        ledger.first_unsettled().map_or(self.received, |number| number.wrapping_sub(1))
    }

    fn ask(&mut self, out: &mut Outbox) {
        self.asked_at = Some(self.sent);
        out.xml().raw("<r xmlns='urn:xmpp:sm:3'/>");
    }
}

/// `h` of an `<a/>`.
pub(crate) fn handled(element: &Element) -> Option<u32> {
    element.attribute("h")?.parse().ok()
}

/// Refuses a request of stream management.
pub(crate) fn fail(condition: &str, out: &mut Outbox) {
    let xml = out.xml().raw("<failed xmlns='urn:xmpp:sm:3'><").raw(condition);
    xml.raw(" xmlns='").raw(ns::STANZA_ERRORS).raw("'/></failed>");
}

fn answer(handled: u32, out: &mut Outbox) {
    out.xml().raw("<a xmlns='urn:xmpp:sm:3' h='").number(handled.into()).raw("'/>");
}

#[cfg(test)]
mod tests;
