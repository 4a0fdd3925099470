//! How the plugins stand: what is loaded, where it serves, what it has done, and what was refused.
//!
//! Invariant: what is told is what the registry, the catalog and the centre have; nothing is kept here.

use super::Operator;
use crate::catalog::{Key, RefusedFile, Row};
use crate::centre::view::{RuleView, StatusView, Summary};
use crate::config::Config;
use crate::control::{Answer, FailureRow, PluginRow, Refusal, Response};
use crate::model::settings::Pool;
use crate::model::{Lane, Timestamp};
use crate::plugin::{Kind, Snapshot};

/// A rule that is left out.
pub(super) const QUARANTINED: &str = "quarantined";
/// A file that serves nowhere.
pub(super) const REFUSED: &str = "refused";

impl Operator {
    pub(super) async fn plugins(&self) -> Response {
        let summary = self.shard.summary().await.map_err(Refusal::new)?;
        let held = self.catalog.rows();
        let config = self.in_force.get();
        let loaded = self.registry.snapshots().into_iter().map(|snapshot| row(&config, &summary, &held, snapshot));
        let refused = held.iter().filter_map(|row| Some(refused(row, row.refused.as_ref()?)));
        Ok(Answer::Plugins(loaded.chain(refused).collect()))
    }

    pub(super) async fn candidates(&self) -> Response {
        let summary = self.shard.summary().await.map_err(Refusal::new)?;
        Ok(Answer::Candidates(summary.status.candidates))
    }
}

/// A file that wants to serve and may not.
fn refused(row: &Row, file: &RefusedFile) -> PluginRow {
    PluginRow {
        kind: row.kind().map(|kind| kind.to_string()).unwrap_or_default(),
        name: row.name(),
        state: REFUSED.to_owned(),
        why: file.reason.clone(),
        ..PluginRow::default()
    }
}

fn row(config: &Config, summary: &Summary, held: &[Row], of: Snapshot) -> PluginRow {
    let key = Key::new(of.kind, &of.name);
    let serving = held.iter().find(|row| row.key.as_ref() == Some(&key)).and_then(|row| row.serving.as_ref());
    let serving = serving.filter(|serving| serving.digest == of.digest);
    let serves = if serving.is_some() { serves(config, of.kind, &of.name) } else { Vec::new() };
    let Stands { state, why, since } = match serving {
        Some(_) => stands(config, &summary.status, &of, &serves),
        None => "former".into(),
    };
    let latency = &of.reading.latency;
    let nanoseconds = |per_mille| latency.quantile(per_mille).map(|took| saturated(took.as_nanos()));
    PluginRow {
        kind: of.kind.to_string(),
        name: of.name,
        version: of.version,
        digest: format!("{:#}", of.digest),
        generation: serving.map(|serving| serving.generation),
        state: state.to_owned(),
        why,
        quarantined_s: since.map(|since| summary.now.since_ms(since) / 1000),
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
            let chains = config
                .settings
                .pools
                .iter()
                .flat_map(|pool| pool.chains().map(move |(lane, rules)| (pool, lane, rules)));
            let rules = chains.flat_map(|(pool, lane, rules)| rules.iter().map(move |rule| (pool, lane, rule)));
            let of_plugin = rules.filter(|(_, _, rule)| config.plugin_of(rule) == name);
            let told = |(pool, lane, rule): (&Pool, Lane, &String)| match place(&pool.name, lane) {
                place if rule == name => place,
                place => format!("{place} as {rule}"),
            };
            of_plugin.map(told).collect()
        }
        Kind::Adapter => {
            let listeners = config.listeners.iter().filter(|listener| listener.protocol == name);
            let providers = config.providers.iter().filter(|provider| provider.protocol == name);
            let listeners = listeners.map(|listener| format!("listener {}", listener.name));
            listeners.chain(providers.map(|provider| format!("provider {}", provider.name))).collect()
        }
        Kind::Dialog => {
            let dialogs = config.settings.dialogs.iter().filter(|dialog| dialog.plugin == name);
            dialogs.map(|dialog| format!("dialog {}", dialog.name)).collect()
        }
    }
}

/// How it stands in a word, why, and if it is out of service, since when.
struct Stands {
    state: &'static str,
    why: String,
    since: Option<Timestamp>,
}

impl From<&'static str> for Stands {
    fn from(state: &'static str) -> Self {
        Self { state, why: String::new(), since: None }
    }
}

fn stands(config: &Config, status: &StatusView, of: &Snapshot, serves: &[String]) -> Stands {
    let quarantine = |rule: &RuleView| {
        let why = rule.quarantined.as_ref()?;
        let why = match rule.lane {
            Lane::Service => why.clone(),
            Lane::Canary => format!("the {} is rolled back: {why}", place(&rule.pool, rule.lane)),
            Lane::Shadow => format!("in the {}: {why}", place(&rule.pool, rule.lane)),
        };
        Some((why, rule.quarantined_since))
    };
    let quarantine = || match of.kind {
        Kind::Rule => status.rules.iter().filter(|rule| config.plugin_of(&rule.name) == of.name).find_map(quarantine),
        Kind::Dialog => {
            let out = status.dialogs_out.iter().find(|out| out.plugin == of.name)?;
            Some((out.why.clone(), Some(out.since)))
        }
        Kind::Adapter => None,
    };
    if serves.is_empty() {
        return "unused".into();
    }
    if let Some((why, since)) = quarantine() {
        return Stands { state: QUARANTINED, why, since };
    }
    match &of.failing {
        Some(why) => Stands { state: "failing", why: why.clone(), since: None },
        None => "in service".into(),
    }
}

fn place(pool: &str, lane: Lane) -> String {
    match lane {
        Lane::Service => format!("pool {pool}"),
        Lane::Canary | Lane::Shadow => format!("{} of pool {pool}", lane.as_str()),
    }
}

fn saturated(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
