//! A rule at work: one router in a store of its own, for one pool and its settings.
//!
//! ```text
//!  open ──► at work ──(trap, fuel, limit, broken contract)──► out of service ──(rebuild)──► at work, knowing nothing yet
//! ```

use super::loader::RuleComponent;
use crate::contract::v1::{RuleGuest, rule as contract};
use crate::engine::{Allowance, Guest, GuestLog, Sandbox};
use crate::model::adapter::GuestFailure;
use crate::model::limits::FUELLED;
use crate::model::rule::{AgentRef, Answer, Change, Pick, Rule, SessionRef};
use crate::model::{Digest, Failure, HttpResponse, Reference, SavedState, Timestamp};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Fuel for each byte of a memory that is read back, beside that of a call.
const MEMORY_FUEL_PER_BYTE: u64 = 64;

/// A rule of a pool.
#[derive(Debug)]
pub struct RulePlugin {
    plugin: Arc<RuleComponent>,
    name: String,
    settings: String,
    digest: Digest,
    log: Arc<GuestLog>,
    router: Router,
    /// See [`Rule::fuel`].
    fuel: u64,
}

/// The guest's side of it.
struct Router {
    sandbox: Sandbox,
    guest: RuleGuest,
    resource: ResourceAny,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sandbox.fmt(f)
    }
}

impl RulePlugin {
    /// A router of that plugin; `name` is what the operator calls it. Refused if the plugin does not like its settings or its memory.
    pub fn open(
        plugin: &Arc<RuleComponent>,
        name: &str,
        settings: &str,
        memory: Option<&SavedState>,
    ) -> Result<Self, GuestFailure> {
        let digest = plugin.about().digest_with(settings);
        let log = plugin.log(name, digest);
        let router = Router::open(plugin, &log, settings, memory)?;
        let plugin = Arc::clone(plugin);
        let fuel = router.sandbox.fuel_used();
        Ok(Self { plugin, name: name.to_owned(), settings: settings.to_owned(), digest, log, router, fuel })
    }

    /// Linear memory that it holds now.
    pub fn memory_bytes(&self) -> usize {
        self.router.sandbox.memory_bytes()
    }

    /// Fuel that the last call used.
    pub fn fuel_used(&self) -> u64 {
        self.router.sandbox.fuel_used()
    }

    fn call<R>(
        &mut self,
        call: impl FnOnce(&RuleGuest, &mut Store<Guest>, ResourceAny) -> wasmtime::Result<R>,
    ) -> Result<R, GuestFailure> {
        let limits = self.plugin.limits();
        let allowance = Allowance { fuel: limits.call_fuel, output_bytes: limits.output_bytes };
        self.call_within(allowance, call)
    }

    /// A call that ranks so many.
    fn rank<R>(
        &mut self,
        candidates: usize,
        call: impl FnOnce(&RuleGuest, &mut Store<Guest>, ResourceAny) -> wasmtime::Result<R>,
    ) -> Result<R, GuestFailure> {
        let limits = self.plugin.limits();
        let for_candidates = limits.candidate_fuel.saturating_mul(candidates.min(FUELLED) as u64);
        let fuel = limits.call_fuel.saturating_add(for_candidates);
        self.call_within(Allowance { fuel, output_bytes: limits.output_bytes }, call)
    }

    fn call_within<R>(
        &mut self,
        allowance: Allowance,
        call: impl FnOnce(&RuleGuest, &mut Store<Guest>, ResourceAny) -> wasmtime::Result<R>,
    ) -> Result<R, GuestFailure> {
        let Router { sandbox, guest, resource } = &mut self.router;
        let answer = sandbox.enter(allowance, |store| call(guest, store, *resource));
        self.fuel = self.fuel.saturating_add(sandbox.fuel_used());
        answer
    }
}

impl Router {
    fn open(
        plugin: &RuleComponent,
        log: &Arc<GuestLog>,
        settings: &str,
        memory: Option<&SavedState>,
    ) -> Result<Self, GuestFailure> {
        let limits = plugin.limits();
        let memory_bytes = memory.map_or(0, |memory| memory.bytes.len()) as u64;
        let fuel = limits.call_fuel.saturating_add(memory_bytes.saturating_mul(MEMORY_FUEL_PER_BYTE));
        if let Some(memory) = memory {
            plugin.about().manifest.state.check_read(memory)?;
        }
        let memory = memory.map(Into::into);
        let (mut sandbox, guest) = plugin.sandbox(log, |pre, store| pre.instantiate(store))?;
        let allowance = Allowance { fuel, output_bytes: limits.output_bytes };
        let opened = sandbox.enter(allowance, |store| {
            guest.cordboard_strategy_rule().router().call_open(store, settings, memory.as_ref())
        })?;
        let resource = opened.map_err(|words| plugin.refused(words))?;
        Ok(Self { sandbox, guest, resource })
    }
}

impl Rule for RulePlugin {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> Digest {
        self.digest
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), GuestFailure> {
        let slice = self.plugin.limits().changes_per_call.max(1);
        changes.chunks(slice).try_for_each(|changes| {
            let changes = contract::changes(changes);
            self.call(|guest, store, router| {
                guest.cordboard_strategy_rule().router().call_changed(store, router, &changes)
            })
        })
    }

    fn rank_agents(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        candidates: &[AgentRef],
        explain: bool,
    ) -> Result<Answer, GuestFailure> {
        let answer = self.rank(candidates.len(), |guest, store, router| {
            let rule = guest.cordboard_strategy_rule();
            rule.router().call_rank_agents(store, router, now.0, session, candidates, explain)
        })?;
        Ok(answer.into())
    }

    fn rank_sessions(
        &mut self,
        now: Timestamp,
        agent: AgentRef,
        waiting: &[SessionRef],
        explain: bool,
    ) -> Result<Pick, GuestFailure> {
        let pick = self.rank(waiting.len(), |guest, store, router| {
            let rule = guest.cordboard_strategy_rule();
            rule.router().call_rank_sessions(store, router, now.0, agent, waiting, explain)
        })?;
        Ok(pick.into())
    }

    fn learned(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        agent: AgentRef,
        outcome: &str,
    ) -> Result<(), GuestFailure> {
        self.call(|guest, store, router| {
            guest.cordboard_strategy_rule().router().call_learned(store, router, now.0, session, agent, outcome)
        })
    }

    fn consulted(
        &mut self,
        now: Timestamp,
        session: SessionRef,
        reference: Reference,
        reply: Result<HttpResponse, Failure>,
    ) -> Result<(), GuestFailure> {
        let reply = match &reply {
            Ok(response) => Ok(response.into()),
            Err(failure) => Err(failure.into()),
        };
        self.call(|guest, store, router| {
            let rule = guest.cordboard_strategy_rule();
            rule.router().call_consulted(store, router, now.0, session, reference, reply.as_ref())
        })
    }

    fn memory(&mut self) -> Result<Option<SavedState>, GuestFailure> {
        let limits = self.plugin.limits();
        let output_bytes = limits.saved_state_bytes.saturating_add(1);
        let allowance = Allowance { fuel: limits.call_fuel, output_bytes };
        let memory = self.call_within(allowance, |guest, store, router| {
            guest.cordboard_strategy_rule().router().call_memory(store, router)
        })?;
        let checked = memory.map(|memory| self.plugin.checked_state(memory)).transpose();
        checked.map_err(|failure| self.router.sandbox.condemn(failure))
    }

    fn fuel(&self) -> u64 {
        self.fuel
    }

    fn at_fault(&mut self, failure: &GuestFailure) {
        self.plugin.stats().tally().failed(failure);
    }

    fn rebuild(&mut self, memory: Option<&SavedState>) -> Result<(), GuestFailure> {
        self.router = Router::open(&self.plugin, &self.log, &self.settings, memory)?;
        self.fuel = self.fuel.saturating_add(self.router.sandbox.fuel_used());
        Ok(())
    }
}
