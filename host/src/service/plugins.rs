//! From the plugin folder and the configuration to the rules of every pool and the adapter of every listener.
//!
//! Invariant: what is in service is whole. A rule or adapter that the configuration names and that can't serve is an error before
//! anything is changed, and not a surprise at the first customer.

use super::listeners::setup_of;
use super::settings;
use crate::centre::RuleSet;
use crate::config::{Config, Json, Listener, Problems};
use crate::engine::{Engine, EngineError};
use crate::model::Timestamp;
use crate::model::adapter::{AdapterFactory as _, GuestFailure};
use crate::model::rule::Rule;
use crate::plugin::{AdapterPlugin, Loader, PluginError, PluginSet, RulePlugin, Schema};
use crate::shard::RuleFactory;
use crate::telemetry::event;
use crate::text;
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
    #[error(
        "[[listener]] `{listener}`: the adapter {adapter} does not start: {failure}; correct the listener's `settings`"
    )]
    Adapter {
        /// Of which listener.
        listener: String,
        /// Which.
        adapter: String,
        /// What became of it.
        failure: GuestFailure,
    },
}

/// The adapter of each listener, by the listener's name.
pub type Adapters = BTreeMap<String, Arc<AdapterPlugin>>;

/// Reads the plugin folder. What was refused stands beside what was not. With `cache` compiled plugins are kept, and taken from there.
pub fn load(config: &Config, cache: Option<&Path>) -> Result<(PluginSet, Vec<PluginError>), AssemblyError> {
    let engine = Engine::new(cache.map(absolute).as_deref())?;
    let policy = config.trust.policy(&config.grants)?;
    let loader = Loader::new(engine, &config.settings.limits, text::prepare).under(policy);
    Ok(PluginSet::load(&loader, &config.plugins))
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
    for listener in &config.listeners {
        match adapter(config, set, listener) {
            Ok(adapter) => drop(adapters.insert(listener.name.clone(), adapter)),
            Err(error) => errors.push(error),
        }
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

/// The listener's adapter, after one machine of it was opened for trial.
fn adapter(config: &Config, set: &PluginSet, listener: &Listener) -> Result<Arc<AdapterPlugin>, AssemblyError> {
    let component = set.adapter(&listener.protocol)?;
    listener_settings(config, listener, &component.about().schema).map_err(AssemblyError::Settings)?;
    let adapter = Arc::new(AdapterPlugin::new(component, &settings_text(&listener.settings)));
    let setup = setup_of(config, listener, vec![0; 32]);
    let refused = |failure| AssemblyError::Adapter {
        listener: listener.name.clone(),
        adapter: listener.protocol.clone(),
        failure,
    };
    adapter.open(Timestamp::default(), &setup).map(drop).map_err(refused)?;
    Ok(adapter)
}

/// The n-th listener of a configuration is the n-th of its text.
fn listener_settings(config: &Config, listener: &Listener, schema: &Schema) -> Result<(), Problems> {
    let number = config.listeners.iter().position(|other| other.name == listener.name).unwrap_or_default().to_string();
    let title = format!("`settings` of [[listener]] `{}`", listener.name);
    let place = settings::Place { title: &title, path: &["listener", &number, "settings"] };
    settings::check(&config.origin, &place, schema, &listener.settings)
}

/// A table of settings as the guest gets it.
pub fn settings_text(settings: &Json) -> String {
    serde_json::Value::Object(settings.clone()).to_string()
}
