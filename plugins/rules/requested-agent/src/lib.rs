//! The rule `requested-agent`: "Jim, please". A customer who asked for an agent gets that one, if it can be.
//!
//! The session's attribute `requested-agent` holds the agent's name; the host has to set it, from the link or the dialog where the
//! customer asked. While that agent is on duty, the session is for nobody else until it has waited `wait_s`; then for anyone, the
//! requested one first. With `strict` it waits for that agent for ever, also while the agent is off duty.
//!
//! Who passed the session over has answered: then anyone may have it, with `strict` too.
//!
//! ```toml
//! [rules.requested-agent]
//! wait_s = 180
//! ```

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Change, Decision, Favourite, Fit, Known, Roster, Rule, Session};
use serde::Deserialize;
use std::cell::Cell;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    wait_s: u64,
    strict: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { wait_s: 120, strict: false }
    }
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct RequestedAgent {
    settings: Settings,
    roster: Roster,
    /// Of the session that `decide` was asked about last: `fit` is asked about its candidates next.
    wanted: Cell<Favourite>,
}

impl Rule for RequestedAgent {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { settings, roster: Roster::new(), wanted: Cell::default() })
    }

    fn changed(&mut self, change: &Change) {
        self.roster.changed(change);
    }

    fn decide(&self, now: Timestamp, session: &Session, _known: &Known) -> Decision {
        self.wanted.set(self.wanted(now, session));
        Decision::Rank
    }

    fn fit(&self, _now: Timestamp, _session: &Session, agent: &Agent) -> Fit {
        self.wanted.get().fit(agent, "another agent was asked for", "the agent who was asked for is off duty")
    }

    fn explain(&self, _now: Timestamp, session: &Session, agent: &Agent, fit: Fit) -> String {
        match fit {
            Fit::Drop { why, .. } => why.to_owned(),
            Fit::Keep { .. } if session.attribute(REQUESTED) == Some(&agent.name) => "was asked for".to_owned(),
            Fit::Keep { .. } => "anyone may serve it".to_owned(),
        }
    }
}

/// The session's attribute.
const REQUESTED: &str = "requested-agent";

impl RequestedAgent {
    fn wanted(&self, now: Timestamp, session: &Session) -> Favourite {
        let Some(name) = session.attribute(REQUESTED).filter(|name| !name.is_empty()) else { return Favourite::Anyone };
        let Settings { wait_s, strict } = self.settings;
        let Some(present) = self.roster.find(name) else {
            return if strict { Favourite::Absent } else { Favourite::Anyone };
        };
        let until = if strict { Timestamp::MAX } else { session.waiting_since + wait_s * 1000 };
        Favourite::until(now, session, present, until)
    }
}

cordboard_sdk::export_rule!(RequestedAgent);

#[cfg(test)]
mod tests;
