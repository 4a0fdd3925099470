//! A dialog on trial: one conversation. As in the service it is restored before each event and saved after it.

use super::super::setup::Setup;
use super::{line, plain};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{self, Dialog, Event};
use crate::model::{SavedState, Timestamp};
use crate::plugin::{DialogComponent, DialogPlugin};
use serde_json::Value;
use std::sync::Arc;

/// What goes in.
#[derive(Debug)]
pub(in super::super) struct Call(Event);

impl Call {
    pub(super) fn parse(word: &str, content: Option<Value>) -> Result<Self, String> {
        plain::parse(word, content).map(Self).map_err(|error| error.to_string())
    }
}

/// The conversation.
pub(in super::super) struct Stage {
    dialog: DialogPlugin,
    setup: dialog::Setup,
    state: SavedState,
}

impl Stage {
    pub(super) fn open(plugin: &Arc<DialogComponent>, at: Timestamp, setup: &Setup) -> Result<Self, GuestFailure> {
        let name = plugin.about().manifest.name.clone();
        let mut dialog = DialogPlugin::new(plugin, &name, &setup.settings());
        let state = setup.state().cloned();
        let setup = setup.dialog();
        let state = match state {
            Some(state) => state,
            None => dialog.open(at, &setup)?,
        };
        Ok(Self { dialog, setup, state })
    }

    pub(super) fn call(&mut self, now: Timestamp, Call(event): &Call) -> Result<Vec<String>, GuestFailure> {
        let turn = self.dialog.handle(now, &self.setup, &self.state, event)?;
        self.state = turn.state;
        Ok(turn.actions.iter().map(line).collect())
    }
}
