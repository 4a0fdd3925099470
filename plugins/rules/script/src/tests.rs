//! What expressions see and do, what is refused, and the law of rules.

use super::Script;
use super::names::{AGENT, FUNCTIONS, METHODS, SESSION};
use cel::parser::PrattParser;
use cel::{Context, Env, ExecutionError, Value};
use cordboard_sdk::model::Attribute;
use cordboard_sdk::rule::{Agent, Change, Session, Verdict};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, load, session, skill};
use std::sync::Arc;

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
        "rank: expected one of session, waited_s, now_s, agent, idle_s, found `agnet`"
    );
    assert_eq!(
        refused(r#"{"divert": "agent.name"}"#),
        "divert: expected one of session, waited_s, now_s, found `agent`"
    );
    let deep = format!(r#"{{"keep": "{}true{}"}}"#, "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep).starts_with("keep: no expression of CEL: "));
    let long = format!(r#"{{"keep": "true{}"}}"#, " && true".repeat(250));
    assert_eq!(refused(&long), "keep: an expression has at most 2000 bytes, found 2004");
}

#[test]
fn what_names_what_is_not_there_is_refused() {
    let functions = "bool(x), bytes(x), double(x), dyn(x), has(x.y), int(x), size(x), string(x), type(x), uint(x)";
    let methods = "contains(x), endsWith(x), hasValue(), or(x), orValue(x), size(), startsWith(x), value(), all(x, p), \
                   exists(x, p), exists_one(x, p), filter(x, p), map(x, e), map(x, p, e)";
    let of_session = "queue, medium, provider, software, software_version, language, member, priority, passed_over, \
                      attributes inside `session`";
    let of_agent = "name, kind, state, queues, software, skills, used, capacity, attributes inside `agent`";
    let all = "session, waited_s, now_s, agent, idle_s";
    for (expression, expected) in [
        ("matches(agent.name, 'j.*')", format!("expected one of {functions}, found `matches`")),
        ("agent.name.lowerAscii() == 'jim'", format!("expected one of {methods}, found `lowerAscii`")),
        ("size(agent.name, 2) > 1", "expected size(x), found `size` with 2 arguments".to_owned()),
        ("agent.queues.map(q) == []", "expected map(x, e) or map(x, p, e), found `map` with 1 argument".to_owned()),
        ("waited_s > 5 || session.quue == 'night'", format!("expected one of {of_session}, found `session.quue`")),
        ("session['quue'] == 'night'", format!("expected one of {of_session}, found `session.quue`")),
        ("session[?'quue'].orValue('') == 'night'", format!("expected one of {of_session}, found `session.quue`")),
        ("session.?quue.hasValue()", format!("expected one of {of_session}, found `session.quue`")),
        ("has(agent.site)", format!("expected one of {of_agent}, found `agent.site`")),
        ("agent.queues.exists(q, q == agent.queue)", format!("expected one of {of_agent}, found `agent.queue`")),
        ("agent.name.first == 'jim'", "expected nothing inside `agent.name`, found `agent.name.first`".to_owned()),
        ("waited_s.seconds > 5", "expected nothing inside `waited_s`, found `waited_s.seconds`".to_owned()),
        ("agent.queues.exists(q, true) && q == 'a'", format!("expected one of {all}, found `q`")),
        ("[1, {'a': nobody}].size() > 1", format!("expected one of {all}, found `nobody`")),
        ("Agent{name: 'jim'} == agent", "expected no types, found `Agent`".to_owned()),
    ] {
        let settings = format!("{{\"keep\": \"{expression}\"}}");
        let refused = Pool::<Script>::open(&settings).unwrap_err();
        assert_eq!(refused, format!("keep: {expected}"), "{expression}");
    }
}

/// Names of the operator are found when they are looked up, and names of the expression's own wherever it gives them.
#[test]
fn what_is_named_otherwise_is_let_through() {
    for expression in [
        "session.attributes.class == 'gold' || session.attributes.nothing == 'x'",
        "session.attributes[?'nothing'].or(session.attributes[?'class']).orValue('') == 'gold'",
        "session.?attributes.nothing.hasValue() || session['queue'] in agent['skills']",
        "agent.queues.all(agent, agent.name == 'x' || {'x': agent}.x == agent)",
        "agent.queues.filter(x, x.endsWith('y')).map(x, size(x) > 1, x + 'z') == [] && [1][0] == 1",
    ] {
        let opened = Pool::<Script>::open(&format!("{{\"keep\": \"{expression}\"}}"));
        assert!(opened.is_ok(), "{expression}: {:?}", opened.err());
    }
}

/// What is said to be there is there, and nothing else is.
#[test]
fn the_names_are_those_of_the_language_and_of_the_facts() {
    let pool = pool(r#"{"keep": "size(agent) == 9 && size(session) == 10"}"#);
    assert_eq!((pool.order(7), SESSION.len(), AGENT.len()), (vec![1, 2, 3], 10, 9));
    for (of, names) in [("session", &SESSION[..]), ("agent", &AGENT[..])] {
        for name in names {
            assert_eq!(kept(&format!("has({of}.{name})")), [1, 2, 3], "{of}.{name}");
        }
    }
    let env = Arc::new(Env::stdlib());
    let is_there = |source: &str| {
        let expression = PrattParser::new().enable_optional_syntax(true).parse(source).unwrap();
        let asked = Value::resolve(&expression, &Context::with_env(Arc::clone(&env)));
        !matches!(asked, Err(ExecutionError::UndeclaredReference(_)))
    };
    for shape in FUNCTIONS {
        assert!(is_there(&shape.replace("(x", "({'y': 1}")), "{shape}");
    }
    for shape in METHODS {
        assert!(
            is_there(&format!("[1].{}", shape.replace("(x)", "(1)").replace(" p", " true").replace(" e", " true"))),
            "{shape}"
        );
    }
    for missing in
        ["matches('a', 'a')", "min(1, 2)", "duration('1s')", "timestamp(1)", "'a'.matches('a')", "[1].first()"]
    {
        assert!(!is_there(missing), "{missing}");
    }
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
