//! A day by hand, played with other rules.
//!
//! Two agents of one slot each, ann and bob, are here from 0 s to 200 s. Everybody is served for 60 s. ann takes 2 s to accept, bob 4 s.
//!
//! ```text
//!       came   as it was (oldest first)         newest first
//!  s1   10 s   ann from 12 to 72                ann from 12 to 72
//!  s2   20 s   bob from 24 to 84                bob from 24 to 84
//!  s3   30 s   ann from 74 to 134               bob, free at 84, from 88 to 148
//!  s4   40 s   gives up at 80                   ann, free at 72, from 74 to 134: the mean of the others, 60 s
//! ```

mod modelled;

use super::*;
use crate::centre::Components;
use crate::centre::tests::rules::{Fit, Native};
use crate::model::Alias;
use crate::model::record::{Customer, State};
use crate::model::rule::Rule;
use crate::shard::tests::office::{profile, settings};
use crate::storage::samples;
use std::collections::BTreeMap;

fn at(s: u64) -> Timestamp {
    Timestamp(1_000_000 + s * 1000)
}

fn session(number: u64, came: u64) -> Box<Session> {
    let customer = Customer { provider: String::new(), alias: Alias::new(format!("joe{number}")) };
    let (arrived_at, waiting_since) = (at(came), at(came));
    Box::new(Session { customer, arrived_at, waiting_since, ..samples::session(number, State::Waiting) })
}

/// Came, and was served by somebody from a moment to another, or gave up.
fn passage(number: u64, came: u64, served: Option<(&str, u64, u64)>, ended: u64) -> Passage {
    let part = |(agent, from, until)| Served {
        agent: AgentName::new(agent),
        from: at(from),
        until: Some(at(until)),
        free: Some(at(until)),
    };
    Passage {
        session: SessionId(number),
        came: session(number, came),
        queue: "billing".to_owned(),
        waiting_since: at(came),
        asked: Vec::new(),
        served: served.map(part).into_iter().collect(),
        ended: Some((at(ended), if served.is_some() { How::Served } else { How::Abandoned })),
    }
}

fn day() -> Day {
    let agent = |name| AgentProfile { capacity: BTreeMap::from([("chat".to_owned(), 1)]), ..profile(name) };
    let here = |name| Standing {
        at: at(0),
        agent: AgentName::new(name),
        is: "available".to_owned(),
        protocols: BTreeSet::from(["xmpp".to_owned()]),
        by_device: true,
    };
    let reaction = |name, s: u64| Reaction { agent: AgentName::new(name), what: React::Accepted, after_ms: s * 1000 };
    Day {
        from: at(0),
        to: at(200),
        settings: settings(),
        profiles: vec![agent("ann"), agent("bob")],
        members: Vec::new(),
        passages: vec![
            passage(1, 10, Some(("ann", 12, 72)), 72),
            passage(2, 20, Some(("bob", 24, 84)), 84),
            passage(3, 30, Some(("ann", 74, 134)), 134),
            passage(4, 40, None, 80),
        ],
        standings: vec![here("ann"), here("bob")],
        reactions: vec![reaction("ann", 2), reaction("bob", 4), reaction("ann", 2)],
        doors: Vec::new(),
        last_served: Vec::new(),
        memories: Vec::new(),
        waits: Vec::new(),
        consultations: Vec::new(),
        left_out: 0,
    }
}

/// Who served, from when to when.
type Part = (String, u64, u64);

/// Who served each session.
fn served(day: &Day) -> Vec<(u64, Vec<Part>)> {
    let s = |at: Timestamp| (at.0 - 1_000_000) / 1000;
    let part = |served: &Served| (served.agent.to_string(), s(served.from), served.free.map_or(0, s));
    day.passages.iter().map(|passage| (passage.session.0, passage.served.iter().map(part).collect())).collect()
}

fn by(agent: &str, from: u64, until: u64) -> Vec<Part> {
    vec![(agent.to_owned(), from, until)]
}

/// Whoever came last is served first.
fn newest_first() -> Components {
    let rule = Native::new("newest-first", |_, session, _| Fit::Tier(u32::MAX - session.session));
    Components::from([("main".to_owned(), vec![Box::new(rule) as Box<dyn Rule>])])
}

#[test]
fn with_the_same_rules_the_day_is_as_it_was() {
    let day = day();
    let again = play(&day, Components::new()).unwrap();
    assert_eq!(served(&again), served(&day));
    let ended = |day: &Day| day.passages.iter().map(|passage| passage.ended).collect::<Vec<_>>();
    assert_eq!(ended(&again), ended(&day));
    assert_eq!(Figures::of(&again, 20_000), Figures::of(&day, 20_000));
    assert_eq!(elsewhere(&day, &again), []);
}

#[test]
fn with_other_rules_it_is_another() {
    let day = day();
    let other = play(&day, newest_first()).unwrap();
    let expected = [(1, by("ann", 12, 72)), (2, by("bob", 24, 84)), (3, by("bob", 88, 148)), (4, by("ann", 74, 134))];
    assert_eq!(served(&other), expected);
    let (ann, bob) = (Some(AgentName::new("ann")), Some(AgentName::new("bob")));
    let moved = [
        Elsewhere { session: SessionId(3), then: ann.clone(), now: bob },
        Elsewhere { session: SessionId(4), then: None, now: ann },
    ];
    assert_eq!(elsewhere(&day, &other), moved);
    assert_eq!(play(&day, newest_first()).unwrap(), other, "and the same whenever it is played");
}

/// As it was, waits of 2, 4 and 44 s: mean 16.67, the second of three 4, the third 44; two of four within 20 s; ann is busy for 120 of
/// 200 s, bob for 60. Newest first, waits of 2, 4, 34 and 58 s: mean 24.5, the second of four 4, the fourth 58; two of four; both 120 s.
#[test]
fn both_are_counted_alike() {
    let day = day();
    let figures = |day: &Day| Figures::of(day, 20_000);
    let (then, now) = (figures(&day), figures(&play(&day, newest_first()).unwrap()));
    let counts = |figures: &Figures| {
        let pool = &figures.pools[0];
        (pool.sessions, pool.served, pool.abandoned, pool.refused, pool.waiting)
    };
    assert_eq!((counts(&then), counts(&now)), ((4, 3, 1, 0, 0), (4, 4, 0, 0, 0)));
    let rounded = |figures: &Figures| {
        let pool = &figures.pools[0];
        let waits = [pool.wait_mean_s, pool.wait_p50_s, pool.wait_p95_s, pool.service_level_pct];
        waits.map(|value| format!("{value:.2}"))
    };
    assert_eq!(rounded(&then), ["16.67", "4.00", "44.00", "50.00"]);
    assert_eq!(rounded(&now), ["24.50", "4.00", "58.00", "50.00"]);
    let occupancy = |figures: &Figures| {
        let each: Vec<String> = figures.occupancy_pct.iter().map(|(agent, pct)| format!("{agent} {pct:.1}")).collect();
        (each.join(", "), format!("{:.1} ± {:.1}", figures.occupancy_mean_pct, figures.occupancy_spread_pct))
    };
    assert_eq!(occupancy(&then), ("ann 60.0, bob 30.0".to_owned(), "45.0 ± 15.0".to_owned()));
    assert_eq!(occupancy(&now), ("ann 60.0, bob 60.0".to_owned(), "60.0 ± 0.0".to_owned()));
}

#[test]
fn who_declines_then_declines_again_and_an_empty_day_is_empty() {
    let mut day = day();
    day.reactions[1].what = React::Declined;
    let other = play(&day, Components::new()).unwrap();
    let bobs =
        other.passages.iter().flat_map(|passage| &passage.served).filter(|served| served.agent.as_str() == "bob");
    assert_eq!(bobs.count(), 0, "bob declined the only offer that was recorded, so he declines all");
    assert!(other.reactions.iter().any(|reaction| reaction.what == React::Declined && reaction.after_ms == 4_000));

    day.passages.clear();
    let none = Figures::of(&play(&day, Components::new()).unwrap(), 20_000);
    assert_eq!((none.pools[0].sessions, none.pools[0].wait_mean_s, none.occupancy_mean_pct), (0, 0.0, 0.0));
}
