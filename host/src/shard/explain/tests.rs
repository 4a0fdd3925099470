//! Stories of sessions, as a running shard's journal has them.

use super::*;
use crate::centre::noted::Said;
use crate::centre::tests::rules::{Fit, Native, REASON};
use crate::centre::tests::talker::Talker;
use crate::centre::{Components, Concluded, Effect, Input};
use crate::model::rule::{self, Rule, Verdict};
use crate::model::settings::{Dialog, Pool, Settings};
use crate::model::{Alias, Digest, Lane, Side};
use crate::shard::clock::fake::FakeClock;
use crate::shard::journal::stored;
use crate::shard::tests::office::{PART, Peer, profile, real_store, segment_complete, settings, setup};
use crate::shard::{SegmentLimits, Shard, ShardSetup, record_day};
use crate::storage::Store;
use std::sync::Arc;

/// A rule that holds a session until it has waited ten seconds, and then prefers jim.
pub(in crate::shard) fn patient_rule(digest: u8) -> Box<dyn Rule> {
    let too_early = |now: Timestamp, session: &rule::Session| {
        (now < session.waiting_since.plus_ms(10_000)).then(|| Verdict::Hold("too early".to_owned()))
    };
    let jim_first =
        |_: Timestamp, _: &rule::Session, agent: &rule::Agent| Fit::Tier(u32::from(agent.name.as_str() != "jim"));
    Box::new(Native::gated("patient", too_early, 10_000).judging(jim_first).with_digest(digest))
}

/// A service with that rule, jim and bob.
fn patient(store: &Arc<dyn Store>, clock: &Arc<FakeClock>, segments: SegmentLimits) -> ShardSetup {
    let pools = vec![Pool { rules: vec!["patient".to_owned()], ..settings().pools[0].clone() }];
    let mut setup = setup(Arc::clone(store), Arc::clone(clock));
    setup.settings = Settings { pools, ..settings() };
    setup.components = Box::new(|_| Ok(Components::from([("main".to_owned(), vec![patient_rule(1)])])));
    setup.profiles = Box::new(|| vec![profile("bob"), profile("jim")]);
    setup.options.segments = segments;
    setup
}

/// A day at 1,000 s: Joe is held, then offered to jim, who declines, and to bob, who accepts; the operator ends it. Sue comes before him and waits.
pub(in crate::shard) async fn day(store: &Arc<dyn Store>, segments: SegmentLimits) {
    let clock = Arc::new(FakeClock::at(1_000_000));
    let shard = Shard::start(patient(store, &clock, segments)).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let bob = Peer::connect(&shard, Side::Agent, "bob").await;
    let sue = Peer::connect(&shard, Side::Customer, "sue").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    for peer in [&sue, &joe] {
        // So a short segment begins between the two.
        segment_complete(&**store).await;
        let said = peer.say(&Alias::new("billing"), "o1", "hello").await;
        peer.settled(said).await.unwrap().unwrap();
    }
    clock.advance(10_000);
    jim.answers("Offer 2", "decline 2").await;
    bob.answers("Offer 3", "accept 3").await;
    shard.submit(Input::Close { session: SessionId(2), reason: "enough".to_owned() }).await.unwrap();
    shard.drain().await;
}

impl Peer {
    /// Says something once an offer has come.
    pub(in crate::shard) async fn answers(&self, title: &str, words: &str) {
        let offer = |effect: &Effect| match effect {
            Effect::Offer(_, offer) => offer.form.title.contains(title).then_some(()),
            _ => None,
        };
        self.mail.wait(title, offer).await.unwrap();
        let said = self.say(&Alias::default(), words, words).await;
        self.settled(said).await.unwrap().unwrap();
    }
}

fn at_hand(digest: u8) -> Reopen {
    Arc::new(move |pool, rule, wanted| {
        assert_eq!((pool, rule), ("main", "patient"));
        (wanted == Digest([digest; 32])).then(|| patient_rule(digest))
    })
}

#[tokio::test]
async fn why_a_dialog_has_a_session_no_more_is_told_before_it_waits() {
    let (_folder, store) = real_store();
    let clock = Arc::new(FakeClock::at(1_000_000));
    let mut setup = patient(&store, &clock, SegmentLimits::default());
    setup.settings.dialogs = vec![Dialog { silence_ms: 60_000, ..Dialog::new("greeter") }];
    setup.settings.links[0].dialog = Some("greeter".to_owned());
    setup.components = Box::new(|_| {
        let mut rules = Components::from([("main".to_owned(), vec![patient_rule(1)])]);
        rules.add_dialog(Box::new(Talker::new("greeter")));
        Ok(rules)
    });
    let shard = Shard::start(setup).await.unwrap();
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    let said = joe.say(&Alias::new("billing"), "o1", "hello").await;
    joe.settled(said).await.unwrap().unwrap();
    clock.advance(60_000);
    shard.submit(Input::Tick).await.unwrap();
    shard.drain().await;
    let told = explain(stored(&*store, PART, 1), SessionId(1), at_hand(1)).unwrap();
    let words = words(&told);
    let [came, _talked, unspoken, waits, decided, ..] = words.as_slice() else { panic!("{words:#?}") };
    assert_eq!((came.as_str(), waits.as_str()), ("joe came over billing for billing", "waits in billing"));
    assert_eq!(
        unspoken,
        r#"Unspoken { dialog: "greeter", why: "the customer has said nothing for 60 s", instead: Queue }"#
    );
    assert!(decided.starts_with("Held"), "{words:#?}");
    let json = serde_json::to_string(&told).unwrap();
    assert!(json.contains(r#"{"unspoken":{"dialog":"greeter","why":"#), "{json}");
}

/// Happenings in a word each.
fn words(explanation: &Explanation) -> Vec<String> {
    let word = |what: &What| match what {
        What::Came { link, queue, customer, .. } => format!("{customer} came over {link} for {queue}"),
        What::Waits { queue, .. } => format!("waits in {queue}"),
        What::Decision(decision) => format!("{:?} of {:?}", decision.outcome, names(&decision.candidates)),
        What::Choice(choice) => format!("{} chooses", choice.agent),
        What::Offered { agent } => format!("offered to {agent}"),
        What::Accepted { agent } => format!("accepted by {agent}"),
        What::Declined { agent } => format!("declined by {agent}"),
        What::Closed { reason } => format!("closed: {reason}"),
        other => format!("{other:?}"),
    };
    explanation.happenings.iter().map(|happening| word(&happening.what)).collect()
}

fn names(agents: &[AgentName]) -> Vec<&str> {
    agents.iter().map(AgentName::as_str).collect()
}

#[tokio::test]
async fn a_session_is_told_from_its_first_word_to_its_end() {
    let (_folder, store) = real_store();
    day(&store, SegmentLimits::default()).await;
    let told = explain(stored(&*store, PART, 1), SessionId(2), at_hand(1)).unwrap();
    assert!(told.is_whole);
    let words = words(&told);
    let in_order = [
        "joe came over billing for billing",
        "waits in billing",
        "Held(\"too early\") of [\"bob\", \"jim\"]",
        "Offered(AgentName(\"jim\")) of [\"bob\", \"jim\"]",
        "offered to jim",
        "declined by jim",
        "Offered(AgentName(\"bob\")) of [\"bob\"]",
        "offered to bob",
        "accepted by bob",
        "closed: enough",
    ];
    let mut rest = words.iter();
    for wanted in in_order {
        assert!(rest.any(|word| word == wanted), "{wanted} in {words:#?}");
    }
}

fn decisions(told: &Explanation) -> Vec<Decision> {
    let decision = |happening: &Happening| match &happening.what {
        What::Decision(decision) => Some(decision.clone()),
        _ => None,
    };
    told.happenings.iter().filter_map(decision).collect()
}

#[tokio::test]
async fn each_decision_has_what_the_rules_said_and_their_reasons_where_they_are_at_hand() {
    let (_folder, store) = real_store();
    day(&store, SegmentLimits::default()).await;
    for (digest, notes) in [(1, vec![REASON.to_owned()]), (2, Vec::new())] {
        let told = explain(stored(&*store, PART, 1), SessionId(2), at_hand(digest)).unwrap();
        let [component] = told.components.as_slice() else { panic!("{:?}", told.components) };
        let which = (component.rule.as_str(), component.digest, component.is_at_hand);
        assert_eq!(which, ("patient", Digest([1; 32]), digest == 1));
        let decisions = decisions(&told);
        let offered = decisions.iter().find(|decision| matches!(decision.outcome, Concluded::Offered(_))).unwrap();
        let [said] = offered.rules.as_slice() else { panic!("{:?}", offered.rules) };
        assert_eq!((said.rule.as_str(), said.digest), ("patient", Digest([1; 32])));
        let Said::Kept(kept) = &said.verdict else { panic!("{said:?}") };
        let kept: Vec<(&str, u32)> = kept.iter().map(|(agent, tier)| (agent.as_str(), *tier)).collect();
        assert_eq!(kept, [("bob", 1), ("jim", 0)]);
        assert_eq!(said.notes, notes, "component {digest} is at hand");
        let held = decisions.iter().find(|decision| matches!(decision.outcome, Concluded::Held(_))).unwrap();
        assert_eq!(held.recheck, Some(Timestamp(1_010_000)));
        let last = decisions.last().unwrap();
        assert_eq!((names(&last.passed_over), names(&last.candidates)), (vec!["jim"], vec!["bob"]));
    }
}

#[tokio::test]
async fn the_story_is_the_same_from_the_segment_in_which_it_begins() {
    let (_folder, store) = real_store();
    day(&store, SegmentLimits { age_ms: 0, ..SegmentLimits::default() }).await;
    let from = crate::shard::journal::first_of(&*store, PART, Some(SessionId(2))).unwrap();
    assert!(from > 1, "{from}");
    let whole = explain(stored(&*store, PART, 1), SessionId(2), at_hand(1)).unwrap();
    assert_eq!(explain(stored(&*store, PART, from), SessionId(2), at_hand(1)).unwrap(), whole);
}

#[tokio::test]
async fn a_session_of_which_nothing_is_kept_is_said_to_be_none() {
    let (_folder, store) = real_store();
    day(&store, SegmentLimits::default()).await;
    let error = explain(stored(&*store, PART, 1), SessionId(99), at_hand(1)).unwrap_err().to_string();
    assert!(error.starts_with("nothing is kept of session s99 in the journal"), "{error}");
}

#[tokio::test]
async fn what_people_did_is_taken_from_the_journal_and_played_again() {
    use crate::rehearsal::{How, React, play};
    for segments in [SegmentLimits::default(), SegmentLimits { age_ms: 0, ..SegmentLimits::default() }] {
        let (_folder, store) = real_store();
        day(&store, segments).await;
        let day = record_day(stored(&*store, PART, 1), Components::new()).unwrap().unwrap().day;
        assert_eq!((day.from, day.to), (Timestamp(1_000_000), Timestamp(1_010_000)));
        let [sue, joe] = day.passages.as_slice() else { panic!("{:?}", day.passages) };
        assert_eq!((sue.came.customer_name.as_str(), sue.served.len(), sue.ended), ("sue", 0, None));
        let [served] = joe.served.as_slice() else { panic!("{joe:?}") };
        assert_eq!((served.agent.as_str(), served.free), ("bob", Some(Timestamp(1_010_000))));
        assert_eq!(joe.ended, Some((Timestamp(1_010_000), How::Served)));
        let reactions: Vec<(&str, React)> =
            day.reactions.iter().map(|reaction| (reaction.agent.as_str(), reaction.what)).collect();
        assert_eq!(reactions, [("jim", React::Declined), ("bob", React::Accepted)]);
        let stood: Vec<(&str, &str)> =
            day.standings.iter().map(|standing| (standing.agent.as_str(), standing.is.as_str())).collect();
        let off = [("bob", "off-duty"), ("jim", "off-duty")];
        assert!(stood.starts_with(&off) && stood.ends_with(&[("jim", "available"), ("bob", "available")]), "{stood:?}");

        let rules = Components::from([("main".to_owned(), vec![patient_rule(1)])]);
        let again = play(&day, rules).unwrap();
        let joe = again.passages.iter().find(|passage| passage.session == SessionId(2)).unwrap();
        assert_eq!(joe.served.first().map(|served| served.agent.as_str()), Some("bob"), "jim declines everything");
    }
}

#[tokio::test]
async fn what_a_shadow_would_have_decided_is_told_too() {
    let (_folder, store) = real_store();
    let clock = Arc::new(FakeClock::at(1_000_000));
    let mut setup = patient(&store, &clock, SegmentLimits::default());
    setup.settings.pools[0].shadow = Some(vec!["bob-first".to_owned()]);
    setup.components = Box::new(|_| {
        let mut rules = Components::from([("main".to_owned(), vec![patient_rule(1)])]);
        let bob_first =
            |_: Timestamp, _: &rule::Session, agent: &rule::Agent| Fit::Tier(u32::from(agent.name.as_str() != "bob"));
        rules.put("main", Lane::Shadow, vec![Box::new(Native::new("bob-first", bob_first))]);
        Ok(rules)
    });
    let shard = Shard::start(setup).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let _bob = Peer::connect(&shard, Side::Agent, "bob").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    let said = joe.say(&Alias::new("billing"), "o1", "hello").await;
    joe.settled(said).await.unwrap().unwrap();
    clock.advance(10_000);
    jim.answers("Offer 1", "accept 1").await;
    shard.submit(Input::Close { session: SessionId(1), reason: "enough".to_owned() }).await.unwrap();
    shard.drain().await;
    let told = explain(stored(&*store, PART, 1), SessionId(1), Arc::new(|_, _, _| None)).unwrap();
    let offered = |name: &str| Concluded::Offered(AgentName::new(name));
    let outcomes: Vec<_> = decisions(&told).into_iter().map(|made| (made.outcome, made.shadow.unwrap())).collect();
    let both: Vec<_> = outcomes.iter().map(|(service, shadow)| (service.clone(), shadow.outcome.clone())).collect();
    let held = Concluded::Held("too early".to_owned());
    assert_eq!(both.first(), Some(&(held, Some(offered("bob")))));
    assert_eq!(both.last(), Some(&(offered("jim"), Some(offered("bob")))));
    let rules = &outcomes[0].1.rules;
    assert_eq!((rules.len(), rules[0].rule.as_str(), rules[0].lane), (1, "bob-first", Lane::Shadow));
    let json = serde_json::to_string(&told).unwrap();
    assert!(json.contains(r#""outcome":{"offered":"bob"}"#), "{json}");
}
