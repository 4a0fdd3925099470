//! `plugins`, `plugin reload`, `plugin rollback` and `plugin release`: what serves, what it does and costs, and why something does not serve.
//!
//! Invariant: what a plugin's author chose (a function's name, a panic's words) is shown as any cell of a table, and can't leave it.

use super::arguments::{Ask, Release, Rollback, Socket};
use super::ask::{ask_for, print_json, socket_of, told, unexpected};
use super::table::{Table, age, harmless};
use crate::control::{Answer, FailureRow, PluginRow, Request};
use std::fmt::Write as _;

/// Digits of a digest that tell components apart for people; `--json` has all of them.
const DIGEST_DIGITS: usize = 12;

pub(super) fn plugins(ask: &Ask) -> anyhow::Result<()> {
    let Answer::Plugins(rows) = ask_for(&socket_of(&ask.socket)?, &Request::Plugins)? else { return unexpected() };
    if ask.json {
        return print_json(&rows);
    }
    print!("{}{}", plugin_table(&rows), notes(&rows));
    Ok(())
}

pub(super) fn reload(socket: &Socket) -> anyhow::Result<()> {
    told(&ask_for(&socket_of(socket)?, &Request::PluginReload)?)
}

pub(super) fn roll_back(back: Rollback) -> anyhow::Result<()> {
    let kind = back.kind.map(|kind| kind.to_string());
    told(&ask_for(&socket_of(&back.socket)?, &Request::PluginRollback { name: back.name, kind })?)
}

pub(super) fn release(release: Release) -> anyhow::Result<()> {
    let request = Request::PluginRelease { name: release.name };
    told(&ask_for(&socket_of(&release.socket)?, &request)?)
}

pub(super) fn plugin_table(rows: &[PluginRow]) -> Table {
    let titles = [
        "KIND",
        "NAME",
        "VERSION",
        "DIGEST",
        ">GEN",
        "STATE",
        ">MACHINES",
        ">MEMORY",
        ">CALLS",
        ">FUEL",
        ">CPU",
        ">P50",
        ">P99",
        ">FAILED",
    ];
    let mut table = Table::new(&titles, "no plugins");
    for row in rows {
        let is_loaded = !row.digest.is_empty();
        let number = |number: String| if is_loaded { number } else { String::new() };
        table.row([
            row.kind.clone(),
            row.name.clone(),
            row.version.clone(),
            row.digest.chars().take(DIGEST_DIGITS).collect(),
            row.generation.map(|generation| generation.to_string()).unwrap_or_default(),
            if row.why.is_empty() { row.state.clone() } else { row.state.to_uppercase() },
            number(row.machines.to_string()),
            number(bytes(row.memory_bytes)),
            number(row.calls.to_string()),
            number(short(row.fuel)),
            number(duration(row.cpu_us.saturating_mul(1000))),
            row.p50_ns.map(duration).unwrap_or_default(),
            row.p99_ns.map(duration).unwrap_or_default(),
            number(row.failures.values().sum::<u64>().to_string()),
        ]);
    }
    table
}

/// Below the table: whatever does not serve as it should, and the last failures.
pub(super) fn notes(rows: &[PluginRow]) -> String {
    let mut notes = String::new();
    for row in rows.iter().filter(|row| !row.why.is_empty() || row.last_failure.is_some()) {
        let who = format!("{} {} {}", row.kind, row.name, row.digest.chars().take(DIGEST_DIGITS).collect::<String>());
        _ = writeln!(notes, "\n{}", harmless(who.trim()));
        if !row.why.is_empty() {
            let long = row.quarantined_s.map(|seconds| format!(" for {}", age(seconds.saturating_mul(1000))));
            _ = writeln!(notes, "  {}{}: {}", row.state, long.unwrap_or_default(), harmless(&row.why));
        }
        if let Some(failure) = &row.last_failure {
            note(&mut notes, row, failure);
        }
    }
    notes
}

fn note(notes: &mut String, row: &PluginRow, failure: &FailureRow) {
    let counts: Vec<String> =
        row.failures.iter().filter(|(_, count)| **count > 0).map(|(kind, count)| format!("{kind} {count}")).collect();
    _ = writeln!(notes, "  failures: {}", counts.join(", "));
    _ = writeln!(notes, "  the last, {} ago: {}", age(failure.age_s.saturating_mul(1000)), harmless(&failure.what));
    for function in &failure.running {
        _ = writeln!(notes, "    in {}", harmless(function));
    }
}

/// `64 KiB`, `2.5 MiB`.
fn bytes(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", tenths(bytes as u64, 1_048_576)),
    }
}

/// `950`, `1.2 k`, `3.4 M`, `5.6 G`.
pub(super) fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{} k", tenths(number, 1_000)),
        1_000_000..1_000_000_000 => format!("{} M", tenths(number, 1_000_000)),
        _ => format!("{} G", tenths(number, 1_000_000_000)),
    }
}

/// `900 ns`, `2.5 µs`, `1.2 ms`, `3.4 s`.
fn duration(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", tenths(ns, 1_000)),
        1_000_000..1_000_000_000 => format!("{} ms", tenths(ns, 1_000_000)),
        _ => format!("{} s", tenths(ns, 1_000_000_000)),
    }
}

fn tenths(number: u64, unit: u64) -> String {
    format!("{}.{}", number / unit, number % unit * 10 / unit)
}
