//! What expressions see and do, what is refused, and the law of rules.

use super::Script;
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Change, Session, Verdict};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, load, session, skill};

/// Agents 1 to 3, and session 7 of the member joe, which waits since time 0.
fn pool(settings: &str) -> Pool<Script> {
    let mut pool = Pool::open(settings).unwrap();
    pool.agent(Agent { skills: vec![skill("billing", 3)], idle_since: 40_000, ..agent(1) });
    pool.agent(Agent {
        skills: vec![skill("billing", 9), skill("sales", 1)],
        loads: vec![load("chat", 2, 3)],
        ..agent(2)
    });
    pool.agent(Agent { kind: "automated".into(), attributes: vec![Attribute::new("site", "vienna")], ..agent(3) });
    pool.session(Session { member: "joe".into(), attributes: vec![Attribute::new("class", "gold")], ..session(7) });
    pool.at(60_000);
    pool
}

fn kept(expression: &str) -> Vec<u32> {
    pool(&format!(r#"{{"keep": "{expression}"}}"#)).order(7)
}

#[test]
fn it_keeps_by_what_agents_and_sessions_are() {
    for (expression, expected) in [
        ("true", vec![1, 2, 3]),
        ("agent.kind == 'person'", vec![1, 2]),
        ("session.queue in agent.skills && agent.skills[session.queue] >= 5", vec![2]),
        ("has(agent.skills.billing)", vec![1, 2]),
        ("agent.skills.billing > 2", vec![1, 2]),
        ("agent.used['chat'] * 2 < agent.capacity.chat", vec![1, 3]),
        ("idle_s > 30", vec![2, 3]),
        ("waited_s == 60 && now_s == 60", vec![1, 2, 3]),
        ("session.member == 'joe' && session.attributes.class == 'gold' && session.priority == 0", vec![1, 2, 3]),
        ("has(agent.attributes.site) && agent.attributes.site.startsWith('vie')", vec![3]),
        ("agent.software.exists(software, software == session.software)", vec![1, 2, 3]),
        ("size(agent.queues) > 0 || session.passed_over > 0", vec![]),
    ] {
        assert_eq!(kept(expression), expected, "{expression}");
    }
}

#[test]
fn it_ranks_and_puts_those_last_for_whom_that_fails() {
    let ranked = pool(r#"{"rank": "5 - agent.skills.billing"}"#);
    assert_eq!(ranked.tiers(7), [(1, 1), (2, 0), (3, 2)]);
    assert_eq!(ranked.why(7, 2), "rank: -4");
    assert_eq!(ranked.why(7, 3), "rank: fails: No such key: billing");
    let both = pool(r#"{"keep": "agent.kind == 'person'", "rank": "idle_s"}"#);
    assert_eq!(both.order(7), [1, 2]);
    assert_eq!(both.why(7, 3), "keep: false; rank: 60");
    assert_eq!(pool(r#"{"keep": "1"}"#).why(7, 1), "keep: of another type: int");
}

#[test]
fn it_diverts() {
    let mut pool = pool(r#"{"divert": "waited_s >= 90 ? 'queue:' + session.member : ''"}"#);
    assert_eq!((pool.order(7), pool.why(7, 1)), (vec![1, 2, 3], "is not diverted".into()));
    pool.at(90_000);
    assert_eq!(pool.answer(7).verdict, Verdict::Divert("queue:joe".into()));
    assert!(pool.pick(1).keep.is_empty());
}

#[test]
fn it_is_asked_again_if_wanted() {
    assert_eq!(pool(r#"{"keep": "waited_s > 90", "again_s": 10}"#).answer(7).recheck, Some(70_000));
    assert_eq!(pool(r#"{"keep": "waited_s > 90"}"#).answer(7).recheck, None);
}

#[test]
fn what_changes_is_seen_and_what_is_gone_is_not() {
    let mut pool = pool(r#"{"keep": "agent.state == 'available' && session.queue == 'billing'"}"#);
    pool.agent(Agent { state: "away".into(), ..agent(1) });
    pool.change(Change::AgentGone(2));
    assert_eq!(pool.order(7), [3]);
    pool.session(Session { queue: "sales".into(), ..session(7) });
    assert!(pool.order(7).is_empty());
}

#[test]
fn what_is_no_expression_is_refused() {
    let refused = |settings: &str| Pool::<Script>::open(settings).unwrap_err();
    assert_eq!(refused("{}"), "expected `keep`, `rank` or `divert`, found none of them");
    assert!(refused(r#"{"keep": "agent.kind =="}"#).starts_with("keep: no expression of CEL: "));
    assert_eq!(
        refused(r#"{"rank": "agnet.idle"}"#),
        "rank: nothing here is called `agnet`; there are session, waited_s, now_s, agent, idle_s"
    );
    assert_eq!(
        refused(r#"{"divert": "agent.name"}"#),
        "divert: nothing here is called `agent`; there are session, waited_s, now_s"
    );
    let deep = format!(r#"{{"keep": "{}true{}"}}"#, "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep).starts_with("keep: no expression of CEL: "));
    let long = format!(r#"{{"keep": "true{}"}}"#, " && true".repeat(250));
    assert_eq!(refused(&long), "keep: an expression has at most 2000 bytes, found 2004");
}

/// What is shown at the top of the crate is what operators copy.
#[test]
fn the_example_does_what_it_says() {
    let text = include_str!("lib.rs");
    let shown = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("//! {key} = \"")));
        line.and_then(|line| line.strip_suffix('"')).expect("it is shown").to_owned()
    };
    let [keep, rank, divert] = ["keep", "rank", "divert"].map(shown);
    let settings = format!("{{\"keep\": \"{keep}\", \"rank\": \"{rank}\", \"divert\": \"{divert}\", \"again_s\": 30}}");
    let mut pool = pool(&settings);
    pool.agent(Agent { skills: vec![skill("lang-de", 5), skill("billing", 2)], ..agent(3) });
    pool.session(Session { language: "de".into(), ..session(7) });
    assert_eq!((pool.order(7), pool.why(7, 1)), (vec![3], "keep: false; rank: 7".to_owned()));
    pool.at(61_000);
    assert_eq!(pool.order(7), [2, 1, 3]);
    pool.session(Session { queue: "night".into(), ..session(7) });
    pool.at(301_000);
    assert_eq!(pool.answer(7).verdict, Verdict::Divert("queue:day".into()));
}

#[test]
fn it_keeps_the_law() {
    let settings = r#"{"keep": "agent.state != 'away' && waited_s >= session.priority * 10", "rank": "agent.skills[session.queue]"}"#;
    for seed in 0..10 {
        let mut pool = Pool::<Script>::open(settings).unwrap();
        pool.tell(crowd(seed, 12, 8));
        pool.at(70_000);
        pool.check_law().unwrap();
    }
}
