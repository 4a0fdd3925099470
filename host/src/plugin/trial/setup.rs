//! What a plugin is opened with in a transcript: a line of JSON in which only what matters is written.
//!
//! Defaults: a server of `localhost` for customers, settings `{}`, a seed of sevens, no attributes, and no saved state, so that it is opened
//! and not restored.

use crate::model::{Attribute, SavedState, Side, adapter, dialog};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Bytes of a seed.
const SEED_BYTES: usize = 32;
/// Of what a seed is made where the transcript doesn't say.
const SEED: u8 = 7;

/// For all kinds; a rule has settings and state, a dialog also seed and attributes, an adapter everything.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
pub(super) struct Setup {
    side: Option<Side>,
    role: Option<String>,
    domain: Option<String>,
    settings: Option<Value>,
    seed: Option<u8>,
    attributes: BTreeMap<String, String>,
    state: Option<SavedState>,
}

/// A setup in a single case, as the line is written.
#[derive(Deserialize)]
pub(super) enum Line {
    /// The line `setup`.
    Setup(Setup),
}

impl Setup {
    /// As JSON.
    pub(super) fn settings(&self) -> String {
        self.settings_value().to_string()
    }

    pub(super) fn settings_value(&self) -> Value {
        self.settings.clone().unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// Whether it is opened for a link to a provider, as those roles are that are no server.
    pub(super) fn is_link(&self) -> bool {
        self.role.as_deref().is_some_and(|role| role != "server")
    }

    /// What it is restored from; for a rule, its memory.
    pub(super) fn state(&self) -> Option<&SavedState> {
        self.state.as_ref()
    }

    /// What an endpoint is opened with.
    pub(super) fn adapter(&self) -> adapter::Setup {
        let or = |given: &Option<String>, default: &str| given.clone().unwrap_or_else(|| default.to_owned());
        adapter::Setup {
            side: self.side.unwrap_or(Side::Customer),
            role: or(&self.role, "server"),
            domain: or(&self.domain, "localhost"),
            settings: self.settings(),
            seed: self.seed(),
            attributes: self.attributes(),
        }
    }

    /// What a conversation is opened with.
    pub(super) fn dialog(&self) -> dialog::Setup {
        dialog::Setup { seed: self.seed(), attributes: self.attributes() }
    }

    fn seed(&self) -> Vec<u8> {
        vec![self.seed.unwrap_or(SEED); SEED_BYTES]
    }

    fn attributes(&self) -> Vec<Attribute> {
        self.attributes.iter().map(|(name, value)| Attribute::new(name, value)).collect()
    }
}
