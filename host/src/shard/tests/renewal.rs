//! Settings are changed in a running shard, and with them its rules: all at once or not at all, and the journal replays it.

use super::exchange::{Bench, bench, named, shown, with_rule};
use super::*;
use crate::model::lane::Canary;
use crate::model::settings::{Pool, Settings};
use crate::model::{Lane, SavedState};
use crate::storage::Store;
use std::sync::Mutex;

fn settings_with(rules: &[&str]) -> Settings {
    let mut settings = with_rule(settings());
    settings.pools[0].rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    settings
}

/// Rules in the order of their chain, each with its digest.
async fn rules(bench: &Bench) -> Vec<(String, String)> {
    let view = bench.scene.shard.view().await.unwrap();
    view.status.rules.into_iter().map(|rule| (rule.name, rule.digest)).collect()
}

async fn renew(
    bench: &Bench,
    settings: Settings,
    changed: &[&str],
    open: OpenNamed,
) -> (Result<(), RenewalError>, bool) {
    let (done, mut was_done) = oneshot::channel();
    let changed = changed.iter().map(|rule| (*rule).to_owned()).collect();
    let done = Box::new(move || done.send(()).unwrap());
    let renewed = bench.scene.shard.renew(Renewal { settings, changed, open, dialogs: Vec::new(), done }).await;
    (renewed, was_done.try_recv().is_ok())
}

fn opener() -> OpenNamed {
    Box::new(|_, name, memory| {
        Ok(match name {
            "counting" => named("counting", 5, true, memory),
            "second" => named("second", 6, true, memory),
            other => return Err(GuestFailure::Refused(format!("no {other} today"))),
        })
    })
}

#[tokio::test]
async fn rules_come_move_and_go_with_the_settings_and_the_journal_replays() {
    let bench = bench().await;
    bench.conversation().await;
    let row = |name: &str, digest| (name.to_owned(), shown(digest));
    let (renewed, done) = renew(&bench, settings_with(&["second", "counting"]), &[], opener()).await;
    assert_eq!((renewed, done), (Ok(()), true));
    assert_eq!(rules(&bench).await, [row("second", 6), row("counting", 1)], "what is there already goes on");
    let again = bench.scene.joe.say(&billing(), "o2", "still there?").await;
    bench.scene.joe.settled(again).await.unwrap().unwrap();
    let (renewed, _) = renew(&bench, settings_with(&["counting", "second"]), &["counting"], opener()).await;
    assert_eq!((renewed, rules(&bench).await), (Ok(()), vec![row("counting", 5), row("second", 6)]));
    let eve = Peer::connect(&bench.scene.shard, Side::Customer, "eve").await;
    let said = eve.say(&billing(), "o3", "and I?").await;
    eve.settled(said).await.unwrap().unwrap();
    let (renewed, _) = renew(&bench, settings_with(&["second"]), &[], opener()).await;
    assert_eq!((renewed, rules(&bench).await), (Ok(()), vec![row("second", 6)]));
    assert_eq!(bench.scene.shard.drain().await, Ending::Drained);
    let store: &dyn Store = &*bench.scene.store;
    assert_eq!(replay(store, PART).unwrap().passed_over, 0);
}

#[tokio::test]
async fn a_rule_that_does_not_open_leaves_everything_as_it_is() {
    let bench = bench().await;
    let mut settings = settings_with(&["counting", "third"]);
    settings.name = "Another".to_owned();
    let (renewed, done) = renew(&bench, settings, &["counting"], opener()).await;
    let told = renewed.unwrap_err().to_string();
    assert_eq!(told, "the rule third of pool `main` does not open: refused: no third today");
    assert!(!done);
    let view = bench.scene.shard.view().await.unwrap();
    assert_eq!((view.status.name.as_str(), view.status.rules.len()), ("The Centre", 1));
    assert_eq!(rules(&bench).await, [("counting".to_owned(), shown(1))]);
    bench.conversation().await;
}

#[tokio::test]
async fn candidates_come_with_the_settings_are_exchanged_too_and_what_they_have_learnt_goes_into_service() {
    let bench = bench().await;
    let service = settings_with(&["counting"]);
    let canary = Canary { rules: vec!["counting".to_owned(), "second".to_owned()], share_ppm: 500_000 };
    let shadow = Some(vec!["second".to_owned()]);
    let pool = Pool { shadow, canary: Some(canary), ..service.pools[0].clone() };
    let (renewed, _) = renew(&bench, Settings { pools: vec![pool], ..service }, &[], opener()).await;
    renewed.unwrap();
    bench.conversation().await;
    bench.exchange(2, true).await.0.unwrap();
    let view = bench.scene.shard.view().await.unwrap();
    let rules: Vec<(Lane, &str, &str)> =
        view.status.rules.iter().map(|rule| (rule.lane, rule.name.as_str(), rule.digest.as_str())).collect();
    let (two, six) = (shown(2), shown(6));
    let expected = [
        (Lane::Service, "counting", two.as_str()),
        (Lane::Canary, "counting", two.as_str()),
        (Lane::Canary, "second", six.as_str()),
        (Lane::Shadow, "second", six.as_str()),
    ];
    assert_eq!(rules, expected);

    let given: Arc<Mutex<Option<SavedState>>> = Arc::default();
    let seen = Arc::clone(&given);
    let open: OpenNamed = Box::new(move |_, name, memory| {
        assert_eq!(name, "second", "the others are there");
        *seen.lock().unwrap() = memory.cloned();
        Ok(named("second", 6, true, memory))
    });
    let (renewed, _) = renew(&bench, settings_with(&["second", "counting"]), &[], open).await;
    renewed.unwrap();
    let memory = given.lock().unwrap().clone().expect("what the candidate remembers");
    assert!(memory.bytes.iter().any(|byte| *byte > 0), "it has learnt from a conversation");
    assert_eq!(bench.scene.shard.drain().await, Ending::Drained);
    assert_eq!(replay(&*bench.scene.store as &dyn Store, PART).unwrap().passed_over, 0);
}
