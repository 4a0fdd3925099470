//! Proving who the peer is (RFC 6120, 6). The host owns the secrets; here are the words around it.
//!
//! While the host thinks, what the peer sends is put off. A connection has [`FAILURES`] attempts.

use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use crate::settings::Security;
use crate::stream::Ending;
use crate::xml::Element;
use cordboard_sdk::adapter::{Authentication, Proof, ProofStep};
use cordboard_sdk::model::{Attribute, Failure, Timestamp, attribute};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// Refused attempts after which the connection ends.
const FAILURES: u8 = 5;

/// An exchange, and those that failed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sasl {
    exchange: Option<Exchange>,
    failures: u8,
}

#[derive(Debug, Serialize, Deserialize)]
struct Exchange {
    reference: u64,
    mechanism: String,
    /// The host is to answer; else the peer.
    awaited: bool,
}

impl Sasl {
    /// Whether the host is thinking.
    pub(crate) fn is_awaited(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.awaited)
    }
}

impl Xmpp {
    /// The mechanisms that this peer may use now.
    pub(crate) fn mechanisms(&self) -> &[String] {
        match self.settings.security {
            _ if self.state.server.secured => &self.settings.mechanisms,
            Security::Required => &[],
            Security::Offered | Security::Absent => &self.settings.mechanisms_clear,
        }
    }

    /// A word of SASL.
    pub(crate) fn sasl(&mut self, element: &Element, out: &mut Outbox) {
        match element.name.as_str() {
            "auth" => self.auth(element, out),
            "response" => match self.state.server.sasl.exchange.take() {
                Some(exchange) => match decode(&element.text) {
                    Some(data) => self.verify(exchange.reference, exchange.mechanism, data, Vec::new(), out),
                    None => self.sasl_failure("incorrect-encoding", "", out),
                },
                None => self.sasl_failure("malformed-request", "Nothing was asked.", out),
            },
            "abort" => self.sasl_failure("aborted", "", out),
            _ => self.sasl_failure("malformed-request", "", out),
        }
    }

    fn auth(&mut self, element: &Element, out: &mut Outbox) {
        let mechanism = element.attribute("mechanism").unwrap_or_default();
        if !self.mechanisms().iter().any(|offered| offered == mechanism) {
            let secured = self.state.server.secured || self.settings.security == Security::Absent;
            let known = self.settings.mechanisms.iter().any(|offered| offered == mechanism);
            let condition = if known && !secured { "encryption-required" } else { "invalid-mechanism" };
            return self.sasl_failure(condition, "", out);
        }
        let Some(data) = decode(&element.text) else { return self.sasl_failure("incorrect-encoding", "", out) };
        let initial = !element.text.trim_ascii().is_empty();
        let attributes = initial.then(|| Attribute::new("initial", "yes"));
        let reference = self.state.ledger.reference();
        self.verify(reference, mechanism.to_owned(), data, attributes.into_iter().collect(), out);
    }

    fn verify(
        &mut self,
        reference: u64,
        mechanism: String,
        data: Vec<u8>,
        attributes: Vec<Attribute>,
        out: &mut Outbox,
    ) {
        let channel = Some(self.state.stream.channel);
        let (scheme, secret) = (mechanism.clone(), String::new());
        out.verify(Authentication { ref_: reference, channel, scheme, secret, data, attributes });
        self.state.server.sasl.exchange = Some(Exchange { reference, mechanism, awaited: true });
    }

    /// The host's answer.
    pub(crate) fn checked(&mut self, now: Timestamp, proof: Proof, out: &mut Outbox) {
        if self.state.stream.ending != Ending::Open {
            return;
        }
        match &mut self.state.server.sasl.exchange {
            Some(exchange) if exchange.awaited && exchange.reference == proof.ref_ => exchange.awaited = false,
            _ => return,
        }
        match proof.step {
            ProofStep::Challenge(data) => {
                let data = BASE64.encode(&data);
                out.xml().raw("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'").end("challenge", &data);
            }
            ProofStep::Success(principal) => {
                let data = BASE64.encode(&principal.data);
                out.xml().raw("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'").end("success", &data);
                self.state.server.sasl.exchange = None;
                attribute(&principal.attributes, "name").unwrap_or_default().clone_into(&mut self.state.server.name);
                self.state.server.principal = Some(principal.alias);
                self.restart();
            }
            ProofStep::Refused(failure) => {
                self.sasl_failure(condition(&failure, self.state.server.secured), &failure.text, out);
            }
            // Only for proving ourselves.
            ProofStep::Response(_) => self.sasl_failure("temporary-auth-failure", "", out),
        }
        self.go_on(now, out);
    }

    fn sasl_failure(&mut self, condition: &str, text: &str, out: &mut Outbox) {
        self.state.server.sasl.exchange = None;
        let xml = out.xml().raw("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><").raw(condition).raw("/>");
        if !text.is_empty() {
            xml.raw("<text xml:lang='en'>").text(text).raw("</text>");
        }
        xml.raw("</failure>");
        self.state.server.sasl.failures += 1;
        if self.state.server.sasl.failures >= FAILURES {
            self.fail(out, "policy-violation", "Too many attempts to sign in.");
        }
    }
}

/// The condition (RFC 6120, 6.5) that says what a failure's code says.
fn condition(failure: &Failure, secured: bool) -> &'static str {
    match failure.code.as_str() {
        "not-authorized" | "not-found" => "not-authorized",
        "malformed" => "malformed-request",
        "not-allowed" if !secured => "encryption-required",
        "not-allowed" | "unsupported" => "invalid-mechanism",
        "disabled" => "account-disabled",
        _ => "temporary-auth-failure",
    }
}

/// Base64; `=` alone stands for no bytes.
fn decode(text: &str) -> Option<Vec<u8>> {
    match text.trim_ascii() {
        "=" => Some(Vec::new()),
        text => BASE64.decode(text.as_bytes()).ok(),
    }
}

#[cfg(test)]
mod tests;
