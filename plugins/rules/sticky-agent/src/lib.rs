//! The rule `sticky-agent`: a customer comes back to the agent who served last.
//!
//! While that agent is on duty, the session is for nobody else until it has waited `wait_s`; then for anyone, the last agent first. One who
//! is away is waited for only with `even_if_away`; one who is off duty or passed the session over, never.
//!
//! Who served last is the session's attribute `last-agent`, which the host may set from its records. Where it is missing, the rule
//! knows it of the members whom it saw served itself: the last `remember` of them, also over a restart.
//!
//! ```toml
//! [rules.sticky-agent]
//! wait_s = 45
//! ```

use cordboard_sdk::model::{SavedState, Timestamp};
use cordboard_sdk::rule::{Agent, Change, Decision, Favourite, Fit, Known, Outcome, Roster, Rule, Session};
use cordboard_sdk::saved;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    wait_s: u64,
    even_if_away: bool,
    remember: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { wait_s: 60, even_if_away: false, remember: 500 }
    }
}

/// By whom a member was served last.
#[derive(Debug, Serialize, Deserialize)]
struct Served {
    agent: String,
    at: Timestamp,
}

/// The rule.
#[derive(Debug)]
pub struct StickyAgent {
    settings: Settings,
    roster: Roster,
    /// By member.
    served: BTreeMap<String, Served>,
    /// Of the session that `decide` was asked about last: `fit` is asked about its candidates next.
    wanted: Cell<Favourite>,
}

const FORMAT: u32 = 1;

impl Rule for StickyAgent {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { settings, roster: Roster::new(), served: BTreeMap::new(), wanted: Cell::default() })
    }

    fn changed(&mut self, change: &Change) {
        self.roster.changed(change);
    }

    fn decide(&self, now: Timestamp, session: &Session, _known: &Known) -> Decision {
        self.wanted.set(self.wanted(now, session));
        Decision::Rank
    }

    fn fit(&self, _now: Timestamp, _session: &Session, agent: &Agent) -> Fit {
        self.wanted.get().fit(agent, "waits for the agent who served last", "the agent who served last is off duty")
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, fit: Fit) -> String {
        match fit {
            Fit::Drop { why, .. } => why.to_owned(),
            Fit::Keep { .. } if self.last_agent(session) == Some(&agent.name) => "served last".to_owned(),
            Fit::Keep { .. } => "anyone may serve it".to_owned(),
        }
    }

    fn learned(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        if let ("accepted", Some(session), Some(agent)) = (outcome.what, outcome.session, outcome.agent)
            && !session.member.is_empty()
        {
            self.served.insert(session.member.clone(), Served { agent: agent.name.clone(), at: now });
            self.forget();
        }
    }

    fn memory(&self) -> Option<SavedState> {
        (!self.served.is_empty()).then(|| saved::write(FORMAT, &self.served))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.served = saved::read(&memory, FORMAT)?;
        self.forget();
        Ok(())
    }
}

impl StickyAgent {
    fn last_agent<'a>(&'a self, session: &'a Session) -> Option<&'a str> {
        let remembered = || self.served.get(&session.member).map(|served| served.agent.as_str());
        session.attribute("last-agent").filter(|name| !name.is_empty()).or_else(remembered)
    }

    fn wanted(&self, now: Timestamp, session: &Session) -> Favourite {
        let Some(last) = self.last_agent(session).and_then(|name| self.roster.find(name)) else {
            return Favourite::Anyone;
        };
        let until = session.waiting_since + self.settings.wait_s * 1000;
        if last.is_away && !self.settings.even_if_away {
            return Favourite::First(last.agent);
        }
        Favourite::until(now, session, last, until)
    }

    /// Those beyond the limit whose last session is longest ago.
    fn forget(&mut self) {
        while self.served.len() > self.settings.remember {
            let oldest = self.served.iter().min_by_key(|(_, served)| served.at).map(|(member, _)| member.clone());
            oldest.and_then(|member| self.served.remove(&member));
        }
    }
}

cordboard_sdk::export_rule!(StickyAgent);

#[cfg(test)]
mod tests;
