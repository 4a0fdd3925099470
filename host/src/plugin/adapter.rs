//! An adapter at work: one machine for each endpoint, each in a store of its own, so that a trap takes one endpoint with it.

use super::loader::AdapterComponent;
use crate::contract::v1::{AdapterGuest, AdapterPre, adapter as contract, protocol};
use crate::engine::{Allowance, Guest, GuestLog, Sandbox};
use crate::model::adapter::{Adapter, AdapterFactory, Command, GuestFailure, Input, Output, Setup};
use crate::model::limits::Limits;
use crate::model::{Attribute, Body, Digest, SavedState, Timestamp};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Fuel for each byte of memory held as a machine is saved, and of state as it is restored, beside that of a call.
const STATE_FUEL_PER_BYTE: u64 = 64;

/// Makes machines of one adapter with one set of settings.
#[derive(Debug)]
pub struct AdapterPlugin {
    plugin: Arc<AdapterComponent>,
    digest: Digest,
    log: Arc<GuestLog>,
    room: Room,
}

/// What a machine may hold.
#[derive(Debug, Clone, Copy)]
struct Room {
    memory_bytes: usize,
    state_bytes: usize,
}

impl AdapterPlugin {
    /// A factory for machines whose setups carry these settings.
    pub fn new(plugin: &Arc<AdapterComponent>, settings: &str) -> Self {
        let memory_bytes = plugin.about().memory_bytes;
        Self::with_room(plugin, settings, Room { memory_bytes, state_bytes: plugin.limits().saved_state_bytes })
    }

    /// The same for a link to a provider: one machine has all of the provider's persons in it, and room for them.
    pub fn for_link(plugin: &Arc<AdapterComponent>, settings: &str) -> Self {
        let limits = plugin.limits();
        let memory_bytes = limits.link_memory_bytes.max(plugin.about().memory_bytes);
        Self::with_room(plugin, settings, Room { memory_bytes, state_bytes: limits.link_state_bytes })
    }

    fn with_room(plugin: &Arc<AdapterComponent>, settings: &str, room: Room) -> Self {
        let digest = plugin.about().digest_with(settings);
        let log = plugin.log(&plugin.about().manifest.name, digest);
        Self { plugin: Arc::clone(plugin), digest, log, room }
    }

    /// Who it is made of.
    pub fn plugin(&self) -> &Arc<AdapterComponent> {
        &self.plugin
    }

    /// Tells the endpoints of a datagram listener apart.
    pub fn sorter(&self) -> Sorter {
        Sorter { plugin: Arc::clone(&self.plugin), log: Arc::clone(&self.log), warm: None }
    }

    fn machine(
        &self,
        fuel: u64,
        open: impl FnOnce(protocol::GuestEndpoint<'_>, &mut Store<Guest>) -> wasmtime::Result<Result<ResourceAny, String>>,
    ) -> Result<Box<dyn Adapter>, GuestFailure> {
        let start = |pre: &AdapterPre<Guest>, store: &mut Store<Guest>| pre.instantiate(store);
        let (mut sandbox, guest) = self.plugin.sandbox_with(self.room.memory_bytes, &self.log, start)?;
        let allowance = Allowance { fuel, output_bytes: self.plugin.limits().output_bytes };
        let opened = sandbox.enter(allowance, |store| open(guest.cordboard_adapter_protocol().endpoint(), store))?;
        let endpoint = opened.map_err(|words| self.plugin.refused(words))?;
        let state_bytes = self.room.state_bytes;
        Ok(Box::new(Machine { plugin: Arc::clone(&self.plugin), sandbox, guest, endpoint, state_bytes }))
    }
}

impl AdapterFactory for AdapterPlugin {
    fn open(&self, now: Timestamp, setup: &Setup) -> Result<Box<dyn Adapter>, GuestFailure> {
        let setup = setup.into();
        self.machine(self.plugin.limits().adapter_fuel, |endpoint, store| endpoint.call_open(store, now.0, &setup))
    }

    fn restore(&self, setup: &Setup, state: &SavedState) -> Result<Box<dyn Adapter>, GuestFailure> {
        self.plugin.about().manifest.state.check_read(state)?;
        let fuel = state_fuel(self.plugin.limits(), state.bytes.len());
        let (setup, state) = (setup.into(), state.into());
        self.machine(fuel, |endpoint, store| endpoint.call_restore(store, &setup, &state))
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn strike(&self, failure: &GuestFailure) {
        self.plugin.stats().strike(failure);
    }
}

/// One endpoint's machine. Its store goes with it, and with the store all that the guest holds.
struct Machine {
    plugin: Arc<AdapterComponent>,
    sandbox: Sandbox,
    guest: AdapterGuest,
    endpoint: ResourceAny,
    state_bytes: usize,
}

impl Adapter for Machine {
    fn handle(&mut self, now: Timestamp, input: &Input) -> Result<Vec<Output>, GuestFailure> {
        let limits = self.plugin.limits();
        let per_byte = limits.adapter_fuel_per_byte.saturating_mul(payload_bytes(input) as u64);
        let allowance =
            Allowance { fuel: limits.adapter_fuel.saturating_add(per_byte), output_bytes: limits.output_bytes };
        let input = input.into();
        let outputs = self.sandbox.enter(allowance, |store| {
            self.guest.cordboard_adapter_protocol().endpoint().call_handle(store, self.endpoint, now.0, &input)
        })?;
        if outputs.len() > limits.outputs {
            let words = format!("answered with {} outputs and may with {}", outputs.len(), limits.outputs);
            return Err(self.sandbox.condemn(GuestFailure::Limit(words)));
        }
        Ok(contract::outputs(outputs))
    }

    fn save(&mut self) -> Result<SavedState, GuestFailure> {
        let limits = self.plugin.limits();
        let fuel = state_fuel(limits, self.sandbox.memory_bytes());
        let allowance = Allowance { fuel, output_bytes: self.state_bytes.saturating_add(1) };
        let state = self.sandbox.enter(allowance, |store| {
            self.guest.cordboard_adapter_protocol().endpoint().call_save(store, self.endpoint)
        })?;
        self.plugin.checked_state_within(state, self.state_bytes).map_err(|failure| self.sandbox.condemn(failure))
    }

    fn memory_bytes(&self) -> usize {
        self.sandbox.memory_bytes()
    }

    fn at_fault(&mut self, failure: &GuestFailure) {
        self.plugin.stats().tally().failed(failure);
    }
}

/// Which endpoint of a datagram listener gets a datagram: the adapter's `sort-key`, in a store of its own.
#[derive(Debug)]
pub struct Sorter {
    plugin: Arc<AdapterComponent>,
    log: Arc<GuestLog>,
    warm: Option<Warm>,
}

struct Warm {
    sandbox: Sandbox,
    guest: AdapterGuest,
}

impl std::fmt::Debug for Warm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sandbox.fmt(f)
    }
}

impl Sorter {
    /// The key; empty for the only endpoint. After a failure the next call has a fresh store.
    pub fn key(&mut self, datagram: &[u8]) -> Result<String, GuestFailure> {
        let mut warm = if let Some(warm) = self.warm.take() {
            warm
        } else {
            let (sandbox, guest) = self.plugin.sandbox(&self.log, |pre, store| pre.instantiate(store))?;
            Warm { sandbox, guest }
        };
        let limits = self.plugin.limits();
        let per_byte = limits.adapter_fuel_per_byte.saturating_mul(datagram.len() as u64);
        let allowance =
            Allowance { fuel: limits.adapter_fuel.saturating_add(per_byte), output_bytes: limits.output_bytes };
        let key = warm
            .sandbox
            .enter(allowance, |store| warm.guest.cordboard_adapter_protocol().call_sort_key(store, datagram))?;
        self.warm = Some(warm);
        Ok(key)
    }
}

fn state_fuel(limits: &Limits, bytes: usize) -> u64 {
    limits.adapter_fuel.saturating_add(STATE_FUEL_PER_BYTE.saturating_mul(bytes as u64))
}

/// Bytes that an input brings along, by which its fuel is measured; small fixed parts are covered by `adapter_fuel`.
fn payload_bytes(input: &Input) -> usize {
    match input {
        Input::Received(chunk) => chunk.data.len(),
        Input::Datagram(datagram) => datagram.data.len(),
        Input::Asked(asked) => asked.request.body.len() + attribute_bytes(&asked.request.headers),
        Input::Replied(replied) => match &replied.reply {
            Ok(response) => response.body.len() + attribute_bytes(&response.headers),
            Err(failure) => failure.text.len(),
        },
        Input::Command(command) => command_bytes(command),
        Input::Other(other) => other.value.len(),
        Input::Opened(opening) | Input::Secured(opening) => attribute_bytes(&opening.attributes),
        Input::Proof(_) | Input::Timer(_) | Input::Settled(_) | Input::Closed(_) | Input::Skip(_) => 0,
    }
}

fn command_bytes(command: &Command) -> usize {
    match command {
        Command::Deliver(delivery) => match &delivery.message.body {
            Body::Text(text) => text.len(),
            Body::Form(form) => form.text.len() + form.fields.len() * ENTRY_BYTES,
            Body::FormReply(values) => attribute_bytes(values),
            Body::Menu(links) => links.len() * ENTRY_BYTES,
            Body::Other(other) => other.value.len(),
        },
        Command::Show(showing) => showing.presence.tuples.len() * ENTRY_BYTES,
        Command::Roster(roster) => roster.entries.len() * ENTRY_BYTES,
        Command::Advertise(links) => links.len() * ENTRY_BYTES,
        Command::Offer(offer) => offer.form.text.len() + offer.form.fields.len() * ENTRY_BYTES,
        Command::Direct(directive) => attribute_bytes(&directive.attributes),
        Command::Other(other) => other.value.len(),
        Command::Hint(_) | Command::Redirect(_) | Command::Drain => 0,
    }
}

/// What one line of a roster, a menu or a presence counts for.
const ENTRY_BYTES: usize = 128;

fn attribute_bytes(attributes: &[Attribute]) -> usize {
    attributes.iter().map(|a| a.name.len() + a.value.len()).sum()
}
