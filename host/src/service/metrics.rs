//! The figures of a service as Prometheus reads them, in the text format of `OpenMetrics`.
//!
//! Invariant: labels are names of the operator's file, of plugins and words of ours, so there are as many as the operator made, and no
//! person, address or secret is among them.

use super::Operator;
use super::standing::{QUARANTINED, REFUSED};
use crate::centre::view::{CanaryView, CandidatesView, QueueView, ShadowView, Summary};
use crate::engine::Latency;
use crate::model::Side;
use crate::plugin::Snapshot;
use crate::shard::Counts;
use crate::web::{Metrics, Scrape};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// Upper bounds of the classes of latency, as powers of two of nanoseconds: 1, 4, 16, ... µs up to 17 s.
const DOUBLINGS: [u32; 13] = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34];

type Labels = Vec<(&'static str, String)>;

/// Figures of one name.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    figures: Vec<(Labels, Figure)>,
}

#[derive(Debug)]
enum Figure {
    Counter(u64),
    Seconds(Duration),
    Gauge(u64),
    Histogram(Box<Latency>),
}

impl Metrics for Operator {
    async fn scrape(&self) -> Result<Scrape, String> {
        let summary = self.shard.summary().await.map_err(|error| error.to_string())?;
        let counts = self.shard.counts().await.map_err(|error| error.to_string())?;
        let mut families = centre(&summary);
        families.extend(candidates(&summary.status.candidates));
        families.extend(shard(counts));
        families.extend(plugins(&self.registry.snapshots()));
        families.extend(self.around(&summary));
        let mut registry = Registry::with_prefix("cordboard");
        registry.register_collector(Box::new(Families(families)));
        let mut text = String::new();
        encode(&mut text, &registry).map_err(|error| error.to_string())?;
        Ok(Scrape(text))
    }
}

impl Operator {
    /// What stands around centre and plugins.
    fn around(&self, summary: &Summary) -> Vec<Family> {
        let config = self.in_force.get();
        let up = config.providers.iter().zip(&self.links).map(|(provider, link)| {
            let is_up = link.report().up.is_some();
            (vec![("provider", provider.name.clone())], Figure::Gauge(is_up.into()))
        });
        let quarantined = summary.status.rules.iter().filter(|rule| rule.quarantined.is_some()).count();
        let refused = self.catalog.rows().iter().filter(|row| row.refused.is_some()).count();
        let state = |state: &str, count: usize| (vec![("state", state.to_owned())], gauge(count));
        vec![
            family("link_up", "Whether the link to a provider is up", up.collect()),
            family(
                "plugins_out_of_service",
                "Rules that are left out because they failed too often, and files that were refused",
                vec![state(QUARANTINED, quarantined), state(REFUSED, refused)],
            ),
            family("bans", "Persons who are kept out", vec![(Labels::new(), gauge(self.bans.list().len()))]),
            seconds(
                "up",
                "Since the service began to start",
                vec![(Labels::new(), Figure::Gauge(self.started.elapsed().as_secs()))],
            ),
        ]
    }
}

fn family(name: &'static str, help: &'static str, figures: Vec<(Labels, Figure)>) -> Family {
    Family { name, help, unit: None, figures }
}

fn seconds(name: &'static str, help: &'static str, figures: Vec<(Labels, Figure)>) -> Family {
    Family { unit: Some(Unit::Seconds), ..family(name, help, figures) }
}

fn gauge(count: usize) -> Figure {
    Figure::Gauge(count as u64)
}

fn centre(Summary { status, queues, .. }: &Summary) -> Vec<Family> {
    let one = |figure| vec![(Labels::new(), figure)];
    let state = |state: &str, count: usize| (vec![("state", state.to_owned())], gauge(count));
    let side = |side: Side, count: usize| (vec![("side", side.as_str().to_owned())], gauge(count));
    let each = |figure: fn(&QueueView) -> u64| {
        let labelled = |queue: &QueueView| (vec![("queue", queue.name.clone())], Figure::Gauge(figure(queue)));
        queues.iter().map(labelled).collect::<Vec<_>>()
    };
    let agents = queues.iter().flat_map(|queue| {
        let of = |state: &str, count: u64| {
            (vec![("queue", queue.name.clone()), ("state", state.to_owned())], Figure::Gauge(count))
        };
        [of("on-duty", queue.on_duty.into()), of("available", queue.available.into()), of("free", queue.free as u64)]
    });
    let (waiting, automated, offered, active) = (status.waiting, status.automated, status.offered, status.active);
    let other = status.sessions.saturating_sub(waiting + automated + offered + active);
    vec![
        family(
            "sessions",
            "Sessions there are, by state",
            vec![
                state("waiting", waiting),
                state("automated", automated),
                state("offered", offered),
                state("active", active),
                state("other", other),
            ],
        ),
        family("sessions_begun", "Sessions since the beginning", one(Figure::Counter(status.sessions_ever))),
        family("queue_waiting", "Sessions waiting in a queue", each(|queue| queue.waiting as u64)),
        seconds("queue_longest_wait", "How long the first in a queue has waited", each(|q| q.longest_wait_ms / 1000)),
        family("queue_agents", "Agents of a queue: on duty, of them available, of them free now", agents.collect()),
        family("endpoints", "Connections of both sides, and links", one(gauge(status.endpoints))),
        family(
            "devices",
            "Devices of people who are here",
            vec![side(Side::Customer, status.customers), side(Side::Agent, status.agents)],
        ),
    ]
}

/// How shadows compare with what is in service, and what canaries did.
fn candidates(pools: &[CandidatesView]) -> Vec<Family> {
    let pool = |of: &CandidatesView| vec![("pool", of.pool.clone())];
    let shadows = || pools.iter().filter_map(move |of| Some((pool(of), of.shadow.as_ref()?)));
    let each = |figure: fn(&ShadowView) -> u64| {
        shadows().map(|(pool, shadow)| (pool, Figure::Counter(figure(shadow)))).collect::<Vec<_>>()
    };
    let differing = shadows().flat_map(|(pool, ShadowView { compared, .. })| {
        let kinds = [
            ("another-agent", compared.another_agent),
            ("nobody", compared.nobody),
            ("otherwise", compared.otherwise),
            ("another-session", compared.another_session),
        ];
        kinds.map(|(how, count)| ([pool.clone(), vec![("how", how.to_owned())]].concat(), Figure::Counter(count)))
    });
    let canaries = || pools.iter().filter_map(move |of| Some((pool(of), of.canary.as_ref()?)));
    let decided = canaries().flat_map(|(pool, CanaryView { decided, .. })| {
        let by = [("canary", decided.decided), ("service", decided.failed)];
        by.map(|(by, count)| ([pool.clone(), vec![("by", by.to_owned())]].concat(), Figure::Counter(count)))
    });
    let rolled_back = canaries().map(|(pool, canary)| (pool, Figure::Gauge(canary.rolled_back.is_some().into())));
    let fuel = shadows().map(|(pool, shadow)| ([pool, vec![("chain", "shadow".to_owned())]].concat(), shadow.fuel));
    let fuel = fuel
        .chain(canaries().map(|(pool, canary)| ([pool, vec![("chain", "canary".to_owned())]].concat(), canary.fuel)));
    vec![
        family(
            "shadow_compared",
            "Questions that a pool's shadow was asked, and answered",
            each(|of| of.compared.compared),
        ),
        family("shadow_differing", "Of them: answered otherwise than by the chain in service", differing.collect()),
        family("shadow_failed", "Questions where a rule of the shadow failed", each(|of| of.compared.failed)),
        family("shadow_skipped", "Questions that the shadow was not asked", each(|of| of.compared.skipped)),
        family("canary_decisions", "Decisions about a canary's share, by the chain that made them", decided.collect()),
        family("canary_rolled_back", "Whether a pool's canary is rolled back", rolled_back.collect()),
        family(
            "candidate_fuel",
            "Instructions of the rules of a shadow or canary, roughly, since they were put there",
            fuel.map(|(labels, fuel)| (labels, Figure::Gauge(fuel))).collect(),
        ),
    ]
}

fn shard(counts: Counts) -> Vec<Family> {
    let one = |figure| vec![(Labels::new(), figure)];
    vec![
        family("inputs", "Inputs that the centre has handled", one(Figure::Counter(counts.inputs))),
        family("batches", "Batches that were given to the store", one(Figure::Counter(counts.batches))),
        family("entries", "Transcript entries that were given to the store", one(Figure::Counter(counts.entries))),
        family("reloads", "Times the shard was loaded again after a failure", one(Figure::Counter(counts.reloads))),
        seconds(
            "committing",
            "Time in which a batch was being stored; divided by batches, the time of one",
            one(Figure::Seconds(Duration::from_micros(counts.committing_us))),
        ),
    ]
}

fn plugins(plugins: &[Snapshot]) -> Vec<Family> {
    let labels = |of: &Snapshot| {
        vec![("kind", of.kind.to_string()), ("plugin", of.name.clone()), ("digest", of.digest.to_string())]
    };
    let each = |figure: fn(&Snapshot) -> Figure| plugins.iter().map(|of| (labels(of), figure(of))).collect();
    let failures = plugins.iter().flat_map(|of| {
        let labelled = |kind: &'static str| labels(of).into_iter().chain([("failure", kind.to_owned())]).collect();
        of.reading.failures.map(|(kind, count)| (labelled(kind.as_str()), Figure::Counter(count)))
    });
    vec![
        seconds(
            "plugin_call",
            "How long calls of a plugin's guests took, which is processor time",
            each(|of| Figure::Histogram(Box::new(of.reading.latency.clone()))),
        ),
        family("plugin_fuel", "Instructions of a plugin, roughly", each(|of| Figure::Counter(of.reading.fuel))),
        family("plugin_failures", "Failures of a plugin, by kind", failures.collect()),
        family("plugin_machines", "Sandboxes of a plugin", each(|of| gauge(of.reading.sandboxes))),
        Family {
            unit: Some(Unit::Bytes),
            ..family(
                "plugin_memory",
                "Linear memory of a plugin's sandboxes",
                each(|of| gauge(of.reading.memory_bytes)),
            )
        },
        family(
            "plugin_failing",
            "Whether an adapter goes on though it fails too often",
            each(|of| Figure::Gauge(of.failing.is_some().into())),
        ),
    ]
}

#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, unit, figures } in &self.0 {
            let Some((_, first)) = figures.first() else { continue };
            let mut metric = encoder.encode_descriptor(name, help, unit.as_ref(), first.kind())?;
            if let [(labels, only)] = figures.as_slice()
                && labels.is_empty()
            {
                only.write(metric)?;
                continue;
            }
            for (labels, figure) in figures {
                figure.write(metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

impl Figure {
    fn kind(&self) -> MetricType {
        match self {
            Self::Counter(_) | Self::Seconds(_) => MetricType::Counter,
            Self::Gauge(_) => MetricType::Gauge,
            Self::Histogram(_) => MetricType::Histogram,
        }
    }

    fn write(&self, mut metric: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(count) => ConstCounter::new(*count).encode(metric),
            Self::Seconds(time) => ConstCounter::new(time.as_secs_f64()).encode(metric),
            Self::Gauge(number) => ConstGauge::new(*number).encode(metric),
            Self::Histogram(latency) => {
                let below = |(index, doubling): (usize, &u32)| {
                    let before = if index == 0 { 0 } else { latency.within(DOUBLINGS[index - 1]) };
                    let most = Duration::from_nanos(1 << doubling).as_secs_f64();
                    (most, latency.within(*doubling) - before)
                };
                let mut classes: Vec<(f64, u64)> = DOUBLINGS.iter().enumerate().map(below).collect();
                let all: u64 = classes.iter().map(|(_, count)| count).sum();
                classes.push((f64::INFINITY, latency.count() - all));
                let none = None::<&HashMap<usize, Exemplar<NoLabelSet, f64>>>;
                metric.encode_histogram(latency.sum().as_secs_f64(), latency.count(), &classes, none)
            }
        }
    }
}

#[cfg(test)]
mod tests;
