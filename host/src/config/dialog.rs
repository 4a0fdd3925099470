//! Dialogs, from the operator's file to the centre's settings.

use super::Json;
use super::check::Check;
use super::raw::{Read, WEEK_S};
use super::section::{Located, Section};
use crate::model::settings::{Dialog, Fallback};
use std::collections::BTreeMap;

pub(super) struct RawDialog {
    pub(super) name: Located<String>,
    plugin: Option<Located<String>>,
    label: Option<String>,
    silence_ms: u64,
    fallback: Fallback,
    settings: Json,
}

impl RawDialog {
    /// As the centre is given it.
    fn settings(&self) -> Dialog {
        let Self { name, plugin, label, silence_ms, fallback, .. } = self;
        let named = || name.value.clone();
        Dialog {
            name: named(),
            label: label.clone().unwrap_or_else(named),
            plugin: plugin.as_ref().map_or_else(named, |plugin| plugin.value.clone()),
            silence_ms: *silence_ms,
            fallback: *fallback,
        }
    }
}

/// Reads a section.
pub(super) fn dialog(mut section: Section<'_>) -> Option<RawDialog> {
    let name = section.required::<String>("name", "name = \"greeting\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let plugin = section.optional("plugin");
    let label = section.optional("label").map(|label: Located<String>| label.value);
    let silence_ms = section.number("silence_s", 600, 10..=WEEK_S) * 1000;
    let fallback = section.choice("fallback", &[("queue", Fallback::Queue), ("close", Fallback::Close)]);
    let settings = section.or("settings", Json::new());
    section.finish();
    Some(RawDialog { name: name?, plugin, label, silence_ms, fallback, settings })
}

impl Check<'_> {
    pub(super) fn dialogs(&self) -> Vec<Dialog> {
        let dialogs = &self.raw.dialogs.list;
        self.names("dialog", "name", dialogs.iter().map(|dialog| &dialog.name));
        self.apart_from_queues();
        dialogs.iter().map(RawDialog::settings).collect()
    }

    /// What each is handed.
    pub(super) fn dialog_settings(&self) -> BTreeMap<String, Json> {
        let dialogs = self.raw.dialogs.list.iter();
        dialogs.map(|dialog| (dialog.name.value.clone(), dialog.settings.clone())).collect()
    }

    /// Those that links may name.
    pub(super) fn known_dialogs(&self) -> Read<&str> {
        let dialogs = &self.raw.dialogs;
        Read { list: dialogs.list.iter().map(|dialog| dialog.name.value.as_str()).collect(), whole: dialogs.whole }
    }

    /// An agent who gives a conversation away says a name, and it has to mean one thing.
    fn apart_from_queues(&self) {
        let queues: Vec<&str> = self.raw.queues.list.iter().map(|queue| queue.name.value.as_str()).collect();
        for RawDialog { name, .. } in &self.raw.dialogs.list {
            if queues.contains(&name.value.as_str()) {
                self.problem(
                    &name.span,
                    format!("[[dialog]] `{}`: a [[queue]] is called the same", name.value),
                    "every `name` once among queues and dialogs",
                    &format!("{:?} again", name.value),
                    "give one of them another `name`".to_owned(),
                );
            }
        }
    }
}
