//! The rule `language`: agents who speak the customer's language, better speakers first.
//!
//! The customer's language is the session's, as a tag of RFC 5646 such as `de-AT`; `assume` stands for one that is missing. What an agent
//! speaks are skills called like the primary language behind `prefix`: `lang-de` at level 8. Of a tag only the primary language counts,
//! so `de-AT` is served by `lang-de`; regions of a language understand one another.
//!
//! - `least_level`: who speaks it less well is not asked.
//! - `wait_s`: after so much waiting anyone may serve, those who speak it first; without it, never.
//!
//! ```toml
//! [rules.language]
//! least_level = 4
//! assume = "en"
//! wait_s = 120
//! ```

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Fit, Rule, Session};
use serde::Deserialize;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    prefix: String,
    least_level: u8,
    assume: Option<String>,
    wait_s: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { prefix: "lang-".to_owned(), least_level: 1, assume: None, wait_s: None }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct Language {
    settings: Settings,
}

const HIGHEST_LEVEL: u8 = 10;

impl Rule for Language {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        if !(1..=HIGHEST_LEVEL).contains(&settings.least_level) {
            return Err(format!("least_level: levels go from 1 to 10, found {}", settings.least_level));
        }
        match &settings.assume {
            Some(tag) if primary(tag).is_empty() => {
                Err(format!("assume: expected a language such as `en`, found {tag:?}"))
            }
            _ => Ok(Self { settings }),
        }
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let Some(language) = self.language(session) else { return Fit::keep() };
        let level = self.level(agent, language);
        if level >= self.settings.least_level {
            return Fit::ranked(u64::from(HIGHEST_LEVEL.saturating_sub(level)));
        }
        match self.settings.wait_s.map(|wait_s| session.waiting_since + wait_s * 1000) {
            None => Fit::drop("doesn't speak the language well enough"),
            Some(until) if now < until => Fit::drop_until("doesn't speak the language well enough", until),
            Some(_) => Fit::ranked(u64::from(HIGHEST_LEVEL - level)),
        }
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, _fit: Fit) -> String {
        match self.language(session) {
            None => "the customer's language is not known".to_owned(),
            Some(language) => format!("{language}: level {}", self.level(agent, language)),
        }
    }
}

impl Language {
    fn language<'a>(&'a self, session: &'a Session) -> Option<&'a str> {
        let said = Some(primary(&session.language)).filter(|language| !language.is_empty());
        said.or_else(|| self.settings.assume.as_deref().map(primary))
    }

    fn level(&self, agent: &Agent, language: &str) -> u8 {
        let spoken = |skill: &str| {
            skill.strip_prefix(&self.settings.prefix).is_some_and(|skill| primary(skill).eq_ignore_ascii_case(language))
        };
        agent.skills.iter().filter(|skill| spoken(&skill.name)).map(|skill| skill.level).max().unwrap_or(0)
    }
}

/// `de` of `de-AT`.
fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

cordboard_sdk::export_rule!(Language);

#[cfg(test)]
mod tests;
