//! A day as it was, as it is played with the same rules, and as it is played with other rules, side by side.
//!
//! Invariant: how the model fills in what depends on people is said with the figures.

use super::components::PoolComponents;
use super::decisions;
use crate::cli::table::Table;
use crate::model::Timestamp;
use crate::rehearsal::{COUNTERFACTUAL, Day, Decisions, Elsewhere, Figures, MODEL, PoolFigures, elsewhere};
use crate::shard::RecordedDay;
use serde::Serialize;
use std::fmt;

/// Sessions that are named; `--json` has all.
const MOST_NAMED: usize = 10;

/// A title, and what stands under it.
type Row<'a> = (&'a str, fn(&PoolFigures) -> String);

/// See the [module](self).
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    from: Timestamp,
    to: Timestamp,
    service_level_within_ms: u64,
    recorded: Figures,
    /// Where this differs from what was recorded, the model does.
    same_rules: Figures,
    other_rules: Figures,
    /// Between the two that were played.
    sessions_that_went_elsewhere: Vec<Elsewhere>,
    sessions_left_out: usize,
    model: Vec<&'static str>,
    /// Of the day as it was, put to the other rules.
    decisions: Decisions,
    decisions_how: Vec<&'static str>,
    rules: Vec<PoolComponents>,
}

impl Compared {
    pub(super) fn of(recorded: RecordedDay, rules: Vec<PoolComponents>, played: [&Day; 2], within_ms: u64) -> Self {
        let RecordedDay { day, decisions, .. } = recorded;
        let [same, other] = played;
        let figures = |day| Figures::of(day, within_ms);
        Self {
            from: day.from,
            to: day.to,
            service_level_within_ms: within_ms,
            recorded: figures(&day),
            same_rules: figures(same),
            other_rules: figures(other),
            sessions_that_went_elsewhere: elsewhere(same, other),
            sessions_left_out: day.left_out,
            model: MODEL.to_vec(),
            decisions,
            decisions_how: COUNTERFACTUAL.to_vec(),
            rules,
        }
    }

    fn each(&self) -> [&Figures; 3] {
        [&self.recorded, &self.same_rules, &self.other_rules]
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.iter().try_for_each(|rules| writeln!(f, "{rules}"))?;
        let mut table = Table::new(&["", ">RECORDED", ">SAME RULES", ">OTHER RULES"], "no pools");
        for (place, pool) in self.recorded.pools.iter().enumerate() {
            let pools = self.each().map(|figures| &figures.pools[place]);
            let within = format!("within {} s, %", self.service_level_within_ms / 1000);
            let rows: [Row<'_>; 9] = [
                ("sessions", |pool| pool.sessions.to_string()),
                ("served", |pool| pool.served.to_string()),
                ("gave up", |pool| pool.abandoned.to_string()),
                ("refused", |pool| pool.refused.to_string()),
                ("waiting at the end", |pool| pool.waiting.to_string()),
                ("mean wait, s", |pool| format!("{:.1}", pool.wait_mean_s)),
                ("p50 of waits, s", |pool| format!("{:.1}", pool.wait_p50_s)),
                ("p95 of waits, s", |pool| format!("{:.1}", pool.wait_p95_s)),
                (&within, |pool| format!("{:.1}", pool.service_level_pct)),
            ];
            for (title, value) in rows {
                let [recorded, same, other] = pools.map(value);
                table.row([format!("{}: {title}", pool.pool), recorded, same, other]);
            }
        }
        let [recorded, same, other] = self.each().map(|figures| format!("{:.1}", figures.occupancy_mean_pct));
        table.row(["occupancy of agents, %".to_owned(), recorded, same, other]);
        let [recorded, same, other] = self.each().map(|figures| format!("{:.1}", figures.occupancy_spread_pct));
        table.row(["its spread (standard deviation)".to_owned(), recorded, same, other]);
        write!(f, "{table}")?;
        self.say_elsewhere(f)?;
        writeln!(
            f,
            "\nSame and other rules were played on a model of that day; what differs between recorded and same rules is the model's error:"
        )?;
        MODEL.iter().try_for_each(|line| writeln!(f, "- {line}"))?;
        decisions::say(f, &self.decisions)
    }
}

impl Compared {
    fn say_elsewhere(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elsewhere = &self.sessions_that_went_elsewhere;
        writeln!(f, "\n{} sessions go to somebody else with the other rules", elsewhere.len())?;
        for Elsewhere { session, then, now } in elsewhere.iter().take(MOST_NAMED) {
            let name = |agent: &Option<_>| agent.as_ref().map_or("nobody".to_owned(), ToString::to_string);
            writeln!(f, "  {session}: {} instead of {}", name(now), name(then))?;
        }
        if elsewhere.len() > MOST_NAMED {
            writeln!(f, "  and {} more: --json has all", elsewhere.len() - MOST_NAMED)?;
        }
        if self.sessions_left_out > 0 {
            writeln!(f, "{} sessions that were there at the beginning are left out", self.sessions_left_out)?;
        }
        Ok(())
    }
}
