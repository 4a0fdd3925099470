//! The rule `vip`: important customers are served before others, and have agents of their own.
//!
//! How important a customer is says the session's attribute `vip` (or the one that `attribute` names), which the host has to set from the
//! customer's profile; `classes` are its values, the most important first. The `members` named here are of the first class anyway.
//!
//! With `skill`, agents who have that skill are asked first for important customers and last for others. With `reserve_s`, others
//! get them only after so much waiting.
//!
//! ```toml
//! [rules.vip]
//! classes = ["platinum", "gold"]
//! skill = "vip"
//! reserve_s = 60
//! ```

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;
use std::collections::BTreeSet;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    attribute: String,
    classes: Vec<String>,
    members: BTreeSet<String>,
    skill: Option<String>,
    reserve_s: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            attribute: "vip".to_owned(),
            classes: vec!["yes".to_owned()],
            members: BTreeSet::new(),
            skill: None,
            reserve_s: None,
        }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct Vip {
    settings: Settings,
}

impl Rule for Vip {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if settings.reserve_s.is_some() && settings.skill.is_none() {
            return Err("reserve_s: agents are reserved by their skill; name it as `skill`".to_owned());
        }
        let distinct: BTreeSet<&String> = settings.classes.iter().collect();
        if settings.classes.is_empty() || distinct.len() < settings.classes.len() {
            return Err(format!("classes: expected different words, at least one; found {:?}", settings.classes));
        }
        Ok(Self { settings })
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let class = self.class(session);
        let is_important = class < self.settings.classes.len();
        let Some(skill) = &self.settings.skill else { return Fit::ranked(class as u64) };
        let is_theirs = agent.skill(skill).is_some();
        if let (false, true, Some(reserve_s)) = (is_important, is_theirs, self.settings.reserve_s) {
            let until = session.waiting_since + reserve_s * 1000;
            if now < until {
                return Fit::drop_until("is reserved for important customers", until);
            }
        }
        Fit::ranked(2 * class as u64 + u64::from(is_important != is_theirs))
    }

    fn explain(&self, _now: Timestamp, session: &Session, _agent: &Agent, fit: Fit) -> String {
        match (fit, self.settings.classes.get(self.class(session))) {
            (Fit::Drop { why, .. }, _) => why.to_owned(),
            (Fit::Keep { .. }, Some(class)) => format!("an important customer ({class})"),
            (Fit::Keep { .. }, None) => "a customer like others".to_owned(),
        }
    }
}

impl Vip {
    /// The place among the classes; behind the last: no important customer.
    fn class(&self, session: &Session) -> usize {
        let Settings { attribute, classes, members, .. } = &self.settings;
        if !session.member.is_empty() && members.contains(&session.member) {
            return 0;
        }
        let said = session.attribute(attribute);
        said.and_then(|said| classes.iter().position(|class| class == said)).unwrap_or(classes.len())
    }
}

cordboard_sdk::export_rule!(Vip);

#[cfg(test)]
mod tests;
