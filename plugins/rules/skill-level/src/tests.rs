//! Who may, who comes first, and the law of rules.

use super::SkillLevel;
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Session, Skill};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session, skill};

fn pool(settings: &str, skills: &[&[Skill]]) -> Pool<SkillLevel> {
    let mut pool = Pool::open(settings).unwrap();
    for (reference, skills) in (0..).zip(skills) {
        pool.agent(Agent { skills: skills.to_vec(), ..agent(reference) });
    }
    pool.session(session(7));
    pool
}

fn people() -> [Vec<Skill>; 4] {
    [
        vec![skill("billing", 3)],
        vec![skill("billing", 9)],
        vec![skill("sales", 10)],
        vec![skill("billing", 5), skill("german", 4)],
    ]
}

fn order(settings: &str) -> Vec<u32> {
    let people = people();
    pool(settings, &people.each_ref().map(Vec::as_slice)).order(7)
}

#[test]
fn without_settings_the_queues_own_skill_is_required() {
    assert_eq!(order("{}"), [1, 3, 0]);
    assert_eq!(order(r#"{"order": "closest"}"#), [0, 3, 1]);
    assert_eq!(order(r#"{"order": "none"}"#), [0, 1, 3]);
}

#[test]
fn who_lacks_a_required_level_is_dropped() {
    assert_eq!(order(r#"{"queues": {"billing": {"required": {"billing": 5}}}}"#), [1, 3]);
    assert_eq!(order(r#"{"queues": {"billing": {"required": {"billing": 5, "german": 1}}}}"#), [3]);
    assert!(order(r#"{"queues": {"billing": {"required": {"french": 1}}}}"#).is_empty());
    assert_eq!(order(r#"{"queues": {"billing": {}}}"#), [0, 1, 2, 3]);
}

#[test]
fn what_is_preferred_drops_nobody_and_counts_first() {
    let settings = r#"{"queues": {"billing": {"required": {"billing": 3}, "preferred": {"german": 5}}}}"#;
    assert_eq!(order(settings), [3, 1, 0]);
}

#[test]
fn a_session_may_say_what_it_requires() {
    let people = people();
    let mut pool = pool("{}", &people.each_ref().map(Vec::as_slice));
    let mut ask = |words: &str| {
        let attributes = vec![Attribute::new("required-skills", words)];
        pool.session(Session { attributes, ..session(7) });
        pool.order(7)
    };
    assert_eq!(ask("german"), [3]);
    assert_eq!(ask("sales:10"), [2], "the skill called like the queue counts only where nothing else is said");
    assert_eq!(ask("german:4, billing:5"), [3]);
    assert!(ask("german:5").is_empty());
    assert!(ask("billing:many").is_empty());
    assert_eq!(ask(" "), [1, 3, 0]);
}

#[test]
fn it_says_what_is_lacking() {
    let people = people();
    let settings = r#"{"queues": {"billing": {"required": {"billing": 5}, "preferred": {"german": 5}}}}"#;
    let pool = pool(settings, &people.each_ref().map(Vec::as_slice));
    assert_eq!(pool.why(7, 0), "lacks billing 3 of 5; better with german 0 of 5");
    assert_eq!(pool.why(7, 2), "lacks billing 0 of 5; better with german 0 of 5");
    assert_eq!(pool.why(7, 3), "has billing 5 of 5; better with german 4 of 5");
}

#[test]
fn wrong_settings_are_refused() {
    let refused = |settings| Pool::<SkillLevel>::open(settings).unwrap_err();
    let error = refused(r#"{"queues": {"billing": {"required": {"billing": 11}}}}"#);
    assert_eq!(error, "queues.billing: billing: levels go from 1 to 10, found 11");
    assert!(refused(r#"{"queues": {"billing": {"preferred": {"german": 0}}}}"#).ends_with("found 0"));
    assert!(refused(r#"{"order": "best"}"#).contains("unknown variant `best`"));
}

#[test]
fn it_keeps_the_law() {
    let settings =
        r#"{"order": "closest", "queues": {"billing": {"required": {"billing": 4}, "preferred": {"sales": 5}}}}"#;
    for seed in 0..10 {
        for settings in ["{}", settings] {
            let mut pool = Pool::<SkillLevel>::open(settings).unwrap();
            pool.tell(crowd(seed, 15, 10));
            pool.check_law().unwrap();
        }
    }
}
