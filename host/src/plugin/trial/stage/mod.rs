//! A plugin on trial: opened as the transcript says, called as it says, its answers as lines.
//!
//! Invariant: it is called through the same types that the service calls it by, so under the same limits.

mod adapter;
mod dialog;
mod rule;

use super::plain;
use super::setup::Setup;
use crate::model::Timestamp;
use crate::model::adapter::GuestFailure;
use crate::plugin::{AnyPlugin, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call of a plugin of one kind.
#[derive(Debug)]
pub(super) enum Call {
    Rule(rule::Call),
    Adapter(adapter::Call),
    Dialog(dialog::Call),
}

impl Call {
    /// Out of its word and content.
    pub(super) fn parse(kind: Kind, word: &str, content: Option<Value>) -> Result<Self, String> {
        match kind {
            Kind::Rule => rule::Call::parse(word, content).map(Self::Rule),
            Kind::Adapter => adapter::Call::parse(word, content).map(Self::Adapter),
            Kind::Dialog => dialog::Call::parse(word, content).map(Self::Dialog),
        }
    }

    /// An answer to this call, in the spelling in which answers are written; the error says why it can't be one.
    pub(super) fn answer(&self, word: &str, content: Option<Value>) -> Result<String, String> {
        match self {
            Self::Rule(call) => call.answer(word, content),
            Self::Adapter(call) => call.answer(word, content),
            Self::Dialog(_) => respelt::<crate::model::dialog::Action>(word, content),
        }
    }
}

/// Reads and writes again.
fn respelt<T: Serialize + serde::de::DeserializeOwned>(word: &str, content: Option<Value>) -> Result<String, String> {
    let value: T = plain::parse(word, content).map_err(|error| error.to_string())?;
    Ok(line(&value))
}

/// A value that is a case of an enum, as a line.
fn line<T: Serialize>(value: &T) -> String {
    // The model's types have neither keys that are no text nor fallible parts.
    plain::line(value).unwrap_or_else(|error| format!("can't be written: {error}"))
}

/// What may come of the opening.
#[derive(Serialize, Deserialize)]
enum Opening {
    Refused(String),
}

/// An answer to the opening, respelt.
pub(super) fn opening(word: &str, content: Option<Value>) -> Result<String, String> {
    respelt::<Opening>(word, content)
}

/// The line of a refusal.
pub(super) fn refused(words: &str) -> String {
    line(&Opening::Refused(words.to_owned()))
}

/// A plugin at work.
pub(super) enum Stage {
    Rule(rule::Stage),
    Adapter(adapter::Stage),
    Dialog(dialog::Stage),
}

impl Stage {
    /// Opens or restores it; inside: what it says if it refuses.
    pub(super) fn open(plugin: &AnyPlugin, at: Timestamp, setup: &Setup) -> Result<Result<Self, String>, GuestFailure> {
        let opened = match plugin {
            AnyPlugin::Rule(plugin) => rule::Stage::open(plugin, setup).map(Self::Rule),
            AnyPlugin::Adapter(plugin) => adapter::Stage::open(plugin, at, setup).map(Self::Adapter),
            AnyPlugin::Dialog(plugin) => dialog::Stage::open(plugin, at, setup).map(Self::Dialog),
        };
        match opened {
            Ok(stage) => Ok(Ok(stage)),
            Err(GuestFailure::Refused(words)) => Ok(Err(words)),
            Err(failure) => Err(failure),
        }
    }

    /// One call, its answers. A transcript's calls are of its plugin's kind, which was checked.
    pub(super) fn call(&mut self, now: Timestamp, call: &Call) -> Result<Vec<String>, GuestFailure> {
        match (self, call) {
            (Self::Rule(stage), Call::Rule(call)) => stage.call(now, call),
            (Self::Adapter(stage), Call::Adapter(call)) => stage.call(now, call),
            (Self::Dialog(stage), Call::Dialog(call)) => stage.call(now, call),
            _ => Err(GuestFailure::Contract("the call is for another kind of plugin".to_owned())),
        }
    }
}
