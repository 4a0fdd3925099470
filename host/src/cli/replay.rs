//! `replay`: runs a journal again; every batch must come out as it did (I8). With `--rules` its day is played with other rules beside.
//!
//! Invariant: nothing is written; without `--rules` no plugin is asked: their answers stand in the journal.

mod compared;

use super::arguments::{OtherRules, Replay};
use super::ask;
use super::journal::Log;
use crate::centre::RuleSet;
use crate::config::Config;
use crate::rehearsal::{Day, play};
use crate::service::plugins;
use crate::shard::{Replayed, record_day, replay_entries};
use anyhow::{Context as _, bail};
use compared::Compared;
use serde::Serialize;

/// A replay for programs.
#[derive(Serialize)]
struct Told {
    batches: u64,
    runs: u64,
    passed_over: u64,
}

pub(super) fn replay(asked: &Replay) -> anyhow::Result<()> {
    let log = match &asked.log {
        Some(log) => Log::open(log)?,
        None => Log::open(&Config::read(&asked.config)?.data)?,
    };
    if !asked.rules.is_empty() {
        return rehearse(asked, &log);
    }
    let Replayed { batches, runs, passed_over, .. } = replay_entries(log.entries()?)?;
    if asked.json {
        return ask::print_json(&Told { batches, runs, passed_over });
    }
    println!("{batches} batches of {runs} runs came out as they did");
    if passed_over > 0 {
        println!("{passed_over} older entries were passed over: what they started from is not kept any more");
    }
    Ok(())
}

/// Plays the journal's day with other rules, and once more with those that are in service, to see how good the model is.
fn rehearse(asked: &Replay, log: &Log) -> anyhow::Result<()> {
    let config = Config::read(&asked.config)?;
    let Some(day) = record_day(log.entries()?)? else { bail!("the journal has no batch that can be replayed") };
    let other = played(&config, &day, &asked.rules)?;
    let same = played(&config, &day, &[])?;
    let compared = Compared::of(&day, &same, &other, u64::from(asked.within) * 1000);
    if asked.json {
        return ask::print_json(&compared);
    }
    print!("{compared}");
    Ok(())
}

/// The day with the rules that the configuration names, but for these.
fn played(config: &Config, day: &Day, other: &[OtherRules]) -> anyhow::Result<Day> {
    let pools = &day.settings.pools;
    if let Some(unknown) = other.iter().find(|other| pools.iter().all(|pool| pool.name != other.pool)) {
        let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
        bail!("--rules: the journal has no pool {:?}; it has {}", unknown.pool, names.join(", "));
    }
    let mut rules = RuleSet::new();
    for pool in pools {
        let named = other.iter().find(|other| other.pool == pool.name).map_or(&pool.rules, |other| &other.rules);
        let chain = plugins::chain(config, &pool.name, named).with_context(|| format!("pool {}", pool.name))?;
        rules.insert(pool.name.clone(), chain);
    }
    Ok(play(day, rules)?)
}
