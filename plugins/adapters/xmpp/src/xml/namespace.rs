//! Names of XML namespaces, shared instead of copied where we know them.

use std::sync::Arc;

/// A namespace name. Known ones cost nothing to make, compare or copy.
#[derive(Debug, Clone)]
pub(crate) enum Namespace {
    /// One of [`ns`].
    Known(&'static str),
    /// Any other.
    Other(Arc<str>),
}

impl Namespace {
    /// No namespace.
    pub(crate) const NONE: Self = Self::Known("");

    /// The namespace of that name.
    pub(crate) fn new(name: &str) -> Self {
        match ns::ALL.iter().find(|known| **known == name) {
            Some(known) => Self::Known(known),
            None => Self::Other(name.into()),
        }
    }

    /// Its name.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Other(name) => name,
        }
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for Namespace {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

macro_rules! namespaces {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        /// The namespaces we know.
        pub(crate) mod ns {
            $($(#[$doc])* pub(crate) const $name: &str = $value;)*
            /// All of them, the most frequent first.
            pub(super) const ALL: &[&str] = &["", $($name),*];
        }
    };
}

namespaces! {
    /// RFC 6120: stanzas between client and server.
    CLIENT = "jabber:client";
    /// XEP-0114: stanzas between a component and its server.
    COMPONENT = "jabber:component:accept";
    /// XEP-0085.
    CHAT_STATES = "http://jabber.org/protocol/chatstates";
    /// XEP-0184.
    RECEIPTS = "urn:xmpp:receipts";
    /// XEP-0198.
    ACKS = "urn:xmpp:sm:3";
    /// XEP-0333.
    MARKERS = "urn:xmpp:chat-markers:0";
    /// XEP-0359.
    STANZA_ID = "urn:xmpp:sid:0";
    /// RFC 6120: the stream itself.
    STREAM = "http://etherx.jabber.org/streams";
    /// RFC 6120: conditions of stream errors.
    STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";
    /// RFC 6120: conditions of stanza errors.
    STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";
    /// RFC 6120, 5.
    TLS = "urn:ietf:params:xml:ns:xmpp-tls";
    /// RFC 6120, 6.
    SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
    /// RFC 6120, 7.
    BIND = "urn:ietf:params:xml:ns:xmpp-bind";
    /// RFC 3921, 3; long optional, still asked for by old clients.
    SESSION = "urn:ietf:params:xml:ns:xmpp-session";
    /// RFC 6121, 2.
    ROSTER = "jabber:iq:roster";
    /// XEP-0030.
    DISCO_INFO = "http://jabber.org/protocol/disco#info";
    /// XEP-0030.
    DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
    /// XEP-0092.
    VERSION = "jabber:iq:version";
    /// XEP-0199.
    PING = "urn:xmpp:ping";
    /// XEP-0203.
    DELAY = "urn:xmpp:delay";
    /// XEP-0045: joining a room.
    ROOM = "http://jabber.org/protocol/muc";
    /// XEP-0049.
    PRIVATE = "jabber:iq:private";
    /// XEP-0054.
    VCARD = "vcard-temp";
    /// XEP-0352: says when a person looks at the client.
    CLIENT_STATE = "urn:xmpp:csi:0";
    /// Namespaces in XML 1.0: the prefix `xml`.
    XML = "http://www.w3.org/XML/1998/namespace";
}
