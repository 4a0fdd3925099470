//! What the host wants done.

use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::settings::Role;
use crate::turn::Turn;
use crate::{delivery, presence, receipts, roster, shown, software};
use cordboard_sdk::adapter::{Command, Directive, Redirection};
use cordboard_sdk::log;
use cordboard_sdk::model::{Failure, Timestamp, attribute};

impl Xmpp {
    /// Does it, where the contact is ours and can be told.
    pub(crate) fn command(&mut self, now: Timestamp, command: Command, out: &mut Outbox) {
        match command {
            Command::Advertise(links) => self.state.links = links,
            Command::Drain => self.drain(out),
            Command::Deliver(delivery) if !self.state.people.contains(&delivery.contact) => {
                out.receipt(delivery.id, Err(Failure::new("not-found", "the contact has gone")));
            }
            Command::Other(extension) => log::warn!("the command {:?} is not known here", extension.name),
            // A ban outlives channels, and concerns people who are not here.
            Command::Direct(directive) if directive.name == "ban" => self.ban(now, &directive),
            _ if !self.is_up() => {}
            Command::Redirect(redirection) => self.redirect(now, &redirection, out),
            Command::Direct(directive) if directive.name == "disconnect" => self.disconnect(now, &directive, out),
            Command::Direct(directive) if directive.name == "recall" => self.recall(now, &directive, out),
            command => self.for_person(now, command, out),
        }
    }

    fn for_person(&mut self, now: Timestamp, command: Command, out: &mut Outbox) {
        let contact = match &command {
            Command::Deliver(delivery) => &delivery.contact,
            Command::Show(showing) => &showing.contact,
            Command::Roster(roster) => &roster.contact,
            Command::Offer(offer) => &offer.contact,
            Command::Hint(hint) => &hint.contact,
            Command::Direct(directive) => &directive.contact,
            _ => return,
        };
        let contact = contact.clone();
        self.with(now, &contact, out, |turn, person| match command {
            // It is left to whoever comes back.
            Command::Deliver(_) if person.leaving => {}
            Command::Deliver(delivery) => delivery::deliver(turn, person, delivery),
            Command::Show(showing) => shown::show(turn, person, &showing),
            Command::Roster(roster) => roster::given(turn, person, roster),
            Command::Offer(offer) => delivery::offer(turn, person, &offer),
            Command::Hint(hint) => receipts::hint(turn, person, &hint),
            Command::Direct(directive) => direct(turn, person, &directive),
            _ => {}
        });
    }

    fn drain(&mut self, out: &mut Outbox) {
        match self.settings.role {
            Role::Server => self.fail(out, "system-shutdown", ""),
            Role::Component => self.close(out, "drained".into()),
        }
    }

    fn redirect(&mut self, now: Timestamp, redirection: &Redirection, out: &mut Outbox) {
        match self.settings.role {
            Role::Server if self.state.people.contains(&redirection.contact) => {
                self.fail_with(out, "see-other-host", &redirection.target, "");
            }
            Role::Server => {}
            Role::Component => self.send_on(now, redirection, out),
        }
    }

    fn disconnect(&mut self, now: Timestamp, directive: &Directive, out: &mut Outbox) {
        if !self.state.people.contains(&directive.contact) {
            return;
        }
        if self.settings.role == Role::Component {
            // Nobody's connection is ours to end.
            self.state.people.take(&directive.contact);
            return self.turn(now, "", out).report_end(&directive.contact, "disconnected");
        }
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
        "identify-software" => {
            let ear = person.ear();
            software::ask(turn, person, ear);
        }
        "withdraw-offer" => delivery::withdraw_offer(turn, person, directive),
        "accept-subscription" => {
            let alias = attribute(&directive.attributes, "alias").unwrap_or_default();
            presence::tell(turn, alias, person.bare(), "subscribed");
        }
        name => log::warn!("the order {name:?} is not known here"),
    }
}
