//! From the plugin folder and the configuration to the rules of every pool, all dialogs, and the adapter of every listener and provider.
//!
//! Invariant: what is in service is whole. A rule, dialog or adapter that the configuration names and that can't serve is an error before
//! anything is changed, and not a surprise at the first customer.

use super::in_force::InForce;
use super::{listeners, providers, settings};
use crate::catalog::{Catalog, Refusal};
use crate::centre::journal::Reopen;
use crate::centre::{Components, Rules};
use crate::config::{Config, Json, NamedRule, Problem, Problems};
use crate::engine::{Engine, EngineError};
use crate::model::adapter::{AdapterFactory as _, GuestFailure, Setup};
use crate::model::dialog::{self, Dialog};
use crate::model::rule::Rule;
use crate::model::settings::Dialog as Named;
use crate::model::{Lane, SavedState, Timestamp};
use crate::plugin::{
    AdapterComponent, AdapterPlugin, DialogComponent, DialogPlugin, Loader, PluginError, PluginSet, RuleComponent,
    RulePlugin,
};
use crate::shard::ComponentFactory;
use crate::telemetry::event;
use crate::text;
use crate::transport::InService;
use crate::trust::KeyError;
use std::collections::BTreeMap;
use std::ops::Range;
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
    /// A file of the plugin folder that does not serve.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A trusted key can't be read.
    #[error("[plugins]: one of the `keys` can't be used: {0}")]
    Key(#[from] KeyError),
    /// Settings that their plugin's schema does not allow.
    #[error("{0}")]
    Settings(Problems),
    /// A rule that fails to start.
    #[error(
        "[[pool]] `{pool}`: the rule {rule} does not start: {failure}; correct {settings}, or take it out of the pool's `rules`"
    )]
    Rule {
        /// Of which pool.
        pool: String,
        /// Which.
        rule: String,
        /// Where its settings stand.
        settings: String,
        /// What became of it.
        failure: GuestFailure,
    },
    /// A dialog that does not start.
    #[error("[[dialog]] `{dialog}`: the plugin {plugin} does not start: {failure}; correct its `settings`")]
    Dialog {
        /// Which.
        dialog: String,
        /// The plugin that it is.
        plugin: String,
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

/// What loads plugins as the configuration says: whom it trusts, and within which limits. With `cache` compiled plugins are kept, and taken from
/// there.
pub fn loader(config: &Config, cache: Option<&Path>) -> Result<Loader, AssemblyError> {
    let engine = Engine::new(cache.map(absolute).as_deref())?;
    let policy = config.trust.policy(&config.grants)?;
    Ok(Loader::new(engine, &config.settings.limits, text::prepare).under(policy))
}

/// Reads the plugin folder. What was refused stands beside what was not.
pub fn load(config: &Config, cache: Option<&Path>) -> Result<(PluginSet, Vec<PluginError>), AssemblyError> {
    Ok(PluginSet::load(&loader(config, cache)?, &config.plugins))
}

/// Makes the rules of every pool, candidates too, and all dialogs, each time the shard loads, of what is in service and in force then.
pub fn component_factory(in_force: &InForce, catalog: &Catalog) -> ComponentFactory {
    let (catalog, in_force) = (catalog.clone(), in_force.clone());
    Box::new(move |settings| {
        let (set, config) = (catalog.plugins(), in_force.get());
        let mut rules = Components::new();
        for pool in &settings.pools {
            for (lane, names) in pool.chains() {
                let open = |name: &String| named_rule(&config, &set, &pool.name, name);
                let chain: Result<Rules, AssemblyError> = names.iter().map(open).collect();
                let chain = chain.map_err(|error| GuestFailure::Refused(error.to_string()))?;
                for rule in &chain {
                    event::rule_in_service(&pool.name, lane, rule.name(), rule.digest());
                }
                rules.put(pool.name.clone(), lane, chain);
            }
        }
        for dialog in dialogs(&config, &set).map_err(|error| GuestFailure::Refused(error.to_string()))? {
            event::dialog_in_service(dialog.name(), dialog.digest());
            rules.add_dialog(dialog);
        }
        Ok(rules)
    })
}

/// Opens the rules that the configuration names, where the plugin folder has the component that is asked for and the settings are those.
pub fn reopen(config: &Config) -> Result<Reopen, AssemblyError> {
    let (config, (set, _)) = (config.clone(), load(config, None)?);
    Ok(Arc::new(move |pool, name, digest| {
        named_rule(&config, &set, pool, name).ok().filter(|rule| rule.digest() == digest)
    }))
}

/// Rules of files or of the plugin folder, to play with.
pub struct AtHand<'a> {
    config: &'a Config,
    loader: Loader,
    folder: PluginSet,
}

impl<'a> AtHand<'a> {
    /// The plugin folder as it is now.
    pub fn new(config: &'a Config) -> Result<Self, AssemblyError> {
        let loader = loader(config, None)?;
        let (folder, _) = PluginSet::load(&loader, &config.plugins);
        Ok(Self { config, loader, folder })
    }

    /// These, for one pool, with the settings that the configuration has for them.
    pub fn chain(&self, pool: &str, rules: &[String]) -> Result<Vec<Box<dyn Rule>>, AssemblyError> {
        let open = |named: &String| {
            let path = Path::new(named);
            if path.extension().is_none_or(|extension| extension != "wasm") {
                return named_rule(self.config, &self.folder, pool, named);
            }
            let file = PluginSet::of(&self.config.plugins, [self.loader.load_file(path)?]);
            let name = file.iter().next().map(|plugin| plugin.about().manifest.name.clone()).unwrap_or_default();
            rule(self.config, file.rule(&name)?, pool, &name)
        };
        rules.iter().map(open).collect()
    }
}

/// wasmtime wants its cache's path absolute.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Starts everything the configuration names once, for trial, or says all that does not start.
pub fn assemble(config: &Config, set: &PluginSet) -> Result<Adapters, Vec<AssemblyError>> {
    let mut errors = try_rules(config, set);
    errors.extend(try_dialogs(config, set));
    let mut adapters = Adapters::new();
    for desk in desks(config) {
        let tried = set.adapter(desk.protocol).map_err(AssemblyError::from);
        match tried.and_then(|component| adapter(config, component, &desk)) {
            Ok(adapter) => drop(adapters.insert(desk.name.to_owned(), InService::new(desk.name, adapter))),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(adapters) } else { Err(errors) }
}

/// Starts every rule of every pool once, for trial, and those that only the file names: those that don't start.
pub(super) fn try_rules(config: &Config, set: &PluginSet) -> Vec<AssemblyError> {
    let mut errors = Vec::new();
    for (number, pool) in config.settings.pools.iter().enumerate() {
        let names = pool.chains().flat_map(|(lane, rules)| rules.iter().map(move |name| (lane, name)));
        let names = names.filter(|(_, name)| !config.named_rules.contains_key(*name));
        let tried = names.map(|(lane, name)| match set.rule(name) {
            Ok(component) => rule(config, component, &pool.name, name),
            Err(error) => Err(with_place(config, (number, lane), &pool.name, error)),
        });
        for error in tried.filter_map(Result::err) {
            // A rule of two pools has its settings once.
            if !errors.iter().any(|other: &AssemblyError| other.to_string() == error.to_string()) {
                errors.push(error);
            }
        }
    }
    errors.extend(config.named_rules.iter().filter_map(|(name, named)| try_named(config, set, name, named).err()));
    errors
}

/// A rule that the file names, whether a pool uses it or not: it may be there to be played with.
fn try_named(config: &Config, set: &PluginSet, name: &str, named: &NamedRule) -> Result<(), AssemblyError> {
    let place = |key: &str| config.origin.place(&["rule", &named.number.to_string(), key], false);
    let title = format!("[[rule]] `{name}`");
    if set.rule(name).is_ok() {
        return Err(AssemblyError::Settings(config.origin.problems(vec![Problem {
            span: place("name"),
            what: format!("{title}: a rule of the plugin folder is called the same"),
            expected: "a name that no rule's plugin has".to_owned(),
            found: format!("{name:?}"),
            fix: "give it another `name`, here and in the pools' chains".to_owned(),
        }])));
    }
    let component = set.rule(&named.plugin).map_err(|error| unknown(config, place("plugin"), &title, error))?;
    let pool = config.settings.pools.iter().find(|pool| pool.names(name)).or(config.settings.pools.first());
    rule(config, component, pool.map_or("", |pool| &pool.name), name).map(drop)
}

/// Starts every dialog once, for trial: those that don't start.
pub(super) fn try_dialogs(config: &Config, set: &PluginSet) -> Vec<AssemblyError> {
    let tried = config.settings.dialogs.iter().enumerate().map(|(number, named)| match set.dialog(&named.plugin) {
        Ok(component) => dialog(config, component, number, named).map(drop),
        Err(error) => {
            let key = if named.plugin == named.name { "name" } else { "plugin" };
            let span = config.origin.place(&["dialog", &number.to_string(), key], false);
            Err(unknown(config, span, &format!("[[dialog]] `{}`", named.name), error))
        }
    });
    tried.filter_map(Result::err).collect()
}

/// All dialogs of the configuration.
pub(super) fn dialogs(config: &Config, set: &PluginSet) -> Result<Vec<Box<dyn Dialog>>, AssemblyError> {
    let named = config.settings.dialogs.iter().enumerate();
    named.map(|(number, named)| dialog(config, set.dialog(&named.plugin)?, number, named)).collect()
}

/// All dialogs of the configuration that are this plugin.
pub(super) fn dialogs_of(
    config: &Config,
    component: &Arc<DialogComponent>,
) -> Result<Vec<Box<dyn Dialog>>, AssemblyError> {
    let plugin = &component.about().manifest.name;
    let named = config.settings.dialogs.iter().enumerate().filter(|(_, named)| named.plugin == *plugin);
    named.map(|(number, named)| dialog(config, component, number, named)).collect()
}

/// A dialog with its settings, after a conversation with it was opened for trial.
fn dialog(
    config: &Config,
    component: &Arc<DialogComponent>,
    number: usize,
    named: &Named,
) -> Result<Box<dyn Dialog>, AssemblyError> {
    let about = component.about();
    let settings = config.dialogs.get(&named.name).cloned().unwrap_or_default();
    let (title, number) = (format!("`settings` of [[dialog]] `{}`", named.name), number.to_string());
    let place = settings::Place { title: &title, path: &["dialog", &number, "settings"] };
    settings::check(&config.origin, &place, &about.schema, &settings).map_err(AssemblyError::Settings)?;
    settings::check_targets(&config.origin, &place, &settings, &config.settings).map_err(AssemblyError::Settings)?;
    settings::check_reach(&config.origin, &place, &settings, about, &config.grants).map_err(AssemblyError::Settings)?;
    let mut dialog = DialogPlugin::new(component, &named.name, &settings_text(&settings));
    let setup = dialog::Setup { seed: vec![0; 32], attributes: Vec::new() };
    match dialog.open(Timestamp::default(), &setup) {
        Ok(_) => Ok(Box::new(dialog)),
        Err(GuestFailure::Refused(words)) => {
            Err(AssemblyError::Settings(settings::refused(&config.origin, &place, &words)))
        }
        Err(failure) => {
            let (dialog, plugin) = (named.name.clone(), about.manifest.name.clone());
            Err(AssemblyError::Dialog { dialog, plugin, failure })
        }
    }
}

/// Where the rules of a pool's chain stand in the operator's file.
pub(super) fn place_of_rules(config: &Config, pool: usize, lane: Lane) -> Range<usize> {
    let number = pool.to_string();
    let path: &[&str] = match lane {
        Lane::Service => &["pool", &number, "rules"],
        Lane::Canary => &["pool", &number, "canary", "rules"],
        Lane::Shadow => &["pool", &number, "shadow"],
    };
    config.origin.place(path, false)
}

/// A rule that there is not, with its place in the operator's file, if there is one.
fn with_place(config: &Config, (number, lane): (usize, Lane), pool: &str, error: PluginError) -> AssemblyError {
    unknown(config, place_of_rules(config, number, lane), &format!("[[pool]] `{pool}`"), error)
}

/// A plugin that there is not, with its place in the operator's file, if there is one.
fn unknown(config: &Config, span: Range<usize>, title: &str, error: PluginError) -> AssemblyError {
    let PluginError::Unknown { kind, plugin, folder, found } = &error else { return error.into() };
    if config.origin.file().is_none() {
        return error.into();
    }
    AssemblyError::Settings(config.origin.problems(vec![Problem {
        span: config.origin.narrowed(span, &format!("{plugin:?}")),
        what: format!("{title}: there is no {kind} {plugin:?} in {}", folder.display()),
        expected: format!("the name of a {kind} that is there: {found}"),
        found: format!("{plugin:?}"),
        fix: format!("put {plugin}.wasm there, or correct the name"),
    }]))
}

/// A rule by its name, of the plugin that it is.
fn named_rule(config: &Config, set: &PluginSet, pool: &str, name: &str) -> Result<Box<dyn Rule>, AssemblyError> {
    rule(config, set.rule(config.plugin_of(name))?, pool, name)
}

/// A rule of that name with its settings, as the pool has it.
pub(super) fn rule(
    config: &Config,
    component: &Arc<RuleComponent>,
    pool: &str,
    name: &str,
) -> Result<Box<dyn Rule>, AssemblyError> {
    rule_with(config, component, (pool, name), None)
}

/// The same, with what the one before remembers.
pub(super) fn rule_with(
    config: &Config,
    component: &Arc<RuleComponent>,
    (pool, name): (&str, &str),
    memory: Option<&SavedState>,
) -> Result<Box<dyn Rule>, AssemblyError> {
    let about = component.about();
    let settings = rule_settings(config, name);
    let (title, number) = (place_of_settings(config, name), config.named_rules.get(name).map(|named| named.number));
    let number = number.map(|number| number.to_string());
    let path = number.as_ref().map_or(vec!["rules", name], |number| vec!["rule", number, "settings"]);
    let place = settings::Place { title: &title, path: &path };
    settings::check(&config.origin, &place, &about.schema, &settings).map_err(AssemblyError::Settings)?;
    settings::check_targets(&config.origin, &place, &settings, &config.settings).map_err(AssemblyError::Settings)?;
    settings::check_reach(&config.origin, &place, &settings, about, &config.grants).map_err(AssemblyError::Settings)?;
    let refused = |failure| match failure {
        GuestFailure::Refused(words) => AssemblyError::Settings(settings::refused(&config.origin, &place, &words)),
        failure => {
            AssemblyError::Rule { pool: pool.to_owned(), rule: name.to_owned(), settings: title.clone(), failure }
        }
    };
    Ok(Box::new(RulePlugin::open(component, name, &settings_text(&settings), memory).map_err(refused)?))
}

/// Where a rule's settings stand in the operator's file, in words.
pub(super) fn place_of_settings(config: &Config, name: &str) -> String {
    if config.named_rules.contains_key(name) {
        format!("`settings` of [[rule]] `{name}`")
    } else {
        format!("[rules.{name}]")
    }
}

/// What the operator's file says for a rule.
pub(super) fn rule_settings(config: &Config, name: &str) -> Json {
    config.rules.get(name).cloned().unwrap_or_default()
}

/// Where an adapter is at work: a listener or a provider.
pub(super) struct Desk<'a> {
    /// `listener` or `provider`.
    section: &'a str,
    pub(super) name: &'a str,
    /// The n-th section of a configuration is the n-th of its text.
    number: usize,
    pub(super) protocol: &'a str,
    settings: &'a Json,
    /// For a trial: the seed is nothing to go by.
    setup: Setup,
    new: fn(&Arc<AdapterComponent>, &str) -> AdapterPlugin,
}

impl Desk<'_> {
    /// The adapter as it is at work here.
    pub(super) fn made_of(&self, component: &Arc<AdapterComponent>) -> Arc<AdapterPlugin> {
        Arc::new((self.new)(component, &self.setup.settings))
    }
}

/// All of them.
pub(super) fn desks(config: &Config) -> impl Iterator<Item = Desk<'_>> {
    let listeners = config.listeners.iter().enumerate().map(|(number, listener)| Desk {
        section: "listener",
        name: &listener.name,
        number,
        protocol: &listener.protocol,
        settings: &listener.settings,
        setup: listeners::setup_of(config, listener, vec![0; 32]),
        new: AdapterPlugin::new,
    });
    let providers = config.providers.iter().enumerate().map(|(number, provider)| Desk {
        section: "provider",
        name: &provider.name,
        number,
        protocol: &provider.protocol,
        settings: &provider.settings,
        setup: providers::setup_of(config, provider, vec![0; 32]),
        new: AdapterPlugin::for_link,
    });
    listeners.chain(providers)
}

/// An adapter as it is at work there, after one machine of it was opened for trial.
pub(super) fn adapter(
    config: &Config,
    component: &Arc<AdapterComponent>,
    desk: &Desk<'_>,
) -> Result<Arc<AdapterPlugin>, AssemblyError> {
    let section = format!("[[{}]] `{}`", desk.section, desk.name);
    let (title, number) = (format!("`settings` of {section}"), desk.number.to_string());
    let written = settings::Place { title: &title, path: &[desk.section, &number, "settings"] };
    settings::check(&config.origin, &written, &component.about().schema, desk.settings)
        .map_err(AssemblyError::Settings)?;
    let adapter = desk.made_of(component);
    let refused = |failure| AssemblyError::Adapter { section, adapter: desk.protocol.to_owned(), failure };
    adapter.open(Timestamp::default(), &desk.setup).map(drop).map_err(refused)?;
    Ok(adapter)
}

/// A table of settings as the guest gets it.
pub fn settings_text(settings: &Json) -> String {
    serde_json::Value::Object(settings.clone()).to_string()
}
