//! Whether a pool's rules can keep anybody: its chain is asked about made-up agents and sessions.
//!
//! What is shown is that the chain drops everybody who was made up, not that nobody at all could please it; so the people are made to please:
//! they have every word of the rules' settings for a name, a skill, a language and the value of every attribute, the best and the worst
//! levels, free capacity, and have waited for nothing and for long. A rule that holds, diverts, refuses or asks somebody is content.
//!
//! Invariant: nothing is changed; a rule that fails here is no finding of this module.

use super::plugins::{place_of_rules, place_of_settings, rule, rule_settings};
use crate::config::{Config, Problem, Problems};
use crate::model::rule::{Agent, AgentRef, Change, Load, Rule, Session, SessionRef, Skill, Verdict};
use crate::model::settings::{Pool, Queue};
use crate::model::{AgentName, Attribute, Lane, Timestamp};
use crate::plugin::PluginSet;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Words of settings that people are made of: enough for settings that people write, few enough for a rule's fuel.
const WORDS: usize = 24;
const QUEUES: usize = 4;
/// People told of in one call.
const AT_ONCE: usize = 4;
const LEVELS: [u8; 3] = [10, 5, 1];
/// What they have waited.
const WAITED_MS: [u64; 3] = [0, 120_000, 86_400_000];
/// Monday, the 5th of January 2026, at noon in Greenwich.
const NOW: Timestamp = Timestamp(1_767_614_400_000);

/// Chains of pools that keep nobody, with their place in the file.
pub fn futile(config: &Config, set: &PluginSet) -> Option<Problems> {
    let pools = config.settings.pools.iter().enumerate();
    let chains = pools.flat_map(|(number, pool)| pool.chains().map(move |(lane, rules)| (number, pool, lane, rules)));
    let futile = chains.filter_map(|(number, pool, lane, rules)| {
        let (last, agents, sessions) = emptied(config, set, pool, rules)?;
        Some(problem(config, number, pool, lane, &last, [agents, sessions]))
    });
    let found: Vec<Problem> = futile.collect();
    (!found.is_empty()).then(|| config.origin.problems(found))
}

/// The rule that drops the last candidate of every session, if one does, and how many agents and sessions were made up.
fn emptied(config: &Config, set: &PluginSet, pool: &Pool, rules: &[String]) -> Option<(String, usize, usize)> {
    let open = |name: &String| {
        let component = set.rule(config.plugin_of(name)).ok()?;
        rule(config, &Arc::new(component.on_trial()), &pool.name, name).ok()
    };
    let mut chain = rules.iter().map(open).collect::<Option<Vec<_>>>()?;
    let words = words(config, rules);
    let queues: Vec<&Queue> =
        config.settings.queues.iter().filter(|queue| queue.pool == pool.name).take(QUEUES).collect();
    let agents = agents(&words, &queues);
    let sessions = sessions(&words, &queues);
    if chain.is_empty() || sessions.is_empty() {
        return None;
    }
    let changes: Vec<Change> = agents.iter().chain(&sessions).cloned().collect();
    // People with this many attributes are much for the fuel of one call.
    let tell = |rule: &mut Box<dyn Rule>| changes.chunks(AT_ONCE).try_for_each(|some| rule.changed(some));
    chain.iter_mut().try_for_each(tell).ok()?;
    let candidates: Vec<AgentRef> = (0..).take(agents.len()).collect();
    let mut last = String::new();
    for session in (0..).take(sessions.len()) {
        last = emptied_by(&mut chain, session, &candidates)?;
    }
    Some((last, agents.len(), sessions.len()))
}

fn problem(
    config: &Config,
    number: usize,
    pool: &Pool,
    lane: Lane,
    last: &str,
    [agents, sessions]: [usize; 2],
) -> Problem {
    let (key, of) = match lane {
        Lane::Service => ("rules", "its rules"),
        Lane::Canary => ("canary", "the rules of its `canary`"),
        Lane::Shadow => ("shadow", "the rules of its `shadow`"),
    };
    Problem {
        span: place_of_rules(config, number, lane),
        what: format!("[[pool]] `{}`: {of} can keep nobody", pool.name),
        expected: "rules that keep somebody for some session".to_owned(),
        found: format!(
            "the rule {last} leaves none of {agents} agents of every skill for any of {sessions} sessions, which were made up for this"
        ),
        fix: format!("correct {}, or take it out of the pool's `{key}`", place_of_settings(config, last)),
    }
}

/// The rule that drops the last candidate; nothing where somebody is kept, or the session is not to be offered now anyway.
fn emptied_by(chain: &mut [Box<dyn Rule>], session: SessionRef, candidates: &[AgentRef]) -> Option<String> {
    let mut left = candidates.to_vec();
    for rule in chain {
        match rule.rank_agents(NOW, session, &left, false).ok()?.verdict {
            Verdict::Keep(kept) if kept.is_empty() => return Some(rule.name().to_owned()),
            Verdict::Keep(kept) => left = kept.into_iter().map(|choice| choice.agent).collect(),
            _ => return None,
        }
    }
    None
}

/// All that settings name, in the order of the alphabet.
fn words(config: &Config, rules: &[String]) -> Vec<String> {
    let mut words = BTreeSet::new();
    for name in rules {
        collect(&Value::Object(rule_settings(config, name)), &mut words);
    }
    words.extend(config.settings.queues.iter().map(|queue| queue.name.clone()));
    words.into_iter().take(WORDS).collect()
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let parts = text.split(|letter: char| !letter.is_alphanumeric() && !"-_.@".contains(letter));
            words.extend(
                parts.flat_map(|part| part.split('.').chain([part])).filter(|part| !part.is_empty()).map(str::to_owned),
            );
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(table) => {
            for (key, value) in table {
                words.insert(key.clone());
                collect(value, words);
            }
        }
        _ => {}
    }
}

/// Every attribute that settings may ask for, with one value.
fn attributes(words: &[String], value: &str) -> Vec<Attribute> {
    let known = ["last-agent", "requested-agent", "vip"].map(str::to_owned);
    words.iter().chain(&known).map(|name| Attribute::new(name.as_str(), value)).collect()
}

/// One for each word, and one who has them all.
fn agents(words: &[String], queues: &[&Queue]) -> Vec<Change> {
    let everything = words.join(" ");
    let capacity = |queue: &&Queue| Load { medium: queue.medium.clone(), used: 0, capacity: 10 };
    let agent = |(number, value): (AgentRef, &String)| {
        let level = LEVELS[number as usize % LEVELS.len()];
        Change::Agent(Agent {
            agent: number,
            name: AgentName::new(value.clone()),
            kind: "person".to_owned(),
            state: "available".to_owned(),
            since: Timestamp(0),
            idle_since: Timestamp(0),
            queues: queues.iter().map(|queue| queue.name.clone()).collect(),
            skills: words.iter().map(|name| Skill { name: name.clone(), level }).collect(),
            loads: queues.iter().map(capacity).collect(),
            software: vec!["xmpp".to_owned()],
            attributes: attributes(words, value),
        })
    };
    (0..).zip(words.iter().chain([&everything])).map(agent).collect()
}

/// In every queue and after every wait: one for each word, and one who wants nothing.
fn sessions(words: &[String], queues: &[&Queue]) -> Vec<Change> {
    let nothing = String::new();
    let mut sessions = Vec::new();
    for (queue, waited_ms) in queues.iter().flat_map(|queue| WAITED_MS.map(|waited_ms| (queue, waited_ms))) {
        for value in [&nothing].into_iter().chain(words) {
            let since = Timestamp(NOW.0 - waited_ms);
            sessions.push(Change::Session(Session {
                session: SessionRef::try_from(sessions.len()).unwrap_or(SessionRef::MAX),
                queue: queue.name.clone(),
                medium: queue.medium.clone(),
                provider: value.clone(),
                software: value.clone(),
                software_version: String::new(),
                language: value.clone(),
                priority: queue.priority,
                arrived_at: since,
                waiting_since: since,
                member: value.clone(),
                passed_over: Vec::new(),
                attributes: if value.is_empty() { Vec::new() } else { attributes(words, value) },
            }));
        }
    }
    sessions
}

#[cfg(test)]
mod tests;
