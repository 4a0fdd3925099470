//! What the handling of a stanza or a command works with, beside the person it is about.

use crate::acks::Acks;
use crate::address::{self, Target};
use crate::ledger::{Ledger, Then};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::settings::Settings;
use crate::xml::Writer;
use cordboard_sdk::adapter::{Event, Report};
use cordboard_sdk::model::{LinkTarget, Timestamp};

/// One input's working set.
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    /// The links to publish.
    pub(crate) links: &'a [LinkTarget],
    /// The language of the peer's stream.
    pub(crate) language: Option<&'a str>,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) acks: &'a mut Acks,
    pub(crate) out: &'a mut Outbox,
}

impl Turn<'_> {
    /// Where to write a stanza; it counts as sent.
    pub(crate) fn stanza(&mut self) -> &mut Writer {
        self.acks.count_sent();
        self.out.xml()
    }

    /// Where a stanza of that person is to go; the person's own name is the account.
    pub(crate) fn target(&self, person: &Person, to: Option<&str>) -> Target {
        match address::target(to, &self.settings.domain) {
            Target::Alias(alias) if alias == person.alias && self.link(&alias).is_none() => Target::Account,
            target => target,
        }
    }

    /// The link of that name.
    pub(crate) fn link(&self, alias: &str) -> Option<&LinkTarget> {
        self.links.iter().find(|link| link.alias == alias)
    }

    /// Reports what a person did with the stanza at hand.
    pub(crate) fn report(&mut self, contact: &str, origin: Option<String>, event: Event, then: Then) {
        let reference = self.ledger.enter(contact, self.acks.number(), then);
        self.out.report(Report { ref_: reference, contact: contact.to_owned(), origin, event });
    }

    /// Reports that a person has left; no stanza says so.
    pub(crate) fn report_end(&mut self, contact: &str, reason: &str) {
        let ref_ = self.ledger.enter(contact, None, Then::Nothing);
        self.out.report(Report { ref_, contact: contact.to_owned(), origin: None, event: Event::Left(reason.into()) });
    }
}
