//! The adapter of a running Cordboard is replaced again and again while pairs talk, and a rule beside it: what that costs them.
//!
//! ```text
//!   calm ─────────────────────► replace the file ─► all have gone over ─► a rest ─► replace it again ...
//!   (round trips without swaps)  └────────────── (round trips with swaps) ──────────────────────────────►
//! ```
//! The pairs are those of [`crate::talk`]: a connection that ends, a word that is lost, doubled or out of order fails the measurement.
//!
//! Invariant: each component differs from the one before by a section that means nothing, so every replacement is a swap.

use crate::host::Host;
use crate::talk::{self, RoundTrips, TalkOptions, Trip};
use anyhow::{Context, bail, ensure};
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a component may take to be compiled, and all connections to go over.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// The listeners of the host: each says that its connections have gone over.
const LISTENERS: usize = 2;
const ADAPTER: &str = "xmpp";
const RULE: &str = "longest-idle";

/// What came out.
#[derive(Debug, Serialize)]
pub struct Swapping {
    /// Pairs that talked.
    pub pairs: usize,
    /// Messages from one client to the other, none of them lost, doubled or out of order.
    pub messages: u64,
    /// Times that the adapter was replaced.
    pub swaps: usize,
    /// Times that a rule was replaced meanwhile.
    pub rule_swaps: usize,
    /// Moves of connections from one component to the next.
    pub moved: u64,
    /// Lines of the host's log that say that connections stayed where they were.
    pub stayed: usize,
    /// The worst p99 of a swap: how long 99 of 100 connections were not served because of their own move, in milliseconds.
    pub pause_p99_ms: f64,
    /// The same of the swap in the middle.
    pub pause_p99_median_ms: f64,
    /// The longest of all.
    pub pause_max_ms: f64,
    /// The longest that all connections of a listener together took, in milliseconds.
    pub longest_swap_ms: u64,
    /// Round trips before the first swap.
    pub without: RoundTrips,
    /// Round trips from then on.
    pub with: RoundTrips,
}

/// How often what is replaced.
#[derive(Debug, Clone, Copy)]
pub struct Swaps {
    /// The adapter.
    pub adapter: usize,
    /// A rule, at the same time.
    pub rule: usize,
    /// From the end of a swap of the adapter to the next.
    pub rest: Duration,
}

/// Has pairs talk, first for as long as the options say and then through all swaps.
pub async fn measure(host: &Host, options: &TalkOptions, swaps: Swaps) -> anyhow::Result<Swapping> {
    let adapter =
        Replaced { plugin: ADAPTER, times: swaps.adapter, rest: swaps.rest, lines: LISTENERS, told: swaps_told };
    let rule = Replaced { plugin: RULE, times: swaps.rule, rest: Duration::ZERO, lines: 1, told: rules_told };
    let acting = async {
        sleep(options.measured).await;
        let began = Instant::now();
        tokio::try_join!(adapter.replace_all(host), rule.replace_all(host)).map(|_| began)
    };
    let (talk, (began, trips)) = talk::measure_during(&host.server(), options, acting).await?;
    let began = began?;
    let (with, without): (Vec<Trip>, Vec<Trip>) = trips.into_iter().partition(|trip| trip.ended >= began);
    let figures = |trips: Vec<Trip>| RoundTrips::of(trips.into_iter().map(|trip| trip.took).collect());
    let log = host.log()?;
    let told = swaps_told(&log);
    let numbers = |field: &'static str| told.iter().filter_map(move |line| line[field].as_u64());
    let most = |field| numbers(field).max().unwrap_or_default();
    let ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1e3;
    Ok(Swapping {
        pairs: options.pairs,
        messages: talk.messages,
        swaps: swaps.adapter,
        rule_swaps: swaps.rule,
        moved: numbers("moved").sum(),
        stayed: log.lines().filter(|line| line.contains("adapter-stayed")).count(),
        pause_p99_ms: ms(most("pause_p99_us")),
        pause_p99_median_ms: ms(median(numbers("pause_p99_us").collect())),
        pause_max_ms: ms(most("longest_pause_us")),
        longest_swap_ms: most("took_ms"),
        without: figures(without),
        with: figures(with),
    })
}

/// A plugin that is replaced again and again.
struct Replaced {
    plugin: &'static str,
    times: usize,
    rest: Duration,
    /// Lines of the log that tell of one swap.
    lines: usize,
    told: fn(&str) -> Vec<Value>,
}

impl Replaced {
    async fn replace_all(&self, host: &Host) -> anyhow::Result<()> {
        let file = host.plugin(self.plugin);
        let first = fs::read(&file).with_context(|| format!("can't read {}", file.display()))?;
        let before = (self.told)(&host.log()?).len();
        for swap in 1..=self.times {
            replace(&file, &with_note(&first, &format!("swap {swap}"))?)?;
            let begun = Instant::now();
            while (self.told)(&host.log()?).len() < before + self.lines * swap {
                if begun.elapsed() > PATIENCE {
                    let log = tail(&host.log()?);
                    bail!(
                        "swap {swap} of {} was not over within {PATIENCE:?}; the log of the host ends with: {log}",
                        self.plugin
                    );
                }
                sleep(LOOK).await;
            }
            sleep(self.rest).await;
        }
        Ok(())
    }
}

/// Written beside and renamed: nobody ever sees half of it.
fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, bytes).with_context(|| format!("can't write {}", beside.display()))?;
    fs::rename(&beside, file).with_context(|| format!("can't replace {}", file.display()))
}

/// A component with a custom section behind it: another digest, and nothing else.
fn with_note(component: &[u8], note: &str) -> anyhow::Result<Vec<u8>> {
    const NAME: &[u8] = b"note";
    let length = 1 + NAME.len() + note.len();
    ensure!(length < 128, "a note of {} bytes does not fit a length of one byte", note.len());
    let (name_length, length) = (u8::try_from(NAME.len())?, u8::try_from(length)?);
    Ok([component, &[0, length, name_length], NAME, note.as_bytes()].concat())
}

/// The swaps of a log of JSON lines, which is what a host writes to a file.
fn swaps_told(log: &str) -> Vec<Value> {
    told(log, "adapter-swapped").collect()
}

fn rules_told(log: &str) -> Vec<Value> {
    told(log, "plugin-in-service").filter(|line| line["plugin"] == RULE).collect()
}

fn told(log: &str, event: &str) -> impl Iterator<Item = Value> {
    let lines = log.lines().filter(move |line| line.contains(event));
    lines.filter_map(|line| serde_json::from_str(line).ok())
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_log() {
        let log = "{\"event\":\"ready\"}\n{\"event\":\"adapter-swapped\",\"moved\":1000,\"longest_pause_us\":1200}\nadapter-swapped, half a li";
        let told = swaps_told(log);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0]["moved"].as_u64(), told[0]["waiting"].as_u64()), (Some(1000), None));
    }

    #[test]
    fn a_note_is_a_custom_section_behind_the_component() {
        assert_eq!(with_note(b"\0asm", "x").unwrap(), b"\0asm\x00\x06\x04notex");
    }
}
