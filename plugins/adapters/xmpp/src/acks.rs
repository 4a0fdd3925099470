//! Acknowledgement: what the peer has of what we sent, and what of the peer's is stored.
//!
//! A client may say how many stanzas it has handled, and ask us (XEP-0198, without resumption). Towards it a stanza is handled when every
//! report of it is settled, and of all before it; a delivery is delivered when the peer has handled it. An `<r/>` that comes while
//! something is unsettled is answered when that is settled, at the latest at the next `<r/>`.
//!
//! A component's server says nothing of the kind, but it routes in order: a ping from us to ourselves comes back behind all that was
//! sent before it. So that echo is the server's answer; an error instead of it says the same. One question is outstanding at a time.
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
use crate::xml::{Element, ns, push_number};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What an echo's identifier begins with; the number of what was sent before it follows.
const ECHO: &str = "ack-";

/// Receipts that one call gives: less than the host takes at a time. Of an echo, which is of all people, there may be more.
const RECEIPTS: usize = 256;

/// How the peer acknowledges.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Mode {
    /// It has not shown yet.
    #[default]
    Undecided,
    /// It doesn't: what is sent counts as delivered.
    Silent,
    /// By numbers (XEP-0198).
    Counted,
    /// By sending back our own ping.
    Echoed,
}

/// A delivery that the peer has not handled.
#[derive(Debug, Serialize, Deserialize)]
struct Awaited {
    number: u32,
    id: String,
    contact: String,
}

/// Counts since acknowledgement began; they wrap around.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Acks {
    mode: Mode,
    received: u32,
    sent: u32,
    /// Stanzas sent before the peer enabled counting. Some software counts them, too.
    #[serde(default)]
    early: u32,
    /// What the peer has handled of `sent`.
    handled: u32,
    /// In the order of their numbers.
    awaiting: VecDeque<Awaited>,
    /// What was sent when the peer was last asked, while its answer is outstanding.
    asked_at: Option<u32>,
    /// The answer was outstanding at the last look.
    late: bool,
    /// What was received when the peer asked, while our answer is outstanding.
    owed: Option<u32>,
    /// Who got the deliveries of this call's receipts, of an echo.
    #[serde(skip)]
    cleared: Vec<String>,
}

/// The peer claims to have handled more than was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooHigh {
    pub(crate) handled: u32,
    pub(crate) sent: u32,
}

impl Acks {
    /// Whether the peer has enabled XEP-0198.
    pub(crate) fn is_enabled(&self) -> bool {
        self.mode == Mode::Counted
    }

    /// A stanza of the peer.
    pub(crate) fn count_received(&mut self) {
        if self.is_enabled() {
            self.received = self.received.wrapping_add(1);
        }
    }

    /// The number of the stanza that is being handled.
    pub(crate) fn number(&self) -> Option<u32> {
        self.is_enabled().then_some(self.received)
    }

    /// A stanza of ours.
    pub(crate) fn count_sent(&mut self) {
        self.sent = self.sent.wrapping_add(1);
    }

    /// The stanza just sent is this delivery. Where the peer does not say what it has handled, it counts as delivered.
    pub(crate) fn deliver(&mut self, id: String, contact: &str, domain: &str, out: &mut Outbox) {
        if self.mode == Mode::Silent {
            out.receipt(id, Ok(()));
            return;
        }
        self.awaiting.push_back(Awaited { number: self.sent, id, contact: contact.to_owned() });
        if self.mode != Mode::Undecided && self.asked_at.is_none() {
            self.ask(domain, out);
        }
    }

    /// The peer goes on without having enabled anything: what it was sent counts as delivered.
    pub(crate) fn go_on(&mut self, out: &mut Outbox) {
        if self.mode == Mode::Undecided {
            self.mode = Mode::Silent;
            self.awaiting.drain(..).for_each(|awaited| out.receipt(awaited.id, Ok(())));
        }
    }

    /// Takes out a delivery that its receiver has refused; whether it was awaited.
    pub(crate) fn refused(&mut self, id: &str, contact: &str) -> bool {
        let at = self.awaiting.iter().position(|awaited| awaited.id == id && awaited.contact == contact);
        at.is_some_and(|at| self.awaiting.remove(at).is_some())
    }

    /// Whether a delivery to that contact is not handled.
    pub(crate) fn awaits(&self, contact: &str) -> bool {
        self.awaiting.iter().any(|awaited| awaited.contact == contact)
    }

    /// Takes whose deliveries were echoed in this call.
    pub(crate) fn take_cleared(&mut self) -> Vec<String> {
        std::mem::take(&mut self.cleared)
    }

    /// Begins to count. What was delivered before is behind no number, so any answer covers it.
    pub(crate) fn enable(&mut self, domain: &str, out: &mut Outbox) {
        let awaiting = self.awaiting.drain(..).map(|awaited| Awaited { number: 0, ..awaited }).collect();
        *self = Self { mode: Mode::Counted, awaiting, early: self.sent, ..Self::default() };
        out.xml().raw("<enabled xmlns='urn:xmpp:sm:3'/>");
        if !self.awaiting.is_empty() {
            self.ask(domain, out);
        }
    }

    /// Begins to wait for echoes. Numbers go on, so that no two questions are the same.
    pub(crate) fn expect_echoes(&mut self) {
        *self = Self { mode: Mode::Echoed, sent: self.sent, handled: self.sent, ..Self::default() };
    }

    /// The channel is gone, and with it what was awaited.
    pub(crate) fn forget(&mut self) {
        *self = Self { sent: self.sent, handled: self.sent, ..Self::default() };
    }

    /// An iq of that identifier came back.
    pub(crate) fn echoed(&mut self, id: &str, domain: &str, out: &mut Outbox) {
        let number = id.strip_prefix(ECHO).and_then(|number| number.parse().ok());
        if self.mode == Mode::Echoed && number.is_some() && number == self.asked_at {
            // It names what was sent, so it is never too high.
            let _asked = self.answered(number.unwrap_or_default(), domain, out);
        }
    }

    /// Asks whether the peer is there; false when it has not answered what it was asked before the last look.
    pub(crate) fn look(&mut self, domain: &str, out: &mut Outbox) -> bool {
        if self.asked_at.is_some() {
            return !std::mem::replace(&mut self.late, true);
        }
        self.ask(domain, out);
        self.late = true;
        true
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
        if self.is_enabled() {
            answer(self.handled_by_us(ledger), out);
        }
    }

    /// The peer has handled so many. An answer older than the last changes nothing.
    pub(crate) fn answered(&mut self, handled: u32, domain: &str, out: &mut Outbox) -> Result<(), TooHigh> {
        let outstanding = self.sent.wrapping_sub(self.handled);
        let beyond = handled.wrapping_sub(self.sent);
        let handled = if (1..=self.early).contains(&beyond) { self.sent } else { handled };
        let newly = handled.wrapping_sub(self.handled);
        if newly > outstanding {
            let stale = self.handled.wrapping_sub(handled) < u32::MAX / 2;
            return if stale { Ok(()) } else { Err(TooHigh { handled, sent: self.sent }) };
        }
        self.handled = handled;
        self.give_receipts(out);
        let asked_at = self.asked_at.take();
        if !self.awaiting.is_empty() && asked_at != Some(self.sent) {
            self.ask(domain, out);
        }
        Ok(())
    }

    /// Receipts for what the peer has handled, as many as a call may give.
    pub(crate) fn give_receipts(&mut self, out: &mut Outbox) {
        let handled = self.handled;
        let is_handled = |awaited: &mut Awaited| is_handled(awaited, handled);
        for awaited in std::iter::from_fn(|| self.awaiting.pop_front_if(is_handled)).take(RECEIPTS) {
            out.receipt(awaited.id, Ok(()));
            if self.mode == Mode::Echoed && self.cleared.last() != Some(&awaited.contact) {
                self.cleared.push(awaited.contact);
            }
        }
    }

    /// Whether there are more.
    pub(crate) fn owes_receipts(&self) -> bool {
        self.awaiting.front().is_some_and(|awaited| is_handled(awaited, self.handled))
    }

    fn handled_by_us(&self, ledger: &Ledger) -> u32 {
        ledger.first_unsettled().map_or(self.received, |number| number.wrapping_sub(1))
    }

    fn ask(&mut self, domain: &str, out: &mut Outbox) {
        self.asked_at = Some(self.sent);
        self.late = false;
        if self.mode == Mode::Counted {
            out.xml().raw("<r xmlns='urn:xmpp:sm:3'/>");
            return;
        }
        let mut id = String::from(ECHO);
        push_number(&mut id, self.sent.into());
        let xml = out.xml().raw("<iq type='get'").attribute("id", &id).attribute("from", domain);
        xml.attribute("to", domain).raw("><ping xmlns='urn:xmpp:ping'/></iq>");
    }
}

fn is_handled(awaited: &Awaited, handled: u32) -> bool {
    handled.wrapping_sub(awaited.number) < u32::MAX / 2
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
