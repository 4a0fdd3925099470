//! `replay`: runs a journal again; every batch must come out as it did (I8). With `--rules` its day is played with other rules beside.
//!
//! Invariant: nothing is written; without `--rules` no plugin is asked: their answers stand in the journal.

mod compared;
mod components;
mod decisions;

use super::arguments::{OtherRules, Replay};
use super::ask;
use super::journal::Log;
use crate::centre::Components;
use crate::config::Config;
use crate::model::rule::Rule;
use crate::rehearsal::{Day, play};
use crate::service::plugins::AtHand;
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

/// Plays the journal's day with other rules, and once more with those that were in service, to see how good the model is; and puts every
/// decision of that day to the other rules.
fn rehearse(asked: &Replay, log: &Log) -> anyhow::Result<()> {
    let config = Config::read(&asked.config)?;
    let at_hand = AtHand::new(&config)?;
    let mut others = Components::new();
    for other in &asked.rules {
        others.insert(other.pool.clone(), chain(&at_hand, &other.pool, &other.rules)?);
    }
    let Some(recorded) = record_day(log.entries()?, others)? else {
        bail!("the journal has no batch that can be replayed")
    };
    let day = &recorded.day;
    check_pools(day, &asked.rules)?;
    let (same_rules, other_rules) = (rules(&at_hand, day, &[])?, rules(&at_hand, day, &asked.rules)?);
    let in_force = components::of(&recorded.in_force, &same_rules, &other_rules);
    let (same, other) = (play(day, same_rules)?, play(day, other_rules)?);
    let compared = Compared::of(recorded, in_force, [&same, &other], u64::from(asked.within) * 1000);
    if asked.json {
        return ask::print_json(&compared);
    }
    print!("{compared}");
    Ok(())
}

fn check_pools(day: &Day, other: &[OtherRules]) -> anyhow::Result<()> {
    let pools = &day.settings.pools;
    if let Some(unknown) = other.iter().find(|other| pools.iter().all(|pool| pool.name != other.pool)) {
        let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
        bail!("--rules: the journal has no pool {:?}; it has {}", unknown.pool, names.join(", "));
    }
    Ok(())
}

/// The rules of that day, but for these.
fn rules(at_hand: &AtHand<'_>, day: &Day, other: &[OtherRules]) -> anyhow::Result<Components> {
    let mut rules = Components::new();
    for pool in &day.settings.pools {
        let named = other.iter().find(|other| other.pool == pool.name).map_or(&pool.rules, |other| &other.rules);
        rules.insert(pool.name.clone(), chain(at_hand, &pool.name, named)?);
    }
    Ok(rules)
}

fn chain(at_hand: &AtHand<'_>, pool: &str, rules: &[String]) -> anyhow::Result<Vec<Box<dyn Rule>>> {
    at_hand.chain(pool, rules).with_context(|| format!("pool {pool}"))
}

#[cfg(test)]
mod tests;
