//! What is asked of the other server, what is made of its answers, and the law of rules.

use super::{OPEN, Remote};
use cordboard_sdk::log;
use cordboard_sdk::model::{Attribute, Failure, HttpRequest, HttpResponse};
use cordboard_sdk::rule::{Agent, Change, Session, Verdict};
use cordboard_sdk_testing::rule::{Pool, agent, crowd, session};

const URL: &str = "http://b:8080";

/// Agents 1 to 3 and session 7; these settings beside the address.
fn pool(settings: &str) -> Pool<Remote> {
    let mut pool = Pool::open(&format!("{{\"url\": \"{URL}\"{settings}}}")).unwrap();
    (1..=3).for_each(|reference| pool.agent(agent(reference)));
    pool.session(session(7));
    pool
}

/// What the rule asks about a session, and by which reference.
fn question(pool: &Pool<Remote>, session: u32) -> (u64, HttpRequest) {
    match pool.answer(session).verdict {
        Verdict::Consult(asked) => (asked.ref_, asked.request),
        other => panic!("it asks nothing: {other:?}"),
    }
}

/// `POST /v1/route`, as a question is spelt.
fn asked(pool: &Pool<Remote>, session: u32) -> String {
    let (_, request) = question(pool, session);
    let path = request.url.strip_prefix(URL).expect("it asks the other server");
    let body = String::from_utf8(request.body).unwrap();
    format!("{} {path} {body}", request.method).trim_end().to_owned()
}

fn reply(pool: &mut Pool<Remote>, session: u32, status: u16, body: &str) {
    let (reference, _) = question(pool, session);
    let response = HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
    pool.consulted(session, reference, Ok(response));
}

fn fail(pool: &mut Pool<Remote>, session: u32) {
    let (reference, _) = question(pool, session);
    pool.consulted(session, reference, Err(Failure::new("timeout", "b has not answered")));
}

fn standing(id: &str, state: &str, agent: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"state\": \"{state}\", \"queue\": \"q\", \"offer\": 4, \"agent\": \"{agent}\", \"address\": null}}"
    )
}

/// The other server has nobody for the session, which it calls so.
fn waits(pool: &mut Pool<Remote>, session: u32, id: &str) {
    reply(pool, session, 202, &format!("{{\"id\": \"{id}\", \"state\": \"waiting\", \"place\": 1, \"why\": \"\"}}"));
}

/// It names an agent, and hears that the agent is asked.
fn named(pool: &mut Pool<Remote>, session: u32, id: &str, agent: &str) {
    reply(pool, session, 200, &standing(id, "offered", agent));
    assert_eq!(asked(pool, session), format!("POST /v1/route/{id}/accepted {{\"offer\":4}}"));
    reply(pool, session, 200, &standing(id, "accepted", agent));
}

fn held(pool: &Pool<Remote>, session: u32) -> Option<u64> {
    let answer = pool.answer(session);
    assert!(matches!(answer.verdict, Verdict::Hold(_)), "{answer:?}");
    answer.recheck
}

#[test]
fn the_question_says_what_the_other_server_may_know() {
    let mut pool = pool(
        r#", "authorization": "Bearer {secret:token}", "queues": {"billing": "money"}, "attributes": ["vip", "odd", "none"], "timeout_ms": 700"#,
    );
    let attributes = vec![Attribute::new("vip", "gold"), Attribute::new("odd", "a\nb"), Attribute::new("hush", "x")];
    pool.session(Session { member: "joe".into(), language: "de".into(), priority: 5_000, attributes, ..session(7) });
    assert_eq!(
        asked(&pool, 7),
        r#"POST /v1/route {"attributes":{"vip":"gold"},"caller":"joe","language":"de","medium":"chat","priority":1000,"queue":"money"}"#
    );
    let (_, request) = question(&pool, 7);
    let header = |name: &str, value: &str| Attribute::new(name, value);
    let headers = [header("authorization", "Bearer {secret:token}"), header("content-type", "application/json")];
    assert_eq!(format!("{:?}", request.headers), format!("{headers:?}"));
    let Verdict::Consult(consultation) = pool.answer(7).verdict else { panic!("it asks") };
    assert_eq!(consultation.timeout_ms, 700);
    pool.session(Session { queue: "sales".into(), ..session(8) });
    assert_eq!(pool.order(8), [1, 2, 3], "the other server is asked about billing alone");
}

#[test]
fn an_agent_who_is_named_has_the_session() {
    let mut pool = pool("");
    named(&mut pool, 7, "a1", "agent-2");
    assert_eq!((pool.order(7), pool.pick(2).keep.len(), pool.pick(1).keep.len()), (vec![2], 1, 0));
    assert_eq!(pool.answer(7).recheck, Some(30_000));
    assert_eq!(pool.why(7, 1), "another server has named somebody else");
    assert_eq!(pool.why(7, 2), "was named by another server");
}

#[test]
fn while_nobody_is_named_it_waits_and_asks_again() {
    let mut pool = pool(r#", "poll_s": 5, "agents": {"bert": "agent-3"}"#);
    waits(&mut pool, 7, "a1");
    assert_eq!((held(&pool, 7), pool.pick(1).keep.len()), (Some(5_000), 0));
    pool.at(5_000);
    assert_eq!(asked(&pool, 7), "GET /v1/route/a1");
    waits(&mut pool, 7, "a1");
    pool.at(10_000);
    named(&mut pool, 7, "a1", "bert");
    assert_eq!(pool.order(7), [3]);
}

#[test]
fn who_is_not_here_or_has_passed_it_over_is_declined() {
    let mut pool = pool("");
    pool.agent(Agent { state: "off-duty".into(), ..agent(1) });
    pool.session(Session { passed_over: vec![3], ..session(7) });
    for name in ["stranger", "agent-1", "agent-3"] {
        reply(&mut pool, 7, 200, &standing("a1", "offered", name));
        pool.at(pool.answer(7).recheck.unwrap_or_default());
        assert_eq!(asked(&pool, 7), "POST /v1/route/a1/declined {\"offer\":4}", "{name}");
    }
    reply(&mut pool, 7, 409, "{\"code\": \"stale\", \"error\": \"offer 4 does not stand\"}");
    assert_eq!(asked(&pool, 7), "GET /v1/route/a1");
    named(&mut pool, 7, "a1", "agent-2");
    assert_eq!(pool.order(7), [2]);
}

#[test]
fn no_more_than_three_questions_follow_each_other() {
    let mut pool = pool("");
    reply(&mut pool, 7, 200, &standing("a1", "offered", "stranger"));
    reply(&mut pool, 7, 200, &standing("a1", "offered", "stranger"));
    reply(&mut pool, 7, 200, &standing("a1", "offered", "agent-2"));
    assert_eq!(held(&pool, 7), Some(250));
    pool.at(250);
    assert_eq!(asked(&pool, 7), "POST /v1/route/a1/accepted {\"offer\":4}");
}

#[test]
fn who_declines_here_is_given_back_and_another_is_asked_for() {
    let mut pool = pool("");
    named(&mut pool, 7, "a1", "agent-2");
    pool.learned(7, 2, "declined");
    pool.session(Session { passed_over: vec![2], ..session(7) });
    assert_eq!(asked(&pool, 7), "POST /v1/route/a1/ended");
    reply(&mut pool, 7, 200, &standing("a1", "ended", ""));
    assert!(asked(&pool, 7).starts_with("POST /v1/route {"));
}

#[test]
fn who_does_not_come_in_time_is_given_back_and_anyone_may_serve() {
    let mut pool = pool(r#", "wait_s": 10, "retry_s": 20"#);
    named(&mut pool, 7, "a1", "agent-2");
    pool.at(9_999);
    assert_eq!(pool.order(7), [2]);
    pool.at(10_000);
    assert_eq!(asked(&pool, 7), "POST /v1/route/a1/ended");
    reply(&mut pool, 7, 200, &standing("a1", "ended", ""));
    assert_eq!((pool.order(7), pool.answer(7).recheck), (vec![1, 2, 3], Some(30_000)));
    pool.at(30_000);
    assert!(asked(&pool, 7).starts_with("POST /v1/route {"));
}

#[test]
fn an_agent_who_stands_for_a_queue_diverts() {
    let mut pool = pool(r#", "targets": ["queue:night", "queue:billing"]"#);
    let at = |place: &str| standing("a1", "offered", "night-shift").replace("null", &format!("\"{place}\""));
    reply(&mut pool, 7, 200, &at("queue:day"));
    assert!(asked(&pool, 7).contains("/declined"), "nobody has allowed it");
    reply(&mut pool, 7, 200, &at("queue:night"));
    assert_eq!(pool.answer(7).verdict, Verdict::Divert("queue:night".into()));
    pool.change(Change::SessionGone(7));
    pool.session(session(8));
    assert_eq!(asked(&pool, 8), "POST /v1/route/a1/ended", "it is over there too");
    reply(&mut pool, 8, 200, &standing("a1", "ended", ""));
    reply(&mut pool, 8, 200, &at("queue:billing"));
    assert_eq!(pool.order(8), [1, 2, 3], "it is there already");
}

#[test]
fn without_an_answer_the_settings_decide_for_a_while() {
    for (fallback, expected) in [
        ("keep", Verdict::Keep(Vec::new())),
        ("hold", Verdict::Hold("another server does not answer".into())),
        ("queue:night", Verdict::Divert("queue:night".into())),
        ("queue:billing", Verdict::Keep(Vec::new())),
    ] {
        let mut pool = pool(&format!(", \"fallback\": \"{fallback}\", \"retry_s\": 20"));
        fail(&mut pool, 7);
        let answer = pool.answer(7);
        match (answer.verdict, expected) {
            (Verdict::Keep(kept), Verdict::Keep(_)) => assert_eq!(kept.len(), 3, "{fallback}"),
            (verdict, expected) => assert_eq!(verdict, expected),
        }
        if !fallback.starts_with("queue") {
            assert_eq!(answer.recheck, Some(20_000), "{fallback}");
        }
        pool.session(session(8));
        assert!(!matches!(pool.answer(8).verdict, Verdict::Consult(_)), "it is left alone");
        pool.at(20_000);
        assert!(asked(&pool, 7).starts_with("POST /v1/route {"));
    }
}

#[test]
fn what_it_refuses_concerns_this_session_alone() {
    for (status, body) in [
        (404, r#"{"code": "not-found", "error": "there is no queue money"}"#),
        (409, r#"{"code": "conflict", "error": "it serves voice"}"#),
        (503, r#"{"code": "busy", "error": "it is full"}"#),
        (200, "hello"),
        (200, r#"{"id": "../../admin", "state": "waiting"}"#),
        (200, r#"{"id": "a1", "state": "ended"}"#),
        (200, r#"{"id": "a1", "state": "offered"}"#),
    ] {
        let mut pool = pool("");
        reply(&mut pool, 7, status, body);
        assert_eq!((pool.order(7).len(), pool.answer(7).recheck), (3, Some(30_000)), "{body}");
        pool.session(session(8));
        assert!(matches!(pool.answer(8).verdict, Verdict::Consult(_)), "{body}");
    }
    let lines = log::captured();
    assert!(lines[0].1.contains("refused with 404: there is no queue money"), "{lines:?}");
    let mut pool = pool("");
    reply(&mut pool, 7, 401, r#"{"code": "unauthorized", "error": "this token is not known here"}"#);
    pool.session(session(8));
    assert_eq!(pool.order(8).len(), 3, "it would be refused all the same");
    let lines = log::captured();
    assert!(lines[0].1.contains("is not taken there: this token is not known here"), "{lines:?}");
}

#[test]
fn what_is_over_here_is_told_with_the_next_question() {
    let mut pool = pool("");
    named(&mut pool, 7, "a1", "agent-2");
    pool.learned(7, 2, "accepted");
    pool.change(Change::SessionGone(7));
    pool.session(session(8));
    assert!(asked(&pool, 8).starts_with("POST /v1/route {"), "session 7 has its agent");
    waits(&mut pool, 8, "a2");
    pool.learned(7, 2, "closed");
    assert!(matches!(pool.answer(8).verdict, Verdict::Hold(_)), "nothing is asked before it is time");
    pool.at(2_000);
    assert_eq!(asked(&pool, 8), "POST /v1/route/a1/ended");
    reply(&mut pool, 8, 404, "{}");
    assert_eq!(asked(&pool, 8), "GET /v1/route/a2");
    pool.change(Change::SessionGone(8));
    pool.session(session(9));
    assert_eq!(asked(&pool, 9), "POST /v1/route/a2/ended", "the customer has left");
    fail(&mut pool, 9);
    pool.at(40_000);
    assert_eq!(asked(&pool, 9), "POST /v1/route/a2/ended", "until it is heard");
}

#[test]
fn a_session_that_lost_its_agent_begins_anew() {
    let mut pool = pool("");
    named(&mut pool, 7, "a1", "agent-2");
    pool.learned(7, 2, "accepted");
    pool.change(Change::SessionGone(7));
    pool.session(session(7));
    assert_eq!(asked(&pool, 7), "POST /v1/route/a1/ended");
    reply(&mut pool, 7, 200, &standing("a1", "ended", ""));
    assert!(asked(&pool, 7).starts_with("POST /v1/route {"));
}

#[test]
fn what_is_open_there_is_remembered_and_ended() {
    let mut pool = pool("");
    waits(&mut pool, 7, "a1");
    let memory = pool.memory();
    let mut again = Pool::<Remote>::remembering(&format!("{{\"url\": \"{URL}\"}}"), memory).unwrap();
    again.session(session(7));
    assert_eq!(asked(&again, 7), "POST /v1/route/a1/ended");
    reply(&mut again, 7, 200, &standing("a1", "ended", ""));
    assert!(asked(&again, 7).starts_with("POST /v1/route {"));
    assert_eq!(again.rule().open.len(), 0);
}

#[test]
fn so_much_is_open_there_and_no_more() {
    let mut pool = pool("");
    for number in 0..OPEN {
        let reference = 100 + u32::try_from(number).unwrap();
        pool.session(session(reference));
        waits(&mut pool, reference, &format!("b{number}"));
    }
    assert_eq!(pool.order(7), [1, 2, 3]);
}

#[test]
fn it_keeps_the_law() {
    for seed in 0..10 {
        let mut pool = Pool::<Remote>::open(&format!("{{\"url\": \"{URL}\"}}")).unwrap();
        pool.tell(crowd(seed, 10, 15));
        pool.at(100_000);
        pool.check_law().unwrap();
        for session in 0..4 {
            waits(&mut pool, session, &format!("w{session}"));
        }
        for (session, agent) in [(4, "agent-2"), (5, "agent-3"), (6, "stranger"), (7, "agent-4")] {
            reply(&mut pool, session, 200, &standing(&format!("n{session}"), "offered", agent));
        }
        reply(&mut pool, 8, 503, "{}");
        pool.change(Change::SessionGone(0));
        pool.check_law().unwrap();
        pool.at(102_000);
        pool.check_law().unwrap();
    }
}
