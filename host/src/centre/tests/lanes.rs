//! Candidates beside the chain in service: a shadow that is only compared, and a canary that decides about a share.

use super::consults::{Asker, reply};
use super::desk::{Desk, Person, profile, settings};
use super::rules::{Deed, Fit, Native, Villain};
use super::words;
use crate::centre::view::{CanaryView, ShadowView};
use crate::centre::{
    Answered, Components, Concluded, Difference, Differing, Input, Output, PluginAnswer, RuleDigest, Rules,
};
use crate::model::lane::{Canary, WHOLE_PPM, is_in_share};
use crate::model::record::{Op, Record};
use crate::model::rule::{Agent, Rule, Session, Verdict};
use crate::model::settings::{Pool, Settings};
use crate::model::{AgentName, Digest, Lane, SessionId, Timestamp};
use serde::Serialize;

fn first(name: &str, agent: &Agent) -> Fit {
    Fit::Tier(u32::from(agent.name.as_str() != name))
}

/// In service: bob first.
fn bob() -> Box<dyn Rule> {
    Box::new(Native::new("bob", |_: Timestamp, _: &Session, agent: &Agent| first("bob", agent)))
}

/// The candidate: ann first.
fn ann() -> Box<dyn Rule> {
    Box::new(Native::new("ann", |_: Timestamp, _: &Session, agent: &Agent| first("ann", agent)))
}

fn nobody() -> Box<dyn Rule> {
    Box::new(Native::new("nobody", |_, _, _| Fit::Drop))
}

fn villain(deed: Deed) -> Box<dyn Rule> {
    Box::new(Villain::new(deed, 1))
}

fn pool(rules: &Components, share_ppm: u32) -> Pool {
    let names = |lane| rules.of("main", lane).iter().map(|rule| rule.name().to_owned()).collect::<Vec<_>>();
    let has = |lane| !rules.of("main", lane).is_empty();
    Pool {
        shadow: has(Lane::Shadow).then(|| names(Lane::Shadow)),
        canary: has(Lane::Canary).then(|| Canary { rules: names(Lane::Canary), share_ppm }),
        ..Pool::new("main", names(Lane::Service))
    }
}

fn rules(service: Rules, canary: Rules, shadow: Rules) -> Components {
    let mut set = Components::from([("main".to_owned(), service)]);
    set.put("main", Lane::Canary, canary);
    set.put("main", Lane::Shadow, shadow);
    set
}

/// A desk with ann and bob, who take as many as come.
fn desk(rules: Components, share_ppm: u32) -> Desk {
    let settings = Settings { pools: vec![pool(&rules, share_ppm)], missed_offers: 0, ..settings() };
    let mut desk = Desk::new(settings, rules, vec![profile("ann", 100), profile("bob", 100)]);
    desk.agent("ann");
    desk.agent("bob");
    desk
}

fn shadow_of(desk: &Desk) -> ShadowView {
    desk.centre.view(desk.now).status.candidates[0].shadow.clone().expect("there is one")
}

fn canary_of(desk: &Desk) -> CanaryView {
    desk.centre.view(desk.now).status.candidates[0].canary.clone().expect("there is one")
}

/// To whom a newcomer's session is offered.
fn comes(desk: &mut Desk, name: &str) -> String {
    let customer = desk.customer(name);
    let effects = desk.say(&customer, "billing", "hello");
    words(&effects).split('@').next().unwrap_or_default().to_owned()
}

fn answers(outputs: &[Output], lane: Lane) -> impl Iterator<Item = &PluginAnswer> {
    outputs.iter().flat_map(|output| &output.answers).filter(move |answer| answer.lane == lane)
}

#[test]
fn a_shadow_is_asked_the_same_and_what_it_says_is_only_counted() {
    let mut desk = desk(rules(vec![bob()], Vec::new(), vec![ann()]), 0);
    assert_eq!(comes(&mut desk, "joe"), "bob");
    assert_eq!(desk.state(1), "offered");
    let compared = shadow_of(&desk).compared;
    assert_eq!((compared.compared, compared.another_agent, compared.differing()), (1, 1, 1));
    let offered = |name: &str| Concluded::Offered(AgentName::new(name));
    let expected = Difference::Decision {
        session: SessionId(1),
        is_transfer: false,
        service: offered("bob"),
        shadow: offered("ann"),
    };
    assert_eq!(compared.last[0].what, expected);
    assert_eq!(answers(&desk.outputs, Lane::Shadow).filter(|a| matches!(a.answered, Answered::Agents(_))).count(), 1);
    desk.replays();
}

/// Joe is with ann; jim, max and tom are there.
fn talking(shadow: Box<dyn Rule>) -> (Desk, Person, String) {
    let tom = Box::new(Native::new("tom", |_: Timestamp, _: &Session, agent: &Agent| first("tom", agent)));
    let set = rules(vec![ann()], Vec::new(), vec![shadow, tom]);
    let settings = Settings { pools: vec![pool(&set, 0)], missed_offers: 0, ..settings() };
    let mut desk = Desk::new(settings, set, ["ann", "jim", "max", "tom"].map(|name| profile(name, 2)).into());
    let [ann, ..] = ["ann", "jim", "max", "tom"].map(|name| desk.agent(name));
    assert_eq!(comes(&mut desk, "joe"), "ann");
    desk.say(&ann, "", "accept");
    let alias = desk.alias(1);
    (desk, ann, alias)
}

/// Differences about transfers: who was asked, and who would have been.
fn transfers_of(desk: &Desk) -> Vec<(Concluded, Concluded)> {
    let of_transfer = |differing: Differing| match differing.what {
        Difference::Decision { is_transfer: true, service, shadow, .. } => Some((service, shadow)),
        _ => None,
    };
    shadow_of(desk).compared.last.into_iter().filter_map(of_transfer).collect()
}

#[test]
fn to_whom_a_shadow_would_transfer_a_session_is_compared_too() {
    let indifferent = || -> Box<dyn Rule> { Box::new(Native::new("indifferent", |_, _, _| Fit::Tier(0))) };
    let offered = |name: &str| Concluded::Offered(AgentName::new(name));
    let before = |desk: &Desk| shadow_of(desk).compared.compared;
    // With an accept: the owner keeps it meanwhile.
    let (mut desk, ann, alias) = talking(indifferent());
    let compared = before(&desk);
    desk.say(&ann, &alias, "/transfer sales");
    assert_eq!(before(&desk), compared + 1);
    assert_eq!(transfers_of(&desk), [(offered("jim"), offered("tom"))]);
    desk.replays();
    // Without: it waits, and is decided about like others.
    let (mut desk, ann, alias) = talking(indifferent());
    let compared = before(&desk);
    desk.say(&ann, &alias, "/pass sales");
    assert!(before(&desk) > compared && transfers_of(&desk).is_empty());
    desk.replays();
    // An agent by name is nothing that rules decide.
    for words in ["/transfer jim", "/pass jim"] {
        let (mut desk, ann, alias) = talking(indifferent());
        let compared = before(&desk);
        desk.say(&ann, &alias, words);
        assert_eq!((before(&desk), desk.state(1)), (compared, if words == "/pass jim" { "offered" } else { "active" }));
        desk.replays();
    }
    // Where a rule holds and where it keeps nobody the owner keeps the session, so that is one difference from an offer.
    let hold = |_: Timestamp, _: &Session| Some(Verdict::Hold("closed".to_owned()));
    let (mut desk, ann, alias) = talking(Box::new(Native::gated("hold", hold, 60_000)));
    let nobody = shadow_of(&desk).compared.nobody;
    desk.say(&ann, &alias, "/transfer sales");
    assert_eq!(shadow_of(&desk).compared.nobody, nobody + 1);
    assert_eq!(transfers_of(&desk), [(offered("jim"), Concluded::Held("closed".to_owned()))]);
    // A shadow that fails is not compared here either.
    let (mut desk, ann, alias) = talking(villain(Deed::Trap));
    let failed = shadow_of(&desk).compared.failed;
    desk.say(&ann, &alias, "/transfer sales");
    assert_eq!((shadow_of(&desk).compared.failed, transfers_of(&desk).len()), (failed + 1, 0));
    desk.replays();
}

#[test]
fn whom_a_shadow_would_show_a_free_agent_first_is_compared_too() {
    let set = rules(vec![bob()], Vec::new(), vec![nobody()]);
    let settings = Settings { pools: vec![pool(&set, 0)], ..settings() };
    let mut desk = Desk::new(settings, set, vec![profile("ann", 1)]);
    assert_eq!(comes(&mut desk, "joe"), "");
    desk.agent("ann");
    assert_eq!(desk.state(1), "offered");
    let compared = shadow_of(&desk).compared;
    assert_eq!((compared.another_session, compared.nobody), (1, 1), "{compared:?}");
    let choice = Difference::Choice { agent: AgentName::new("ann"), service: Some(SessionId(1)), shadow: None };
    assert!(compared.last.iter().any(|differing| differing.what == choice), "{compared:?}");
    desk.replays();
}

#[test]
fn a_shadow_that_fails_is_not_compared_and_nobody_notices() {
    for deed in [Deed::Trap, Deed::Invent] {
        let mut desk = desk(rules(vec![bob()], Vec::new(), vec![villain(deed)]), 0);
        for number in 0..20 {
            assert_eq!(comes(&mut desk, &format!("c{number}")), "bob");
            desk.wait(10_000);
        }
        let shadow = shadow_of(&desk);
        assert!(shadow.compared.differing() == 0 && shadow.compared.failed >= 20, "{shadow:?}");
        assert_eq!(shadow.quarantined.map(|rule| rule.rule).as_deref(), Some("villain"));
        assert!(desk.outputs.iter().flat_map(|output| &output.faults).all(|fault| fault.lane == Lane::Shadow));
        let view = desk.centre.view(desk.now);
        assert!(view.sessions.iter().all(|session| !session.why.contains("villain")), "it had no part in it");
        desk.replays();
    }
}

#[test]
fn a_shadow_that_has_used_its_calls_is_not_asked() {
    let set = rules(vec![bob()], Vec::new(), vec![ann()]);
    let mut settings = Settings { pools: vec![pool(&set, 0)], ..settings() };
    settings.limits.shadow_calls = 1;
    let mut desk = Desk::new(settings, set, vec![profile("ann", 100)]);
    let waiting: Vec<_> = ["joe", "eve", "max"].map(|name| desk.customer(name)).into();
    for person in &waiting {
        desk.say(person, "billing", "hello");
    }
    let before = shadow_of(&desk).compared;
    assert_eq!((before.compared, before.skipped), (3, 0), "a pass for each of them");
    desk.agent("ann");
    let after = shadow_of(&desk).compared;
    assert_eq!((after.compared, after.skipped), (4, 5), "ann looks for each, and each is confirmed");
    assert_eq!((1..=3).map(|session| desk.state(session)).collect::<Vec<_>>(), ["offered"; 3]);
}

#[test]
fn a_shadow_asks_nobody_elsewhere() {
    let mut desk = desk(rules(vec![bob()], Vec::new(), vec![Box::new(Asker::new("billing"))]), 0);
    assert_eq!(comes(&mut desk, "joe"), "bob");
    assert_eq!(shadow_of(&desk).compared.skipped, 1);
    assert!(super::consults::asked(&desk.outputs).is_empty(), "the question goes nowhere");
}

#[test]
fn a_canary_decides_about_its_share_and_no_others() {
    for share_ppm in [0, 300_000, WHOLE_PPM] {
        let mut desk = desk(rules(vec![bob()], vec![ann()], Vec::new()), share_ppm);
        for number in 1..=30 {
            let expected = if is_in_share(SessionId(number), share_ppm) { "ann" } else { "bob" };
            assert_eq!(comes(&mut desk, &format!("c{number}")), expected, "session {number} of {share_ppm}");
        }
        let expected = (1..=30).filter(|number| is_in_share(SessionId(*number), share_ppm)).count() as u64;
        assert_eq!((canary_of(&desk).decided.decided, canary_of(&desk).decided.failed), (expected, 0));
        desk.replays();
    }
}

#[test]
fn a_canary_that_fails_is_rolled_back_and_its_sessions_are_decided_by_the_chain_in_service() {
    for deed in [Deed::Trap, Deed::Invent, Deed::Repeat] {
        let mut desk = desk(rules(vec![bob()], vec![villain(deed)], Vec::new()), WHOLE_PPM);
        for number in 0..20 {
            assert_eq!(comes(&mut desk, &format!("c{number}")), "bob", "{deed:?}: session {number}");
            desk.wait(10_000);
        }
        let canary = canary_of(&desk);
        let rolled_back = canary.rolled_back.expect("it failed often enough");
        assert_eq!(rolled_back.rule, "villain");
        let told: Vec<&str> =
            desk.outputs.iter().flat_map(|output| &output.rolled_back).map(|told| told.pool.as_str()).collect();
        assert_eq!(told, ["main"], "it is said once");
        assert_eq!(canary.decided.decided, 0);
        desk.replays();
        desk.outputs.clear();
        comes(&mut desk, "late");
        let asked =
            answers(&desk.outputs, Lane::Canary).filter(|answer| !matches!(answer.answered, Answered::Learned(_)));
        assert_eq!(asked.count(), 0, "it is asked nothing any more");
    }
}

#[test]
fn whom_a_canary_kept_waiting_is_decided_anew_when_it_is_rolled_back() {
    let dropping: Rules = vec![Box::new(Villain::dropping(7))];
    let mut desk = desk(rules(vec![bob()], dropping, Vec::new()), WHOLE_PPM);
    assert_eq!(comes(&mut desk, "joe"), "");
    assert_eq!(desk.state(1), "waiting", "the canary keeps nobody");
    for number in 0..30 {
        comes(&mut desk, &format!("c{number}"));
        desk.wait(5_000);
    }
    assert!(canary_of(&desk).rolled_back.is_some());
    assert_eq!(desk.state(1), "offered");
    desk.replays();
}

#[test]
fn a_canary_decides_again_when_its_rule_is_released() {
    let mut desk = desk(rules(vec![bob()], vec![ann(), villain(Deed::Trap)], Vec::new()), WHOLE_PPM);
    for number in 0..20 {
        comes(&mut desk, &format!("c{number}"));
        desk.wait(10_000);
    }
    assert!(canary_of(&desk).rolled_back.is_some());
    desk.batch(vec![Input::RuleReleased { rule: "villain".to_owned() }]);
    assert!(canary_of(&desk).rolled_back.is_none());
    desk.centre.replace_rule("main", Lane::Canary, 1, Box::new(Native::new("villain", |_, _, _| Fit::Tier(0))));
    desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Canary, rule: 1 }]);
    assert_eq!(comes(&mut desk, "late"), "ann");
    assert_eq!(canary_of(&desk).decided.decided, 1, "it is counted anew with another component");
}

#[test]
fn who_waits_for_an_answer_to_a_canary_does_not_when_it_is_rolled_back() {
    let set = rules(vec![bob()], vec![Box::new(Asker::new("billing")), villain(Deed::Invent)], Vec::new());
    let mut settings = Settings { pools: vec![pool(&set, WHOLE_PPM)], ..settings() };
    settings.limits.quarantine_strikes = 1;
    let mut desk = Desk::new(settings, set, vec![profile("ann", 100)]);
    let consultant = desk.consultant();
    desk.agent("ann");
    comes(&mut desk, "joe");
    assert_eq!((desk.state(1), super::consults::asked(&desk.outputs).len()), ("waiting", 1));
    let eve = desk.customer("eve");
    desk.say(&eve, "sales", "hello");
    assert!(canary_of(&desk).rolled_back.is_some(), "its other rule was asked about sales, and lied");
    desk.wait(0);
    assert_eq!((desk.state(1), desk.state(2)), ("offered", "offered"));
    desk.batch(vec![reply(consultant, SessionId(1), 1, true)]);
    assert_eq!(desk.state(1), "offered", "what comes now is nobody's");
    desk.replays();
}

#[test]
fn candidates_come_and_go_with_the_settings() {
    let mut desk = desk(rules(vec![bob()], Vec::new(), vec![ann()]), 0);
    assert_eq!(comes(&mut desk, "joe"), "bob");
    assert_eq!(shadow_of(&desk).compared.compared, 1);
    let send = |desk: &mut Desk, pool: Pool, staged: Vec<(Lane, Box<dyn Rule>)>| {
        let settings = Settings { pools: vec![pool], ..desk.centre.settings().clone() };
        let key = |lane, rule: &dyn Rule| ("main".to_owned(), lane, rule.name().to_owned());
        let staged = staged.into_iter().map(|(lane, rule)| (key(lane, &*rule), rule)).collect();
        desk.centre.stage_rules(staged);
        desk.batch(vec![Input::Settings(Box::new(settings))]);
    };
    // What was the shadow decides about all sessions; what was in service is compared.
    let service = desk.centre.settings().pools[0].clone();
    let canary = Canary { rules: vec!["ann".to_owned()], share_ppm: WHOLE_PPM };
    send(&mut desk, Pool { shadow: None, canary: Some(canary), ..service.clone() }, vec![(Lane::Canary, ann())]);
    assert_eq!(comes(&mut desk, "eve"), "ann");
    assert!(desk.centre.view(desk.now).status.candidates[0].shadow.is_none());
    assert_eq!(canary_of(&desk).decided.decided, 1);
    // Back, with nothing but the built-in order to compare with.
    send(&mut desk, Pool { shadow: Some(Vec::new()), ..service.clone() }, Vec::new());
    assert_eq!(comes(&mut desk, "max"), "bob");
    assert_eq!(shadow_of(&desk).compared.compared, 1, "counted anew");
    send(&mut desk, Pool { shadow: None, ..service }, Vec::new());
    assert!(desk.centre.view(desk.now).status.candidates.is_empty());
    assert_eq!(comes(&mut desk, "zoe"), "bob");
    desk.replays();
}

/// It had the waiting decided about anew, in another order than without a shadow.
#[test]
fn a_shadow_that_is_replaced_or_released_changes_nothing() {
    let mut desk = desk(rules(vec![nobody()], Vec::new(), vec![villain(Deed::Trap)]), 0);
    for number in 0..20 {
        assert_eq!(comes(&mut desk, &format!("c{number}")), "");
        desk.wait(10_000);
    }
    assert!(shadow_of(&desk).quarantined.is_some());
    desk.outputs.clear();
    desk.batch(vec![Input::RuleReleased { rule: "villain".to_owned() }]);
    assert!(shadow_of(&desk).quarantined.is_none());
    desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Shadow, rule: 0 }]);
    assert_eq!(answers(&desk.outputs, Lane::Service).count(), 0, "nobody is decided about");
}

#[test]
fn what_a_candidate_remembers_is_stored_beside_what_the_rule_in_service_does() {
    let counting = || -> Box<dyn Rule> { Box::new(Native::new("counting", |_, _, _| Fit::Tier(0))) };
    let set = || rules(vec![counting()], vec![counting(), ann()], vec![counting(), bob()]);
    let mut desk = desk(set(), 0);
    comes(&mut desk, "joe");
    let stored = |desk: &Desk| {
        let ops = desk.outputs.last().into_iter().flat_map(|output| &output.ops);
        let memories = ops.filter_map(|op| match op {
            Op::Put(Record::Memory(memory)) => Some((memory.rule.clone(), memory.state.bytes.clone())),
            _ => None,
        });
        memories.filter(|(rule, _)| rule.ends_with("counting")).collect::<Vec<_>>()
    };
    let all = |count: u8| {
        ["canary/counting", "counting", "shadow/counting"].map(|rule| (rule.to_owned(), vec![0, 0, 0, count])).to_vec()
    };
    assert_eq!(stored(&desk), all(1), "every candidate learns from every session");
    desk.restart(set());
    desk.agent("ann");
    desk.agent("bob");
    comes(&mut desk, "joe");
    comes(&mut desk, "eve");
    assert_eq!(stored(&desk), all(3));
}

#[test]
fn a_journal_of_a_release_without_candidates_is_read() {
    #[derive(Serialize)]
    struct Answer {
        pool: String,
        rule: u16,
        answered: Answered,
    }
    #[derive(Serialize)]
    struct InForce {
        pool: String,
        rule: String,
        digest: Digest,
    }
    let (pool, digest) = ("main".to_owned(), Digest([7; 32]));
    let answer = Answer { pool: pool.clone(), rule: 1, answered: Answered::Changed(Ok(())) };
    let answer: PluginAnswer = rmp_serde::from_slice(&rmp_serde::to_vec_named(&answer).unwrap()).unwrap();
    assert_eq!((answer.lane, answer.rule), (Lane::Service, 1));
    let in_force = InForce { pool, rule: "hours".to_owned(), digest };
    let in_force: RuleDigest = rmp_serde::from_slice(&rmp_serde::to_vec_named(&in_force).unwrap()).unwrap();
    assert_eq!((in_force.lane, in_force.rule.as_str()), (Lane::Service, "hours"));
    let input: Input = serde_json::from_str(r#"{"RuleReplaced":{"pool":"main","rule":3}}"#).unwrap();
    assert_eq!(input, Input::RuleReplaced { pool: "main".to_owned(), lane: Lane::Service, rule: 3 });
}
