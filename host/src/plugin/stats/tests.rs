//! Strikes, and what the registry has of plugins that come and go.

use super::*;
use crate::model::adapter::AdapterFactory as _;
use crate::plugin::tests::components;
use crate::plugin::{AdapterPlugin, RulePlugin};
use expect_test::expect;

fn trap() -> GuestFailure {
    GuestFailure::Trapped("boom".to_owned())
}

#[test]
fn strikes_count_within_their_window_and_strike_out_once() {
    let mut strikes =
        Strikes::new(&Limits { quarantine_strikes: 3, quarantine_window_ms: 60_000, ..Limits::default() });
    let start = Instant::now();
    let at = |s| start + Duration::from_secs(s);
    let mut struck_out = |s| strikes.strike(at(s), &trap()).is_some();
    assert_eq!([0, 30, 60, 61].map(&mut struck_out), [false, false, false, true], "the first is forgotten at 60");
    assert_eq!([62, 63].map(&mut struck_out), [false, false], "it is out already");
    assert!(!struck_out(300), "all were forgotten");
    assert_eq!([301, 302].map(&mut struck_out), [false, true]);
    expect!["failed 3 times within 60 s, the last time: trapped: boom"].assert_eq(&strikes.out(at(303)).unwrap());
}

#[test]
fn a_rule_is_counted_while_it_lives() {
    let loader = components::loader(&Limits::default());
    let plugin = loader.load("longest-idle.wasm".as_ref(), &components::component("longest-idle")).unwrap();
    let crate::plugin::AnyPlugin::Rule(component) = plugin else { panic!("it is a rule") };
    let read = || loader.registry().snapshots().pop().unwrap().reading;
    assert_eq!((read().sandboxes, read().memory_bytes, read().latency.count()), (0, 0, 1), "its start for trial");
    let rule = RulePlugin::open(&component, "longest-idle", "{}", None).unwrap();
    assert_eq!((read().sandboxes, read().memory_bytes), (1, rule.memory_bytes()));
    assert_eq!(read().latency.count(), 3, "instantiated and opened");
    assert!(read().fuel > 0 && read().latency.sum() > Duration::ZERO);
    drop(rule);
    assert_eq!((read().sandboxes, read().memory_bytes), (0, 0));
    drop(component);
    assert!(loader.registry().snapshots().is_empty(), "nobody holds it any more");
}

#[test]
fn an_adapters_failures_are_counted_and_it_is_struck_out() {
    let limits = Limits { quarantine_strikes: 2, ..Limits::default() };
    let loader = components::loader(&limits);
    let plugin = loader.load("traps-adapter.wasm".as_ref(), &components::component("traps-adapter")).unwrap();
    let crate::plugin::AnyPlugin::Adapter(component) = plugin else { panic!("it is an adapter") };
    let (told, heard) = std::sync::mpsc::channel();
    loader.registry().on_struck_out(move |struck_out| told.send(struck_out.clone()).unwrap());
    let factory = AdapterPlugin::new(&component, "{}");
    factory.strike(&trap());
    assert!(heard.try_recv().is_err());
    factory.strike(&trap());
    let struck_out = heard.try_recv().unwrap();
    assert_eq!((struck_out.name.as_str(), struck_out.digest), ("traps-adapter", component.about().digest));
    assert!(loader.registry().snapshots()[0].failing.is_some());
    assert_eq!((loader.registry().release("traps-adapter"), loader.registry().release("traps-adapter")), (1, 0));
    assert_eq!(loader.registry().snapshots()[0].failing, None);
}
