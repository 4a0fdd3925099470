//! What the engine makes of an author's one function.

use super::{Agent, Change, Decision, Fit, Known, Outcome, Router, Rule, Session, Verdict};
use crate::model::{SavedState, Timestamp};
use crate::saved;

/// Serves the session's queue; better when higher skilled; holds sessions of a member until its time; counts what it learned.
#[derive(Debug)]
struct Skilled {
    least: u8,
    accepted: u64,
}

#[derive(Debug, serde::Deserialize)]
struct Settings {
    least: u8,
}

impl Rule for Skilled {
    type Settings = Settings;

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { least: settings.least, accepted: 0 })
    }

    fn fit(&self, now: Timestamp, session: &Session, agent: &Agent) -> Fit {
        let relaxed = session.waiting_since + 30_000;
        match agent.skill(&session.queue) {
            None => Fit::drop("hasn't the skill"),
            Some(level) if level < self.least && now < relaxed => {
                Fit::drop_until("skilled too little for now", relaxed)
            }
            Some(level) => Fit::ranked(10 - u64::from(level)),
        }
    }

    fn decide(&self, now: Timestamp, session: &Session, known: &Known) -> Decision {
        match session.attribute("held-until").and_then(|time| time.parse().ok()) {
            Some(until) if now < until => Decision::Hold { why: "on hold".into(), recheck: Some(until) },
            _ if known.agents().next().is_none() => Decision::Divert("callback".into()),
            _ => Decision::Rank,
        }
    }

    fn learned(&mut self, _now: Timestamp, outcome: Outcome<'_>) {
        self.accepted += u64::from(outcome.what == "accepted" && outcome.session.is_some());
    }

    fn memory(&self) -> Option<SavedState> {
        Some(saved::write(1, &self.accepted))
    }

    fn recall(&mut self, memory: SavedState) -> Result<(), String> {
        self.accepted = saved::read(&memory, 1)?;
        Ok(())
    }
}

fn agent(reference: u32, level: u8) -> Change {
    Change::Agent(Agent {
        ref_: reference,
        name: format!("agent{reference}"),
        kind: "person".into(),
        state: "available".into(),
        since: 0,
        idle_since: 0,
        queues: vec![],
        skills: vec![super::Skill { name: "billing".into(), level }],
        loads: vec![],
        software: vec![],
        attributes: vec![],
    })
}

fn session(reference: u32, attributes: &[(&str, &str)]) -> Change {
    Change::Session(Session {
        ref_: reference,
        queue: "billing".into(),
        medium: "chat".into(),
        provider: String::new(),
        software: "xmpp".into(),
        software_version: String::new(),
        language: String::new(),
        priority: 0,
        arrived_at: 0,
        waiting_since: 0,
        member: String::new(),
        passed_over: vec![],
        attributes: attributes.iter().map(|(name, value)| crate::model::Attribute::new(*name, *value)).collect(),
    })
}

fn router(changes: Vec<Change>) -> Router<Skilled> {
    let mut router = Router::open(r#"{"least": 5}"#, None).unwrap();
    router.changed(changes);
    router
}

fn kept(verdict: &Verdict) -> Vec<(u32, u32)> {
    match verdict {
        Verdict::Keep(kept) => kept.iter().map(|choice| (choice.agent, choice.tier)).collect(),
        other => panic!("expected candidates, found {other:?}"),
    }
}

#[test]
fn ranks_become_tiers_in_the_order_of_the_candidates() {
    let router = router(vec![agent(0, 9), agent(1, 5), agent(2, 9), agent(70_000, 7), session(1, &[])]);
    let answer = router.rank_agents(0, 1, &[1, 0, 70_000, 2], false);
    assert_eq!(kept(&answer.verdict), [(1, 2), (0, 0), (70_000, 1), (2, 0)]);
    assert_eq!((answer.recheck, answer.notes), (None, vec![]));
}

#[test]
fn who_is_dropped_for_a_while_sets_the_recheck() {
    let router = router(vec![agent(0, 3), session(1, &[])]);
    let answer = router.rank_agents(0, 1, &[0], true);
    assert_eq!(kept(&answer.verdict), []);
    assert_eq!(answer.recheck, Some(30_000));
    assert_eq!(answer.notes[0].text, "skilled too little for now");
    assert_eq!(kept(&router.rank_agents(30_000, 1, &[0], false).verdict), [(0, 0)]);
}

#[test]
fn sessions_are_ranked_by_the_same_function() {
    let held = session(2, &[("held-until", "500")]);
    let router = router(vec![agent(0, 6), session(1, &[]), held, session(3, &[])]);
    let pick = router.rank_sessions(0, 0, &[1, 2, 3, 99], true);
    assert_eq!(pick.keep.iter().map(|choice| (choice.session, choice.tier)).collect::<Vec<_>>(), [(1, 0), (3, 0)]);
    assert_eq!(pick.recheck, Some(500));
    let notes: Vec<_> = pick.notes.iter().map(|note| (note.session, note.text.as_str())).collect();
    let unknown = "the rule was told of no such reference";
    assert_eq!(notes, [(Some(1), "rank 4"), (Some(2), "on hold"), (Some(3), "rank 4"), (Some(99), unknown)]);
}

#[test]
fn a_decision_comes_before_the_candidates() {
    let mut router = router(vec![session(1, &[("held-until", "500")]), session(2, &[])]);
    let held = router.rank_agents(0, 1, &[], false);
    assert_eq!((held.verdict, held.recheck), (Verdict::Hold("on hold".into()), Some(500)));
    assert_eq!(router.rank_agents(0, 2, &[], false).verdict, Verdict::Divert("callback".into()));
    router.changed(vec![agent(0, 6)]);
    assert_eq!(kept(&router.rank_agents(0, 2, &[0], false).verdict), [(0, 0)]);
}

#[test]
fn what_is_gone_is_no_candidate() {
    let mut router = router(vec![agent(0, 6), agent(70_000, 6), session(1, &[])]);
    router.changed(vec![Change::AgentGone(0), Change::AgentGone(70_000), Change::AgentGone(5), agent(1, 6)]);
    assert_eq!(kept(&router.rank_agents(0, 1, &[0, 1, 70_000], false).verdict), [(1, 0)]);
    router.changed(vec![Change::SessionGone(1)]);
    assert_eq!(kept(&router.rank_agents(0, 1, &[1], false).verdict), []);
}

#[test]
fn memory_survives_a_restart() {
    let mut router = router(vec![agent(0, 6), session(1, &[])]);
    router.learned(0, 1, 0, "offered");
    router.learned(0, 1, 0, "accepted");
    router.learned(0, 9, 0, "accepted");
    let again = Router::<Skilled>::open(r#"{"least": 5}"#, router.memory()).unwrap();
    assert_eq!(again.rule().accepted, 1);
}

#[test]
fn settings_that_are_wrong_are_named() {
    let error = Router::<Skilled>::open("{}", None).unwrap_err();
    assert!(error.starts_with("the settings can't be used: missing field `least`"), "{error}");
}

#[test]
fn agents_are_known_by_any_reference_and_in_order() {
    let mut known = Known::default();
    let references = [u32::MAX, 1 << 20, (1 << 20) - 1, 16, 15, 0];
    for reference in references {
        known.apply(agent(reference, 5));
    }
    let order = |known: &Known| known.agents().map(|agent| agent.ref_).collect::<Vec<_>>();
    assert_eq!(order(&known), [0, 15, 16, (1 << 20) - 1, 1 << 20, u32::MAX]);
    assert_eq!((known.agent(15).unwrap().ref_, known.agent(14).is_none()), (15, true));
    for reference in [u32::MAX, 15, (1 << 20) - 1, 17, 5_000_000] {
        known.apply(Change::AgentGone(reference));
    }
    assert_eq!(order(&known), [0, 16, 1 << 20]);
}
