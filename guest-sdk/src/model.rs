//! Types that every contract shares (`cordboard:model/types`).

pub use crate::bindings::rule::cordboard::model::types::{
    Alias, Attribute, Body, Extension, Failure, Field, Form, FormOption, HttpRequest, HttpResponse, LinkTarget,
    Message, Presence, PresenceTuple, QueueStatus, Reference, SavedState, Timestamp,
};

/// The value of the first attribute called `name`.
pub fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
}

impl Failure {
    /// With a code of the contract (`not-found`, `busy`, ...) and words for a person.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}

impl Attribute {
    /// A fact.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}
