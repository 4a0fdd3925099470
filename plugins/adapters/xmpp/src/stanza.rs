//! Stanzas and how they are answered (RFC 6120, 8).

use crate::person::Person;
use crate::turn::Turn;
use crate::xml::{Element, Writer};
use crate::{iq, message, presence};
use cordboard_sdk::model::Failure;
use serde::{Deserialize, Serialize};

/// The three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Message,
    Presence,
    Iq,
}

impl Kind {
    /// Of an element of that name, if it is a stanza.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Message, Self::Presence, Self::Iq].into_iter().find(|kind| kind.as_str() == name)
    }

    /// The element's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Presence => "presence",
            Self::Iq => "iq",
        }
    }
}

/// Handles a stanza of that person.
pub(crate) fn received(turn: &mut Turn<'_>, person: &mut Person, kind: Kind, stanza: &Element) {
    match kind {
        Kind::Message => message::received(turn, person, stanza),
        Kind::Presence => presence::received(turn, person, stanza),
        Kind::Iq => iq::received(turn, person, stanza),
    }
}

/// Tells the sender of a stanza that it was not handled, as handling it fails.
pub(crate) fn leave_out(turn: &mut Turn<'_>, kind: Kind, stanza: &Element) {
    if let Some(returned) = Returned::of_refused(turn, kind, stanza) {
        returned.refuse(turn, Condition::INTERNAL_SERVER_ERROR, "That could not be handled.");
    }
}

/// What has to be known of a stanza to answer it later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Returned {
    kind: Kind,
    id: Option<String>,
    /// As the peer spelt it.
    to: Option<String>,
    /// Who has sent it: the answer goes there. Empty where a stream is the peer's own and nobody on it has a name yet.
    sender: String,
}

impl Returned {
    /// Of the stanza at hand.
    pub(crate) fn of(turn: &Turn<'_>, kind: Kind, stanza: &Element) -> Self {
        let own = |name| stanza.attribute(name).map(str::to_owned);
        Self { kind, id: own("id"), to: own("to"), sender: turn.sender.to_owned() }
    }

    /// Of a stanza that is refused whatever is in it; `None` where its sender waits for no answer. An error is never answered (RFC
    /// 6120, 8.3.1).
    pub(crate) fn of_refused(turn: &Turn<'_>, kind: Kind, stanza: &Element) -> Option<Self> {
        let is_answered = match (kind, stanza.attribute("type")) {
            (Kind::Message, kind) => kind != Some("error"),
            (Kind::Presence, kind) => matches!(kind, None | Some("subscribe" | "probe")),
            (Kind::Iq, kind) => matches!(kind, Some("get" | "set")),
        };
        is_answered.then(|| Self::of(turn, kind, stanza))
    }

    /// To whom the stanza was.
    pub(crate) fn to(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// Opens the answer's tag; attributes may follow, then `>`.
    pub(crate) fn open<'t>(&self, turn: &'t mut Turn<'_>, answer: &str) -> &'t mut Writer {
        let xml = turn.stanza().raw("<").raw(self.kind.as_str()).attribute("type", answer);
        let xml = xml.attribute_if("id", self.id.as_deref()).attribute_if("from", self.to());
        xml.attribute_if("to", Some(self.sender.as_str()).filter(|sender| !sender.is_empty()))
    }

    /// Answers an iq with nothing but success.
    pub(crate) fn done(&self, turn: &mut Turn<'_>) {
        self.open(turn, "result").raw("/>");
    }

    /// Answers with an error.
    pub(crate) fn refuse(&self, turn: &mut Turn<'_>, condition: Condition, text: &str) {
        let xml = self.open(turn, "error").raw("><error type='").raw(condition.action).raw("'><");
        xml.raw(condition.name).raw(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
        if !text.is_empty() {
            xml.raw("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>").text(text).raw("</text>");
        }
        xml.raw("</error></").raw(self.kind.as_str()).raw(">");
    }

    /// Answers with the host's refusal.
    pub(crate) fn fail(&self, turn: &mut Turn<'_>, failure: &Failure) {
        self.refuse(turn, Condition::of(&failure.code), &failure.text);
    }
}

/// A condition of a stanza error (RFC 6120, 8.3.3), with what the peer should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    name: &'static str,
    action: &'static str,
}

impl Condition {
    pub(crate) const BAD_REQUEST: Self = Self::new("bad-request", "modify");
    pub(crate) const FEATURE_NOT_IMPLEMENTED: Self = Self::new("feature-not-implemented", "cancel");
    pub(crate) const INTERNAL_SERVER_ERROR: Self = Self::new("internal-server-error", "wait");
    pub(crate) const ITEM_NOT_FOUND: Self = Self::new("item-not-found", "cancel");
    pub(crate) const JID_MALFORMED: Self = Self::new("jid-malformed", "modify");
    pub(crate) const NOT_ALLOWED: Self = Self::new("not-allowed", "cancel");
    pub(crate) const POLICY_VIOLATION: Self = Self::new("policy-violation", "modify");
    pub(crate) const REMOTE_SERVER_NOT_FOUND: Self = Self::new("remote-server-not-found", "cancel");
    pub(crate) const SERVICE_UNAVAILABLE: Self = Self::new("service-unavailable", "cancel");

    const fn new(name: &'static str, action: &'static str) -> Self {
        Self { name, action }
    }

    /// The condition that says what a failure's code says.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "not-found" => Self::ITEM_NOT_FOUND,
            "not-allowed" => Self::NOT_ALLOWED,
            "not-authorized" => Self::new("not-authorized", "auth"),
            "busy" => Self::new("resource-constraint", "wait"),
            "too-many" => Self::new("policy-violation", "wait"),
            "too-large" => Self::POLICY_VIOLATION,
            "gone" => Self::new("gone", "cancel"),
            "malformed" => Self::BAD_REQUEST,
            "unsupported" => Self::FEATURE_NOT_IMPLEMENTED,
            "conflict" => Self::new("conflict", "cancel"),
            _ => Self::new("undefined-condition", "cancel"),
        }
    }
}

/// The failure that an error stanza of the peer says.
pub(crate) fn failure(stanza: &Element) -> Failure {
    use crate::xml::ns;
    let error = stanza.child(ns::CLIENT, "error");
    let conditions = error.map_or(&[][..], |error| &error.children);
    let condition = conditions.iter().find(|child| child.namespace == *ns::STANZA_ERRORS && child.name != "text");
    let code = match condition.map(|condition| condition.name.as_str()) {
        Some("item-not-found" | "recipient-unavailable") => "not-found",
        Some("gone") => "gone",
        Some("feature-not-implemented" | "service-unavailable") => "unsupported",
        Some("resource-constraint") => "busy",
        Some("policy-violation") => "too-large",
        Some("bad-request" | "not-acceptable" | "jid-malformed") => "malformed",
        Some("not-authorized" | "registration-required" | "subscription-required") => "not-authorized",
        _ => "not-allowed",
    };
    let text = error.and_then(|error| error.child_text(ns::STANZA_ERRORS, "text")).unwrap_or_default();
    Failure::new(code, text)
}
