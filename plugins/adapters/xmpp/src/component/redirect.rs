//! Sending a person at a provider to our own listener, in words: an address as a URI (RFC 5122), which IM software opens at a click.

use crate::delivery;
use crate::endpoint::Xmpp;
use crate::outbox::Outbox;
use cordboard_sdk::adapter::Redirection;
use cordboard_sdk::model::{Timestamp, attribute};

impl Xmpp {
    /// Tells the person where to go on.
    pub(crate) fn send_on(&mut self, now: Timestamp, redirection: &Redirection, out: &mut Outbox) {
        let word = |name| attribute(&redirection.attributes, name).unwrap_or_default();
        let link = word("link");
        let uri = uri(link, &redirection.target, word("code"));
        let text = [word("text"), &uri].join(if word("text").is_empty() { "" } else { " " });
        self.with(now, &redirection.contact, out, |turn, person| {
            let id = person.request_id("redirect");
            delivery::say(turn, person, link, &id, &text);
        });
    }
}

/// A message to a name at that host; with a code, what to say is filled in.
fn uri(link: &str, target: &str, code: &str) -> String {
    let mut uri = String::from("xmpp:");
    encode(&mut uri, link);
    uri.push('@');
    uri.push_str(host(target));
    uri.push_str("?message");
    if !code.is_empty() {
        uri.push_str(";body=continue%20");
        encode(&mut uri, code);
    }
    uri
}

/// The target without its port: an address of XMPP has none.
fn host(target: &str) -> &str {
    match target.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => target,
    }
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
fn encode(uri: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)]);
            uri.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

#[cfg(test)]
mod tests;
