//! A recorded day, put to other rules.
//!
//! The day: sue and joe come at 1,000 s and are held by `patient`, which after ten seconds prefers jim to bob. So at 1,010 s sue is offered to
//! jim, who has room for more; joe too, who is declined by jim and offered to bob.

use super::*;
use crate::centre::tests::rules::{Deed, Fit, Native, Villain};
use crate::centre::{Concluded, Input};
use crate::model::rule::{Rule, Verdict};
use crate::model::{AgentName, Alias, SessionId, Side};
use crate::rehearsal::{Counted, Differing, Differs, Served, play};
use crate::shard::clock::fake::FakeClock;
use crate::shard::explain::tests::{day, patient_rule};
use crate::shard::explain::{What, explain};
use crate::shard::journal::stored;
use crate::shard::tests::office::{PART, Peer, profile, real_store, setup};
use crate::shard::{SegmentLimits, Shard};
use crate::storage::Store;
use std::sync::Arc;
use tempfile::TempDir;

async fn recorded(segments: SegmentLimits) -> (TempDir, Arc<dyn Store>) {
    let (folder, store) = real_store();
    day(&store, segments).await;
    (folder, store)
}

fn put(store: &Arc<dyn Store>, rules: Vec<Box<dyn Rule>>) -> RecordedDay {
    let others = Components::from([("main".to_owned(), rules)]);
    record_day(stored(&**store, PART, 1), others).unwrap().unwrap()
}

#[tokio::test]
async fn the_same_rule_decides_the_same_and_its_digest_is_told() {
    for segments in [SegmentLimits::default(), SegmentLimits { age_ms: 0, ..SegmentLimits::default() }] {
        let (_folder, store) = recorded(segments).await;
        let told = put(&store, vec![patient_rule(2)]);
        assert!(told.decisions.asked >= 4, "{:?}", told.decisions);
        assert_eq!((told.decisions.differing, told.decisions.counted.as_slice()), (0, [].as_slice()));
        let [rule] = told.in_force.as_slice() else { panic!("{:?}", told.in_force) };
        let at = Timestamp(1_000_000);
        let expected =
            InForce { since: at, pool: "main".to_owned(), rule: "patient".to_owned(), digest: Digest([1; 32]) };
        assert_eq!(*rule, expected);
    }
}

#[tokio::test]
async fn whoever_does_not_hold_would_have_offered_at_once() {
    let (_folder, store) = recorded(SegmentLimits::default()).await;
    let decisions = put(&store, Vec::new()).decisions;
    let row = |then, otherwise| decisions.counted.iter().find(|row| (row.then, row.otherwise) == (then, otherwise));
    assert!(row("held", "offered").is_some_and(|row| row.decisions >= 2), "{:?}", decisions.counted);
    let looked_at = |differing: &Differing| matches!(differing.what, Differs::Session { .. });
    let first = decisions.first.iter().find(|differing| looked_at(differing)).unwrap();
    let Differs::Session { session, then, otherwise, candidates, rules } = &first.what else { panic!("{first:?}") };
    assert_eq!((first.at, *session, rules.len()), (Timestamp(1_000_000), SessionId(1), 0));
    assert_eq!(*then, Concluded::Held("too early".to_owned()));
    assert_eq!(*otherwise, Concluded::Offered(candidates[0].clone()), "the built-in order");
    assert_eq!(decisions.sessions, 2);
    let counted: u64 = decisions.counted.iter().map(|row| row.decisions).sum();
    assert_eq!(counted, decisions.differing);
    assert!(decisions.differing < decisions.asked, "that nobody but bob is left for joe is the same");
}

#[tokio::test]
async fn a_rule_that_fails_is_left_out_and_told() {
    let (_folder, store) = recorded(SegmentLimits::default()).await;
    let decisions = put(&store, vec![Box::new(Villain::new(Deed::Trap, 1))]).decisions;
    let none = put(&store, Vec::new()).decisions;
    assert!(decisions.without_a_rule >= 3, "every one about a session: {decisions:?}");
    assert_eq!((decisions.asked, decisions.differing), (none.asked, none.differing), "as if there was no rule");
    assert_eq!(none.without_a_rule, 0);
}

#[tokio::test]
async fn whoever_prefers_somebody_else_would_have_offered_to_them() {
    let (_folder, store) = recorded(SegmentLimits::default()).await;
    let too_early = |now: Timestamp, session: &crate::model::rule::Session| {
        (now < session.waiting_since.plus_ms(10_000)).then(|| Verdict::Hold("in other words".to_owned()))
    };
    let bob_first =
        |_: Timestamp, _: &_, agent: &crate::model::rule::Agent| Fit::Tier(u32::from(agent.name.as_str() != "bob"));
    let rule = Native::gated("patient", too_early, 10_000).judging(bob_first);
    let decisions = put(&store, vec![Box::new(rule)]).decisions;
    let [Counted { pool, then: "offered", otherwise: "offered", decisions: 2 }] = decisions.counted.as_slice() else {
        panic!("sue and joe, and nothing else: {decisions:?}")
    };
    assert_eq!(pool, "main");
    for differing in &decisions.first {
        let Differs::Session { then, otherwise, .. } = &differing.what else { panic!("{differing:?}") };
        let to = |name| Concluded::Offered(AgentName::new(name));
        assert_eq!((then, otherwise), (&to("jim"), &to("bob")));
    }
}

/// Joe is with bob for a minute, who transfers him to the queue: jim has him for half a minute more.
async fn transferred(store: &Arc<dyn Store>) {
    let clock = Arc::new(FakeClock::at(1_000_000));
    let mut setup = setup(Arc::clone(store), Arc::clone(&clock));
    setup.profiles = Box::new(|| vec![profile("bob"), profile("jim")]);
    let shard = Shard::start(setup).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let bob = Peer::connect(&shard, Side::Agent, "bob").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    joe.say(&Alias::new("billing"), "o1", "hello").await;
    bob.answers("Offer 1", "accept 1").await;
    clock.advance(60_000);
    let asked = bob.say(&Alias::default(), "transfer", "transfer 1 billing").await;
    bob.settled(asked).await.unwrap().unwrap();
    jim.answers("Offer 2", "accept 2").await;
    clock.advance(30_000);
    shard.submit(Input::Close { session: SessionId(1), reason: "enough".to_owned() }).await.unwrap();
    shard.drain().await;
}

#[tokio::test]
async fn a_transferred_session_takes_an_agent_as_long_as_it_took_both() {
    let (_folder, store) = real_store();
    transferred(&store).await;
    let day = put(&store, Vec::new()).day;
    let parts = |day: &Day| {
        let s = |at: Timestamp| (at.0 - 1_000_000) / 1_000;
        let part = |served: &Served| (served.agent.to_string(), s(served.from), served.free.map(s));
        day.passages[0].served.iter().map(part).collect::<Vec<_>>()
    };
    assert_eq!(parts(&day), [("bob".to_owned(), 0, Some(60)), ("jim".to_owned(), 60, Some(90))]);
    let again = play(&day, Components::new()).unwrap();
    assert_eq!(parts(&again), [("bob".to_owned(), 0, Some(90))]);
}

#[tokio::test]
async fn a_transfer_is_a_decision_of_its_own() {
    let (_folder, store) = real_store();
    transferred(&store).await;
    let told = explain(stored(&*store, PART, 1), SessionId(1), Arc::new(|_, _, _| None)).unwrap();
    let transfers = told.happenings.iter().filter_map(|happening| match &happening.what {
        What::Decision(decision) if decision.is_transfer => {
            Some((decision.outcome.clone(), decision.candidates.clone()))
        }
        _ => None,
    });
    let jim = AgentName::new("jim");
    assert_eq!(transfers.collect::<Vec<_>>(), [(Concluded::Offered(jim.clone()), vec![jim])]);
    assert_eq!(told.components, []);
}
