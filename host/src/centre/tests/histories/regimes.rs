//! What histories are played under: rules in plain Rust, and what the operator may change meanwhile.
//!
//! Invariant: a rule here depends on nothing but its arguments, so that a history is the same each time.

use super::{BILLING, SALES, elsewhere};
use crate::centre::RuleSet;
use crate::centre::tests::consults;
use crate::centre::tests::desk::settings;
use crate::centre::tests::rules::{Deed, Fit, Native, Villain};
use crate::model::Timestamp;
use crate::model::record::{AgentProfile, Session};
use crate::model::rule::{self, Rule, Verdict};
use crate::model::settings::{Medium, Pool, Settings, WaitingTimes};
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
    /// Rules from elsewhere; they drop nobody and do nothing wrong.
    Given(fn() -> Vec<Box<dyn Rule>>),
}

impl Rules {
    pub(super) fn set(self) -> RuleSet {
        let skill = || -> Box<dyn Rule> { Box::new(Native::new("skill", judge)) };
        let chain: Vec<Box<dyn Rule>> = match self {
            Self::None => Vec::new(),
            Self::Skill | Self::Pools => vec![skill()],
            Self::Gated => vec![Box::new(Native::gated("hours", gate, 3_000)), skill()],
            Self::Stubborn => vec![Box::new(Native::gated("stubborn", stubborn, 60_000)), skill()],
            Self::Asker => vec![Box::new(consults::Asker::new(SALES)), skill()],
            Self::Villain(deed, period) => vec![Box::new(Villain::new(deed, period)), skill()],
            Self::Plain => vec![
                Box::new(Native::new("least-busy", least_busy)),
                Box::new(Native::new("longest-idle", longest_idle)),
            ],
            Self::Given(chain) => chain(),
        };
        let mut rules = RuleSet::from([("main".to_owned(), chain)]);
        if let Self::Pools = self {
            rules.insert("other".to_owned(), vec![skill()]);
        }
        rules
    }

    pub(super) fn settings(self) -> Settings {
        let mut settings = settings();
        let pool = |(name, rules): (&String, &Vec<Box<dyn Rule>>)| {
            let rules = rules.iter().map(|rule| rule.name().to_owned()).collect();
            Pool::new(name.clone(), rules)
        };
        settings.pools = self.set().iter().map(pool).collect();
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
        settings.redirects = elsewhere::redirects_to_us();
        settings.waiting_times = WaitingTimes { after: 1, every_ms: 10_000, tell: true };
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
    if is_set(6) {
        settings.queues[1].medium = "voice".to_owned();
    }
    settings
}
