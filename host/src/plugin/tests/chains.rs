//! Every rule of `plugins/rules` in chains of four: the components in the host's chain decide what a naive oracle makes of the same crates,
//! called natively and one by one.

use super::components;
use crate::centre::tests::order;
use crate::model::rule::{AgentRef, Change, Rule, SessionRef};
use crate::model::{Attribute, rule};
use crate::plugin::trial::people::crowd;
use crate::plugin::{RuleComponent, RulePlugin};
use cordboard_sdk::{model as native_model, rule as native};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a rule says of each candidate: dropped, or its tier.
type Table = BTreeMap<AgentRef, Option<u32>>;

/// A rule twice: its settings (which hold and divert nobody), and the crate itself.
struct Twin {
    name: &'static str,
    settings: &'static str,
    table: fn(&str, &[native::Change], SessionRef, &[AgentRef]) -> Table,
}

/// The decisions are asked for at that time.
const NOW: u64 = 0;
const AGENTS: u32 = 24;
const SESSIONS: u32 = 3;
const LENGTH: usize = 4;

fn twins() -> Vec<Twin> {
    macro_rules! twin {
        ($name:literal, $rule:ty, $settings:literal) => {
            Twin { name: $name, settings: $settings, table: table::<$rule> }
        };
    }
    vec![
        twin!(
            "business-hours",
            cordboard_rule_business_hours::BusinessHours,
            r#"{"hours": {"mon-sun": ["00:00-24:00"]}}"#
        ),
        twin!("cost-of-delay", cordboard_rule_cost_of_delay::CostOfDelay, r#"{"hold_back_pct": 0}"#),
        twin!("language", cordboard_rule_language::Language, r#"{"prefix": "", "assume": "billing"}"#),
        twin!("least-busy", cordboard_rule_least_busy::LeastBusy, "{}"),
        twin!("longest-idle", cordboard_rule_longest_idle::LongestIdle, "{}"),
        twin!("overflow", cordboard_rule_overflow::Overflow, r#"{"paths": [{"after_s": 80000, "target": "queue:x"}]}"#),
        twin!("priority-ageing", cordboard_rule_priority_ageing::PriorityAgeing, "{}"),
        // It asks nobody about these sessions: what it makes of answers is its own tests' matter.
        twin!(
            "remote",
            cordboard_rule_remote::Remote,
            r#"{"url": "http://b.example", "queues": {"elsewhere": "elsewhere"}}"#
        ),
        twin!("requested-agent", cordboard_rule_requested_agent::RequestedAgent, r#"{"wait_s": 0}"#),
        twin!("round-robin", cordboard_rule_round_robin::RoundRobin, "{}"),
        twin!(
            "script",
            cordboard_rule_script::Script,
            r#"{"keep": "agent.state != 'away'", "rank": "size(agent.skills)"}"#
        ),
        twin!("service-level", cordboard_rule_service_level::ServiceLevel, "{}"),
        twin!("skill-level", cordboard_rule_skill_level::SkillLevel, r#"{"order": "closest"}"#),
        twin!(
            "skill-relaxation",
            cordboard_rule_skill_relaxation::SkillRelaxation,
            r#"{"rings": [{"after_s": 0, "level": 3}, {"after_s": 60, "level": 1}]}"#
        ),
        twin!("sticky-agent", cordboard_rule_sticky_agent::StickyAgent, r#"{"wait_s": 0}"#),
        twin!("vip", cordboard_rule_vip::Vip, r#"{"skill": "sales"}"#),
        twin!("weighted-random", cordboard_rule_weighted_random::WeightedRandom, r#"{"by": "skill"}"#),
    ]
}

/// What the crate says natively.
fn table<R: native::Rule>(
    settings: &str,
    changes: &[native::Change],
    session: SessionRef,
    candidates: &[AgentRef],
) -> Table {
    let mut router = native::Router::<R>::open(settings, None).unwrap();
    router.changed(changes.to_vec());
    let answer = router.rank_agents(NOW, session, candidates, false);
    let native::Verdict::Keep(kept) = answer.verdict else { panic!("it keeps or drops: {answer:?}") };
    let tier = |agent: &AgentRef| kept.iter().find(|choice| choice.agent == *agent).map(|choice| choice.tier);
    candidates.iter().map(|agent| (*agent, tier(agent))).collect()
}

/// Every rule's tiers in front of the built-in place, sorted; who is dropped by one is out.
fn oracle(candidates: &[AgentRef], tables: &[Table]) -> Vec<AgentRef> {
    let row = |(place, agent): (usize, &AgentRef)| {
        let tiers: Option<Vec<u32>> = tables.iter().map(|table| table[agent]).collect();
        Some((tiers?, place, *agent))
    };
    let mut rows: Vec<_> = candidates.iter().enumerate().filter_map(row).collect();
    rows.sort();
    rows.into_iter().map(|(_, _, agent)| agent).collect()
}

/// A crowd whose sessions want somebody, and who speak languages.
fn people(number: u64) -> Vec<Change> {
    let wanting = |change| match change {
        Change::Session(session) => {
            let name = |shift: u32| format!("agent-{}", (session.session * 3 + shift) % AGENTS);
            let wanted = [("last-agent", name(1)), ("requested-agent", name(2)), ("vip", "yes".to_owned())]
                .map(|(attribute, value)| Attribute::new(attribute, value));
            Change::Session(rule::Session { attributes: wanted.to_vec(), ..session })
        }
        Change::Agent(mut agent) => {
            let language = ["en", "de"][usize::from(agent.agent % 2 == 0)];
            agent.skills.push(rule::Skill { name: language.to_owned(), level: 7 });
            Change::Agent(agent)
        }
        other => other,
    };
    crowd(number, AGENTS, SESSIONS).into_iter().map(wanting).collect()
}

fn natively(change: &Change) -> native::Change {
    let attributes = |all: &[Attribute]| -> Vec<native_model::Attribute> {
        all.iter().map(|one| native_model::Attribute::new(one.name.as_str(), one.value.as_str())).collect()
    };
    match change.clone() {
        Change::Agent(agent) => native::Change::Agent(native::Agent {
            ref_: agent.agent,
            name: agent.name.into_string(),
            kind: agent.kind,
            state: agent.state,
            since: agent.since.0,
            idle_since: agent.idle_since.0,
            queues: agent.queues,
            skills: agent
                .skills
                .into_iter()
                .map(|skill| native::Skill { name: skill.name, level: skill.level })
                .collect(),
            loads: agent
                .loads
                .into_iter()
                .map(|load| native::Load { medium: load.medium, used: load.used, capacity: load.capacity })
                .collect(),
            software: agent.software,
            attributes: attributes(&agent.attributes),
        }),
        Change::Session(session) => native::Change::Session(native::Session {
            ref_: session.session,
            queue: session.queue,
            medium: session.medium,
            provider: session.provider,
            software: session.software,
            software_version: session.software_version,
            language: session.language,
            priority: session.priority,
            arrived_at: session.arrived_at.0,
            waiting_since: session.waiting_since.0,
            member: session.member,
            passed_over: session.passed_over,
            attributes: attributes(&session.attributes),
        }),
        other => panic!("a crowd has agents and sessions only: {other:?}"),
    }
}

fn open(component: &Arc<RuleComponent>, twin: &Twin) -> Box<dyn Rule> {
    Box::new(RulePlugin::open(component, twin.name, twin.settings, None).unwrap())
}

#[test]
fn chains_of_all_rules_are_the_oracle() {
    let twins = twins();
    let components: Vec<Arc<RuleComponent>> = twins.iter().map(|twin| components::rule(twin.name)).collect();
    let mut told_apart = 0;
    for (number, (start, stride)) in (0..).zip((0..twins.len()).flat_map(|start| [(start, 1), (start, 3), (start, 7)]))
    {
        let chain: Vec<usize> = (0..LENGTH).map(|place| (start + place * stride) % twins.len()).collect();
        let names: Vec<&str> = chain.iter().map(|index| twins[*index].name).collect();
        let changes = people(number);
        let native: Vec<native::Change> = changes.iter().map(natively).collect();
        let candidates: Vec<AgentRef> = (0..AGENTS).rev().collect();
        for session in 0..SESSIONS {
            let tables: Vec<Table> = chain
                .iter()
                .map(|index| (twins[*index].table)(twins[*index].settings, &native, session, &candidates))
                .collect();
            let expected = oracle(&candidates, &tables);
            let rules = chain.iter().map(|index| open(&components[*index], &twins[*index])).collect();
            assert_eq!(order(rules, &changes, session, &candidates), expected, "{names:?}, crowd {number}, {session}");
            told_apart += usize::from(expected.len() > 1 && expected != candidates);
        }
    }
    // The others have one candidate left or none: one was asked for, or their medium is nobody's.
    assert!(told_apart > 80, "only {told_apart} decisions had something to decide");
}

#[test]
fn every_rule_of_the_workspace_has_a_twin_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/rules");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut there: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    let twins = twins();
    assert_eq!(there, twins.iter().map(|twin| twin.name).collect::<Vec<_>>());
}
