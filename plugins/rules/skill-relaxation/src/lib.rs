//! The rule `skill-relaxation`: at first only good agents are asked; the longer a session waits, the lower the level that suffices.
//!
//! The circle of agents widens in rings. A ring says from which waiting time on it holds, in seconds, and which level of the skill is
//! enough then; level 0 is anyone. Before the first ring nobody is asked. Higher levels come first, unless `order` is `none`.
//!
//! ```toml
//! [rules.skill-relaxation]
//! rings = [{ after_s = 0, level = 8 }, { after_s = 30, level = 5 }, { after_s = 90, level = 0 }]
//! [rules.skill-relaxation.queues.complaints]
//! skill = "english"
//! rings = [{ after_s = 0, level = 10 }, { after_s = 300, level = 7 }]
//! ```
//!
//! The skill is the one called like the queue, or the one that is named for it. The host is told when the next ring begins, so that a
//! session goes on by time alone.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    order: Order,
    rings: Vec<Ring>,
    queues: BTreeMap<String, QueueSettings>,
}

/// Who comes first inside the rings that hold.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Highest,
    None,
}

/// From which time on which level is enough.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ring {
    after_s: u64,
    level: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueSettings {
    skill: Option<String>,
    rings: Option<Vec<Ring>>,
}

impl Default for Settings {
    fn default() -> Self {
        let ring = |(after_s, level)| Ring { after_s, level };
        let rings = [(0, 7), (30, 4), (90, 1)].map(ring).to_vec();
        Self { order: Order::Highest, rings, queues: BTreeMap::new() }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct SkillRelaxation {
    settings: Settings,
}

const HIGHEST_LEVEL: u8 = 10;

impl Rule for SkillRelaxation {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        check("rings", &settings.rings)?;
        for (name, queue) in &settings.queues {
            queue.rings.as_ref().map_or(Ok(()), |rings| check(&format!("queues.{name}.rings"), rings))?;
        }
        Ok(Self { settings })
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let (rings, level) = self.rings_and_level(session, agent);
        let waited_ms = now.saturating_sub(session.waiting_since);
        match rings.iter().find(|ring| level >= ring.level) {
            None => Fit::drop("the skill is below every ring"),
            Some(ring) if ring.after_s * 1000 > waited_ms => {
                Fit::drop_until("in a later ring", session.waiting_since + ring.after_s * 1000)
            }
            Some(_) => match self.settings.order {
                Order::Highest => Fit::ranked(u64::from(HIGHEST_LEVEL.saturating_sub(level))),
                Order::None => Fit::keep(),
            },
        }
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, fit: Fit) -> String {
        let (rings, level) = self.rings_and_level(session, agent);
        match (fit, rings.iter().find(|ring| level >= ring.level)) {
            (Fit::Drop { .. }, Some(ring)) => format!("level {level} is enough after {} s", ring.after_s),
            (Fit::Drop { .. }, None) => format!("level {level} is never enough"),
            (Fit::Keep { .. }, _) => format!("level {level} is enough now"),
        }
    }
}

impl SkillRelaxation {
    fn rings_and_level(&self, session: &Session, agent: &Agent) -> (&[Ring], u8) {
        let queue = self.settings.queues.get(&session.queue);
        let rings = queue.and_then(|queue| queue.rings.as_ref()).unwrap_or(&self.settings.rings);
        let skill = queue.and_then(|queue| queue.skill.as_ref()).unwrap_or(&session.queue);
        (rings, agent.skill(skill).unwrap_or(0))
    }
}

/// Rings come later and ask for less.
fn check(place: &str, rings: &[Ring]) -> Result<(), String> {
    if rings.is_empty() {
        return Err(format!("{place}: expected a ring at least, found none: nobody would ever be asked"));
    }
    if let Some(ring) = rings.iter().find(|ring| ring.level > HIGHEST_LEVEL) {
        return Err(format!("{place}: levels go from 0 to 10, found {}", ring.level));
    }
    let wrong = rings.windows(2).find(|two| two[1].after_s <= two[0].after_s || two[1].level >= two[0].level);
    match wrong {
        None => Ok(()),
        Some(two) => Err(format!(
            "{place}: each ring comes later and asks for a lower level; found level {} after {} s, then level {} after {} s",
            two[0].level, two[0].after_s, two[1].level, two[1].after_s
        )),
    }
}

cordboard_sdk::export_rule!(SkillRelaxation);

#[cfg(test)]
mod tests;
