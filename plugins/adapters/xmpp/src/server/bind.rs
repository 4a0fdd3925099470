//! From an authenticated stream to a contact: resource binding (RFC 6120, 7).
//!
//! Before it only the domain answers a few questions; anything else ends the stream.

use crate::address::{Target, prepare_resource, target};
use crate::endpoint::Xmpp;
use crate::iq;
use crate::ledger::Then;
use crate::outbox::Outbox;
use crate::person::Person;
use crate::stanza::{Condition, Kind, Returned};
use crate::timers;
use crate::xml::{Element, ns};
use cordboard_sdk::adapter::{Arrival, Event};
use cordboard_sdk::model::{Alias, Attribute, Timestamp};

/// What the centre may use with an XMPP contact.
const FEATURES: &[&str] = &["aliases", "typing", "receipts", "presence", "roster"];
/// Where in the seed the bytes of a resource stand; those before are the streams' identifiers.
const RESOURCE_SEED: std::ops::Range<usize> = 24..32;

impl Xmpp {
    /// A child of an authenticated stream without a resource.
    pub(crate) fn unbound(&mut self, now: Timestamp, principal: &Alias, element: &Element, out: &mut Outbox) {
        if !element.is(ns::CLIENT, "iq") {
            return self.fail(out, "not-authorized", "Bind a resource first.");
        }
        let payload = match element.children.as_slice() {
            [payload] if matches!(element.attribute("type"), Some("get" | "set")) => payload,
            _ => return self.fail(out, "not-authorized", "Bind a resource first."),
        };
        let is_set = element.attribute("type") == Some("set");
        if payload.is(ns::BIND, "bind") && is_set {
            return self.bind(now, principal, element, payload, out);
        }
        let to = target(element.attribute("to"), &self.settings.domain);
        let mut turn = self.turn(now, "", out);
        let returned = Returned::of(&turn, Kind::Iq, element);
        let is_domain = matches!(&to, Target::Account) || matches!(&to, Target::Alias(alias) if alias.is_empty());
        if !is_domain || !iq::to_domain(&mut turn, &returned, payload, is_set) {
            self.fail(out, "not-authorized", "Bind a resource first.");
        }
    }

    fn bind(&mut self, now: Timestamp, alias: &Alias, iq: &Element, bind: &Element, out: &mut Outbox) {
        let wanted = bind.child_text(ns::BIND, "resource").unwrap_or_default().trim_ascii();
        let resource = if wanted.is_empty() { Some(self.made_resource()) } else { prepare_resource(wanted) };
        let Some(resource) = resource else {
            let mut turn = self.turn(now, "", out);
            return Returned::of(&turn, Kind::Iq, iq).refuse(&mut turn, Condition::BAD_REQUEST, "That is no resource.");
        };
        let contact = [alias.as_str(), "@", &self.settings.domain, "/", &resource].concat();
        let name = if self.state.server.name.is_empty() { alias } else { &self.state.server.name }.clone();
        timers::begin(now, self.settings.idle_ms, out);
        let mut turn = self.turn(now, "", out);
        let returned = Returned::of(&turn, Kind::Iq, iq);
        let xml = returned.open(&mut turn, "result").raw("><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>");
        xml.text(&contact).raw("</jid></bind></iq>");
        let arrival = Arrival {
            principal: Some(alias.clone()),
            name,
            features: FEATURES.iter().map(|&feature| feature.to_owned()).collect(),
            attributes: vec![Attribute::new("resource", resource)],
        };
        turn.report(&contact, None, Event::Arrived(arrival), Then::Arrived);
        let account = Some(alias.clone());
        let person = Person { account, arrived: true, active_at: now, ..Person::new(contact) };
        self.state.people.put(Box::new(person));
    }

    fn made_resource(&self) -> String {
        data_encoding::HEXLOWER.encode(self.state.seed.get(RESOURCE_SEED).unwrap_or(b"cordboard"))
    }
}
