//! `cordboard:model/types`: what every contract shares.

mod form;
mod http;
mod presence;
#[cfg(test)]
mod tests;

use super::bindings::rule::cordboard::model::types as wit;
use super::{copied, taken};
use crate::model;

impl From<&model::Attribute> for wit::Attribute {
    fn from(a: &model::Attribute) -> Self {
        Self { name: a.name.clone(), value: a.value.clone() }
    }
}

impl From<wit::Attribute> for model::Attribute {
    fn from(a: wit::Attribute) -> Self {
        Self { name: a.name, value: a.value }
    }
}

impl From<&model::Extension> for wit::Extension {
    fn from(e: &model::Extension) -> Self {
        Self { name: e.name.clone(), value: e.value.clone() }
    }
}

impl From<wit::Extension> for model::Extension {
    fn from(e: wit::Extension) -> Self {
        Self { name: e.name, value: e.value }
    }
}

impl From<&model::SavedState> for wit::SavedState {
    fn from(s: &model::SavedState) -> Self {
        Self { format: s.format, bytes: s.bytes.clone() }
    }
}

impl From<wit::SavedState> for model::SavedState {
    fn from(s: wit::SavedState) -> Self {
        Self { format: s.format, bytes: s.bytes }
    }
}

impl From<&model::Failure> for wit::Failure {
    fn from(f: &model::Failure) -> Self {
        Self { code: f.code.clone(), text: f.text.clone() }
    }
}

impl From<wit::Failure> for model::Failure {
    fn from(f: wit::Failure) -> Self {
        Self { code: f.code, text: f.text }
    }
}

impl From<&model::Body> for wit::Body {
    fn from(body: &model::Body) -> Self {
        match body {
            model::Body::Text(text) => Self::Text(text.clone()),
            model::Body::Form(form) => Self::Form(form.into()),
            model::Body::FormReply(values) => Self::FormReply(copied(values)),
            model::Body::Menu(links) => Self::Menu(copied(links)),
            model::Body::Other(other) => Self::Other(other.into()),
        }
    }
}

impl From<wit::Body> for model::Body {
    fn from(body: wit::Body) -> Self {
        match body {
            wit::Body::Text(text) => Self::Text(text),
            wit::Body::Form(form) => Self::Form(form.into()),
            wit::Body::FormReply(values) => Self::FormReply(taken(values)),
            wit::Body::Menu(links) => Self::Menu(taken(links)),
            wit::Body::Other(other) => Self::Other(other.into()),
        }
    }
}

impl From<&model::Message> for wit::Message {
    fn from(m: &model::Message) -> Self {
        Self {
            id: m.id.clone(),
            sender: m.sender.as_str().to_owned(),
            sender_name: m.sender_name.clone(),
            sent_at: m.sent_at.0,
            body: (&m.body).into(),
            language: m.language.clone(),
            attributes: copied(&m.attributes),
        }
    }
}

impl From<wit::Message> for model::Message {
    fn from(m: wit::Message) -> Self {
        Self {
            id: m.id,
            sender: model::Alias::new(m.sender),
            sender_name: m.sender_name,
            sent_at: model::Timestamp(m.sent_at),
            body: m.body.into(),
            language: m.language,
            attributes: taken(m.attributes),
        }
    }
}
