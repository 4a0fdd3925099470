//! How the plugins stand: what is loaded, where it serves, what it has done, and what was refused.
//!
//! Invariant: what is told is what the registry and the centre have; nothing is kept here.

use super::Operator;
use crate::centre::view::RuleView;
use crate::config::Config;
use crate::control::{Answer, FailureRow, PluginRow, Refusal, Response};
use crate::plugin::{Kind, PluginError, Snapshot};

/// A rule that is left out.
pub(super) const QUARANTINED: &str = "quarantined";
/// A file that serves nowhere.
pub(super) const REFUSED: &str = "refused";

/// A file that serves nowhere.
pub(super) struct Refused {
    /// Its name, or the plugin's.
    name: String,
    /// With the fix.
    why: String,
}

impl From<&PluginError> for Refused {
    fn from(error: &PluginError) -> Self {
        Self { name: error.plugin(), why: error.to_string() }
    }
}

impl Operator {
    pub(super) async fn plugins(&self) -> Response {
        let rules = self.shard.summary().await.map_err(Refusal::new)?.status.rules;
        let loaded = self.registry.snapshots().into_iter().map(|snapshot| row(&self.config, &rules, snapshot));
        let refused = self.refused.iter().map(|refused| PluginRow {
            name: refused.name.clone(),
            state: REFUSED.to_owned(),
            why: refused.why.clone(),
            ..PluginRow::default()
        });
        Ok(Answer::Plugins(loaded.chain(refused).collect()))
    }
}

fn row(config: &Config, rules: &[RuleView], of: Snapshot) -> PluginRow {
    let serves = serves(config, of.kind, &of.name);
    let (state, why) = state(rules, &of, &serves);
    let latency = &of.reading.latency;
    let nanoseconds = |per_mille| latency.quantile(per_mille).map(|took| saturated(took.as_nanos()));
    PluginRow {
        kind: of.kind.to_string(),
        name: of.name,
        version: of.version,
        digest: format!("{:#}", of.digest),
        generation: None,
        state: state.to_owned(),
        why,
        serves,
        age_s: of.age.as_secs(),
        machines: of.reading.sandboxes,
        memory_bytes: of.reading.memory_bytes,
        calls: latency.count(),
        fuel: of.reading.fuel,
        cpu_us: saturated(latency.sum().as_micros()),
        p50_ns: nanoseconds(500),
        p99_ns: nanoseconds(990),
        failures: of.reading.failures.iter().map(|(kind, count)| (kind.as_str().to_owned(), *count)).collect(),
        last_failure: of.reading.last_failure.map(|(ago, failure)| {
            let (what, running) = failure.told();
            FailureRow { age_s: ago.as_secs(), what, running }
        }),
    }
}

/// Where the configuration wants a plugin.
fn serves(config: &Config, kind: Kind, name: &str) -> Vec<String> {
    match kind {
        Kind::Rule => {
            let pools = config.settings.pools.iter().filter(|pool| pool.rules.iter().any(|rule| rule == name));
            pools.map(|pool| format!("pool {}", pool.name)).collect()
        }
        Kind::Adapter => {
            let listeners = config.listeners.iter().filter(|listener| listener.protocol == name);
            let providers = config.providers.iter().filter(|provider| provider.protocol == name);
            let listeners = listeners.map(|listener| format!("listener {}", listener.name));
            listeners.chain(providers.map(|provider| format!("provider {}", provider.name))).collect()
        }
        Kind::Dialog => Vec::new(),
    }
}

/// In a word, and why.
fn state(rules: &[RuleView], of: &Snapshot, serves: &[String]) -> (&'static str, String) {
    let quarantine = || rules.iter().filter(|rule| rule.name == of.name).find_map(|rule| rule.quarantined.clone());
    if serves.is_empty() {
        return ("unused", String::new());
    }
    if let Some(why) = quarantine().filter(|_| of.kind == Kind::Rule) {
        return (QUARANTINED, why);
    }
    match &of.failing {
        Some(why) => ("failing", why.clone()),
        None => ("in service", String::new()),
    }
}

fn saturated(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
