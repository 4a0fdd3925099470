//! Where plugins are at work in this service: rules in the shard's chains, dialogs beside them, adapters on listeners and links.
//!
//! Invariant: a plugin is put to work at all of its places or at none.

use super::in_force::InForce;
use super::plugins::{self, Adapters};
use crate::catalog::{Commit, Key, Places};
use crate::plugin::{AdapterComponent, AnyPlugin, DialogComponent, Kind, RuleComponent, RulePlugin};
use crate::shard::{Exchange, Newcomer, OpenNamed, Shard};
use std::sync::Arc;

/// See the [module](self).
pub(super) struct Workplaces {
    pub(super) in_force: InForce,
    pub(super) shard: Shard,
    pub(super) adapters: Adapters,
}

impl Workplaces {
    /// Each rule of it is tried once, in the first of the pools that have it: it has its settings once, for all of them.
    fn try_rule(&self, component: &Arc<RuleComponent>) -> Result<(), String> {
        let config = self.in_force.get();
        config.rules_of(&component.about().manifest.name).into_iter().try_for_each(|rule| {
            let pool = config.settings.pools.iter().find(|pool| pool.names(rule));
            let pool = pool.map_or("", |pool| &pool.name);
            plugins::rule(&config, component, pool, rule).map(drop).map_err(|error| error.to_string())
        })
    }

    /// Opened on the shard's thread, with what the one before remembers.
    async fn put_rule(&self, component: &Arc<RuleComponent>, commit: Commit) -> Result<(), String> {
        let config = self.in_force.get();
        let rules: Vec<String> =
            config.rules_of(&component.about().manifest.name).into_iter().map(str::to_owned).collect();
        if rules.is_empty() {
            commit();
            return Ok(());
        }
        let (component, in_force) = (Arc::clone(component), self.in_force.clone());
        let open: OpenNamed = Box::new(move |_pool, name, memory| {
            // Those that are in force when it is opened: a reload may come between.
            let settings = plugins::settings_text(&plugins::rule_settings(&in_force.get(), name));
            Ok(Box::new(RulePlugin::open(&component, name, &settings, memory)?))
        });
        let newcomer = Newcomer::Rules { names: rules, open };
        let exchanged = self.shard.exchange(Exchange { newcomer, done: commit }).await;
        exchanged.map_err(|error| error.to_string())
    }

    fn try_dialog(&self, component: &Arc<DialogComponent>) -> Result<(), String> {
        plugins::dialogs_of(&self.in_force.get(), component).map(drop).map_err(|error| error.to_string())
    }

    /// In the places of all dialogs that are this plugin.
    async fn put_dialog(&self, component: &Arc<DialogComponent>, commit: Commit) -> Result<(), String> {
        let dialogs = plugins::dialogs_of(&self.in_force.get(), component).map_err(|error| error.to_string())?;
        let exchanged = self.shard.exchange(Exchange { newcomer: Newcomer::Dialogs(dialogs), done: commit }).await;
        exchanged.map_err(|error| error.to_string())
    }

    fn try_adapter(&self, component: &Arc<AdapterComponent>) -> Result<(), String> {
        let (name, config) = (&component.about().manifest.name, self.in_force.get());
        let mut desks = plugins::desks(&config).filter(|desk| desk.protocol == name);
        desks
            .try_for_each(|desk| plugins::adapter(&config, component, &desk).map(drop))
            .map_err(|error| error.to_string())
    }

    /// New endpoints have it from now on; those that are there go over one after the other.
    fn put_adapter(&self, component: &Arc<AdapterComponent>, commit: Commit) {
        let (name, config) = (&component.about().manifest.name, self.in_force.get());
        commit();
        for desk in plugins::desks(&config).filter(|desk| desk.protocol == name) {
            if let Some(in_service) = self.adapters.get(desk.name) {
                in_service.swap(desk.made_of(component));
            }
        }
    }
}

impl Places for Workplaces {
    fn uses(&self, key: &Key) -> bool {
        match key.kind {
            Kind::Rule => !self.in_force.get().rules_of(&key.name).is_empty(),
            Kind::Adapter => plugins::desks(&self.in_force.get()).any(|desk| desk.protocol == key.name),
            Kind::Dialog => self.in_force.get().settings.dialogs.iter().any(|dialog| dialog.plugin == key.name),
        }
    }

    fn try_out(&self, plugin: &AnyPlugin) -> Result<(), String> {
        match plugin {
            AnyPlugin::Rule(component) => self.try_rule(component),
            AnyPlugin::Adapter(component) => self.try_adapter(component),
            AnyPlugin::Dialog(component) => self.try_dialog(component),
        }
    }

    async fn put(&self, plugin: &AnyPlugin, commit: Commit) -> Result<(), String> {
        match plugin {
            AnyPlugin::Rule(component) => self.put_rule(component, commit).await,
            AnyPlugin::Adapter(component) => {
                self.put_adapter(component, commit);
                Ok(())
            }
            AnyPlugin::Dialog(component) => self.put_dialog(component, commit).await,
        }
    }
}
