//! Rules: the real ones, and a bad one.

use super::components;
use crate::model::adapter::GuestFailure;
use crate::model::rule::{
    Agent, AgentChoice, Answer, Change, Load, Pick, Rule, Session, SessionChoice, Skill, Verdict,
};
use crate::model::{AgentName, Alias, Attribute, QueueStatus, SavedState, Timestamp};
use crate::plugin::RulePlugin;
use expect_test::expect;

const NOW: Timestamp = Timestamp(100_000);

pub(super) fn agent(number: u32, idle_since: u64, used: u16) -> Change {
    Change::Agent(Agent {
        agent: number,
        name: AgentName::new(format!("agent{number}")),
        kind: "person".to_owned(),
        state: "available".to_owned(),
        since: Timestamp(0),
        idle_since: Timestamp(idle_since),
        queues: vec!["billing".to_owned()],
        skills: Vec::new(),
        loads: vec![Load { medium: "chat".to_owned(), used, capacity: 4 }],
        software: vec!["xmpp".to_owned()],
        attributes: vec![Attribute::new("site", "north")],
    })
}

pub(super) fn session(number: u32, queue: &str) -> Change {
    Change::Session(Session {
        session: number,
        queue: queue.to_owned(),
        medium: "chat".to_owned(),
        provider: String::new(),
        software: "Gajim".to_owned(),
        software_version: "1.8".to_owned(),
        language: String::new(),
        priority: 0,
        arrived_at: Timestamp(0),
        waiting_since: Timestamp(0),
        member: Alias::new("joe").into_string(),
        passed_over: Vec::new(),
        attributes: Vec::new(),
    })
}

fn open(name: &str) -> RulePlugin {
    RulePlugin::open(&components::rule(name), name, "{}", None).unwrap()
}

fn keep(choices: &[(u32, u32)]) -> Answer {
    let keep = choices.iter().map(|&(agent, tier)| AgentChoice { agent, tier }).collect();
    Answer { verdict: Verdict::Keep(keep), recheck: None, notes: Vec::new() }
}

#[test]
fn longest_idle_puts_the_longest_idle_into_the_best_tier() {
    let mut rule = open("longest-idle");
    rule.changed(&[agent(1, 300, 0), agent(2, 100, 0), agent(3, 300, 0), session(9, "billing")]).unwrap();
    assert_eq!(rule.rank_agents(NOW, 9, &[1, 2, 3], false).unwrap(), keep(&[(1, 1), (2, 0), (3, 1)]));
    let pick = rule.rank_sessions(NOW, 2, &[9], false).unwrap();
    assert_eq!(pick, Pick { keep: vec![SessionChoice { session: 9, tier: 0 }], recheck: None, notes: Vec::new() });
}

#[test]
fn a_rule_explains_itself_when_asked() {
    let mut rule = open("longest-idle");
    rule.changed(&[agent(1, 40_000, 0), session(9, "billing")]).unwrap();
    let notes = rule.rank_agents(NOW, 9, &[1], true).unwrap().notes;
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["idle for 60 s"]);
}

#[test]
fn least_busy_follows_the_changes() {
    let mut rule = open("least-busy");
    rule.changed(&[agent(1, 0, 3), agent(2, 0, 1), session(9, "billing")]).unwrap();
    assert_eq!(rule.rank_agents(NOW, 9, &[1, 2], false).unwrap(), keep(&[(1, 1), (2, 0)]));
    rule.changed(&[agent(1, 0, 0), Change::Queue(status()), Change::SessionGone(77)]).unwrap();
    assert_eq!(rule.rank_agents(NOW, 9, &[1, 2], false).unwrap(), keep(&[(1, 0), (2, 1)]));
}

fn status() -> QueueStatus {
    QueueStatus {
        queue: "billing".to_owned(),
        open: true,
        waiting: 1,
        agents_available: 2,
        agents_on_duty: 2,
        longest_wait_ms: 1,
        wait_ms: None,
        wait_high_ms: None,
        media: vec!["chat".to_owned()],
        attributes: Vec::new(),
    }
}

#[test]
fn ten_thousand_changes_and_candidates_fit_into_the_limits() {
    let mut rule = open("longest-idle");
    let changes: Vec<_> = (0..10_000).map(|n| agent(n, u64::from(n), 0)).chain([session(9, "billing")]).collect();
    rule.changed(&changes).unwrap();
    let candidates: Vec<_> = (0..10_000).collect();
    let Verdict::Keep(kept) = rule.rank_agents(NOW, 9, &candidates, false).unwrap().verdict else { panic!("not kept") };
    assert_eq!(kept.len(), 10_000);
    assert!(kept.iter().all(|choice| choice.agent == choice.tier));
}

/// What becomes of a session of that queue; the router is dead then, and says the same again.
fn failure(name: &str, queue: &str) -> GuestFailure {
    let mut rule = open(name);
    rule.changed(&[agent(1, 0, 0), session(9, queue)]).unwrap();
    let failure = rule.rank_agents(NOW, 9, &[1], false).unwrap_err();
    assert_eq!(rule.changed(&[agent(1, 0, 0)]).unwrap_err(), failure);
    assert_eq!(rule.rank_sessions(NOW, 1, &[9], false).unwrap_err(), failure);
    assert_eq!(rule.memory().unwrap_err(), failure);
    failure
}

#[test]
fn a_rule_that_traps_says_where() {
    let told = failure("traps-rule", "trap").to_string();
    assert!(told.starts_with("trapped: panicked at tests/bad_plugins/traps_rule/src/lib.rs:"), "{told}");
    assert!(told.contains(": a session that traps; in ") && told.contains("rank-agents"), "{told}");
    assert!(told.contains("cordboard_bad_traps_rule::Traps") && !told.contains("panicking"), "{told}");
}

#[test]
fn a_rule_that_loops_runs_out_of_fuel() {
    assert_eq!(failure("loops-rule", "loop"), GuestFailure::Fuel { fuel: 5_100_000 });
    let mut rule = open("loops-rule");
    rule.changed(&[agent(1, 0, 0), session(9, "loop")]).unwrap();
    let many: Vec<u32> = (0..50_000).collect();
    let failure = rule.rank_agents(NOW, 9, &many, false).unwrap_err();
    assert_eq!(failure, GuestFailure::Fuel { fuel: 105_000_000 }, "however many there are");
}

/// The expressions of its own documentation, and as many candidates as that promises.
#[test]
fn a_script_ranks_a_thousand_candidates() {
    let keep = "agent.kind == 'person' && (waited_s > 3600 || ('lang-' + session.language) in agent.skills)";
    let rank = "session.queue in agent.skills ? 10 - agent.skills[session.queue] : 20";
    let settings = format!("{{\"keep\": \"{keep}\", \"rank\": \"{rank}\"}}");
    let mut rule = RulePlugin::open(&components::rule("script"), "script", &settings, None).unwrap();
    let skilled = |n: u32| {
        let Change::Agent(plain) = agent(n, 0, 0) else { panic!("it is an agent") };
        let level = u8::try_from(n % 10).unwrap() + 1;
        let skills = ["billing", "sales", "support", "lang-de"].map(|name| Skill { name: name.to_owned(), level });
        Change::Agent(Agent { skills: skills.to_vec(), ..plain })
    };
    let Change::Session(waiting) = session(9, "billing") else { panic!("it is a session") };
    rule.changed(&[Change::Session(Session { language: "de".to_owned(), ..waiting })]).unwrap();
    (0..1_000).try_for_each(|n| rule.changed(&[skilled(n)])).unwrap();
    let all: Vec<u32> = (0..1_000).collect();
    let why = rule.rank_agents(NOW, 9, &[0], true).unwrap();
    assert_eq!(why.notes[0].text, "keep: true; rank: 9");
    let Verdict::Keep(kept) = rule.rank_agents(NOW, 9, &all, false).unwrap().verdict else { panic!("not kept") };
    assert_eq!((kept.len(), kept[9].tier, kept[0].tier), (1_000, 0, 9));
    let each = rule.fuel_used() / 1_000;
    assert!((20_000..50_000).contains(&each), "{each} for each candidate, half of what there is at most");
}

#[test]
fn a_rule_that_allocates_meets_its_limit() {
    let failure = failure("allocates-rule", "allocate").to_string();
    assert!(failure.ends_with("bytes of memory and may have 67108864"), "{failure}");
}

#[test]
fn a_rule_that_says_too_much_meets_its_limit() {
    assert_eq!(
        failure("shouts-rule", "shout"),
        GuestFailure::Limit("handed over more than 1048576 bytes at once".to_owned())
    );
}

/// What is kept is what it said: whether it may say so is the centre's to judge, which checks every answer.
#[test]
fn a_rule_that_lies_about_candidates_is_passed_on_as_it_is() {
    let mut rule = open("lies-about-candidates");
    rule.changed(&[agent(1, 0, 0), session(9, "billing")]).unwrap();
    let lie = [(1_000_001, 0), (1_000_001, 0)];
    assert_eq!(rule.rank_agents(NOW, 9, &[1], false).unwrap(), keep(&lie));
    assert_eq!(rule.rank_sessions(NOW, 1, &[9], false).unwrap().keep.len(), 2);
}

#[test]
fn a_rebuilt_rule_works_again_from_its_memory_and_knows_nothing_else() {
    let mut rule = open("traps-rule");
    rule.changed(&[agent(1, 0, 0), session(9, "billing")]).unwrap();
    rule.learned(NOW, 9, 1, "offered").unwrap();
    let memory = rule.memory().unwrap();
    assert!(memory.is_some());
    let trapping = Change::Agent(match agent(2, 0, 0) {
        Change::Agent(agent) => Agent { name: AgentName::new("trap"), ..agent },
        other => panic!("{other:?}"),
    });
    let failure = rule.changed(&[trapping]).unwrap_err();
    assert!(matches!(&failure, GuestFailure::Trapped(words) if words.contains("an agent that traps")), "{failure}");
    assert_eq!(rule.rank_agents(NOW, 9, &[1], false).unwrap_err(), failure);

    rule.rebuild(memory.as_ref()).unwrap();
    assert_eq!(rule.rank_agents(NOW, 9, &[1], false).unwrap(), keep(&[]));
    rule.changed(&[agent(1, 0, 0), session(9, "billing")]).unwrap();
    assert_eq!(rule.rank_agents(NOW, 9, &[1], false).unwrap(), keep(&[(1, 0)]));
    assert_eq!(rule.memory().unwrap(), memory);
}

#[test]
fn a_rule_may_say_no_to_its_settings_and_to_its_memory() {
    let plugin = components::rule("traps-rule");
    let refused = RulePlugin::open(&plugin, "bad", r#"{"refuse":true}"#, None).unwrap_err();
    assert_eq!(refused, GuestFailure::Refused("these settings say refuse".to_owned()));
    let refused = RulePlugin::open(&plugin, "bad", r#"{"colour":"red"}"#, None).unwrap_err();
    assert!(matches!(&refused, GuestFailure::Refused(words) if words.contains("colour")), "{refused}");
    let foreign = SavedState { format: 7, bytes: Vec::new() };
    let refused = RulePlugin::open(&plugin, "bad", "{}", Some(&foreign)).unwrap_err();
    assert!(matches!(&refused, GuestFailure::Refused(words) if words.contains("format 7")), "{refused}");
}

#[test]
fn a_memory_too_large_is_a_failure() {
    let plugin = components::rule("traps-rule");
    let mut rule = RulePlugin::open(&plugin, "bad", r#"{"memory_bytes":1048577}"#, None).unwrap();
    expect!["exceeded a limit: saved 1048577 bytes and may save 1048576"]
        .assert_eq(&rule.memory().unwrap_err().to_string());
    let mut rule = RulePlugin::open(&plugin, "bad", r#"{"memory_bytes":1000000}"#, None).unwrap();
    assert_eq!(rule.memory().unwrap().unwrap().bytes.len(), 1_000_000);
}

#[test]
fn a_rule_is_known_by_its_name_and_by_the_digest_of_component_and_settings() {
    let plugin = components::rule("traps-rule");
    let rule = RulePlugin::open(&plugin, "first", "{}", None).unwrap();
    let other = RulePlugin::open(&plugin, "second", r#"{"memory_bytes":1}"#, None).unwrap();
    assert_eq!((rule.name(), other.name()), ("first", "second"));
    assert_ne!(rule.digest(), other.digest());
    assert!(rule.memory_bytes() > 0 && rule.fuel_used() > 0);
}
