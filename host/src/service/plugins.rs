//! From the plugin folder and the configuration to the rules of every pool and the adapter of every listener and provider.
//!
//! Invariant: what is in service is whole. A rule or adapter that the configuration names and that can't serve is an error before
//! anything is changed, and not a surprise at the first customer.

use super::{listeners, providers, settings};
use crate::centre::RuleSet;
use crate::config::{Config, Json, Problems};
use crate::engine::{Engine, EngineError};
use crate::model::Timestamp;
use crate::model::adapter::{AdapterFactory as _, GuestFailure, Setup};
use crate::model::rule::Rule;
use crate::plugin::{AdapterComponent, AdapterPlugin, Loader, PluginError, PluginSet, RulePlugin};
use crate::shard::RuleFactory;
use crate::telemetry::event;
use crate::text;
use crate::transport::InService;
use crate::trust::KeyError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the configuration can't be served with these plugins.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// No sandbox at all.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file that is no plugin, or a plugin that is not there.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A trusted key can't be read.
    #[error("[plugins]: one of the `keys` can't be used: {0}")]
    Key(#[from] KeyError),
    /// Settings that their plugin's schema does not allow.
    #[error("{0}")]
    Settings(Problems),
    /// A rule that does not start with its settings.
    #[error(
        "[[pool]] `{pool}`: the rule {rule} does not start: {failure}; correct [rules.{rule}], or take it out of the pool's `rules`"
    )]
    Rule {
        /// Of which pool.
        pool: String,
        /// Which.
        rule: String,
        /// What became of it.
        failure: GuestFailure,
    },
    /// An adapter that does not start with its settings.
    #[error("{section}: the adapter {adapter} does not start: {failure}; correct its `settings`")]
    Adapter {
        /// Of which section.
        section: String,
        /// Which.
        adapter: String,
        /// What became of it.
        failure: GuestFailure,
    },
}

/// The adapter in service of each listener and provider, by its name: what another one is swapped in through.
pub type Adapters = BTreeMap<String, InService>;

/// Reads the plugin folder. What was refused stands beside what was not. With `cache` compiled plugins are kept, and taken from there.
pub fn load(config: &Config, cache: Option<&Path>) -> Result<(PluginSet, Vec<PluginError>), AssemblyError> {
    Ok(PluginSet::load(&loader(config, cache)?, &config.plugins))
}

/// What loads plugins under the operator's policy. With `cache` compiled plugins are kept, and taken from there.
pub fn loader(config: &Config, cache: Option<&Path>) -> Result<Loader, AssemblyError> {
    let engine = Engine::new(cache.map(absolute).as_deref())?;
    let policy = config.trust.policy(&config.grants)?;
    Ok(Loader::new(engine, &config.settings.limits, text::prepare).under(policy))
}

/// Makes the rules of every pool, each time the shard loads.
pub fn rule_factory(config: &Config, set: &PluginSet) -> RuleFactory {
    let (set, config) = (set.clone(), config.clone());
    Box::new(move |settings| {
        let mut rules = RuleSet::new();
        for pool in &settings.pools {
            let open = |name: &String| rule(&config, &set, &pool.name, name);
            let chain: Result<Vec<Box<dyn Rule>>, AssemblyError> = pool.rules.iter().map(open).collect();
            let chain = chain.map_err(|error| GuestFailure::Refused(error.to_string()))?;
            for rule in &chain {
                event::rule_in_service(&pool.name, rule.name(), rule.digest());
            }
            rules.insert(pool.name.clone(), chain);
        }
        Ok(rules)
    })
}

/// wasmtime wants its cache's path absolute.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Starts everything the configuration names once, for trial, or says all that does not start.
pub fn assemble(config: &Config, set: &PluginSet) -> Result<Adapters, Vec<AssemblyError>> {
    let mut errors = Vec::new();
    for pool in &config.settings.pools {
        let tried = pool.rules.iter().map(|name| rule(config, set, &pool.name, name));
        for error in tried.filter_map(Result::err) {
            // A rule of two pools has its settings once.
            if !errors.iter().any(|other: &AssemblyError| other.to_string() == error.to_string()) {
                errors.push(error);
            }
        }
    }
    let mut adapters = Adapters::new();
    let mut keep = |name: &String, tried: Result<Arc<AdapterPlugin>, AssemblyError>| match tried {
        Ok(adapter) => drop(adapters.insert(name.clone(), InService::new(name, adapter))),
        Err(error) => errors.push(error),
    };
    for (number, listener) in config.listeners.iter().enumerate() {
        let setup = listeners::setup_of(config, listener, vec![0; 32]);
        let (name, protocol, settings) = (&listener.name, &listener.protocol, &listener.settings);
        let place = Place { section: "listener", name, number, protocol, settings };
        keep(name, adapter(config, set, &place, &setup, AdapterPlugin::new));
    }
    for (number, provider) in config.providers.iter().enumerate() {
        let setup = providers::setup_of(config, provider, vec![0; 32]);
        let (name, protocol, settings) = (&provider.name, &provider.protocol, &provider.settings);
        let place = Place { section: "provider", name, number, protocol, settings };
        keep(name, adapter(config, set, &place, &setup, AdapterPlugin::for_link));
    }
    if errors.is_empty() { Ok(adapters) } else { Err(errors) }
}

fn rule(config: &Config, set: &PluginSet, pool: &str, name: &str) -> Result<Box<dyn Rule>, AssemblyError> {
    let component = set.rule(name)?;
    let settings = config.rules.get(name).cloned().unwrap_or_default();
    let place = settings::Place { title: &format!("[rules.{name}]"), path: &["rules", name] };
    settings::check(&config.origin, &place, &component.about().schema, &settings).map_err(AssemblyError::Settings)?;
    let settings = settings_text(&settings);
    let refused = |failure| AssemblyError::Rule { pool: pool.to_owned(), rule: name.to_owned(), failure };
    Ok(Box::new(RulePlugin::open(component, name, &settings, None).map_err(refused)?))
}

/// Where an adapter stands in the configuration.
struct Place<'a> {
    /// `listener` or `provider`.
    section: &'a str,
    name: &'a str,
    /// The n-th section of a configuration is the n-th of its text.
    number: usize,
    protocol: &'a str,
    settings: &'a Json,
}

/// An adapter, after one machine of it was opened for trial.
fn adapter(
    config: &Config,
    set: &PluginSet,
    place: &Place<'_>,
    setup: &Setup,
    new: fn(&Arc<AdapterComponent>, &str) -> AdapterPlugin,
) -> Result<Arc<AdapterPlugin>, AssemblyError> {
    let component = set.adapter(place.protocol)?;
    let section = format!("[[{}]] `{}`", place.section, place.name);
    let (title, number) = (format!("`settings` of {section}"), place.number.to_string());
    let written = settings::Place { title: &title, path: &[place.section, &number, "settings"] };
    settings::check(&config.origin, &written, &component.about().schema, place.settings)
        .map_err(AssemblyError::Settings)?;
    let adapter = Arc::new(new(component, &setup.settings));
    let refused = |failure| AssemblyError::Adapter { section, adapter: place.protocol.to_owned(), failure };
    adapter.open(Timestamp::default(), setup).map(drop).map_err(refused)?;
    Ok(adapter)
}

/// A table of settings as the guest gets it.
pub fn settings_text(settings: &Json) -> String {
    serde_json::Value::Object(settings.clone()).to_string()
}
