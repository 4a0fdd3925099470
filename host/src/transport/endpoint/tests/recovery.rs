//! Traps, checkpoints, and guests that break the rules.

use super::*;

#[test]
fn a_trap_loses_the_poison_input_and_nothing_else() {
    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.line("say billing before"), ["report 3 said joe/line"]);
    let done = bench.line("boom");
    assert_eq!(done[0], "poison: trapped: boom at line.rs:1");
    assert!(done[1].starts_with("send message n-1 from : What you sent last could not be handled"), "{done:?}");
    assert_eq!(done.len(), 2);
    assert_eq!(bench.settle(3), ["send settled 3"]);
    assert_eq!(bench.line("say billing after"), ["report 4 said joe/line"]);
}

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
    assert_eq!(bench.line("boom").len(), 2);
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
    let mut bench = Bench::with_joe(config(|c| (c.factory, c.traps) = (Arc::new(forgets), 9)));
    bench.line("boom");
    assert_eq!(bench.line("say billing hello"), ["report 3 said joe/line"], "opened anew and replayed");
    bench.after_ms(sandbox::REST_MS);
    let done = bench.line("say billing hello");
    assert!(done[1].starts_with("close: the adapter failed and could not go on: "), "{done:?}");
}

#[test]
fn a_call_that_breaks_a_rule_has_no_effect_at_all() {
    let mut bench = Bench::with_joe(config(|_| {}));
    let done = bench.line("say billing fine\nlie");
    assert_eq!(done[0], "poison: broke the contract: two unsettled reports with reference 4");
    assert_eq!(bench.settle(3), [""; 0]);
    assert_eq!(bench.line("say billing again"), ["report 3 said joe/line"]);
}

#[test]
fn too_many_outputs_break_the_contract() {
    let mut bench = Bench::with_joe(config(|c| c.limits.outputs = 3));
    assert_eq!(bench.line("a\nb\nc").len(), 3);
    assert_eq!(bench.line("a\nb\nc\nd")[0], "poison: exceeded a limit: 4 outputs; at most 3 are allowed");
    assert_eq!(
        bench.line("flood 2000000")[0],
        "poison: exceeded a limit: 2000000 bytes of output; at most 1048576 are allowed"
    );
}

#[test]
fn at_rest_the_guest_sleeps_and_the_next_input_wakes_it() {
    let factory = Arc::new(LineFactory::default());
    let mut bench = Bench::with_joe(config(|c| c.factory = factory.clone()));
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
