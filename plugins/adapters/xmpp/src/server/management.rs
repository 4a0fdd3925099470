//! The words of stream management (XEP-0198); what they count is in [`acks`].

use crate::acks;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::xml::Element;

impl Xmpp {
    /// Stream management (XEP-0198).
    pub(crate) fn stream_management(&mut self, element: &Element, out: &mut Outbox) {
        let enabled = self.state.acks.is_enabled();
        match element.name.as_str() {
            "enable" if self.state.people.first().is_some() && !enabled => {
                self.state.acks.enable(&self.settings.domain, out);
            }
            "resume" if self.state.server.principal.is_some() => acks::fail("feature-not-implemented", out),
            "enable" | "resume" => acks::fail("unexpected-request", out),
            "r" if enabled => self.state.acks.asked(&self.state.ledger, out),
            "a" if enabled => {
                let domain = &self.settings.domain;
                match acks::handled(element).map(|handled| self.state.acks.answered(handled, domain, out)) {
                    Some(Ok(())) => {}
                    Some(Err(too_high)) => self.handled_too_high(&too_high, out),
                    None => self.fail(out, "bad-format", "An <a/> has a number h."),
                }
            }
            "r" | "a" => self.fail(out, "policy-violation", "Stream management is not enabled."),
            _ => self.fail(out, "unsupported-stanza-type", "That element is not known here."),
        }
    }

    fn handled_too_high(&mut self, too_high: &acks::TooHigh, out: &mut Outbox) {
        out.xml().raw("<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        out.xml().raw("<handled-count-too-high xmlns='urn:xmpp:sm:3' h='").number(too_high.handled.into());
        out.xml().raw("' send-count='").number(too_high.sent.into()).raw("'/></stream:error>");
        self.close(out, "undefined-condition: the peer claims to have handled more than was sent".into());
    }
}
