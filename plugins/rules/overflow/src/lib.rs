//! The rule `overflow`: sends a session elsewhere when its queue is too slow, too long, or nobody is signed in.
//!
//! `paths` are looked at in their order; the first of which a condition is met is taken. One without `queue` is for all queues of the
//! pool; one that leads to the session's own queue is none.
//!
//! - `after_s`: the session has waited so long. It goes at that moment.
//! - `longer_than`: at least so many who came earlier wait in the same queue. They stay; the later ones go, when they come. Who stayed then
//!   has no more before it later, but for those who come back with the time they had; that is seen when it is asked about anyway.
//! - `nobody_on_duty`: no agent of the queue is signed in. All go as soon as the last agent leaves.
//!
//! ```toml
//! [[rules.overflow.paths]]
//! queue = "billing"
//! after_s = 120
//! longer_than = 20
//! target = "queue:backoffice"
//! [[rules.overflow.paths]]
//! nobody_on_duty = true
//! target = "queue:night"
//! ```
//!
//! Put it in front: what a rule before it keeps for somebody or holds, does not come so far. A path of two queues to each other would
//! go around; the host ends that after some rounds.

use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Change, Decision, Fit, Known, Rule, Session, SessionRef};
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    paths: Vec<Path>,
}

/// When a session goes where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Path {
    queue: Option<String>,
    after_s: Option<u64>,
    longer_than: Option<usize>,
    #[serde(default)]
    nobody_on_duty: bool,
    target: String,
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct Overflow {
    settings: Settings,
    lines: BTreeMap<String, Line>,
    places: BTreeMap<SessionRef, Place>,
}

/// When a session came, and its number.
type Key = (Timestamp, SessionRef);

/// Where a session stands.
#[derive(Debug)]
struct Place {
    queue: String,
    key: Key,
}

/// Those of a queue in the order in which they came.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeSet<Key>,
    /// The first behind so many, as long as nobody comes or goes; one entry for each path at most.
    behind: RefCell<BTreeMap<usize, Option<Key>>>,
}

const TARGETS: [&str; 3] = ["queue:", "link:", "dialog:"];

impl Rule for Overflow {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        for (path, number) in settings.paths.iter().zip(1..) {
            path.check().map_err(|why| format!("paths, number {number}: {why}"))?;
        }
        Ok(Self { settings, lines: BTreeMap::new(), places: BTreeMap::new() })
    }

    fn changed(&mut self, change: &Change) {
        match change {
            Change::Session(session) => self.comes(session),
            Change::SessionGone(session) => self.goes(*session),
            _ => {}
        }
    }

    fn decide(&self, now: Timestamp, session: &Session, known: &Known) -> Decision {
        let on_duty = known.queue(&session.queue).map(|queue| queue.agents_on_duty);
        // The host asks again by itself when the last agent leaves; only time it has to be told.
        let mut look_again = None;
        for path in self.settings.paths.iter().filter(|path| path.is_for(session)) {
            let until = path.after_s.map(|after_s| session.waiting_since + after_s * 1000);
            let is_long = || path.longer_than.is_some_and(|ahead| self.is_behind(session, ahead));
            let is_empty = path.nobody_on_duty && on_duty == Some(0);
            if is_empty || until.is_some_and(|until| until <= now) || is_long() {
                return Decision::Divert(path.target.clone());
            }
            look_again = [look_again, until].into_iter().flatten().min();
        }
        look_again.map_or(Decision::Rank, Decision::RankUntil)
    }

    fn fit(&self, _now: Timestamp, _session: &Session, _agent: &Agent) -> Fit {
        Fit::keep()
    }

    fn explain(&self, _now: Timestamp, _session: &Session, _agent: &Agent, _fit: Fit) -> String {
        "its queue does not overflow".to_owned()
    }
}

impl Path {
    fn check(&self) -> Result<(), String> {
        if self.after_s.is_none() && self.longer_than.is_none() && !self.nobody_on_duty {
            return Err(
                "expected `after_s`, `longer_than` or `nobody_on_duty`, found none: nobody would go there".to_owned()
            );
        }
        let is_named = TARGETS.iter().any(|kind| self.target.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
        if is_named || self.target == "callback" {
            return Ok(());
        }
        Err(format!(
            "target: expected `queue:<name>`, `link:<alias>`, `dialog:<name>` or `callback`, found {:?}",
            self.target
        ))
    }

    fn is_for(&self, session: &Session) -> bool {
        self.queue.as_ref().is_none_or(|queue| *queue == session.queue)
            && self.target.strip_prefix("queue:") != Some(&session.queue)
    }
}

impl Overflow {
    fn comes(&mut self, session: &Session) {
        let key = (session.waiting_since, session.ref_);
        if self.places.get(&session.ref_).is_some_and(|place| place.key == key && place.queue == session.queue) {
            return;
        }
        self.goes(session.ref_);
        let line = self.lines.entry(session.queue.clone()).or_default();
        line.waiting.insert(key);
        line.behind.get_mut().clear();
        self.places.insert(session.ref_, Place { queue: session.queue.clone(), key });
    }

    fn goes(&mut self, session: SessionRef) {
        let Some(place) = self.places.remove(&session) else { return };
        let Some(line) = self.lines.get_mut(&place.queue) else { return };
        line.waiting.remove(&place.key);
        line.behind.get_mut().clear();
        if line.waiting.is_empty() {
            self.lines.remove(&place.queue);
        }
    }

    /// Whether so many stand before it.
    fn is_behind(&self, session: &Session, ahead: usize) -> bool {
        let Some(line) = self.lines.get(&session.queue) else { return false };
        let first = *line.behind.borrow_mut().entry(ahead).or_insert_with(|| line.waiting.iter().nth(ahead).copied());
        first.is_some_and(|first| (session.waiting_since, session.ref_) >= first)
    }
}

cordboard_sdk::export_rule!(Overflow);

#[cfg(test)]
mod tests;
