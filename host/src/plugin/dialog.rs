//! A dialog at work: one warm store serves many conversations. Each call restores the conversation, hands it the event, saves it and
//! drops it, so nothing of it stays in the store.

use super::loader::DialogComponent;
use crate::contract::v1::{DialogGuest, dialog as contract, script};
use crate::engine::{Allowance, Guest, GuestLog, Sandbox};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::{Dialog, Event, Setup, Turn};
use crate::model::{Digest, SavedState, Timestamp};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Calls after which a store is replaced, so that what a guest leaks does not add up.
const CALLS_PER_STORE: u32 = 10_000;
/// Fuel for each byte of the settings and of a state, which are read back at every call, beside that of a call.
const FUEL_PER_BYTE: u64 = 64;

/// A dialog with its settings' digest.
#[derive(Debug)]
pub struct DialogPlugin {
    plugin: Arc<DialogComponent>,
    name: String,
    settings: String,
    digest: Digest,
    log: Arc<GuestLog>,
    warm: Option<Warm>,
}

struct Warm {
    sandbox: Sandbox,
    guest: DialogGuest,
    calls: u32,
}

impl std::fmt::Debug for Warm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sandbox.fmt(f)
    }
}

impl DialogPlugin {
    /// A dialog; `name` is what the operator calls it, `settings` are JSON.
    pub fn new(plugin: &Arc<DialogComponent>, name: &str, settings: &str) -> Self {
        let digest = plugin.about().digest_with(settings);
        let log = plugin.log(name, digest);
        Self {
            plugin: Arc::clone(plugin),
            name: name.to_owned(),
            settings: settings.to_owned(),
            digest,
            log,
            warm: None,
        }
    }

    /// Linear memory that it holds now.
    pub fn memory_bytes(&self) -> usize {
        self.warm.as_ref().map_or(0, |warm| warm.sandbox.memory_bytes())
    }

    /// One call in the warm store, or in a fresh one. A store in which a call failed is not used again.
    fn call<R>(
        &mut self,
        state_bytes: usize,
        call: impl FnOnce(script::GuestConversation<'_>, &mut Store<Guest>) -> wasmtime::Result<Result<R, String>>,
    ) -> Result<R, GuestFailure> {
        let mut warm = if let Some(warm) = self.warm.take() {
            warm
        } else {
            let (sandbox, guest) = self.plugin.sandbox(&self.log, |pre, store| pre.instantiate(store))?;
            Warm { sandbox, guest, calls: 0 }
        };
        let limits = self.plugin.limits();
        let bytes = self.settings.len().saturating_add(state_bytes);
        let per_byte = FUEL_PER_BYTE.saturating_mul(bytes as u64);
        let allowance = Allowance {
            fuel: limits.call_fuel.saturating_add(per_byte),
            output_bytes: limits.output_bytes.max(limits.saved_state_bytes.saturating_add(1)),
        };
        let answer =
            warm.sandbox.enter(allowance, |store| call(warm.guest.cordboard_dialog_script().conversation(), store))?;
        warm.calls += 1;
        // At rest a dialog holds little: what has grown large is not kept.
        let grown = warm.sandbox.memory_bytes() > self.plugin.about().memory_bytes / 2;
        if warm.calls < CALLS_PER_STORE && !grown {
            self.warm = Some(warm);
        }
        answer.map_err(|words| self.plugin.refused(words))
    }
}

impl DialogPlugin {
    fn checked(&self, state: script::SavedState) -> Result<SavedState, GuestFailure> {
        self.plugin.checked_state(state).map_err(|failure| self.plugin.stats().failed(failure))
    }
}

impl Dialog for DialogPlugin {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn open(&mut self, now: Timestamp, setup: &Setup) -> Result<SavedState, GuestFailure> {
        let setup = contract::setup(&self.settings, setup);
        let state =
            self.call(0, |conversations, store| match conversations.call_open(&mut *store, now.0, &setup)? {
                Ok(conversation) => saved(&conversations, store, conversation).map(Ok),
                Err(words) => Ok(Err(words)),
            })?;
        self.checked(state)
    }

    fn handle(
        &mut self,
        now: Timestamp,
        setup: &Setup,
        state: &SavedState,
        event: &Event,
    ) -> Result<Turn, GuestFailure> {
        self.plugin.about().manifest.state.check_read(state)?;
        let state_bytes = state.bytes.len();
        let (state, event): (script::SavedState, script::Event) = (state.into(), event.into());
        let setup = contract::setup(&self.settings, setup);
        let (actions, state) = self.call(state_bytes, |conversations, store| {
            let conversation = match conversations.call_restore(&mut *store, &setup, &state)? {
                Ok(conversation) => conversation,
                Err(words) => return Ok(Err(words)),
            };
            let actions = conversations.call_handle(&mut *store, conversation, now.0, &event)?;
            let state = saved(&conversations, store, conversation)?;
            Ok(Ok((actions, state)))
        })?;
        let limit = self.plugin.limits().outputs;
        if actions.len() > limit {
            let words = format!("answered with {} actions and may with {limit}", actions.len());
            return Err(self.plugin.stats().failed(GuestFailure::Limit(words)));
        }
        Ok(Turn { actions: contract::actions(actions), state: self.checked(state)? })
    }
}

/// Saves a conversation and drops it.
fn saved(
    conversations: &script::GuestConversation<'_>,
    store: &mut Store<Guest>,
    conversation: ResourceAny,
) -> wasmtime::Result<script::SavedState> {
    let state = conversations.call_save(&mut *store, conversation)?;
    conversation.resource_drop(store)?;
    Ok(state)
}
