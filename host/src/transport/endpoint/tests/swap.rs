//! Guests that go over to another adapter, and those that can't.

use super::*;

const SAID: [&str; 1] = ["report 3 said joe/line"];

impl Bench {
    fn swap(&mut self, factory: &Arc<LineFactory>) -> Vec<String> {
        self.event(Event::Swap(factory.clone()))
    }

    /// Everything that was sent has left.
    fn flushed(&mut self) {
        let unsent = self.endpoint.channels[0].unsent.bytes();
        self.sent(unsent);
    }
}

/// An endpoint with joe on it, and the first version.
fn first() -> (Arc<LineFactory>, Bench) {
    let factory = LineFactory::version(1, None);
    let bench = Bench::of_joe(factory.clone(), config(|_| {}));
    (factory, bench)
}

/// Whether nobody but us holds it.
fn is_dropped(factory: &Arc<LineFactory>) -> bool {
    Arc::strong_count(factory) == 1
}

#[test]
fn a_guest_goes_over_in_the_middle_of_a_line_with_reports_under_way() {
    let (old, mut bench) = first();
    assert_eq!(bench.line("say billing hello"), SAID);
    bench.event(Event::Received { channel: 1, data: b"say billing wor".to_vec() });
    let new = LineFactory::version(2, None);
    assert_eq!(bench.swap(&new), ["moved"]);
    assert_eq!((old.alive(), new.alive()), (0, 1));
    assert_eq!(bench.line("ld\nversion"), ["report 4 said joe/line", "send version 2"]);
    assert_eq!(bench.settle(3), ["send settled 3"]);
    assert!(!is_dropped(&old), "that report was the old one's");
    assert_eq!(bench.settle(4), ["send settled 4"]);
    assert!(is_dropped(&old));
}

#[test]
fn timers_credit_and_feeds_stay() {
    let (_, mut bench) = first();
    bench.line("timer 3 500\nhold");
    bench.feed(0, 0);
    assert_eq!(bench.pulled(vec![entry(1, None, "one")]), ["send message 5-0-1 from billing: one"]);
    assert_eq!(bench.swap(&LineFactory::version(2, None)), ["moved"]);
    assert_eq!(bench.line("ack 5-0-1"), ["through 1: delivered"]);
    assert_eq!(bench.after_ms(500), ["send tick 3"]);
}

#[test]
fn what_was_put_off_is_worked_off_by_the_new_guest() {
    let (_, mut bench) = first();
    bench.line("wait 100\nversion\nsay billing hello");
    assert_eq!(bench.swap(&LineFactory::version(2, None)), ["moved"]);
    assert_eq!(bench.after_ms(100), ["send version 2"]);
    assert_eq!(bench.after_ms(10), SAID);
}

#[test]
fn one_that_sleeps_goes_over_and_sleeps_on() {
    let (old, mut bench) = first();
    bench.flushed();
    bench.after_ms(sandbox::REST_MS);
    let new = LineFactory::version(2, None);
    assert_eq!(bench.swap(&new), ["moved"]);
    assert_eq!((old.alive(), new.alive()), (0, 0));
    assert_eq!(bench.endpoint.next_due(), Some(bench.now.plus_ms(60_000)), "then the old version is let go of");
    assert_eq!(bench.after_ms(60_000), [""; 0]);
    assert_eq!(bench.endpoint.next_due(), None);
    assert!(is_dropped(&old));
    assert_eq!(bench.line("version"), ["send version 2"]);
}

#[test]
fn a_guest_that_is_never_answered_is_off_probation_when_it_rests() {
    let (old, mut bench) = first();
    bench.flushed();
    bench.swap(&LineFactory::version(2, None));
    assert!(!is_dropped(&old));
    bench.after_ms(sandbox::REST_MS);
    assert!(is_dropped(&old));
}

#[test]
fn who_cannot_take_over_leaves_the_old_guest_in_place() {
    let forgets = Arc::new(LineFactory { forgets: true, ..LineFactory::default() });
    let vices = [
        (forgets, "stayed: refused: an unknown format"),
        (LineFactory::version(2, Some(Vice::TrapsInSave)), "stayed: trapped: can't be saved"),
        (LineFactory::version(2, Some(Vice::WritesUnreadably)), "stayed: refused: an unknown format"),
    ];
    for is_asleep in [false, true] {
        for (new, expected) in &vices {
            let (_, mut bench) = first();
            if is_asleep {
                bench.flushed();
                bench.after_ms(sandbox::REST_MS);
            }
            assert_eq!(bench.swap(new), [*expected]);
            assert_eq!(bench.line("version\nsay billing hello"), ["send version 1", SAID[0]]);
            assert_eq!(bench.settle(3), ["send settled 3"]);
        }
    }
}

#[test]
fn on_probation_the_old_guest_takes_the_input_at_which_the_new_one_fails() {
    let failures = [
        (Vice::TrapsAtInput, "trapped: not made for this"),
        (Vice::Lies, "broke the contract: two unsettled reports with reference 4"),
    ];
    for is_asleep in [false, true] {
        for (vice, failure) in failures {
            let (_, mut bench) = first();
            assert_eq!(bench.line("say billing hello"), SAID);
            if is_asleep {
                bench.flushed();
                bench.after_ms(sandbox::REST_MS);
            }
            assert_eq!(bench.swap(&LineFactory::version(2, Some(vice))), ["moved"]);
            let kept = format!("poison: {failure}");
            let stayed = format!("stayed: {failure}");
            assert_eq!(
                bench.line("version\nsay billing more"),
                ["send version 1", "report 4 said joe/line", &kept, &stayed]
            );
            assert_eq!(bench.settle(3), ["send settled 3"]);
            assert_eq!(bench.settle(4), ["send settled 4"]);
        }
    }
}

#[test]
fn what_the_new_guest_took_before_it_failed_the_old_one_takes_too_and_nothing_is_said_twice() {
    let (_, mut bench) = first();
    assert_eq!(bench.swap(&LineFactory::version(2, Some(Vice::TrapsInSaveLater))), ["moved"]);
    assert_eq!(bench.line("version\nsay billing hello"), ["send version 2", SAID[0]]);
    bench.flushed();
    let failed = ["unsaved: trapped: can't be saved any more", "stayed: trapped: can't be saved any more"];
    assert_eq!(bench.after_ms(sandbox::REST_MS), [failed[0], failed[1], "moved"], "and it is tried again");
    assert_eq!(bench.settle(3), ["send settled 3"]);
    assert_eq!(bench.line("say billing more"), ["report 4 said joe/line"]);
}

#[test]
fn poison_for_both_is_poison() {
    let (_, mut bench) = first();
    assert_eq!(bench.swap(&LineFactory::version(2, None)), ["moved"]);
    assert_eq!(
        bench.line("say billing hello\nboom\nversion"),
        [
            SAID[0],
            "poison: trapped: boom at line.rs:1",
            "send skipped",
            "send version 1",
            "poison: trapped: boom at line.rs:1",
            "stayed: trapped: boom at line.rs:1",
        ]
    );
    assert_eq!(bench.settle(3), ["send settled 3"]);
}

#[test]
fn a_failure_of_the_new_guest_is_none_of_the_connection() {
    let (_, mut bench) = first();
    for version in 2..9 {
        bench.swap(&LineFactory::version(version, Some(Vice::TrapsAtInput)));
        assert_eq!(bench.line("version")[0], "send version 1");
    }
}

#[test]
fn two_swaps_in_a_row_end_at_the_last() {
    let (old, mut bench) = first();
    let (second, third) = (LineFactory::version(2, None), LineFactory::version(3, None));
    bench.line("say billing hello");
    assert_eq!(bench.swap(&second), ["moved"]);
    assert_eq!(bench.swap(&third), ["moved"]);
    assert!(is_dropped(&old));
    assert_eq!(bench.line("version\nsay billing more"), ["send version 3", "report 4 said joe/line"]);
    bench.settle(3);
    bench.settle(4);
    assert!(is_dropped(&second));
}

#[test]
fn a_swap_back_while_the_new_guest_is_on_probation() {
    let (old, mut bench) = first();
    let new = LineFactory::version(2, Some(Vice::TrapsInSaveLater));
    assert_eq!(bench.swap(&new), ["moved"]);
    assert_eq!(bench.line("version"), ["send version 2"]);
    let trapped = "trapped: can't be saved any more";
    let words = [format!("unsaved: {trapped}"), format!("stayed: {trapped}"), "moved".to_owned()];
    assert_eq!(bench.swap(&old), words);
    assert!(is_dropped(&new));
    assert_eq!(bench.line("version"), ["send version 1"]);
}

#[test]
fn the_same_component_again_is_no_swap() {
    let (old, mut bench) = first();
    let same = LineFactory::version(1, None);
    assert_eq!(bench.swap(&same), ["moved"]);
    assert!(is_dropped(&old));
    bench.flushed();
    bench.after_ms(sandbox::REST_MS);
    assert_eq!(bench.line("version"), ["send version 1"]);
    assert_eq!((old.alive(), same.alive()), (0, 1));
}

#[test]
fn an_adapter_that_failed_is_tried_again_a_few_times_and_then_once_a_minute() {
    let (_, mut bench) = first();
    let new = LineFactory::version(2, Some(Vice::TrapsInSave));
    assert_eq!(bench.swap(&new).len(), 1);
    let mut rest = |pause_ms: u64| {
        bench.line("version");
        bench.flushed();
        bench.now = bench.now.plus_ms(pause_ms);
        bench.after_ms(sandbox::REST_MS)
    };
    let stayed = ["stayed: trapped: can't be saved"];
    assert_eq!(rest(0), stayed);
    assert_eq!(rest(0), stayed);
    assert_eq!(rest(0), [""; 0]);
    assert_eq!(rest(60_000), stayed);
    assert_eq!(rest(0), [""; 0]);
}

#[test]
fn an_endpoint_that_is_ending_goes_over_to_nothing() {
    let (_, mut bench) = first();
    bench.event(Event::Reset("the store failed"));
    let new = LineFactory::version(2, None);
    assert_eq!(bench.swap(&new), [""; 0]);
    assert!(is_dropped(&new));
}

#[test]
fn between_two_connections_of_a_link_its_guest_goes_over() {
    let mut link = link::Link::up_of(LineFactory::version(1, None), link::link(|_| {}));
    assert_eq!(link.line("as joe hello"), ["report 3 said joe"]);
    link.closed();
    assert_eq!(link.bench.swap(&LineFactory::version(2, None)), ["moved"]);
    assert_eq!(link.opened(), ["send hello support.example"]);
    link.sign_in();
    assert_eq!(link.line("version"), ["send version 2"]);
    assert_eq!(link.bench.settle(3), ["send settled 3"]);
}
