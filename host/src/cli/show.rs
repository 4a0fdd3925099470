//! `status`, `sessions`, `agents`, `queues`, `bindings`: what the running service has, as tables for people or JSON for programs.
//!
//! Invariant: a table is made of the view alone; ages are counted from the moment the view was taken.

use super::arguments::Ask;
use super::ask::{ask_for, print_json, socket_of, unexpected};
use super::table::{Table, age, ago, shown};
use crate::centre::View;
use crate::centre::view::{AgentView, BindingView, SessionView, WaitView};
use crate::control::{Answer, Health, ProviderRow, Request};
use crate::model::Lane;
use std::path::Path;

/// One kind of rows of a view: the table of them, and the same for programs.
pub(super) struct Kind {
    table: fn(&View) -> Table,
    json: fn(&View) -> serde_json::Result<serde_json::Value>,
}

pub(super) const SESSIONS: Kind = Kind { table: sessions, json: |view| serde_json::to_value(&view.sessions) };
pub(super) const AGENTS: Kind = Kind { table: agents, json: |view| serde_json::to_value(&view.agents) };
pub(super) const QUEUES: Kind = Kind { table: queues, json: |view| serde_json::to_value(&view.queues) };
pub(super) const BINDINGS: Kind = Kind { table: bindings, json: |view| serde_json::to_value(&view.bindings) };

pub(super) fn show(ask: &Ask, kind: &Kind) -> anyhow::Result<()> {
    let view = view_of(&socket_of(&ask.socket)?)?;
    if ask.json {
        return print_json(&(kind.json)(&view)?);
    }
    print!("{}", (kind.table)(&view));
    Ok(())
}

pub(super) fn status(ask: &Ask) -> anyhow::Result<()> {
    let socket = socket_of(&ask.socket)?;
    let answer = ask_for(&socket, &Request::Health)?;
    let Answer::Health(health) = answer else { return unexpected() };
    let view = view_of(&socket)?;
    if ask.json {
        return print_json(&serde_json::json!({ "service": health, "centre": view.status }));
    }
    print!("{}", status_text(&health, &view));
    Ok(())
}

fn view_of(socket: &Path) -> anyhow::Result<View> {
    match ask_for(socket, &Request::View)? {
        Answer::View(view) => Ok(*view),
        _ => unexpected(),
    }
}

pub(super) fn status_text(health: &Health, view: &View) -> String {
    let centre = &view.status;
    let up = age(health.up_s * 1000);
    let mut lines: Vec<String> = Vec::new();
    let mut line = |label: &str, value: String| lines.push(format!("{label:<10} {value}\n"));
    line("cordboard", format!("{}, {} for {up}, process {}", health.version, health.status, health.pid));
    line("centre", shown(&centre.name));
    line("data", health.data.clone());
    line(
        "sessions",
        format!(
            "{} now ({} with dialogs, {} waiting, {} offered, {} active), {} ever",
            centre.sessions, centre.automated, centre.waiting, centre.offered, centre.active, centre.sessions_ever
        ),
    );
    line(
        "devices",
        format!("{} of customers, {} of agents, on {} endpoints", centre.customers, centre.agents, centre.endpoints),
    );
    for rule in &centre.rules {
        let broken = match (&rule.quarantined, rule.broken) {
            (Some(_), _) => "   QUARANTINED: it failed too often, see `cordboard plugins`",
            (None, true) => "   LEFT OUT: it fails, see `cordboard plugins`",
            (None, false) => "",
        };
        let chain = if rule.lane == Lane::Service { String::new() } else { format!(" / {}", rule.lane.as_str()) };
        line("rule", format!("{}{chain} / {}   {}{broken}", rule.pool, rule.name, short(&rule.digest)));
    }
    for row in &health.listeners {
        let side = row.side.as_str();
        line("listener", format!("{} / {}   {} {}   {}", side, row.name, row.protocol, row.address, row.domain));
    }
    for row in &health.providers {
        let place = format!("{} / {}   {} {}", row.side.as_str(), row.name, row.protocol, row.address);
        line("provider", format!("{place}   {}   {}", row.domain, link_state(row)));
    }
    if let Some(web) = &health.web {
        line("web", format!("http://{web}/health"));
    }
    lines.concat()
}

fn link_state(row: &ProviderRow) -> String {
    let mut state = row.state.clone();
    if let Some(up_s) = row.up_s {
        state = format!("{state} for {}", age(up_s * 1000));
    }
    if !row.why.is_empty() {
        state = format!("{}: {}", state.to_uppercase(), shown(&row.why));
    }
    if let Some(retry_s) = row.retry_s {
        state = format!("{state}; next try in {retry_s} s");
    }
    state
}

pub(super) fn sessions(view: &View) -> Table {
    let titles = [
        "SESSION", "STATE", "LINK", "QUEUE", "CUSTOMER", "SOFTWARE", "AGENT", ">WAITED", ">PLACE", "EXPECTED", ">AGE",
        ">SAID", "WHY",
    ];
    let mut table = Table::new(&titles, "no sessions");
    for row in &view.sessions {
        let waits = matches!(row.state.as_str(), "waiting" | "offered");
        table.row([
            format!("s{}", row.id),
            row.state.clone(),
            row.link.clone(),
            row.queue.clone(),
            customer(row),
            row.software.clone(),
            row.agent.clone().unwrap_or_default(),
            if waits { ago(view.now, row.waiting_since) } else { String::new() },
            row.position.filter(|_| waits).map(|place| place.to_string()).unwrap_or_default(),
            row.wait.as_ref().filter(|_| waits).map(range).unwrap_or_default(),
            ago(view.now, row.arrived_at),
            row.messages.to_string(),
            row.why.clone(),
        ]);
    }
    table
}

/// A wait as the range that it will be within.
fn range(wait: &WaitView) -> String {
    let (low, high) = (age(wait.low_ms), age(wait.high_ms));
    if low == high { high } else { format!("{low} to {high}") }
}

fn customer(row: &SessionView) -> String {
    let kind = if row.member { "member" } else { "guest" };
    let gone = if row.customer_lost { ", gone" } else { "" };
    format!("{} ({kind}{gone})", row.customer)
}

pub(super) fn agents(view: &View) -> Table {
    let titles = ["AGENT", "STATE", ">FOR", "QUEUES", "IN USE", "OFFERS", "SESSIONS", "DEVICES"];
    let mut table = Table::new(&titles, "no agent has an account; make one with `cordboard agent add`");
    for row in &view.agents {
        table.row([
            row.name.clone(),
            state(row),
            ago(view.now, row.since),
            row.queues.join(", "),
            row.loads.join(", "),
            joined(row.offers.iter().map(ToString::to_string)),
            joined(row.sessions.iter().map(|id| format!("s{id}"))),
            row.devices.join(", "),
        ]);
    }
    table
}

fn state(row: &AgentView) -> String {
    match row.away.as_deref().filter(|why| !why.is_empty()) {
        Some(why) => format!("{} ({why})", row.state),
        None => row.state.clone(),
    }
}

pub(super) fn queues(view: &View) -> Table {
    let titles =
        ["QUEUE", "LABEL", "POOL", ">WAITING", ">LONGEST", ">ON DUTY", ">AVAILABLE", ">FREE", "EXPECTED", "WITHIN"];
    let mut table = Table::new(&titles, "no queues");
    for row in &view.queues {
        table.row([
            row.name.clone(),
            row.label.clone(),
            row.pool.clone(),
            row.waiting.to_string(),
            if row.waiting > 0 { age(row.longest_wait_ms) } else { String::new() },
            row.on_duty.to_string(),
            row.available.to_string(),
            row.free.to_string(),
            row.wait.as_ref().map(range).unwrap_or_default(),
            row.measured.as_ref().map(|it| format!("{} % of {}", it.within_pct, it.waits)).unwrap_or_default(),
        ]);
    }
    table
}

pub(super) fn bindings(view: &View) -> Table {
    let titles = [
        "SESSION", "SIDE", "PART", "OUTSIDE", "INSIDE", "DEVICE", "ADDRESS", "PROVIDER", "CLIENT", ">FROM", ">TO",
        ">USED", "HERE",
    ];
    let mut table = Table::new(&titles, "no bindings");
    for BindingView { connected, binding, part, .. } in &view.bindings {
        table.row([
            format!("{}/{}", binding.session, binding.participant),
            binding.side.as_str().to_owned(),
            part.clone(),
            short(binding.outside.as_str()),
            binding.inside.clone(),
            binding.contact.to_string(),
            binding.address.clone(),
            binding.provider.clone(),
            binding.client.clone(),
            binding.received.to_string(),
            binding.sent.to_string(),
            ago(view.now, binding.used_at),
            if *connected { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

/// A long identifier by its beginning; `--json` has all of it.
fn short(name: &str) -> String {
    const SHORT_CHARS: usize = 16;
    if name.chars().count() <= SHORT_CHARS + 1 {
        return name.to_owned();
    }
    name.chars().take(SHORT_CHARS).chain(['…']).collect()
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
