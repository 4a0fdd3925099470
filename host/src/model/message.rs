//! What people and plugins say: `cordboard:model/types` of `wit/`.

use super::{Alias, Timestamp};
use serde::{Deserialize, Serialize};

/// A named fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attribute {
    /// A documented word.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

impl Attribute {
    /// A named fact.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// The value of the first attribute of that name.
pub fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.name == name).map(|a| a.value.as_str())
}

/// A mechanic that contract 1.0 did not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// What it is.
    pub name: String,
    /// Its content.
    pub value: Vec<u8>,
}

/// What a guest saved of itself: `MessagePack` of its own making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedState {
    /// The guest's number of the format.
    pub format: u32,
    /// At most [`Limits::saved_state_bytes`](super::limits::Limits).
    pub bytes: Vec<u8>,
}

/// Why something was refused, in a documented code and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// `not-found`, `not-allowed`, `not-authorized`, `busy`, `too-large`, `too-many`, `gone`, `malformed`, `timeout`,
    /// `unsupported`, `conflict`.
    pub code: String,
    /// For the person.
    pub text: String,
}

impl Failure {
    /// A refusal.
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
}

/// An HTTP request of a plugin or a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Absolute for outbound requests; path and query for inbound ones.
    pub url: String,
    /// In order.
    pub headers: Vec<Attribute>,
    /// Bounded by the limits.
    pub body: Vec<u8>,
}

/// An HTTP response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// In order.
    pub headers: Vec<Attribute>,
    /// Bounded by the limits.
    pub body: Vec<u8>,
}

/// One choice of a [`Field`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormOption {
    /// What is answered.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// One question of a [`Form`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in the answer.
    pub name: String,
    /// What is shown.
    pub label: String,
    /// `text`, `secret`, `one`, `many`, `yes-no`, `date`, `phone`, `e-mail`, ...
    pub kind: String,
    /// Whether it has to be answered.
    pub required: bool,
    /// The choices of `one` and `many`.
    pub options: Vec<FormOption>,
    /// What stands in it already.
    pub values: Vec<String>,
}

/// Questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// A heading.
    pub title: String,
    /// An introduction; all there is for software without forms.
    pub text: String,
    /// The questions.
    pub fields: Vec<Field>,
    /// Facts for the adapter.
    pub attributes: Vec<Attribute>,
}

/// A link as customers see it. Links form a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// Its outside name.
    pub alias: Alias,
    /// What is shown.
    pub label: String,
    /// The link it stands under.
    pub parent: Option<Alias>,
}

/// The content of a [`Message`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Plain text.
    Text(String),
    /// Questions.
    Form(Form),
    /// Answers.
    FormReply(Vec<Attribute>),
    /// A menu of links.
    Menu(Vec<LinkTarget>),
    /// What 1.0 did not know.
    Other(Extension),
}

/// A message as an endpoint is given it or reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Given by the host, unique in the session, increasing. In a report: empty.
    pub id: String,
    /// As the receiver may know the sender. In a report: ignored, the host knows who spoke.
    pub sender: Alias,
    /// How the sender is to be shown.
    pub sender_name: String,
    /// When the host took it. In a report: ignored.
    pub sent_at: Timestamp,
    /// The content.
    pub body: Body,
    /// BCP 47, where the sender's software says it.
    pub language: Option<String>,
    /// Documented words: `thread`, `subject`, ...
    pub attributes: Vec<Attribute>,
}

impl Message {
    /// Words as somebody says them, in no language that is known.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            sender: Alias::default(),
            sender_name: String::new(),
            sent_at: Timestamp::default(),
            body: Body::Text(text.into()),
            language: None,
            attributes: Vec::new(),
        }
    }
}
