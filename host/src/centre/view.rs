//! What the operator sees of a centre: a snapshot that can be sent and read back.
//!
//! Invariant: a view is a copy; nothing decides by it.

mod lanes;

pub use lanes::{CanaryView, CandidatesView, QuarantineView, RuleView, ShadowView};

use super::agent::Agent;
use super::session::Live;
use super::{Centre, phrases};
use crate::model::record::{Binding, State};
use crate::model::{Side, Timestamp};
use crate::waiting::{Estimate, milliseconds};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// When it was taken.
    pub now: Timestamp,
    /// The centre as a whole.
    pub status: StatusView,
    /// By name.
    pub queues: Vec<QueueView>,
    /// By name.
    pub agents: Vec<AgentView>,
    /// By number.
    pub sessions: Vec<SessionView>,
    /// By session and participant.
    pub bindings: Vec<BindingView>,
}

/// The part of a [`View`] that has no row for each person or session: cheap, however many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// When it was taken.
    pub now: Timestamp,
    /// The centre as a whole.
    pub status: StatusView,
    /// By name.
    pub queues: Vec<QueueView>,
}

/// The centre as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// As the centre is shown.
    pub name: String,
    /// Endpoints open.
    pub endpoints: usize,
    /// Customers' devices.
    pub customers: usize,
    /// Agents' devices.
    pub agents: usize,
    /// Sessions in memory.
    pub sessions: usize,
    /// Of them waiting.
    pub waiting: usize,
    /// Of them offered.
    pub offered: usize,
    /// Of them with a dialog.
    #[serde(default)]
    pub automated: usize,
    /// Of them active.
    pub active: usize,
    /// Sessions since the beginning.
    pub sessions_ever: u64,
    /// The rules of each pool, in the order of its chains and of the rules in each.
    pub rules: Vec<RuleView>,
    /// Of each pool that has candidates.
    #[serde(default)]
    pub candidates: Vec<CandidatesView>,
    /// Dialogs that are out of service.
    #[serde(default)]
    pub dialogs_out: Vec<DialogOut>,
}

/// A dialog that is out of service until another takes its place or the operator releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogOut {
    /// The plugin that it is.
    pub plugin: String,
    /// Since when.
    pub since: Timestamp,
    /// Which dialog, and why.
    pub why: String,
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// As it is shown.
    pub label: String,
    /// Its pool.
    pub pool: String,
    /// Sessions waiting.
    pub waiting: usize,
    /// How long the longest of them has waited.
    pub longest_wait_ms: u64,
    /// Agents on duty.
    pub on_duty: u32,
    /// Agents who take sessions.
    pub available: u32,
    /// Agents who could take one now.
    pub free: usize,
    /// How long whoever comes now will wait, where that is known.
    pub wait: Option<WaitView>,
    /// How the pool's waiting times are measured, once some are.
    pub measured: Option<MeasuredView>,
}

/// A wait in milliseconds: what is expected, and the range that holds for 8 of 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitView {
    /// From here ...
    pub low_ms: u64,
    /// The expected wait.
    pub wait_ms: u64,
    /// ... to here.
    pub high_ms: u64,
}

/// How well a pool's waits were foretold of late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredView {
    /// The estimator that speaks.
    pub by: String,
    /// By how many waits ever; older ones count less.
    pub waits: u64,
    /// Waits that were within their range, in per cent.
    pub within_pct: u32,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// The account.
    pub name: String,
    /// As customers are shown the agent.
    pub shown_as: String,
    /// `off-duty`, `away`, `available`.
    pub state: String,
    /// The reason given with `away`.
    pub away: Option<String>,
    /// Since when in that state.
    pub since: Timestamp,
    /// When the last session ended.
    pub idle_since: Timestamp,
    /// Queues served.
    pub queues: Vec<String>,
    /// `chat 2/3`: in use and capacity, by medium; where media have weights, `units 40/100` too.
    pub loads: Vec<String>,
    /// Numbers of open offers.
    pub offers: Vec<u32>,
    /// Numbers of sessions.
    pub sessions: Vec<u64>,
    /// Devices: contact and software.
    pub devices: Vec<String>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its number.
    pub id: u64,
    /// Its outside name.
    pub alias: String,
    /// The customer.
    pub customer: String,
    /// Whether the customer has an account with us.
    pub member: bool,
    /// The link that started it.
    pub link: String,
    /// Its queue.
    pub queue: String,
    /// `arrived`, `waiting`, ...
    pub state: String,
    /// Who has it, or is offered it; of one with a dialog, `dialog:` and its name.
    pub agent: Option<String>,
    /// Name and version of the customer's software.
    pub software: String,
    /// The customer's provider.
    pub provider: String,
    /// The first word.
    pub arrived_at: Timestamp,
    /// When it joined the queue.
    pub waiting_since: Timestamp,
    /// Its place in the pool's line, when it was looked at last.
    pub position: Option<u32>,
    /// How long it would wait from then on.
    pub wait: Option<WaitView>,
    /// Messages in the transcript.
    pub messages: u32,
    /// The customer has no device now.
    pub customer_lost: bool,
    /// Why it waits, in words.
    pub why: String,
}

/// One row of the address table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingView {
    /// Whether the device is here now.
    pub connected: bool,
    /// The row as it is stored.
    pub binding: Binding,
    /// The last message that needs no delivery any more.
    pub delivered_through: u32,
    /// Of an agent: `owner`, or as one who has joined `silent`, `whisper` or `open`. Else empty.
    #[serde(default)]
    pub part: String,
}

impl Centre {
    /// A snapshot at a moment.
    pub fn view(&self, now: Timestamp) -> View {
        let mut agents: Vec<AgentView> = self.agents.all().map(|agent| self.agent_view(agent)).collect();
        agents.sort_by(|one, other| one.name.cmp(&other.name));
        View {
            now,
            status: self.status_view(),
            queues: self.queue_views(now),
            agents,
            sessions: self.sessions.all().map(|live| self.session_view(live)).collect(),
            bindings: self.binding_views(),
        }
    }

    /// A summary at a moment.
    pub fn summary(&self, now: Timestamp) -> Summary {
        Summary { now, status: self.status_view(), queues: self.queue_views(now) }
    }

    fn status_view(&self) -> StatusView {
        let count = |state: fn(&State) -> bool| self.sessions.all().filter(|live| state(&live.record.state)).count();
        StatusView {
            name: self.settings.name.clone(),
            endpoints: self.devices.endpoints().count(),
            customers: self.devices.count(Side::Customer),
            agents: self.devices.count(Side::Agent),
            sessions: self.sessions.len(),
            waiting: count(|state| matches!(state, State::Waiting)),
            offered: count(|state| matches!(state, State::Offered)),
            automated: count(|state| matches!(state, State::Automated)),
            active: count(|state| matches!(state, State::Active)),
            sessions_ever: self.meta.last_session.0,
            rules: self.rule_views(),
            candidates: self.candidates_views(),
            dialogs_out: self.dialogs_out(),
        }
    }

    fn queue_views(&self, now: Timestamp) -> Vec<QueueView> {
        let view = |queue: &super::queue::Queue| QueueView {
            name: queue.settings.name.clone(),
            label: queue.settings.label.clone(),
            pool: queue.settings.pool.clone(),
            waiting: queue.waiting.len(),
            longest_wait_ms: queue.longest_wait_ms(now),
            on_duty: queue.on_duty,
            available: queue.available,
            free: queue.free.len(),
            wait: self.expected_wait(queue, now).as_ref().map(WaitView::of),
            measured: self.measured_view(&queue.settings.pool),
        };
        self.queues.all().map(view).collect()
    }

    fn measured_view(&self, pool: &str) -> Option<MeasuredView> {
        let times = self.estimates.measured(pool)?;
        let (by, summary) = times.scores().nth(times.chosen())?;
        Some(MeasuredView { by: by.to_owned(), waits: times.outcomes(), within_pct: summary.covered_pct() })
    }

    fn agent_view(&self, agent: &Agent) -> AgentView {
        let devices = agent.devices.iter().filter_map(|device| self.devices.get(*device));
        let load = |(medium, capacity): (&String, &u16)| format!("{medium} {}/{capacity}", agent.in_use(medium));
        let has_weights = self.settings.media.iter().any(|medium| medium.weight > 0);
        let units =
            has_weights.then(|| format!("units {}/{}", agent.units_in_use(&self.settings), agent.profile.units));
        AgentView {
            name: agent.profile.name.to_string(),
            shown_as: agent.profile.shown_as.clone(),
            state: agent.standing().as_str().to_owned(),
            away: agent.duty.away.clone(),
            since: agent.since,
            idle_since: agent.duty.idle_since,
            queues: agent.profile.queues.clone(),
            loads: agent.profile.capacity.iter().map(load).chain(units).collect(),
            offers: agent.offers.keys().map(|number| number.0).collect(),
            sessions: agent.sessions.iter().map(|id| id.0).collect(),
            devices: devices
                .map(|device| format!("{} {}", device.contact, device.client()).trim().to_owned())
                .collect(),
        }
    }

    fn binding_views(&self) -> Vec<BindingView> {
        let view = |feed: crate::model::FeedId| {
            let row = self.table.row(feed)?;
            let delivered_through = self.cursors.get(&feed).map_or(0, |seq| seq.0);
            let part = self.sessions.get(feed.session).and_then(|live| live.part_of(feed.participant));
            let part = part.map_or_else(String::new, |part| part.as_str().to_owned());
            Some(BindingView { connected: row.device.is_some(), binding: row.binding.clone(), delivered_through, part })
        };
        self.table.feeds().filter_map(view).collect()
    }

    fn session_view(&self, live: &Live) -> SessionView {
        let record = &live.record;
        let seen = self.estimates.seen(record.id);
        let owner = record.owner.as_ref().map(|owner| &owner.agent);
        let dialog = record.talk.as_ref().map(|talk| format!("dialog:{}", talk.dialog));
        SessionView {
            id: record.id.0,
            alias: record.alias.to_string(),
            customer: record.customer_name.clone(),
            member: record.member,
            link: record.link.to_string(),
            queue: record.queue.clone(),
            state: record.state.as_str().to_owned(),
            agent: owner.or(record.offer.as_ref().map(|offer| &offer.agent)).map(ToString::to_string).or(dialog),
            software: record.software.as_ref().map_or_else(String::new, phrases::software),
            provider: record.provider.clone(),
            arrived_at: record.arrived_at,
            waiting_since: record.waiting_since,
            position: seen.map(|seen| seen.position),
            wait: seen.map(|seen| WaitView::of(&seen.estimate)),
            messages: live.last.0,
            customer_lost: record.customer_lost_at.is_some(),
            why: live.why.clone(),
        }
    }
}

impl WaitView {
    fn of(estimate: &Estimate) -> Self {
        let [low_ms, wait_ms, high_ms] = [estimate.low_s, estimate.wait_s, estimate.high_s].map(milliseconds);
        Self { low_ms, wait_ms, high_ms }
    }
}
