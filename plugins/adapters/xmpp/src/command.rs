//! What the host wants done.

use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::turn::Turn;
use crate::{delivery, receipts, roster, shown, software};
use cordboard_sdk::adapter::{Command, Directive};
use cordboard_sdk::log;
use cordboard_sdk::model::{Failure, Timestamp, attribute};

impl Xmpp {
    /// Does it, where the stream is open and the contact is ours.
    pub(crate) fn command(&mut self, now: Timestamp, command: Command, out: &mut Outbox) {
        match command {
            Command::Advertise(links) => self.state.links = links,
            Command::Drain => self.fail(out, "system-shutdown", ""),
            Command::Redirect(redirection) => {
                if self.is_contact(&redirection.contact) {
                    self.fail_with(out, "see-other-host", &redirection.target, "");
                }
            }
            Command::Direct(directive) if directive.name == "disconnect" => {
                if self.is_contact(&directive.contact) {
                    self.disconnect(&directive, out);
                }
            }
            Command::Deliver(delivery) if !self.is_contact(&delivery.contact) => {
                out.receipt(delivery.id, Err(Failure::new("not-found", "the contact has gone")));
            }
            command => self.for_person(now, command, out),
        }
    }

    fn for_person(&mut self, now: Timestamp, command: Command, out: &mut Outbox) {
        let Some((mut turn, person)) = self.turn(now, out) else { return };
        match command {
            Command::Deliver(delivery) => delivery::deliver(&mut turn, person, delivery),
            Command::Show(showing) if showing.contact == person.contact => shown::show(&mut turn, person, &showing),
            Command::Roster(roster) if roster.contact == person.contact => roster::given(&mut turn, person, roster),
            Command::Offer(offer) if offer.contact == person.contact => delivery::offer(&mut turn, person, &offer),
            Command::Hint(hint) if hint.contact == person.contact => receipts::hint(&mut turn, person, &hint),
            Command::Direct(directive) if directive.contact == person.contact => direct(&mut turn, person, &directive),
            Command::Other(extension) => log::warn!("the command {:?} is not known here", extension.name),
            // For a contact that has gone.
            _ => {}
        }
    }

    fn is_contact(&self, contact: &str) -> bool {
        self.state.person.as_ref().is_some_and(|person| person.contact == contact)
    }

    fn disconnect(&mut self, directive: &Directive, out: &mut Outbox) {
        let condition = match attribute(&directive.attributes, "reason") {
            Some("conflict") => "conflict",
            Some("shutdown") => "system-shutdown",
            _ => "policy-violation",
        };
        self.fail(out, condition, attribute(&directive.attributes, "text").unwrap_or_default());
    }
}

fn direct(turn: &mut Turn<'_>, person: &mut Person, directive: &Directive) {
    match directive.name.as_str() {
        "identify-software" => software::ask(turn, person),
        "withdraw-offer" => delivery::withdraw_offer(turn, person, directive),
        "accept-subscription" => {
            let alias = attribute(&directive.attributes, "alias").unwrap_or_default();
            let domain = &turn.settings.domain;
            let xml = turn.stanza().raw("<presence type='subscribed'").address("from", alias, domain, "");
            xml.attribute("to", person.bare()).raw("/>");
        }
        name => log::warn!("the order {name:?} is not known here"),
    }
}
