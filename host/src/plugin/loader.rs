//! From bytes to a plugin that machines can be made of: checked, compiled, its types compared, and started once.

use super::check::{self, Checked, check};
use super::error::PluginError;
use super::file::{PluginFile, file_name};
use super::manifest::{Kind, Manifest};
use super::schema::Schema;
use super::stats::{Registry, Stats};
use crate::contract::v1::{self, AdapterPre, DialogPre, RulePluginPre};
use crate::engine::{Allowance, Engine, Guest, GuestLog, Prepare, Sandbox};
use crate::model::adapter::GuestFailure;
use crate::model::limits::Limits;
use crate::model::{Digest, SavedState};
use crate::trust::Policy;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

/// Who a plugin is.
#[derive(Debug, Clone)]
pub struct About {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the component alone, as `sha256sum` prints it.
    pub digest: Digest,
    /// Size of the component.
    pub size_bytes: usize,
    /// Where it came from.
    pub path: PathBuf,
    /// Linear memory of one of its sandboxes.
    pub memory_bytes: usize,
    /// Hosts that it may reach over HTTP: those it asks for, all of which the operator granted.
    pub hosts: Vec<String>,
    /// What its settings must be.
    pub schema: Arc<Schema>,
}

impl About {
    /// SHA-256 over the component's digest and the settings: what a plugin at work is known by.
    pub fn digest_with(&self, settings: &str) -> Digest {
        Digest(Sha256::new().chain_update(self.digest.0).chain_update(settings).finalize().into())
    }
}

/// Loads plugins; they share its engine and its limits. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Loader {
    engine: Engine,
    limits: Arc<Limits>,
    policy: Arc<Policy>,
    prepare: Prepare,
    registry: Arc<Registry>,
}

/// A checked and compiled plugin whose world is `P`.
pub struct Plugin<P> {
    about: About,
    pre: P,
    loader: Loader,
    stats: Arc<Stats>,
    is_trial: bool,
}

/// A rule's file.
pub type RuleComponent = Plugin<RulePluginPre<Guest>>;
/// An adapter's file.
pub type AdapterComponent = Plugin<AdapterPre<Guest>>;
/// A dialog's file.
pub type DialogComponent = Plugin<DialogPre<Guest>>;

/// A plugin of any kind.
#[derive(Debug, Clone)]
pub enum AnyPlugin {
    /// A rule.
    Rule(Arc<RuleComponent>),
    /// An adapter.
    Adapter(Arc<AdapterComponent>),
    /// A dialog.
    Dialog(Arc<DialogComponent>),
}

impl AnyPlugin {
    /// Who it is.
    pub fn about(&self) -> &About {
        match self {
            Self::Rule(plugin) => &plugin.about,
            Self::Adapter(plugin) => &plugin.about,
            Self::Dialog(plugin) => &plugin.about,
        }
    }

    /// The same plugin with a tally of its own that nobody reads but the trial, and lines in the log that say so: what it does there says
    /// nothing of its service.
    #[must_use]
    pub fn on_trial(&self) -> Self {
        match self {
            Self::Rule(plugin) => Self::Rule(Arc::new(plugin.on_trial())),
            Self::Adapter(plugin) => Self::Adapter(Arc::new(plugin.on_trial())),
            Self::Dialog(plugin) => Self::Dialog(Arc::new(plugin.on_trial())),
        }
    }

    /// What its sandboxes have done and hold.
    pub fn stats(&self) -> &Arc<Stats> {
        match self {
            Self::Rule(plugin) => &plugin.stats,
            Self::Adapter(plugin) => &plugin.stats,
            Self::Dialog(plugin) => &plugin.stats,
        }
    }
}

impl<P> std::fmt::Debug for Plugin<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let manifest = &self.about.manifest;
        write!(f, "{} {} {} ({})", manifest.kind, manifest.name, manifest.version, self.about.digest)
    }
}

impl Loader {
    /// A loader. `prepare` is the host's preparation of names (`cordboard:host/text`). It lets anything in and grants all that is asked
    /// for, as a developer wants it; an operator's is [`Self::under`] a policy.
    pub fn new(engine: Engine, limits: &Limits, prepare: Prepare) -> Self {
        Self { engine, limits: Arc::new(limits.clone()), policy: Arc::default(), prepare, registry: Arc::default() }
    }

    /// The loader with this policy instead.
    #[must_use]
    pub fn under(self, policy: Policy) -> Self {
        Self { policy: Arc::new(policy), ..self }
    }

    /// What is known of all that it and its clones have loaded and that lives.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What it lets in, and what it grants.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Reads a file with its signature, and loads it.
    pub fn load_file(&self, path: &Path) -> Result<AnyPlugin, PluginError> {
        let file = PluginFile::read(path)?;
        self.load_signed(path, &file.bytes, file.signature.as_deref())
    }

    /// [`Self::load_signed`] without a signature.
    pub fn load(&self, path: &Path, bytes: &[u8]) -> Result<AnyPlugin, PluginError> {
        self.load_signed(path, bytes, None)
    }

    /// Asks whether the component that came from `path` is trusted, checks and compiles it, and starts it once.
    pub fn load_signed(&self, path: &Path, bytes: &[u8], signature: Option<&str>) -> Result<AnyPlugin, PluginError> {
        let file = file_name(path);
        // Before anything of it is looked at: what a stranger made should not even meet our parsers.
        if let Err(error) = self.policy.trust.admit(bytes, signature) {
            return Err(PluginError::Untrusted { plugin: file, error });
        }
        let Checked { manifest, digest, .. } = check(&file, bytes)?;
        let memory_bytes = self.memory_for(&manifest)?;
        let hosts = self.policy.grants.hosts_of(&manifest.name, &manifest.hosts).map_err(PluginError::Ungranted)?;
        let schema = manifest.schema().map_err(|error| PluginError::Manifest { plugin: file, error })?;
        let (path, schema) = (path.to_owned(), Arc::new(schema));
        let about = About { manifest, digest, size_bytes: bytes.len(), path, memory_bytes, hosts, schema };
        let component = self.engine.compile(bytes).map_err(|reason| malformed(&about, reason))?;
        let engine = &self.engine;
        Ok(match about.manifest.kind {
            Kind::Rule => {
                let pre = linked(&about, &component, v1::link_rule(engine), RulePluginPre::new)?;
                AnyPlugin::Rule(Arc::new(self.started(about, pre, |pre, store| pre.instantiate(store).map(drop))?))
            }
            Kind::Adapter => {
                let pre = linked(&about, &component, v1::link_adapter(engine), AdapterPre::new)?;
                AnyPlugin::Adapter(Arc::new(self.started(about, pre, |pre, store| pre.instantiate(store).map(drop))?))
            }
            Kind::Dialog => {
                let pre = linked(&about, &component, v1::link_dialog(engine), DialogPre::new)?;
                AnyPlugin::Dialog(Arc::new(self.started(about, pre, |pre, store| pre.instantiate(store).map(drop))?))
            }
        })
    }

    /// The manifest's wish, or all that its kind may have.
    fn memory_for(&self, manifest: &Manifest) -> Result<usize, PluginError> {
        let (limit, setting) = match manifest.kind {
            Kind::Rule => (self.limits.rule_memory_bytes, "limits.rule_memory_bytes"),
            Kind::Adapter => (self.limits.adapter_memory_bytes, "limits.adapter_memory_bytes"),
            Kind::Dialog => (self.limits.dialog_memory_bytes, "limits.dialog_memory_bytes"),
        };
        match manifest.limits.memory_bytes {
            Some(found) if found > limit => {
                Err(PluginError::Memory { plugin: manifest.name.clone(), found, limit, setting })
            }
            wish => Ok(wish.unwrap_or(limit)),
        }
    }

    /// Starts it once: only now wasmtime compares the types of its functions.
    fn started<P>(
        &self,
        about: About,
        pre: P,
        start: impl FnOnce(&P, &mut Store<Guest>) -> wasmtime::Result<()>,
    ) -> Result<Plugin<P>, PluginError> {
        let stats = self.registry.enter(&about, &self.limits);
        let plugin = Plugin { about, pre, loader: self.clone(), stats, is_trial: false };
        let log = GuestLog::new(&plugin.about.manifest.name, plugin.about.digest).on_trial();
        let log = Arc::new(log);
        plugin.sandbox(&log, start).map_err(|failure| match failure {
            GuestFailure::Contract(reason) => other_contract(&plugin.about, reason),
            failure => PluginError::Start { plugin: plugin.about.manifest.name.clone(), reason: failure.to_string() },
        })?;
        Ok(plugin)
    }
}

impl<P: Clone> Plugin<P> {
    /// See [`AnyPlugin::on_trial`].
    #[must_use]
    pub fn on_trial(&self) -> Self {
        let stats = Arc::new(Registry::default()).enter(&self.about, &self.loader.limits);
        Self { about: self.about.clone(), pre: self.pre.clone(), loader: self.loader.clone(), stats, is_trial: true }
    }
}

impl<P> Plugin<P> {
    /// Who it is.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Where its sandboxes log, under the operator's name for it.
    pub(super) fn log(&self, name: &str, digest: Digest) -> Arc<GuestLog> {
        let log = GuestLog::new(name, digest);
        Arc::new(if self.is_trial { log.on_trial() } else { log })
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.loader.limits
    }

    /// What its sandboxes have done and hold.
    pub fn stats(&self) -> &Arc<Stats> {
        &self.stats
    }

    /// The guest said no.
    pub(super) fn refused(&self, words: String) -> GuestFailure {
        self.stats.failed(GuestFailure::Refused(words))
    }

    /// A state as the guest gave it: within its limit, and in the format that the manifest promises.
    pub(super) fn checked_state(&self, state: impl Into<SavedState>) -> Result<SavedState, GuestFailure> {
        self.checked_state_within(state, self.limits().saved_state_bytes)
    }

    /// The same with another limit of its bytes.
    pub(super) fn checked_state_within(
        &self,
        state: impl Into<SavedState>,
        limit: usize,
    ) -> Result<SavedState, GuestFailure> {
        let state = state.into();
        if state.bytes.len() > limit {
            return Err(GuestFailure::Limit(format!("saved {} bytes and may save {limit}", state.bytes.len())));
        }
        self.about.manifest.state.check_written(state.format)?;
        Ok(state)
    }

    /// A store with the plugin started in it.
    pub(super) fn sandbox<R>(
        &self,
        log: &Arc<GuestLog>,
        start: impl FnOnce(&P, &mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<(Sandbox, R), GuestFailure> {
        self.sandbox_with(self.about.memory_bytes, log, start)
    }

    /// The same with another limit of its memory.
    pub(super) fn sandbox_with<R>(
        &self,
        memory_bytes: usize,
        log: &Arc<GuestLog>,
        start: impl FnOnce(&P, &mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<(Sandbox, R), GuestFailure> {
        let guest = Guest::new(memory_bytes, Arc::clone(log), self.loader.prepare);
        let mut sandbox = Sandbox::new(&self.loader.engine, guest, self.stats.tally());
        let allowance = Allowance { fuel: self.limits().call_fuel, output_bytes: self.limits().output_bytes };
        let started = sandbox.enter(allowance, |store| start(&self.pre, store))?;
        Ok((sandbox, started))
    }
}

/// Binds imports, and looks up exports.
fn linked<P>(
    about: &About,
    component: &Component,
    linker: wasmtime::Result<Linker<Guest>>,
    world: impl FnOnce(InstancePre<Guest>) -> wasmtime::Result<P>,
) -> Result<P, PluginError> {
    linker
        .and_then(|linker| linker.instantiate_pre(component))
        .and_then(world)
        .map_err(|e| other_contract(about, format!("{e:#}")))
}

fn malformed(about: &About, reason: String) -> PluginError {
    PluginError::Malformed { plugin: about.manifest.name.clone(), reason }
}

fn other_contract(about: &About, reason: String) -> PluginError {
    let wanted = check::versioned(about.manifest.kind);
    PluginError::OtherContract { plugin: about.manifest.name.clone(), wanted, reason }
}
