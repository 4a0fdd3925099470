//! What a chain of four rules costs a decision: each in its sandbox, asked about those whom the one before has kept, and the tiers put
//! together.
//!
//! Aims on two cores: 40 µs over 100 candidates, 300 µs over 1,000. Longest idle first is the order in which the host hands the candidates.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use cordboard::build;
use cordboard::engine::Engine;
use cordboard::model::limits::Limits;
use cordboard::model::rule::{Agent, Change, Load, Rule, Session, Skill, Verdict};
use cordboard::model::{AgentName, Attribute, Timestamp};
use cordboard::plugin::{Loader, PluginSet, RulePlugin};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Tuesday, 14 July 2026, 10:30 in London.
const NOW: Timestamp = Timestamp(1_784_021_400_000);
const SESSION: u32 = 7;
/// The rules and their settings, the most significant first. All of them keep most candidates, which costs most.
const CHAIN: [(&str, &str); 4] = [
    ("business-hours", r#"{"zone": "Europe/London", "hours": {"mon-fri": ["09:00-17:00"]}}"#),
    ("sticky-agent", "{}"),
    ("skill-level", r#"{"queues": {"billing": {"required": {"billing": 1}, "preferred": {"german": 5}}}}"#),
    ("longest-idle", "{}"),
];

fn chain(changes: &[Change]) -> Vec<RulePlugin> {
    let engine = Engine::new(None).expect("this machine runs wasmtime");
    let loader = Loader::new(engine, &Limits::default(), |_, value| Ok(value.to_lowercase()));
    let (plugins, refused) = PluginSet::load(&loader, &build::for_tests());
    assert!(refused.is_empty(), "{refused:?}");
    let open = |(name, settings): (&str, &str)| {
        let component = plugins.rule(name).expect("it is among the plugins");
        let mut rule = RulePlugin::open(component, name, settings, None).expect("its settings are good");
        rule.changed(changes).expect("the changes are good");
        rule
    };
    CHAIN.into_iter().map(open).collect()
}

/// `count` agents of all levels, longest idle first, and a session whose wait for the agent who served last is over.
fn changes(count: u32) -> Vec<Change> {
    let skill = |name: &str, level: u32| Skill { name: name.to_owned(), level: u8::try_from(level).unwrap_or(10) };
    let agent = |number: u32| {
        Change::Agent(Agent {
            agent: number,
            name: AgentName::new(format!("agent{number}")),
            kind: "person".to_owned(),
            state: "available".to_owned(),
            since: NOW,
            idle_since: Timestamp(NOW.0 - u64::from(count - number) * 1000),
            queues: vec!["billing".to_owned(), "sales".to_owned()],
            skills: vec![skill("billing", number % 10 + 1), skill("german", number / 10 % 10 + 1)],
            loads: vec![Load { medium: "chat".to_owned(), used: 1, capacity: 3 }],
            software: vec!["xmpp".to_owned()],
            attributes: Vec::new(),
        })
    };
    let session = Change::Session(Session {
        session: SESSION,
        queue: "billing".to_owned(),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "Gajim".to_owned(),
        software_version: "1.8.4".to_owned(),
        language: "en".to_owned(),
        priority: 0,
        arrived_at: Timestamp(NOW.0 - 300_000),
        waiting_since: Timestamp(NOW.0 - 300_000),
        member: "joe".to_owned(),
        passed_over: Vec::new(),
        attributes: vec![Attribute::new("last-agent", "agent3")],
    });
    (0..count).map(agent).chain([session]).collect()
}

/// Asks the rules one after the other; gives the best.
fn decide(chain: &mut [RulePlugin], candidates: &[u32]) -> Option<u32> {
    let mut kept = candidates.to_vec();
    // A candidate's tiers so far, as one number; by reference, which the candidates here have without gaps.
    let mut ranks = vec![0_u64; candidates.len()];
    for rule in chain {
        let answer = rule.rank_agents(NOW, SESSION, &kept, false).expect("it decides");
        let Verdict::Keep(choices) = answer.verdict else { panic!("these rules keep: {:?}", answer.verdict) };
        kept.clear();
        for choice in choices {
            let rank = &mut ranks[choice.agent as usize];
            *rank = *rank << 16 | u64::from(choice.tier);
            kept.push(choice.agent);
        }
    }
    kept.into_iter().min_by_key(|agent| ranks[*agent as usize])
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("chain");
    for count in [100_u32, 1_000] {
        let mut rules = chain(&changes(count));
        let candidates: Vec<u32> = (0..count).collect();
        assert_eq!(decide(&mut rules, &candidates), Some(3), "who served last is the best");
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| decide(&mut rules, black_box(&candidates)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(40).warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = decision
}
criterion_main!(benches);
