//! The file's sections as they are written, each key of the right shape; names are not looked up yet.
//!
//! Invariant: a section whose required key is missing or misshapen is left out after its problem is noted, so that one
//! mistake is one message.

use super::dialog::{RawDialog, dialog};
use super::plugins::{self, RawPlugins};
use super::pool::{RawPool, pool};
use super::provider::{RawProvider, provider};
use super::rule::{RawRule, rule};
use super::section::{Findings, Located, Section, Value, describe};
use super::{Durability, Journal, Json, Log, LogFormat, Problem, Tls};
use crate::model::Side;
use crate::model::limits::{Limits, UNITS};
use crate::model::settings::WaitingTimes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) struct RawConfig {
    pub(super) name: String,
    pub(super) data: Option<PathBuf>,
    pub(super) durability: Durability,
    pub(super) journal: Journal,
    pub(super) plugins: RawPlugins,
    pub(super) listeners: Read<RawListener>,
    pub(super) providers: Read<RawProvider>,
    pub(super) pools: Read<RawPool>,
    pub(super) rules: BTreeMap<String, Located<Json>>,
    pub(super) named_rules: Read<RawRule>,
    pub(super) queues: Read<RawQueue>,
    pub(super) media: Read<RawMedium>,
    pub(super) compatibility: Vec<(String, Located<Vec<Located<String>>>)>,
    pub(super) links: Read<RawLink>,
    pub(super) dialogs: Read<RawDialog>,
    pub(super) times: Times,
    pub(super) waiting_times: WaitingTimes,
    pub(super) web: Option<Located<SocketAddr>>,
    pub(super) tokens: Option<Located<PathBuf>>,
    pub(super) control: Option<Located<PathBuf>>,
    pub(super) log_format: LogFormat,
    pub(super) log_level: Located<String>,
    pub(super) limits: Limits,
    pub(super) connections_named: bool,
    /// The first line: where a missing section is reported.
    pub(super) top: std::ops::Range<usize>,
}

/// Sections of one kind.
pub(super) struct Read<T> {
    /// Those that could be read.
    pub(super) list: Vec<T>,
    /// Whether none had to be left out: only then is an unknown name a problem of its own.
    pub(super) whole: bool,
}

/// Times of offers and sessions.
pub(super) struct Times {
    pub(super) offer_ms: u64,
    pub(super) missed_offers: u32,
    pub(super) max_hold_ms: u64,
    pub(super) customer_grace_ms: u64,
    pub(super) agent_grace_ms: u64,
    pub(super) wrap_up_ms: u64,
}

pub(super) struct RawListener {
    pub(super) name: Located<String>,
    pub(super) protocol: Located<String>,
    pub(super) side: Located<Side>,
    pub(super) address: Located<SocketAddr>,
    pub(super) domain: Located<String>,
    pub(super) tls: Located<Tls>,
    pub(super) require_tls: Option<Located<bool>>,
    pub(super) plain_without_tls: bool,
    pub(super) connections: Option<usize>,
    pub(super) guests: Option<Located<bool>>,
    pub(super) redirect: Option<Located<String>>,
    pub(super) settings: Json,
}

pub(super) struct RawQueue {
    pub(super) name: Located<String>,
    pub(super) label: Option<String>,
    pub(super) pool: Located<String>,
    pub(super) medium: Located<String>,
    pub(super) priority: i32,
    pub(super) max_waiting: u32,
    pub(super) offer_ms: Option<u64>,
    pub(super) missed_offers: Option<u32>,
    pub(super) max_hold_ms: Option<u64>,
    pub(super) wrap_up_ms: Option<u64>,
    pub(super) skills: Vec<(String, Located<i64>)>,
    pub(super) own_software: bool,
}

pub(super) struct RawMedium {
    pub(super) name: Located<String>,
    pub(super) weight: u16,
}

pub(super) struct RawLink {
    pub(super) alias: Located<String>,
    pub(super) label: Option<String>,
    pub(super) parent: Option<Located<String>>,
    pub(super) queue: Located<String>,
    pub(super) greeting: String,
    pub(super) dialog: Option<Located<String>>,
}

/// Largest time that can be set, in seconds: a week.
pub(super) const WEEK_S: u64 = 7 * 24 * 3600;

/// Reads all sections of a document.
pub(super) fn read<'d>(document: &'d DeTable<'d>, text: &str, findings: &'d Findings) -> RawConfig {
    let top = 0..text.find('\n').unwrap_or(text.len());
    let mut file = Section::new("the file", top.clone(), document, findings);
    let (log_format, log_level) = log(&mut file);
    let name = file.or("name", "Cordboard".to_owned());
    let (data, durability) = storage(&mut file);
    let (limits, connections_named) = limits(&mut file);
    let raw = RawConfig {
        name,
        data,
        durability,
        journal: journal(&mut file),
        plugins: plugins::read(&mut file, findings),
        listeners: each(&mut file, "listener", |section| listener(section, findings)),
        providers: each(&mut file, "provider", |section| provider(section, findings)),
        pools: each(&mut file, "pool", |section| pool(section, findings)),
        rules: rules(&mut file),
        named_rules: each(&mut file, "rule", rule),
        queues: each(&mut file, "queue", |section| queue(section, findings)),
        media: each(&mut file, "medium", medium),
        compatibility: file.table("compatibility").map(|mut section| section.each_rest()).unwrap_or_default(),
        links: each(&mut file, "link", link),
        dialogs: each(&mut file, "dialog", dialog),
        times: times(&mut file),
        waiting_times: waiting_times(&mut file),
        web: required_in(&mut file, "web", "address"),
        tokens: required_in(&mut file, "api", "tokens"),
        control: required_in(&mut file, "control", "socket"),
        log_format,
        log_level,
        limits,
        connections_named,
        top,
    };
    file.finish();
    raw
}

fn each<'d, T>(file: &mut Section<'d>, key: &'static str, read: impl FnMut(Section<'d>) -> Option<T>) -> Read<T> {
    let sections = file.tables(key);
    let written = sections.len();
    let list: Vec<T> = sections.into_iter().filter_map(read).collect();
    Read { whole: list.len() == written, list }
}

/// A section that may be missing, with one key that then may be missing too.
fn required_in<T: Value>(file: &mut Section<'_>, section: &'static str, key: &'static str) -> Option<Located<T>> {
    let mut section = file.table(section)?;
    let value = section.optional(key);
    section.finish();
    value
}

fn storage(file: &mut Section<'_>) -> (Option<PathBuf>, Durability) {
    let Some(mut section) = file.table("storage") else { return (None, Durability::default()) };
    let folder = section.required("folder", "folder = \"data\"").map(|folder: Located<PathBuf>| folder.value);
    let choices = [("immediate", Durability::Immediate), ("relaxed", Durability::Relaxed)];
    let durability = section.choice("durability", &choices);
    section.finish();
    (folder.or(Some(PathBuf::new())), durability)
}

fn journal(file: &mut Section<'_>) -> Journal {
    let default = Journal::default();
    let Some(mut section) = file.table("journal") else { return default };
    let journal = Journal {
        keep_mb: section.number("keep_mb", default.keep_mb, 8..=1_000_000),
        keep_days: section.number("keep_days", default.keep_days, 1..=3_650),
    };
    section.finish();
    journal
}

fn listener(mut section: Section<'_>, findings: &Findings) -> Option<RawListener> {
    let name = section.required::<String>("name", "name = \"customers\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let protocol = section.required("protocol", "protocol = \"xmpp\"");
    let side = side(&mut section);
    let address = section.required("address", "address = \"0.0.0.0:5222\"");
    let domain = section.required("domain", "domain = \"center.example\"");
    let tls = tls(&mut section, findings);
    let require_tls = section.optional("require_tls");
    let plain_without_tls = section.or("plain_without_tls", false);
    let connections = section.has("connections").then(|| section.number("connections", 1, 1..=1_000_000));
    let guests = section.optional("guests");
    let redirect = section.optional("redirect");
    let settings = section.or("settings", Json::new());
    section.finish();
    Some(RawListener {
        name: name?,
        protocol: protocol?,
        side: side?,
        address: address?,
        domain: domain?,
        tls: tls?,
        require_tls,
        plain_without_tls,
        connections: connections.map(|number| usize::try_from(number).unwrap_or(usize::MAX)),
        guests,
        redirect,
        settings,
    })
}

pub(super) fn side(section: &mut Section<'_>) -> Option<Located<Side>> {
    let word: Located<String> = section.required("side", "side = \"customer\"")?;
    let side = match word.value.as_str() {
        "customer" => Side::Customer,
        "agent" => Side::Agent,
        _ => {
            section.unknown_word("side", &word, &["customer", "agent"]);
            return None;
        }
    };
    Some(Located::new(side, word.span))
}

const TLS_EXPECTED: &str =
    "{ certificate = \"FILE\", key = \"FILE\" } (PEM), or \"self-signed\" to try things out, or \"none\"";

fn tls(section: &mut Section<'_>, findings: &Findings) -> Option<Located<Tls>> {
    let wrong = |span: std::ops::Range<usize>, what: &str, found: String, title: &str| {
        findings.add(Problem {
            span,
            what: format!("{title} {what}"),
            expected: TLS_EXPECTED.to_owned(),
            found,
            fix: "write `tls = { certificate = \"center.crt\", key = \"center.key\" }`".to_owned(),
        });
        None
    };
    let Some(item) = section.raw("tls") else {
        return wrong(section.span.clone(), "has no `tls`", "nothing".to_owned(), section.title());
    };
    let tls = match item.get_ref() {
        DeValue::String(word) if word == "self-signed" => Tls::SelfSigned,
        DeValue::String(word) if word == "none" => Tls::None,
        DeValue::Table(table) => tls_files(section.title(), item, table, findings)?,
        other => return wrong(item.span(), ": `tls` is not what it should be", describe(other), section.title()),
    };
    Some(Located::new(tls, item.span()))
}

fn tls_files<'d>(
    title: &str,
    item: &'d Spanned<DeValue<'d>>,
    table: &'d DeTable<'d>,
    findings: &'d Findings,
) -> Option<Tls> {
    let mut files = Section::new(&format!("`tls` of {title}"), item.span(), table, findings);
    let certificate = files.required::<PathBuf>("certificate", "certificate = \"center.crt\"");
    let key = files.required::<PathBuf>("key", "key = \"center.key\"");
    files.finish();
    Some(Tls::Files { certificate: certificate?.value, key: key?.value })
}

fn rules(file: &mut Section<'_>) -> BTreeMap<String, Located<Json>> {
    file.table("rules").map(|mut section| section.each_rest().into_iter().collect()).unwrap_or_default()
}

fn queue(mut section: Section<'_>, findings: &Findings) -> Option<RawQueue> {
    let name = section.required::<String>("name", "name = \"billing\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let label = section.optional("label").map(|label: Located<String>| label.value);
    let pool = section.required("pool", "pool = \"main\"");
    let medium = section.optional("medium").unwrap_or_else(|| Located::new("chat".to_owned(), 0..0));
    let priority = section.signed("priority", 0, -1000..=1000);
    let max_waiting = section.number("max_waiting", 1000, 1..=100_000);
    let mut own = |key, default, range| section.has(key).then(|| section.number(key, default, range));
    let offer_ms = own("offer_s", 20, 1..=3600).map(|seconds| seconds * 1000);
    let missed_offers = own("missed_offers", 3, 0..=1000).map(narrow);
    let max_hold_ms = own("max_hold_s", 600, 0..=WEEK_S).map(|seconds| seconds * 1000);
    let wrap_up_ms = own("wrap_up_s", 0, 0..=WEEK_S).map(|seconds| seconds * 1000);
    let skills = skills(&mut section, findings);
    let own_software = section.choice("software", &[("translated", false), ("own", true)]);
    section.finish();
    Some(RawQueue {
        name: name?,
        label,
        pool: pool?,
        medium,
        priority,
        max_waiting: narrow(max_waiting),
        offer_ms,
        missed_offers,
        max_hold_ms,
        wrap_up_ms,
        skills,
        own_software,
    })
}

fn skills(section: &mut Section<'_>, findings: &Findings) -> Vec<(String, Located<i64>)> {
    let title = format!("`skills` of {}", section.title());
    let Some(item) = section.raw("skills") else { return Vec::new() };
    let Some(table) = item.get_ref().as_table() else {
        findings.add(Problem {
            span: item.span(),
            what: format!("{title} are not what they should be"),
            expected: "a table of skills with levels, as { billing = 5 }".to_owned(),
            found: describe(item.get_ref()),
            fix: "write `skills = { billing = 5 }`".to_owned(),
        });
        return Vec::new();
    };
    Section::new(&title, item.span(), table, findings).each_rest()
}

fn medium(mut section: Section<'_>) -> Option<RawMedium> {
    let name = section.required::<String>("name", "name = \"voice\"");
    if let Some(name) = &name {
        section.named(&name.value);
    }
    let weight = section.number("weight", 0, 0..=u64::from(UNITS));
    section.finish();
    Some(RawMedium { name: name?, weight: u16::try_from(weight).unwrap_or(UNITS) })
}

fn link(mut section: Section<'_>) -> Option<RawLink> {
    let alias = section.required::<String>("alias", "alias = \"billing\"");
    if let Some(alias) = &alias {
        section.named(&alias.value);
    }
    let label = section.optional("label").map(|label: Located<String>| label.value);
    let parent = section.optional("parent");
    let queue = section.required("queue", "queue = \"billing\"");
    let greeting = section.or("greeting", String::new());
    let dialog = section.optional("dialog");
    section.finish();
    Some(RawLink { alias: alias?, label, parent, queue: queue?, greeting, dialog })
}

fn times(file: &mut Section<'_>) -> Times {
    let mut times = Times {
        offer_ms: 20_000,
        missed_offers: 3,
        max_hold_ms: 600_000,
        customer_grace_ms: 300_000,
        agent_grace_ms: 30_000,
        wrap_up_ms: file.number("wrap_up_s", 0, 0..=WEEK_S) * 1000,
    };
    if let Some(mut offers) = file.table("offers") {
        times.offer_ms = offers.number("expire_s", 20, 1..=3600) * 1000;
        times.missed_offers = narrow(offers.number("missed", 3, 0..=1000));
        times.max_hold_ms = offers.number("max_hold_s", 600, 1..=WEEK_S) * 1000;
        offers.finish();
    }
    if let Some(mut grace) = file.table("grace") {
        times.customer_grace_ms = grace.number("customer_s", 300, 0..=WEEK_S) * 1000;
        times.agent_grace_ms = grace.number("agent_s", 30, 0..=WEEK_S) * 1000;
        grace.finish();
    }
    times
}

fn waiting_times(file: &mut Section<'_>) -> WaitingTimes {
    let mut times = WaitingTimes::default();
    if let Some(mut section) = file.table("waiting_times") {
        times.tell = section.or("tell", times.tell);
        times.every_ms = section.number("every_s", times.every_ms / 1000, 10..=3600) * 1000;
        times.after = narrow(section.number("after", times.after.into(), 1..=1_000_000));
        section.finish();
    }
    times
}

fn log(file: &mut Section<'_>) -> (LogFormat, Located<String>) {
    let default = Log::default();
    let level = Located::new(default.level, 0..0);
    let Some(mut section) = file.table("log") else { return (default.format, level) };
    let choices = [("auto", LogFormat::Auto), ("human", LogFormat::Human), ("json", LogFormat::Json)];
    let format = section.choice("format", &choices);
    let level = section.optional("level").unwrap_or(level);
    section.finish();
    (format, level)
}

/// The documented limits; the others are the design's.
/// Beside them: whether `connections` is among those the operator named.
fn limits(file: &mut Section<'_>) -> (Limits, bool) {
    let mut limits = Limits::default();
    let Some(mut section) = file.table("limits") else { return (limits, false) };
    let size = |section: &mut Section<'_>, key, value: &mut usize, range| {
        let number = section.number(key, *value as u64, range);
        *value = usize::try_from(number).unwrap_or(usize::MAX);
    };
    let time = |section: &mut Section<'_>, key, value: &mut u64, range| *value = section.number(key, *value, range);
    let connections_named = section.has("connections");
    size(&mut section, "connections", &mut limits.connections, 1..=1_000_000);
    size(&mut section, "connections_per_source", &mut limits.connections_per_source, 1..=1_000_000);
    size(&mut section, "message_bytes", &mut limits.message_bytes, 256..=256 * 1024);
    size(&mut section, "sessions", &mut limits.sessions, 1..=1_000_000);
    size(&mut section, "sessions_per_customer", &mut limits.sessions_per_customer, 1..=1000);
    time(&mut section, "authenticate_ms", &mut limits.authenticate_ms, 1_000..=600_000);
    time(&mut section, "idle_ms", &mut limits.idle_ms, 10_000..=3_600_000);
    time(&mut section, "refused_delay_ms", &mut limits.refused_delay_ms, 0..=60_000);
    time(&mut section, "refused_window_ms", &mut limits.refused_window_ms, 1_000..=86_400_000);
    time(&mut section, "software_wait_ms", &mut limits.software_wait_ms, 0..=30_000);
    time(&mut section, "drain_ms", &mut limits.drain_ms, 0..=600_000);
    size(&mut section, "link_contacts", &mut limits.link_contacts, 1..=100_000);
    let pace = section.number("messages_per_second", limits.messages_per_second.into(), 1..=10_000);
    limits.messages_per_second = narrow(pace);
    time(&mut section, "ban_ms", &mut limits.ban_ms, 1_000..=604_800_000);
    let refused = section.number("refused_per_source", limits.refused_per_source.into(), 1..=1_000_000);
    limits.refused_per_source = narrow(refused);
    let messages = section.number("messages_per_session", limits.messages_per_session.into(), 1..=100_000_000);
    limits.messages_per_session = narrow(messages);
    let strikes = section.number("quarantine_strikes", limits.quarantine_strikes.into(), 1..=1_000);
    limits.quarantine_strikes = narrow(strikes);
    time(&mut section, "quarantine_window_ms", &mut limits.quarantine_window_ms, 1_000..=86_400_000);
    time(&mut section, "candidate_fuel", &mut limits.candidate_fuel, 0..=10_000_000);
    limits.consult_ms = narrow(section.number("consult_ms", limits.consult_ms.into(), 100..=60_000));
    size(&mut section, "consult_bytes", &mut limits.consult_bytes, 1_024..=1_048_576);
    section.finish();
    (limits, connections_named)
}

/// Numbers whose range was checked.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
