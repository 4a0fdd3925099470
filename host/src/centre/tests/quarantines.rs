//! What is out of service stays so over a restart, until another component is there or the operator says otherwise.

use super::desk::{Desk, profile, settings};
use super::rules::{Deed, Native, Villain};
use super::talker::Talker;
use crate::centre::{Components, Input, Output};
use crate::model::lane::{Canary, WHOLE_PPM};
use crate::model::quarantine::{Quarantine, Quarantined};
use crate::model::record::Record;
use crate::model::rule::Rule;
use crate::model::settings::{Dialog, Pool, Settings};
use crate::model::{Digest, Lane, Timestamp};
use expect_test::expect;

/// It traps at every call.
fn villain(digest: u8) -> Box<dyn Rule> {
    Box::new(Villain::new(Deed::Trap, 1).with_digest(digest))
}

fn good() -> Box<dyn Rule> {
    Box::new(Native::new("good", |_, _, _| super::rules::Fit::Tier(0)))
}

/// The villain of this digest in one of the chains, and a rule that serves; and the dialog of sales in this version.
fn set(lane: Lane, digest: u8) -> Components {
    let mut set = Components::from([("main".to_owned(), vec![good()])]);
    set.of_mut("main", lane).insert(0, villain(digest));
    set.add_dialog(Box::new(Talker::of_version("greeter", digest)));
    set
}

fn with(lane: Lane) -> Settings {
    let rules = set(lane, 7);
    let names = |lane| rules.of("main", lane).iter().map(|rule| rule.name().to_owned()).collect::<Vec<_>>();
    let canary = (lane == Lane::Canary).then(|| Canary { rules: names(Lane::Canary), share_ppm: WHOLE_PPM });
    let shadow = (lane == Lane::Shadow).then(|| names(Lane::Shadow));
    let mut settings =
        Settings { pools: vec![Pool { shadow, canary, ..Pool::new("main", names(Lane::Service)) }], ..settings() };
    settings.dialogs = vec![Dialog::new("greeter")];
    settings.links[1].dialog = Some("greeter".to_owned());
    settings
}

/// A desk with people who come until the villain is in quarantine.
fn quarantined(lane: Lane) -> Desk {
    let mut desk = Desk::new(with(lane), set(lane, 7), vec![profile("ann", 100)]);
    desk.agent("ann");
    for number in 0..20 {
        comes(&mut desk, &format!("c{number}"));
        desk.wait(10_000);
    }
    assert_eq!(names(&desk), [format!("main {} villain", lane.as_str())]);
    desk
}

fn comes(desk: &mut Desk, name: &str) {
    let person = desk.customer(name);
    desk.say(&person, "billing", "hello");
}

fn name(of: &Quarantined) -> String {
    match of {
        Quarantined::Rule { pool, lane, rule } => format!("{pool} {} {rule}", lane.as_str()),
        Quarantined::Dialog(name) => format!("dialog {name}"),
    }
}

/// What is in force, which is what is stored.
fn in_force(desk: &Desk) -> Vec<Quarantine> {
    let stored = desk.ledger.records.values().filter_map(|record| match record {
        Record::Quarantine(quarantine) => Some(quarantine.clone()),
        _ => None,
    });
    let in_force = desk.centre.quarantines();
    assert_eq!(stored.collect::<Vec<_>>(), in_force, "left: stored");
    in_force
}

fn names(desk: &Desk) -> Vec<String> {
    in_force(desk).iter().map(|quarantine| name(&quarantine.of)).collect()
}

/// The villain's answers since a batch.
fn answers(outputs: &[Output], lane: Lane) -> usize {
    let answers = outputs.iter().flat_map(|output| &output.answers);
    answers.filter(|answer| answer.lane == lane && answer.rule == 0).count()
}

#[test]
fn a_quarantine_outlasts_a_restart_in_every_chain() {
    for lane in Lane::ALL {
        let mut desk = quarantined(lane);
        let before = in_force(&desk);
        assert_eq!(before[0].digest, Digest([7; 32]));
        assert!(before[0].out.since > Timestamp(1_000_000) && before[0].out.since < desk.now, "{before:?}");
        let restarted = desk.outputs.len();
        for _ in 0..2 {
            desk.restart(set(lane, 7));
            desk.agent("ann");
            comes(&mut desk, "late");
            desk.wait(700_000);
            assert_eq!(in_force(&desk), before, "since when and why stays");
        }
        assert_eq!(answers(&desk.outputs[restarted..], lane), 0, "it is asked nothing, however long it lasts");
        assert!(answers(&desk.outputs[restarted..], Lane::Service) > 0 || lane == Lane::Service);
        desk.replays();
    }
}

#[test]
fn decisions_say_after_a_restart_that_a_rule_is_left_out_and_why() {
    let mut desk = quarantined(Lane::Service);
    desk.restart(set(Lane::Service, 7));
    desk.agent("ann");
    comes(&mut desk, "late");
    let view = desk.centre.view(desk.now);
    let why = &view.sessions.last().expect("there are some").why;
    assert!(why.ends_with("without villain, which fails and is quarantined"), "{why}");
    let rule = &view.status.rules[0];
    expect!["failed 5 times within 600 s, the last time: trapped: unreachable"]
        .assert_eq(rule.quarantined.as_deref().unwrap_or_default());
    assert_eq!(rule.quarantined_since, Some(in_force(&desk)[0].out.since));
}

#[test]
fn a_canary_that_is_rolled_back_stays_so_over_a_restart_and_is_released_by_name() {
    let mut desk = quarantined(Lane::Canary);
    desk.restart(set(Lane::Canary, 7));
    desk.agent("ann");
    let restarted = desk.outputs.len();
    let rolled_back = |desk: &Desk| {
        let canary = desk.centre.view(desk.now).status.candidates[0].canary.clone();
        canary.expect("there is one").rolled_back.map(|out| out.rule)
    };
    assert_eq!(rolled_back(&desk).as_deref(), Some("villain"));
    comes(&mut desk, "late");
    assert_eq!(answers(&desk.outputs[restarted..], Lane::Canary), 0);
    let output = desk.batch(vec![Input::RuleReleased { rule: "villain".to_owned() }]);
    assert_eq!((rolled_back(&desk), names(&desk).len()), (None, 0));
    assert!(output.rolled_back.is_empty() && answers(&[output], Lane::Canary) > 0, "it is asked again");
    desk.restart(set(Lane::Canary, 7));
    assert_eq!(rolled_back(&desk), None, "the release outlasts a restart, too");
    desk.replays();
}

#[test]
fn another_component_is_in_service_whether_it_comes_while_we_run_or_while_we_are_away() {
    for lane in Lane::ALL {
        let mut desk = quarantined(lane);
        let restarted = desk.outputs.len();
        desk.restart(set(lane, 8));
        assert!(names(&desk).is_empty(), "the quarantine was of another");
        desk.agent("ann");
        comes(&mut desk, "late");
        assert!(answers(&desk.outputs[restarted..], lane) > 0);
        desk.replays();

        let mut desk = quarantined(lane);
        desk.restart(set(lane, 7));
        desk.centre.replace_rule("main", lane, 0, villain(8));
        desk.batch(vec![Input::RuleReplaced { pool: "main".to_owned(), lane, rule: 0 }]);
        assert!(names(&desk).is_empty());
        desk.replays();
    }
}

#[test]
fn a_quarantine_of_what_is_not_there_any_more_is_given_up() {
    let mut desk = quarantined(Lane::Service);
    let mut settings = with(Lane::Service);
    settings.pools[0].rules.remove(0);
    desk.centre.stage_dialogs(set(Lane::Service, 7).take_dialogs());
    desk.batch(vec![Input::Settings(Box::new(settings.clone()))]);
    assert!(names(&desk).is_empty());
    desk.replays();

    // Its pool has gone from the file while we were away.
    let mut desk = quarantined(Lane::Canary);
    settings.pools = vec![Pool::new("other", vec!["good".to_owned()])];
    settings.queues.iter_mut().for_each(|queue| "other".clone_into(&mut queue.pool));
    let mut rules = Components::from([("other".to_owned(), vec![good()])]);
    rules.add_dialog(Box::new(Talker::of_version("greeter", 7)));
    desk.restart_with(settings, rules);
    assert!(names(&desk).is_empty());
    desk.replays();
}

#[test]
fn a_rule_that_stays_through_a_reload_stays_in_quarantine() {
    let mut desk = quarantined(Lane::Service);
    let before = in_force(&desk);
    desk.restart(set(Lane::Service, 7));
    desk.centre.stage_dialogs(set(Lane::Service, 7).take_dialogs());
    let settings = Settings { offer_ms: 5_000, ..with(Lane::Service) };
    desk.batch(vec![Input::Settings(Box::new(settings))]);
    assert_eq!(in_force(&desk), before);
    desk.replays();
}

/// A desk where the dialog has failed with as many customers as it takes.
fn silenced() -> Desk {
    let mut desk = Desk::new(with(Lane::Service), set(Lane::Service, 7), Vec::new());
    desk.batch(vec![Input::RuleReleased { rule: "villain".to_owned() }]);
    for number in 0..5 {
        let person = desk.customer(&format!("d{number}"));
        desk.say(&person, "sales", "hello");
        desk.say(&person, "sales", "trap");
    }
    assert!(names(&desk).contains(&"dialog greeter".to_owned()), "{:?}", names(&desk));
    desk
}

/// Where a customer goes who comes now.
fn goes(desk: &mut Desk) -> String {
    let late = desk.customer("late");
    desk.say(&late, "sales", "hello");
    desk.centre.view(desk.now).sessions.last().expect("one has come").state.clone()
}

fn is_silenced(desk: &Desk) -> bool {
    names(desk).contains(&"dialog greeter".to_owned())
}

#[test]
fn a_dialog_out_of_service_stays_so_over_a_restart() {
    let mut desk = silenced();
    desk.restart(set(Lane::Service, 7));
    assert!(is_silenced(&desk));
    assert_eq!(goes(&mut desk), "waiting");
    let out = &desk.centre.view(desk.now).status.dialogs_out[0];
    assert_eq!(
        (out.plugin.as_str(), out.why.as_str()),
        ("greeter", "the dialog greeter failed with 5 customers within 600 s")
    );
    desk.replays();
}

#[test]
fn a_dialog_is_in_service_again_when_it_is_released_replaced_or_loaded_anew() {
    let mut released = silenced();
    released.restart(set(Lane::Service, 7));
    released.batch(vec![Input::DialogReleased { plugin: "greeter".to_owned() }]);
    let mut replaced = silenced();
    replaced.restart(set(Lane::Service, 7));
    replaced.centre.replace_dialog(Box::new(Talker::of_version("greeter", 8)));
    replaced.batch(vec![Input::DialogReplaced { dialog: "greeter".to_owned() }]);
    let mut away = silenced();
    away.restart(set(Lane::Service, 8));
    let mut reloaded = silenced();
    reloaded.centre.stage_dialogs(set(Lane::Service, 7).take_dialogs());
    reloaded.batch(vec![Input::Settings(Box::new(with(Lane::Service)))]);
    for desk in [&mut released, &mut replaced, &mut away, &mut reloaded] {
        assert!(!is_silenced(desk));
        assert_eq!(goes(desk), "automated");
        desk.replays();
    }
}
