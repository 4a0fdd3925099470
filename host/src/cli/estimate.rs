//! `estimate`: replays a history of calls and says how well waiting times would have been told.
//!
//! Each call's estimate is made at the moment it arrives, from what had happened before it, and is scored once the call is served. What
//! happens in the second of its arrival counts as after it.
//!
//! Invariant: nothing of a call is known to the estimators before it has happened; the events are given in the order of time.

mod calls;
mod line;
#[cfg(test)]
mod tests;

use super::arguments::Estimate;
use super::table::Table;
use crate::model::{SessionId, Timestamp};
use crate::waiting::{Event, Outcome, Score, Summary, WaitingTimes};
use calls::{Call, Calls, Ending};
use serde::Serialize;
use std::fs::File;
use std::path::Path;
use thiserror::Error;

/// A history of which nothing can be said.
#[derive(Debug, Error)]
#[error(
    "{file}: nothing can be scored: expected calls that waited and were served, in the pool and after the first {warm_up_days} of \
     the file's {days} days; found none; give a longer history, fewer --warm-up-days, or another --pool"
)]
struct NothingScored {
    file: String,
    warm_up_days: u32,
    days: usize,
}

/// The answer.
#[derive(Debug, PartialEq, Serialize)]
struct Report {
    /// Calls scored.
    calls: usize,
    estimators: Vec<Row>,
    /// What would have been told: of each call the estimate of the one that was chosen then.
    chosen: Row,
}

/// One estimator.
#[derive(Debug, PartialEq, Serialize)]
struct Row {
    name: String,
    rmse_s: f64,
    mae_s: f64,
    bias_pct: f64,
    coverage_80_pct: f64,
}

impl Row {
    fn new(name: &str, score: &Score) -> Self {
        let Summary { rmse_s, mae_s, bias_pct, coverage_80_pct } = score.summary();
        let name = name.to_owned();
        let [rmse_s, mae_s, bias_pct, coverage_80_pct] = [rmse_s, mae_s, bias_pct, coverage_80_pct].map(hundredths);
        Self { name, rmse_s, mae_s, bias_pct, coverage_80_pct }
    }
}

/// More digits say nothing.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

pub(super) fn estimate(asked: &Estimate) -> anyhow::Result<()> {
    let report = report(asked)?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", shown(&report));
    }
    Ok(())
}

fn report(asked: &Estimate) -> anyhow::Result<Report> {
    let name = asked.calls.display().to_string();
    let calls = Calls::read(&name, open(&asked.calls)?, asked.pool.as_deref())?;
    let scored_from = calls.days.iter().nth(usize::try_from(asked.warm_up_days)?).copied().unwrap_or(u32::MAX);
    let report = replay(&calls.list, scored_from);
    let nothing = || NothingScored { file: name, warm_up_days: asked.warm_up_days, days: calls.days.len() };
    Ok(report.ok_or_else(nothing)?)
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).map_err(|error| anyhow::anyhow!("{}: the calls can't be read: {error}", file.display()))
}

/// What happens to a call, in the order in which it is told within one second: who arrives sees nothing of what else that second brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Arrived,
    ServedAtOnce,
    Entered,
    Abandoned,
    Ended,
}

/// A step of a call, by its number.
type Moment = (Timestamp, Step, usize);

fn moments(calls: &[Call]) -> Vec<Moment> {
    let mut moments = Vec::with_capacity(calls.len() * 3);
    for (number, call) in calls.iter().enumerate() {
        let mut add = |at, step| moments.push((at, step, number));
        match (call.waited_ms, &call.ending) {
            (Some(waited_ms), Ending::Served { ended, .. }) => {
                add(call.arrived, Step::Arrived);
                add(call.arrived.plus_ms(waited_ms), Step::Entered);
                add(*ended, Step::Ended);
            }
            (Some(waited_ms), Ending::GaveUp) => {
                add(call.arrived, Step::Arrived);
                add(call.arrived.plus_ms(waited_ms), Step::Abandoned);
            }
            (None, Ending::Served { ended, .. }) => {
                add(call.arrived, Step::ServedAtOnce);
                add(*ended, Step::Ended);
            }
            (None, Ending::GaveUp) => {}
        }
    }
    moments.sort_unstable();
    moments
}

/// None where no call was scored.
fn replay(calls: &[Call], scored_from: u32) -> Option<Report> {
    let mut waiting = WaitingTimes::default();
    let names: Vec<&'static str> = waiting.names().collect();
    let mut scores = vec![Score::total(); names.len()];
    let (mut chosen, mut scored) = (Score::total(), 0);
    tell(&mut waiting, calls, |call, outcome| {
        if calls[call].day >= scored_from {
            scored += 1;
            scores.iter_mut().zip(&outcome.estimates).for_each(|(score, said)| score.add(said, outcome.wait_s));
            chosen.add(&outcome.estimates[outcome.chosen], outcome.wait_s);
        }
    });
    let estimators = names.iter().zip(&scores).map(|(name, score)| Row::new(name, score)).collect();
    (scored > 0).then(|| Report { calls: scored, estimators, chosen: Row::new(names[waiting.chosen()], &chosen) })
}

/// Everything that happened, in its order; `known` is given the number of each call that had waited and was served, with what had been
/// estimated.
fn tell(waiting: &mut WaitingTimes, calls: &[Call], mut known: impl FnMut(usize, &Outcome)) {
    for (at, step, number) in moments(calls) {
        if let Some(outcome) = take(waiting, at, step, SessionId(number as u64), &calls[number]) {
            known(number, &outcome);
        }
    }
}

fn take(waiting: &mut WaitingTimes, at: Timestamp, step: Step, session: SessionId, call: &Call) -> Option<Outcome> {
    let arrived = Event::Arrived { session, queue: &call.service, head_start_ms: call.head_start_ms };
    let entered = |agent| Event::Entered { session, agent };
    match (step, &call.ending) {
        (Step::Arrived, _) => waiting.handle(at, &arrived),
        (Step::ServedAtOnce, Ending::Served { agent, .. }) => {
            waiting.handle(at, &arrived);
            waiting.handle(at, &entered(*agent))
        }
        (Step::Entered, Ending::Served { agent, .. }) => waiting.handle(at, &entered(*agent)),
        (Step::Ended, Ending::Served { measured, .. }) => {
            waiting.handle(at, &Event::Ended { session, measured: *measured })
        }
        _ => waiting.handle(at, &Event::Abandoned { session }),
    }
}

fn shown(report: &Report) -> String {
    let mut table = Table::new(&["ESTIMATOR", ">RMSE s", ">MAE s", ">BIAS %", ">80 % COVERAGE"], "");
    let mut add = |name: String, row: &Row| {
        let [rmse, mae, bias, coverage] =
            [row.rmse_s, row.mae_s, row.bias_pct, row.coverage_80_pct].map(|value| format!("{value:.1}"));
        table.row([name, rmse, mae, bias, coverage]);
    };
    for row in &report.estimators {
        add(row.name.clone(), row);
    }
    add(format!("chosen ({} at the end)", report.chosen.name), &report.chosen);
    format!("{} calls waited and were served after the warm-up.\n\n{table}", report.calls)
}
