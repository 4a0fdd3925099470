//! Which components answered on a day, and which ones it is played with.
//!
//! Invariant: a rule that is called the same and is not the component that answered is told to be another.

use crate::centre::Components;
use crate::centre::noted::hexadecimal;
use crate::model::{Digest, Lane};
use crate::shard::InForce;
use serde::Serialize;
use std::fmt;

/// The rules of one pool.
#[derive(Debug, Serialize)]
pub(super) struct PoolComponents {
    pool: String,
    /// As they answered; a rule that was exchanged is there several times.
    recorded: Vec<InForce>,
    same_rules: Vec<Opened>,
    other_rules: Vec<Opened>,
}

/// A rule to play with.
#[derive(Debug, Serialize)]
struct Opened {
    rule: String,
    #[serde(serialize_with = "hexadecimal")]
    digest: Digest,
    /// Whether the very component, with those settings, answered on that day.
    answered_then: bool,
}

/// Those of every pool that is played.
pub(super) fn of(in_force: &[InForce], same: &Components, other: &Components) -> Vec<PoolComponents> {
    let components = |pool: &String| {
        let recorded: Vec<InForce> = in_force.iter().filter(|known| known.pool == *pool).cloned().collect();
        let opened = |rules: &Components| {
            let opened = rules.of(pool, Lane::Service).iter().map(|rule| Opened {
                rule: rule.name().to_owned(),
                digest: rule.digest(),
                answered_then: recorded.iter().any(|known| known.digest == rule.digest()),
            });
            opened.collect()
        };
        let (same_rules, other_rules) = (opened(same), opened(other));
        PoolComponents { pool: pool.clone(), recorded, same_rules, other_rules }
    };
    same.pools().map(|(pool, _)| components(pool)).collect()
}

impl fmt::Display for PoolComponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded: Vec<String> =
            self.recorded.iter().map(|rule| format!("{} ({})", rule.rule, rule.digest)).collect();
        let names = |opened: &[Opened]| opened.iter().map(|rule| format!("{} ({})", rule.rule, rule.digest)).collect();
        let (same, other): (Vec<String>, Vec<String>) = (names(&self.same_rules), names(&self.other_rules));
        writeln!(f, "pool {}", self.pool)?;
        for (title, rules) in [("recorded", recorded), ("same rules", same), ("other rules", other)] {
            let rules = if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
            writeln!(f, "  {title:<12} {rules}")?;
        }
        for rule in self.same_rules.iter().filter(|rule| !rule.answered_then) {
            let Opened { rule, digest, .. } = rule;
            writeln!(
                f,
                "  {rule} ({digest}) is not what answered then: the component or its settings have changed since, so the day with the same rules \
                 differs by more than the model"
            )?;
        }
        Ok(())
    }
}
