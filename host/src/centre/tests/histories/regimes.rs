//! What histories are played under: rules in plain Rust, and what the operator may change meanwhile.
//!
//! Invariant: a rule here depends on nothing but its arguments, so that a history is the same each time.

use super::{BILLING, SALES, elsewhere};
use crate::centre::tests::consults;
use crate::centre::tests::desk::settings;
use crate::centre::tests::rules::{Deed, Fit, Native, Villain};
use crate::centre::tests::talker::Talker;
use crate::centre::{Components, Rules as Chain};
use crate::model::lane::{Canary, is_in_share};
use crate::model::record::{AgentProfile, Session};
use crate::model::rule::{self, Rule, Verdict};
use crate::model::settings::{Dialog, Fallback, Medium, Pool, Settings, WaitingTimes};
use crate::model::{Lane, Timestamp};
use std::collections::BTreeMap;

/// Whether a skilled agent may serve: the first has the skill for billing, the second not.
fn judge(_: Timestamp, session: &rule::Session, agent: &rule::Agent) -> Fit {
    let level = agent.skills.iter().find(|skill| skill.name == session.queue).map_or(0, |skill| skill.level);
    if session.queue == BILLING && level < 3 { Fit::Drop } else { Fit::Tier(u32::from(10 - level.min(10))) }
}

pub(super) fn may_serve(session: &Session, agent: &AgentProfile) -> bool {
    let level = agent.skills.iter().find(|skill| skill.name == session.queue).map_or(0, |skill| skill.level);
    session.queue != BILLING || level >= 3
}

/// The other way round: who has the skill for billing serves sales alone, and whom [`judge`] puts last comes first.
fn turned(_: Timestamp, session: &rule::Session, agent: &rule::Agent) -> Fit {
    let level = agent.skills.iter().find(|skill| skill.name == BILLING).map_or(0, |skill| skill.level);
    if session.queue == BILLING && level >= 3 { Fit::Drop } else { Fit::Tier(u32::from(level.min(10))) }
}

/// As the rules of [`Rules::Lanes`] have it; with which chains says the pool.
pub(super) fn may_serve_in_lanes(pool: &Pool, session: &Session, agent: &AgentProfile) -> bool {
    let Some(canary) = pool.canary.as_ref().filter(|canary| is_in_share(session.id, canary.share_ppm)) else {
        return pool.rules.is_empty() || may_serve(session, agent);
    };
    let level = agent.skills.iter().find(|skill| skill.name == BILLING).map_or(0, |skill| skill.level);
    canary.rules.is_empty() || session.queue != BILLING || level < 3
}

/// Sales opens three seconds after the customer came.
fn gate(now: Timestamp, session: &rule::Session) -> Option<Verdict> {
    let opens = session.arrived_at.plus_ms(3_000);
    (session.queue == SALES && now < opens).then(|| Verdict::Hold("sales opens soon".to_owned()))
}

/// Holds for ever: only `max_hold` ends it.
fn stubborn(_: Timestamp, session: &rule::Session) -> Option<Verdict> {
    session.member.starts_with('m').then(|| Verdict::Hold("not now".to_owned()))
}

/// Whose capacity is used least, in thousandths: `least-busy` in plain Rust.
fn least_busy(_: Timestamp, session: &rule::Session, agent: &rule::Agent) -> Fit {
    let load = agent.loads.iter().find(|load| load.medium == session.medium && load.capacity > 0);
    Fit::Tier(load.map_or(1000, |load| u32::from(load.used) * 1000 / u32::from(load.capacity)))
}

/// Who has been idle longest: `longest-idle` in plain Rust, as far as 32 bits of milliseconds go.
fn longest_idle(_: Timestamp, _: &rule::Session, agent: &rule::Agent) -> Fit {
    Fit::Tier(u32::try_from(agent.idle_since.0).expect("a history is shorter than 49 days"))
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Rules {
    None,
    /// No rules; who writes to billing talks to a dialog first.
    Talking,
    Skill,
    /// The same, with a pool for each queue.
    Pools,
    Gated,
    Stubborn,
    Villain(Deed, u32),
    /// Asks the world about every session of sales.
    Asker,
    /// `least-busy` and `longest-idle` in plain Rust.
    Plain,
    /// The skill rule, and beside it a canary for half of the sessions and a shadow, which are of another mind.
    Lanes,
    /// The skill rule, and a canary for half of the sessions that fails.
    Failing(Deed, u32),
    /// The skill rule, and a shadow that fails.
    Shadowed(Deed, u32),
    /// Rules from elsewhere; they drop nobody and do nothing wrong.
    Given(fn() -> Vec<Box<dyn Rule>>),
}

fn villain(deed: Deed, period: u32, version: u8) -> Box<dyn Rule> {
    Box::new(Villain::new(deed, period).with_digest(version))
}

impl Rules {
    pub(super) fn set(self) -> Components {
        self.set_of(0)
    }

    /// The same rules and dialogs, as other components in each version.
    pub(super) fn set_of(self, version: u8) -> Components {
        let skill = || -> Box<dyn Rule> { Box::new(Native::new("skill", judge).with_digest(version)) };
        let chain: Vec<Box<dyn Rule>> = match self {
            Self::None | Self::Talking => Vec::new(),
            Self::Skill | Self::Pools | Self::Lanes | Self::Failing(..) | Self::Shadowed(..) => vec![skill()],
            Self::Gated => vec![Box::new(Native::gated("hours", gate, 3_000)), skill()],
            Self::Stubborn => vec![Box::new(Native::gated("stubborn", stubborn, 60_000)), skill()],
            Self::Asker => vec![Box::new(consults::Asker::new(SALES)), skill()],
            Self::Villain(deed, period) => vec![villain(deed, period, version), skill()],
            Self::Plain => vec![
                Box::new(Native::new("least-busy", least_busy)),
                Box::new(Native::new("longest-idle", longest_idle)),
            ],
            Self::Given(chain) => chain(),
        };
        let mut rules = Components::from([("main".to_owned(), chain)]);
        if let Self::Pools = self {
            rules.insert("other".to_owned(), vec![skill()]);
        }
        for name in ["greeter", "survey"] {
            rules.add_dialog(Box::new(Talker::of_version(name, version)));
        }
        for (lane, chain) in self.candidates(version) {
            rules.put("main", lane, chain);
        }
        rules
    }

    fn candidates(self, version: u8) -> Vec<(Lane, Chain)> {
        let turned = || -> Box<dyn Rule> { Box::new(Native::new("turned", turned)) };
        match self {
            Self::Lanes => {
                let gated: Box<dyn Rule> = Box::new(Native::gated("hours", gate, 3_000));
                vec![(Lane::Canary, vec![turned()]), (Lane::Shadow, vec![gated, turned()])]
            }
            Self::Failing(deed, period) => vec![(Lane::Canary, vec![villain(deed, period, version)])],
            Self::Shadowed(deed, period) => vec![(Lane::Shadow, vec![villain(deed, period, version)])],
            _ => Vec::new(),
        }
    }

    pub(super) fn settings(self) -> Settings {
        let mut settings = settings();
        let names = |rules: &[Box<dyn Rule>]| rules.iter().map(|rule| rule.name().to_owned()).collect::<Vec<_>>();
        let pool = |(name, lanes): (&String, &BTreeMap<Lane, Chain>)| Pool {
            shadow: lanes.get(&Lane::Shadow).map(|rules| names(rules)),
            canary: lanes.get(&Lane::Canary).map(|rules| Canary { rules: names(rules), share_ppm: 500_000 }),
            ..Pool::new(name.clone(), names(&lanes[&Lane::Service]))
        };
        settings.pools = self.set().pools().map(pool).collect();
        if let Self::Pools = self {
            settings.queues[1].pool = "other".to_owned();
        }
        for (queue, name) in settings.queues.iter_mut().zip([BILLING, SALES]) {
            name.clone_into(&mut queue.name);
            queue.label = format!("{name}-label");
        }
        for (link, name) in settings.links.iter_mut().zip([BILLING, SALES]) {
            name.clone_into(&mut link.queue);
        }
        let survey = Dialog { fallback: Fallback::Close, silence_ms: 20_000, ..Dialog::new("survey") };
        settings.dialogs = vec![Dialog::new("greeter"), survey];
        if let Self::Talking = self {
            settings.links[0].dialog = Some("greeter".to_owned());
        }
        settings.redirects = elsewhere::redirects_to_us();
        settings.waiting_times = WaitingTimes { after: 1, every_ms: 10_000, tell: true };
        settings.limits.quarantine_strikes = 3;
        settings.limits.matching_calls = 6;
        settings.limits.matching_window = 2;
        settings.limits.changes_per_call = 2;
        settings
    }
}

/// The operator has changed the file; which of the changes, say the bits.
pub(super) fn varied(mut settings: Settings, how: u16) -> Settings {
    let is_set = |bit: u8| how & (1 << bit) != 0;
    if is_set(8) {
        settings.pools[0].rules.pop();
    }
    if is_set(9) {
        settings.pools[0].rules.reverse();
    }
    if is_set(0) {
        settings.pools[0].ageing_ms = 1_000;
    }
    if is_set(1) {
        settings.queues[1].priority = 5;
    }
    if is_set(2) {
        // Weighs more than the agents of one capacity have.
        settings.media = vec![Medium { name: "chat".to_owned(), weight: 30 }];
    }
    if is_set(3) {
        settings.queues[0].own_software = true;
    }
    if is_set(4) {
        settings.compatibility = BTreeMap::from([("xmpp".to_owned(), vec!["irc".to_owned()])]);
    }
    if is_set(5) {
        settings.queues[0].wrap_up_ms = Some(0);
        settings.queues[1].max_hold_ms = Some(1_000);
        settings.queues[1].offer_ms = Some(2_000);
    }
    if is_set(7) {
        settings.limits.remembered_customers = 1;
    }
    if is_set(10) {
        settings.pools[0].shadow = None;
    }
    if is_set(11) {
        settings.pools[0].canary = None;
    }
    if is_set(12) {
        settings.pools[0].shadow = Some(Vec::new());
    }
    if is_set(13) {
        settings.pools[0].canary = Some(Canary { rules: Vec::new(), share_ppm: 300_000 });
    }
    if let Some(canary) = settings.pools[0].canary.as_mut().filter(|_| is_set(14)) {
        canary.share_ppm = 1_000_000;
    }
    if is_set(15) {
        settings.dialogs.clear();
        settings.links[0].dialog = None;
    }
    if is_set(6) {
        settings.queues[1].medium = "voice".to_owned();
    }
    settings
}
