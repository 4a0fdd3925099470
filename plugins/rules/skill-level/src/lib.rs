//! The rule `skill-level`: who lacks a skill that the session needs is not asked, and the best match of the others comes first.
//!
//! What a session needs is said here for its queue, and in the session's attribute `required-skills`, such as `tax:3 german:5`, which
//! the host sets from the queue's own `skills`: both are required. Where neither says anything, the skill called like the queue, at level 1.
//!
//! - `required`: who lacks one of these levels is dropped.
//! - `preferred`: drops nobody; each level that is missing counts against an agent.
//! - `order`: among those who lack equally much of what is preferred, `highest` puts the highest sum of required levels first,
//!   `closest` the lowest, so that experts stay free for what only they can do, and `none` leaves them to later rules.
//!
//! ```toml
//! [rules.skill-level]
//! order = "closest"
//! [rules.skill-level.queues.billing]
//! required = { billing = 3 }
//! preferred = { german = 5 }
//! ```
//!
//! Levels go from 1 to 10.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    order: Order,
    queues: BTreeMap<String, Needs>,
}

/// Who comes first of those who meet what is required.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Highest,
    Closest,
    None,
}

/// What a queue's sessions need, by skill.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Needs {
    required: BTreeMap<String, u8>,
    preferred: BTreeMap<String, u8>,
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct SkillLevel {
    settings: Settings,
}

const HIGHEST_LEVEL: u8 = 10;
/// More than any sum of levels: what is missing of the preferred counts before the order.
const MISSING: u64 = 1 << 16;
const LACKS: Fit = Fit::drop("lacks a required skill");

impl Rule for SkillLevel {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        for (queue, needs) in &settings.queues {
            for (skill, level) in needs.required.iter().chain(&needs.preferred) {
                if !(1..=HIGHEST_LEVEL).contains(level) {
                    return Err(format!("queues.{queue}: {skill}: levels go from 1 to 10, found {level}"));
                }
            }
        }
        Ok(Self { settings })
    }

    fn fit(&self, _now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let mut levels = Levels { sum: 0, is_met: true };
        let mut missing = 0;
        match self.settings.queues.get(&session.queue) {
            Some(needs) => {
                needs.required.iter().for_each(|(skill, level)| levels.require(agent, skill, *level));
                missing = needs.preferred.iter().map(|(skill, level)| lacking(agent, skill, *level)).sum();
            }
            None if says_nothing(session) => levels.require(agent, &session.queue, 1),
            None => {}
        }
        for (skill, level) in wanted_by(session) {
            levels.require(agent, skill, level);
        }
        if levels.is_met { Fit::ranked(missing * MISSING + self.order(levels.sum)) } else { LACKS }
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, fit: Fit) -> String {
        let needs = self.settings.queues.get(&session.queue);
        let own = (needs.is_none() && says_nothing(session)).then_some((session.queue.as_str(), 1));
        let (required, preferred) = needs.map_or((None, None), |needs| (Some(&needs.required), Some(&needs.preferred)));
        let all = required.into_iter().flatten().map(|(skill, level)| (skill.as_str(), *level));
        let all = all.chain(own).chain(wanted_by(session));
        let verb = if matches!(fit, Fit::Drop { .. }) { "lacks" } else { "has" };
        let is_kept = verb == "has";
        let said = all.filter(|(skill, level)| (lacking(agent, skill, *level) == 0) == is_kept);
        let said: Vec<String> = said.map(|(skill, level)| told(agent, skill, level)).collect();
        let said = if said.is_empty() { format!("{verb} all") } else { format!("{verb} {}", said.join(", ")) };
        let missing = preferred.into_iter().flatten().filter(|(skill, level)| lacking(agent, skill, **level) > 0);
        let missing: Vec<String> = missing.map(|(skill, level)| told(agent, skill, *level)).collect();
        if missing.is_empty() { said } else { format!("{said}; better with {}", missing.join(", ")) }
    }
}

impl SkillLevel {
    fn order(&self, sum: u64) -> u64 {
        match self.settings.order {
            Order::Highest => MISSING - 1 - sum.min(MISSING - 1),
            Order::Closest => sum.min(MISSING - 1),
            Order::None => 0,
        }
    }
}

/// Of what is required: the sum of the agent's levels, and whether all are met.
struct Levels {
    sum: u64,
    is_met: bool,
}

impl Levels {
    fn require(&mut self, agent: &Agent, skill: &str, level: u8) {
        let has = agent.skill(skill).unwrap_or(0);
        self.is_met &= has >= level;
        self.sum += u64::from(has);
    }
}

fn lacking(agent: &Agent, skill: &str, level: u8) -> u64 {
    u64::from(level.saturating_sub(agent.skill(skill).unwrap_or(0)))
}

fn told(agent: &Agent, skill: &str, level: u8) -> String {
    match agent.skill(skill) {
        Some(has) => format!("{skill} {has} of {level}"),
        None => format!("{skill} 0 of {level}"),
    }
}

fn says_nothing(session: &Session) -> bool {
    wanted_by(session).next().is_none()
}

/// What the session itself requires. A level that is no number counts as the highest: better nobody than somebody who can't.
fn wanted_by(session: &Session) -> impl Iterator<Item = (&str, u8)> {
    let words = session.attribute("required-skills").unwrap_or_default().split([' ', ',']);
    words.filter(|word| !word.is_empty()).map(|word| match word.rsplit_once(':') {
        Some((skill, level)) => (skill, level.parse().unwrap_or(HIGHEST_LEVEL)),
        None => (word, 1),
    })
}

cordboard_sdk::export_rule!(SkillLevel);

#[cfg(test)]
mod tests;
