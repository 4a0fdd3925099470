//! People with whom the centre has business from before, and questions for people's presence (RFC 6121, 4.3).

use crate::address::{Sender, same_domain};
use crate::availability;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::presence;
use crate::turn::Turn;
use cordboard_sdk::adapter::Directive;
use cordboard_sdk::model::{Timestamp, attribute};

/// Links in whose names the presence of somebody is asked for, of whom nothing is known.
const NAMES: usize = 16;

impl Xmpp {
    /// Knows the person, reports their arrival again, and asks for their presence.
    pub(crate) fn recall(&mut self, now: Timestamp, directive: &Directive, out: &mut Outbox) {
        let word = |name| attribute(&directive.attributes, name);
        let Some(person) = Sender::read(word("principal").unwrap_or(&directive.contact)) else { return };
        if same_domain(person.domain(), &self.settings.domain) {
            return;
        }
        let contact = person.bare();
        let mut person = self.state.people.take(contact).unwrap_or_else(|| Box::new(Person::new(contact.to_owned())));
        person.active_at = now;
        (person.arrived, person.leaving) = (false, false);
        let mut turn = self.turn(now, "", out);
        turn.arrive(&mut person, word("name").unwrap_or_default());
        if !person.resources.is_empty() {
            availability::publish(&mut turn, &person, std::iter::empty());
        }
        ask(&mut turn, &person);
        self.state.people.put(person);
        self.make_room(now, contact, out);
    }
}

/// The server answers only a name to which the person has given leave; where it is not known, any link may be it.
fn ask(turn: &mut Turn<'_>, person: &Person) {
    probe(turn, &person.contact, "");
    if !person.known_as.is_empty() {
        return probe(turn, &person.contact, &person.known_as);
    }
    for link in turn.links.iter().take(NAMES) {
        probe(turn, &person.contact, &link.alias);
    }
}

/// Asks for somebody's presence in the name of an alias.
pub(super) fn probe(turn: &mut Turn<'_>, contact: &str, alias: &str) {
    presence::tell(turn, alias, contact, "probe");
}
