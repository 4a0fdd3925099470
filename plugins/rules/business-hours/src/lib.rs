//! The rule `business-hours`: while a queue is closed, nobody is asked; the session is held, diverted, or refused with words.
//!
//! ```toml
//! [rules.business-hours]
//! zone = "Europe/Vienna"
//! holidays = ["12-25", "12-26", "2027-03-29", "12-24 08:00-12:00"]
//! closed = "refuse"
//! words = "We are here on weekdays from 8 to 17. Please write again then."
//! [rules.business-hours.hours]
//! mon-thu = ["08:00-12:00", "13:00-17:00"]
//! fri = ["08:00-12:00"]
//! [rules.business-hours.queues.emergency]
//! hours = { mon-sun = ["00:00-24:00"] }
//! holidays = []
//! ```
//!
//! - `zone`: a name of the IANA time zone database; summer time and the like are followed.
//! - `hours`: by day of the week or range of days. An end before the beginning lies on the next day: `22:00-06:00`.
//! - `holidays`: `MM-DD` every year, or `YYYY-MM-DD` once; closed all day, or open in the hours that follow. They stand instead of the
//!   weekday's; what began the evening before goes on.
//! - `closed`: `hold` until the queue opens (the host ends a hold after its own limit, `max_hold_s`), `divert` to `target`, or `refuse` with
//!   `words`. A session that waits when the queue closes meets the same.
//! - `queues`: what is different for a queue; what is not named is as above.

mod calendar;

use calendar::{Calendar, Holiday, Period};
use cordboard_sdk::model::Timestamp;
use cordboard_sdk::rule::{Agent, Decision, Fit, Known, Rule, Session};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the operator may set; the schema is in `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "utc")]
    zone: String,
    hours: Hours,
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    closed: Closed,
    target: Option<String>,
    words: Option<String>,
    #[serde(default)]
    queues: BTreeMap<String, Exception>,
}

/// By days of the week: spans of time.
type Hours = BTreeMap<String, Vec<String>>;

/// What is different for a queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Exception {
    zone: Option<String>,
    hours: Option<Hours>,
    holidays: Option<Vec<String>>,
    closed: Option<Closed>,
    target: Option<String>,
    words: Option<String>,
}

/// What happens then.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Closed {
    #[default]
    Hold,
    Divert,
    Refuse,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The rule; it remembers nothing.
#[derive(Debug)]
pub struct BusinessHours {
    usual: Desk,
    queues: BTreeMap<String, Desk>,
}

/// When a queue is open, and what happens to a session that comes at another time.
#[derive(Debug)]
struct Desk {
    calendar: Calendar,
    closed: Meanwhile,
}

#[derive(Debug)]
enum Meanwhile {
    Hold,
    Divert(String),
    Refuse(String),
}

const TARGETS: [&str; 3] = ["queue:", "link:", "dialog:"];

impl Rule for BusinessHours {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        let usual = settings.desk(&Exception::default())?;
        let desk = |(queue, exception): (&String, &Exception)| {
            let desk = settings.desk(exception).map_err(|why| format!("queues.{queue}: {why}"))?;
            Ok((queue.clone(), desk))
        };
        let queues = settings.queues.iter().map(desk).collect::<Result<_, String>>()?;
        Ok(Self { usual, queues })
    }

    fn decide(&self, now: Timestamp, session: &Session, _known: &Known) -> Decision {
        let desk = self.queues.get(&session.queue).unwrap_or(&self.usual);
        let Period { is_open, until } = desk.calendar.period(now);
        match &desk.closed {
            _ if is_open => Decision::RankUntil(until),
            Meanwhile::Hold => {
                let why = format!("closed until {}", desk.calendar.local(until));
                Decision::Hold { why, recheck: Some(until) }
            }
            // It is where it should be.
            Meanwhile::Divert(target) if target.strip_prefix("queue:") == Some(&session.queue) => Decision::Rank,
            Meanwhile::Divert(target) => Decision::Divert(target.clone()),
            Meanwhile::Refuse(words) => Decision::Refuse(words.clone()),
        }
    }

    fn fit(&self, _now: Timestamp, _session: &Session, _agent: &Agent) -> Fit {
        Fit::keep()
    }

    fn explain(&self, _now: Timestamp, _session: &Session, _agent: &Agent, _fit: Fit) -> String {
        "the queue is open".to_owned()
    }
}

impl Settings {
    fn desk(&self, exception: &Exception) -> Result<Desk, String> {
        let zone = exception.zone.as_ref().unwrap_or(&self.zone);
        let hours = exception.hours.as_ref().unwrap_or(&self.hours);
        let holidays = exception.holidays.as_ref().unwrap_or(&self.holidays);
        let holidays = holidays.iter().map(|written| Holiday::parse(written)).collect::<Result<Vec<_>, _>>()?;
        let calendar = Calendar::new(zone, hours, holidays)?;
        let target = exception.target.as_ref().or(self.target.as_ref());
        let words = exception.words.as_ref().or(self.words.as_ref());
        let closed = match exception.closed.unwrap_or(self.closed) {
            Closed::Hold => Meanwhile::Hold,
            Closed::Divert => Meanwhile::Divert(target_of(target)?),
            Closed::Refuse => {
                Meanwhile::Refuse(words.cloned().ok_or("words: what is said while it is closed is missing")?)
            }
        };
        Ok(Desk { calendar, closed })
    }
}

fn target_of(target: Option<&String>) -> Result<String, String> {
    let target = target.ok_or("target: where sessions go while it is closed is missing")?;
    let is_named = TARGETS.iter().any(|kind| target.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
    if is_named || target == "callback" {
        return Ok(target.clone());
    }
    Err(format!("target: expected `queue:<name>`, `link:<alias>`, `dialog:<name>` or `callback`, found {target:?}"))
}

cordboard_sdk::export_rule!(BusinessHours);

#[cfg(test)]
mod tests;
