//! What the centre has for an endpoint, as commands for the guest.
//!
//! Invariant: the guest is told of contacts that are on this endpoint, and of no others; on a link also of those that the
//! centre wants called back or kept out.

use super::feeds::{Advance, Pull};
use super::{Action, Endpoint};
use crate::centre::{Effect, Feed, Input as CentreInput, Notice};
use crate::model::adapter::{Command, Delivery, Directive, Input, Settlement};
use crate::model::record::Entry;
use crate::model::{Alias, Contact, Failure, FeedId, Message, Timestamp};

/// Directives about persons of a provider who have not arrived.
const UNASKED: [&str; 2] = ["recall", "ban"];

impl Endpoint {
    pub(super) fn effect(&mut self, now: Timestamp, effect: Effect) {
        match effect {
            Effect::Settle(_, settlement) => self.settle(now, settlement),
            Effect::Advertise(_, links) => self.give(now, Input::Command(Command::Advertise(links))),
            Effect::Feed(_, feed) => self.feed(feed),
            Effect::Unfeed(_, feed) => self.feeds.stop(feed),
            Effect::Wake(_, feed) => self.feeds.wake(feed),
            Effect::Show(_, show) => self.command(now, &show.contact.clone(), Command::Show(show)),
            Effect::Roster(_, roster) => self.command(now, &roster.contact.clone(), Command::Roster(roster)),
            Effect::Offer(_, offer) => self.command(now, &offer.contact.clone(), Command::Offer(offer)),
            Effect::Hint(_, hint) => self.command(now, &hint.contact.clone(), Command::Hint(hint)),
            Effect::Direct(_, directive) => self.direct(now, directive),
            Effect::Redirect(_, to) => self.command(now, &to.contact.clone(), Command::Redirect(to)),
            Effect::Notice(_, Notice { contact, from, message }) => self.notice(now, &contact, from, message),
            // For switchboard and consultant, which are no endpoints of this kind.
            Effect::Reply(..) | Effect::Request(..) | Effect::Consult(..) | Effect::Excerpt(..) => {}
        }
    }

    /// Answers a report once; an answer to no report is nobody's.
    fn settle(&mut self, now: Timestamp, settlement: Settlement) {
        let Some(arrival) = self.unsettled.remove(&settlement.reference) else { return };
        if let Some(contact) = arrival.filter(|_| settlement.outcome.is_err()) {
            self.admission.remove(&contact);
            self.feeds.stop_contact(&contact);
        }
        let reference = settlement.reference;
        self.give(now, Input::Settled(settlement));
        self.sandbox.settled(reference);
    }

    fn feed(&mut self, feed: Feed) {
        if self.admission.knows(&feed.contact) {
            self.feeds.start(feed);
        } else {
            self.feeds.stop(feed.id);
        }
    }

    pub(super) fn direct(&mut self, now: Timestamp, directive: Directive) {
        // An accepted socket is one person's: who is to be disconnected is, also if the adapter forgets.
        if directive.name == "disconnect" && !self.config.lasting && self.admission.knows(&directive.contact) {
            self.drain_by.get_or_insert(now.plus_ms(self.config.limits.drain_ms));
        }
        if self.config.lasting && UNASKED.contains(&directive.name.as_str()) {
            return self.give(now, Input::Command(Command::Direct(directive)));
        }
        self.command(now, &directive.contact.clone(), Command::Direct(directive));
    }

    fn command(&mut self, now: Timestamp, contact: &Contact, command: Command) {
        if self.admission.knows(contact) {
            self.give(now, Input::Command(command));
        }
    }

    /// Words that belong to no transcript: their receipt is nobody's.
    fn notice(&mut self, now: Timestamp, contact: &Contact, from: Alias, message: Message) {
        self.last_notice += 1;
        let id = format!("n-{}", self.last_notice);
        let message = Message { id: id.clone(), sender: from.clone(), ..message };
        let delivery = Delivery { id, contact: contact.clone(), to: from, message, replay: false };
        self.command(now, contact, Command::Deliver(delivery));
    }

    /// A delivery that broke the guest is passed over as undelivered: the next one may be taken.
    pub(super) fn undeliverable(&mut self, delivery: &str) {
        let failure = Failure::new("unsupported", "The message could not be shown by this connection.");
        self.feeds.receipt(delivery, Err(failure));
    }

    /// Hands over what was pulled.
    pub(super) fn pulled(&mut self, now: Timestamp, feed: FeedId, entries: &[Entry]) {
        if !self.is_ready() {
            return self.feeds.unwanted(feed);
        }
        for delivery in self.feeds.pulled(feed, entries) {
            if self.admission.knows(&delivery.contact) {
                self.give(now, Input::Command(Command::Deliver(delivery)));
            }
        }
    }

    /// Tells the centre how far the cursors have got.
    pub(super) fn tell_progress(&mut self) {
        for Advance { feed, through, outcome } in self.feeds.advances() {
            let input = CentreInput::Delivered { endpoint: self.id, feed, through, outcome };
            self.actions.push(Action::Submit(input));
        }
    }

    /// Asks for more of the transcripts, unless the peer is slow to read.
    pub(super) fn pull(&mut self) {
        if !self.wants_effects() {
            return;
        }
        let pulls = self.feeds.pulls().into_iter();
        self.actions.extend(pulls.map(|Pull { feed, after, limit }| Action::Pull { feed, after, limit }));
    }
}
