//! The operator's file is read again, on order (`cordboard reload`, SIGHUP), and what can change while the service runs is changed.
//!
//! ```text
//! file ─► checked ─► held against the one in force ─► every rule tried ─► the shard renewed ─► in force
//!            │                     │                        │                  │
//!            └─────────────────────┴── refused: the old goes on, whole ────────┘     what needs a restart is only told
//! ```
//! Invariant: what is in force is what the shard works by; of sections that need a restart, what they said at the start.

use super::Operator;
use super::plugins;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::control::{Answer, Refusal, Response};
use crate::model::adapter::GuestFailure;
use crate::model::dialog::Dialog;
use crate::model::limits::Limits;
use crate::shard::{OpenNamed, Renewal};
use crate::shutdown::Shutdown;
use crate::telemetry::event;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;

/// What became of a file that was read again.
struct Merged {
    /// The new one, but for what needs a restart.
    config: Config,
    /// What is changed at once.
    changed: Vec<&'static str>,
    /// What is not, by name.
    restart: Vec<String>,
}

impl Operator {
    /// Reads the operator's file again.
    pub(super) async fn reload(&self) -> Response {
        let _alone = self.reloading.lock().await;
        let reloaded = self.reload_alone().await;
        match &reloaded {
            Ok(told) => event::reloaded(told),
            Err(refusal) => event::reload_refused(refusal),
        }
        reloaded.map(Answer::Done)
    }

    /// SIGHUP orders the same.
    pub(super) async fn reload_at_hangup(self: Arc<Self>, mut hangup: Signal, mut shutdown: Shutdown) {
        loop {
            tokio::select! {
                signal = hangup.recv() => if signal.is_none() { return },
                () = shutdown.draining() => return,
            }
            // It was logged; nobody else has asked.
            let _told = self.reload().await;
        }
    }

    async fn reload_alone(&self) -> Result<String, Refusal> {
        let old = self.in_force.get();
        let Some(file) = old.origin.file() else {
            return Err(Refusal::new(
                "this service was not started from a configuration file; there is nothing to read again",
            ));
        };
        let read = spawn_blocking(move || Config::read(&file)).await;
        let new = read.map_err(Refusal::new)?.map_err(Refusal::new)?;
        let Merged { config, changed, restart } = merged(&old, new);
        let told = told(&changed, &restart);
        if changed.is_empty() {
            return Ok(told);
        }
        let (config, dialogs) = self.tried(config).await?;
        let differs =
            |rule: &str| old.rules.get(rule) != config.rules.get(rule) || old.plugin_of(rule) != config.plugin_of(rule);
        let rules = names(&old.rules, &config.rules, differs);
        let in_force = self.in_force.clone();
        let renewal = Renewal {
            settings: config.settings.clone(),
            changed: rules,
            open: opener(Arc::clone(&old), config.clone(), self.catalog.clone()),
            dialogs,
            done: Box::new(move || in_force.set(config)),
        };
        self.shard.renew(renewal).await.map_err(Refusal::new)?;
        Ok(told)
    }

    /// Every rule of every pool is started once, for trial; the dialogs, which remember nothing, for good.
    async fn tried(&self, config: Config) -> Result<(Config, Vec<Box<dyn Dialog>>), Refusal> {
        let catalog = self.catalog.clone();
        let tried = spawn_blocking(move || {
            let plugins = catalog.plugins();
            let mut errors = plugins::try_rules(&config, &plugins);
            errors.extend(plugins::try_dialogs(&config, &plugins));
            if !errors.is_empty() {
                return Err(Refusal::new(super::listed(&errors)));
            }
            let dialogs = plugins::dialogs(&config, &plugins).map_err(Refusal::new)?;
            Ok((config, dialogs))
        });
        tried.await.unwrap_or_else(|_| Err(Refusal::new("a rule can't be tried; look at cordboard's log")))
    }
}

/// Opens rules with the new configuration, of the plugins that are in service then.
fn opener(old: Arc<Config>, config: Config, catalog: Catalog) -> OpenNamed {
    Box::new(move |pool, name, memory| {
        let refused = |error: &dyn std::fmt::Display| GuestFailure::Refused(error.to_string());
        let plugins = catalog.plugins();
        let plugin = config.plugin_of(name);
        let component = plugins.rule(plugin).map_err(|error| refused(&error))?;
        // What another plugin remembered under this name is nothing to it.
        let memory = memory.filter(|_| old.plugin_of(name) == plugin);
        plugins::rule_with(&config, component, (pool, name), memory).map_err(|error| refused(&error))
    })
}

/// Holds the new file against the one in force.
fn merged(old: &Config, new: Config) -> Merged {
    let mut restart = sections(old, &new);
    let limits = merged_limits(old, &new, &mut restart);
    let config = Config {
        settings: crate::model::settings::Settings {
            limits,
            // Of listeners and providers, which stay as they are.
            redirects: old.settings.redirects.clone(),
            ..new.settings
        },
        rules: new.rules,
        named_rules: new.named_rules,
        dialogs: new.dialogs,
        origin: new.origin,
        ..old.clone()
    };
    Merged { changed: differences(old, &config), config, restart }
}

/// Sections that say something else and need a restart, by name.
fn sections(old: &Config, new: &Config) -> Vec<String> {
    let plugins = old.plugins != new.plugins || old.trust != new.trust || old.grants != new.grants;
    let sections = [
        ("[storage]", old.data != new.data || old.durability != new.durability),
        ("[plugins]", plugins),
        ("[web]", old.web != new.web),
        ("[control]", old.control != new.control),
        ("[log]", old.log != new.log),
    ];
    let mut restart: Vec<String> =
        sections.iter().filter(|(_, differs)| *differs).map(|(section, _)| (*section).to_owned()).collect();
    let by_name = |config: &Config| -> BTreeMap<String, _> {
        config.listeners.iter().map(|listener| (listener.name.clone(), listener.clone())).collect()
    };
    let (before, now) = (by_name(old), by_name(new));
    restart.extend(
        names(&before, &now, |name| before.get(name) != now.get(name))
            .iter()
            .map(|name| format!("[[listener]] `{name}`")),
    );
    let by_name = |config: &Config| -> BTreeMap<String, _> {
        config.providers.iter().map(|provider| (provider.name.clone(), provider.clone())).collect()
    };
    let (before, now) = (by_name(old), by_name(new));
    restart.extend(
        names(&before, &now, |name| before.get(name) != now.get(name))
            .iter()
            .map(|name| format!("[[provider]] `{name}`")),
    );
    restart
}

/// Limits by which the centre alone works are the new ones; of the others, those that differ need a restart.
fn merged_limits(old: &Config, new: &Config, restart: &mut Vec<String>) -> Limits {
    let (before, now) = (&old.settings.limits, &new.settings.limits);
    let limits = Limits {
        sessions: now.sessions,
        sessions_per_customer: now.sessions_per_customer,
        messages_per_session: now.messages_per_session,
        software_wait_ms: now.software_wait_ms,
        quarantine_strikes: now.quarantine_strikes,
        quarantine_window_ms: now.quarantine_window_ms,
        remembered_customers: now.remembered_customers,
        consult_ms: now.consult_ms,
        ..before.clone()
    };
    // What nobody named was fitted to the machine.
    let unnamed = !old.connections_named && !new.connections_named;
    let wanted = Limits { connections: if unnamed { before.connections } else { now.connections }, ..now.clone() };
    restart.extend(differing(&limits, &wanted).into_iter().map(|limit| format!("[limits] {limit}")));
    limits
}

/// The names of limits that differ.
fn differing(one: &Limits, other: &Limits) -> Vec<String> {
    let fields = |limits| match serde_json::to_value(limits) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let other = fields(other);
    fields(one).into_iter().filter(|(name, value)| other.get(name) != Some(value)).map(|(name, _)| name).collect()
}

/// What the two have in common is left out; in the operator's words.
fn differences(old: &Config, new: &Config) -> Vec<&'static str> {
    let (before, now) = (&old.settings, &new.settings);
    let times = before.times(None) != now.times(None)
        || (before.customer_grace_ms, before.agent_grace_ms) != (now.customer_grace_ms, now.agent_grace_ms);
    let all = [
        ("the name", before.name != now.name),
        ("pools", before.pools != now.pools),
        ("rules' settings", (&old.rules, plugins_of(old)) != (&new.rules, plugins_of(new))),
        ("queues", before.queues != now.queues),
        ("links", before.links != now.links),
        ("dialogs", (&before.dialogs, &old.dialogs) != (&now.dialogs, &new.dialogs)),
        ("media", before.media != now.media),
        ("compatibility", before.compatibility != now.compatibility),
        ("times", times),
        ("limits", before.limits != now.limits),
    ];
    all.iter().filter(|(_, differs)| *differs).map(|(what, _)| *what).collect()
}

/// Of the rules that the file names, which plugin each is.
fn plugins_of(config: &Config) -> BTreeMap<&str, &str> {
    config.named_rules.iter().map(|(name, rule)| (name.as_str(), rule.plugin.as_str())).collect()
}

fn told(changed: &[&str], restart: &[String]) -> String {
    let changed = match changed {
        [] => "nothing has changed that can change now".to_owned(),
        changed => format!("in force now: {}", changed.join(", ")),
    };
    if restart.is_empty() { changed } else { format!("{changed}; needs a restart: {}", restart.join(", ")) }
}

/// The keys of both that `differ`.
fn names<T>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>, differ: impl Fn(&str) -> bool) -> Vec<String> {
    let all: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    all.into_iter().filter(|name| differ(name)).cloned().collect()
}

#[cfg(test)]
mod tests;
