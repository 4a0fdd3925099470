//! Traps, checkpoints, and guests that break the rules.

use super::*;

#[test]
fn what_was_half_received_before_the_checkpoint_is_still_there() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.event(Event::Received { channel: 1, data: b"say billing he".to_vec() });
    assert_eq!(bench.after_ms(sandbox::REST_MS), [""; 0]);
    bench.event(Event::Received { channel: 1, data: b"ll".to_vec() });
    // The poison is a delivery, so that the half line is not broken by it.
    bench.feed(0, 0);
    assert_eq!(
        bench.pulled(vec![entry(1, None, "boom"), entry(2, None, "fine")]),
        [
            "poison: trapped: boom at delivery",
            "send message 5-0-2 from billing: fine",
            "through 1: unsupported",
            "through 2: delivered",
        ]
    );
    assert_eq!(bench.line("o"), ["report 3 said joe/line"]);
}

#[test]
fn inputs_since_a_checkpoint_are_bounded() {
    let mut bench = Bench::with_joe(config(|c| c.limits.replay_inputs = 8));
    for n in 3..40 {
        assert_eq!(bench.line("say billing hello"), [format!("report {n} said joe/line")]);
        bench.settle(n);
    }
    assert_eq!(bench.line("boom"), ["poison: trapped: boom at line.rs:1", "send skipped"]);
    assert_eq!(bench.line("say billing hello"), ["report 40 said joe/line"]);
}

#[test]
fn a_second_trap_closes_the_channel() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("boom");
    assert_eq!(
        bench.line("boom"),
        [
            "poison: trapped: boom at line.rs:1",
            "close: the adapter failed and could not go on: trapped: boom at line.rs:1",
        ]
    );
    assert_eq!(bench.line("say billing hello"), [""; 0]);
}

#[test]
fn a_guest_that_cannot_be_restored_closes_the_channel() {
    let forgets = LineFactory { forgets: true, ..LineFactory::default() };
    let mut bench = Bench::of_joe(Arc::new(forgets), config(|c| c.traps = 9));
    bench.after_ms(sandbox::REST_MS);
    let done = bench.line("say billing hello");
    assert!(done[1].starts_with("close: the adapter failed and could not go on: "), "{done:?}");
}

#[test]
fn a_call_that_breaks_a_rule_has_no_effect_at_all() {
    let mut bench = Bench::with_joe(config(|_| {}));
    let broken = "poison: broke the contract: two unsettled reports with reference 4";
    assert_eq!(bench.line("say billing fine\nlie"), ["report 3 said joe/line", broken, "send skipped"]);
    assert_eq!(bench.settle(4), [""; 0]);
    assert_eq!(bench.line("say billing again"), ["report 4 said joe/line"]);
}

#[test]
fn what_is_too_much_in_one_piece_is_taken_in_several() {
    let mut bench = Bench::with_joe(config(|c| c.limits.outputs = 3));
    assert_eq!(bench.line("a\nb\nc").len(), 3);
    let mut expected = vec!["send what?"; 4];
    expected.insert(3, "poison: exceeded a limit: 4 outputs; at most 3 are allowed");
    let mut done = bench.line("a\nb\nc\nd");
    done.sort_by_key(|done| done.starts_with("poison"));
    expected.sort_by_key(|done| done.starts_with("poison"));
    assert_eq!(done, expected);
    assert_eq!(
        bench.line("flood 2000000"),
        [
            "poison: exceeded a limit: 2000000 bytes of output; at most 1048576 are allowed",
            "close: the adapter failed and could not go on: exceeded a limit: 2000000 bytes of output; at most 1048576 are allowed"
        ]
    );
}

#[test]
fn at_rest_the_guest_sleeps_and_the_next_input_wakes_it() {
    let factory = Arc::new(LineFactory::default());
    let mut bench = Bench::of_joe(factory.clone(), config(|_| {}));
    bench.sent("welcome joe\nsettled 2\n".len());
    assert_eq!(factory.alive(), 1);
    let rests_at = bench.now.plus_ms(sandbox::REST_MS);
    assert_eq!(bench.endpoint.next_due(), Some(rests_at));
    assert_eq!(bench.after_ms(sandbox::REST_MS), [""; 0]);
    assert_eq!(bench.endpoint.next_due(), None);
    assert_eq!(factory.alive(), 0);
    assert_eq!(bench.line("say billing hello"), ["report 3 said joe/line"]);
    assert_eq!(factory.alive(), 1);
    assert_eq!(bench.line("boom").len(), 2);
    assert_eq!(bench.line("say billing hello"), ["report 4 said joe/line"]);
}

#[test]
fn a_guest_whose_inputs_were_just_folded_comes_to_rest_as_well() {
    let mut bench = Bench::with_joe(config(|c| c.limits.replay_inputs = 1));
    bench.sent("welcome joe\nsettled 2\n".len());
    assert_eq!(bench.endpoint.next_due(), Some(bench.now.plus_ms(sandbox::REST_MS)));
}

#[test]
fn failures_are_forgotten() {
    let mut bench = Bench::with_joe(config(|c| c.limits.traps_window_ms = 60_000));
    for _ in 0..3 {
        assert_eq!(bench.line("boom"), ["poison: trapped: boom at line.rs:1", "send skipped"]);
        let unsent = bench.endpoint.channels[0].unsent.bytes();
        bench.sent(unsent);
        bench.after_ms(400_000);
    }
}

#[test]
fn a_checkpoint_waits_for_as_many_inputs_as_the_last_one_was_large() {
    let mut bench = Bench::with_joe(config(|c| (c.limits.replay_inputs, c.limits.replay_bytes) = (8, 2_000)));
    // The state holds half a line of 4,000 bytes from here on.
    bench.event(Event::Received { channel: 1, data: vec![b'x'; 4_000] });
    assert!(bench.endpoint.sandbox.is_empty(), "a checkpoint was taken");
    for _ in 0..30 {
        bench.event(Event::Received { channel: 1, data: vec![b'x'; 10] });
    }
    assert!(!bench.endpoint.sandbox.is_empty(), "30 inputs are no reason to save 4,000 bytes again");
    bench.event(Event::Received { channel: 1, data: vec![b'x'; 16_000] });
    bench.event(Event::Received { channel: 1, data: vec![b'x'; 16_000] });
    assert!(bench.endpoint.sandbox.is_empty());
}

#[test]
fn a_guest_that_has_grown_begins_anew_at_a_checkpoint_though_it_is_never_silent() {
    let factory = Arc::new(LineFactory::default());
    let mut bench = Bench::of_joe(factory.clone(), config(|c| c.limits.replay_inputs = 4));
    for _ in 0..4 {
        bench.line("say billing hello");
        assert_eq!(factory.alive(), 1, "a small one stays");
    }
    let long = "x".repeat(8_000);
    let mut fresh = 0;
    for _ in 0..4 {
        bench.line(&long);
        fresh += usize::from(factory.alive() == 0);
    }
    assert_eq!(fresh, 1, "once in four inputs");
    assert_eq!(bench.line("say billing hello").len(), 1, "and it goes on");
    assert_eq!(factory.alive(), 1);
}
