//! What the handling of a stanza or a command works with, beside the person it is about.

use crate::acks::Acks;
use crate::address::{self, Target};
use crate::ledger::{Ledger, Then};
use crate::outbox::Outbox;
use crate::person::Person;
use crate::settings::Settings;
use crate::xml::Writer;
use cordboard_sdk::adapter::{Arrival, Channel, Event, Report};
use cordboard_sdk::model::{LinkTarget, Timestamp};

/// One input's working set.
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    /// The links to publish.
    pub(crate) links: &'a [LinkTarget],
    /// The language of the peer's stream, where the peer is the person.
    pub(crate) language: Option<&'a str>,
    /// The channel.
    pub(crate) channel: Channel,
    /// Who has sent the stanza at hand, and gets the answer; empty where there is none.
    pub(crate) sender: &'a str,
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
            Target::Alias(alias) if person.account.as_ref() == Some(&alias) && self.link(&alias).is_none() => {
                Target::Account
            }
            target => target,
        }
    }

    /// The link of that name.
    pub(crate) fn link(&self, alias: &str) -> Option<&LinkTarget> {
        self.links.iter().find(|link| link.alias == alias)
    }

    /// Reports that a person is here, where that is new. On a link to a provider it is with the first thing that a person does.
    pub(crate) fn arrive(&mut self, person: &mut Person, name: &str) {
        if person.leaving {
            self.leave(person);
        }
        if !std::mem::replace(&mut person.arrived, true) {
            let features = ["aliases", "typing", "receipts", "presence"].into_iter().map(str::to_owned).collect();
            let principal = Some(person.contact.clone());
            let name = if name.is_empty() { person.name(self.settings.agents) } else { name }.to_owned();
            let arrival = Arrival { principal, name, features, attributes: Vec::new() };
            self.report(&person.contact, None, Event::Arrived(arrival), Then::Arrived);
        }
    }

    /// Reports that a person has gone of whom nothing is awaited any more.
    pub(crate) fn leave(&mut self, person: &mut Person) {
        (person.arrived, person.leaving) = (false, false);
        self.report_end(&person.contact, "unavailable");
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
