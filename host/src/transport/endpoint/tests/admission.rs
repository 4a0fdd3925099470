//! Who may report.

use super::*;

#[test]
fn nothing_is_taken_before_a_proof() {
    let mut bench = Bench::new(config(|_| {}));
    assert_eq!(bench.line("bind joe"), ["send refused 1 not-authorized"]);
    assert_eq!(bench.line("say billing hello"), ["send refused 2 not-authorized"]);
}

#[test]
fn an_adapter_cannot_impersonate() {
    let mut bench = Bench::new(config(|_| {}));
    bench.sign_in("joe");
    assert_eq!(bench.line("bind jim"), ["send refused 2 not-allowed"]);
    assert_eq!(bench.line("bind"), ["report 3 arrived joe/line"]);
    assert_eq!(bench.line("as jim/line hello"), ["send refused 4 not-found"]);
}

#[test]
fn where_nobody_is_asked_nobody_is_proven() {
    let mut bench = Bench::new(config(|c| c.own_accounts = false));
    assert_eq!(bench.endpoint.next_due(), Some(bench.now.plus_ms(sandbox::REST_MS)), "only the rest");
    assert_eq!(bench.line("bind joe"), ["send refused 1 not-allowed"]);
    assert_eq!(bench.line("bind"), ["report 2 arrived nobody/line"]);
}

#[test]
fn an_arrival_that_the_centre_refuses_is_undone() {
    let mut bench = Bench::new(config(|_| {}));
    bench.sign_in("joe");
    bench.line("bind");
    assert_eq!(bench.refuse(2, "not-allowed"), ["send refused 2 not-allowed"]);
    assert_eq!(bench.line("say billing hello"), ["send refused 3 not-found"]);
}

#[test]
fn who_has_left_says_no_more() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.feed(0, 0);
    assert_eq!(bench.line("leave"), ["report 3 left joe/line"]);
    assert_eq!(bench.line("say billing hello"), ["send refused 4 not-found"]);
    assert_eq!(bench.pulled(vec![entry(1, None, "hello")]), [""; 0]);
}

#[test]
fn few_contacts_are_on_a_stream() {
    let mut bench = Bench::new(config(|c| c.contacts = 0));
    bench.sign_in("joe");
    assert_eq!(bench.line("bind"), ["send refused 2 too-many"]);
}

#[test]
fn one_step_is_checked_at_a_time_and_the_peer_waits() {
    let mut bench = Bench::new(config(|_| {}));
    assert_eq!(bench.line("user joe wrong\nuser joe wronger\nuser joe secret"), ["verify 1"]);
    assert!(!bench.endpoint.wants_read(1));
    // The guest has begun anew: what comes of the first is not told, and the second was never checked.
    assert_eq!(bench.prove(1, "joe"), ["verify 3"]);
    assert_eq!(bench.prove(1, "joe"), [""; 0]);
    assert_eq!(bench.prove(3, "joe"), ["send welcome joe"]);
    assert!(bench.endpoint.wants_read(1));
}

#[test]
fn a_success_that_nobody_waits_for_proves_nothing() {
    let mut bench = Bench::new(config(|_| {}));
    bench.line("user jim x\nuser joe wrong");
    assert_eq!(bench.prove(1, "jim"), ["verify 2"]);
    let step = ProofStep::Refused(Failure::new("not-authorized", ""));
    assert_eq!(bench.event(Event::Proof(Proof { reference: 2, step })), ["send refused not-authorized"]);
    assert_eq!(bench.line("bind jim"), ["send refused 3 not-authorized"]);
}

#[test]
fn who_does_not_sign_in_is_closed() {
    let mut bench = Bench::new(config(|_| {}));
    assert_eq!(bench.after_ms(31_999), [""; 0]);
    assert_eq!(bench.after_ms(1), ["close: not authenticated within 30000 ms"]);

    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.after_ms(60_000), [""; 0]);
}

#[test]
fn an_overlong_text_is_refused() {
    let mut bench = Bench::with_joe(config(|c| c.limits.message_bytes = 5));
    assert_eq!(bench.line("say billing hello!"), ["send refused 3 too-large"]);
    assert_eq!(bench.line("say billing hello"), ["report 4 said joe/line"]);
}

#[test]
fn who_speaks_too_fast_is_not_listened_to_for_a_while_and_nothing_is_refused() {
    let mut bench = Bench::with_joe(config(|c| (c.limits.messages_per_second, c.limits.endpoint_credit) = (2, 100)));
    let lines = ["say billing hello"; 10].join("\n");
    assert!(bench.line(&lines).iter().all(|done| done.contains("said joe/line")));
    assert!(!bench.endpoint.wants_read(1));
    assert_eq!(bench.endpoint.next_due(), Some(bench.now.plus_ms(1_000)), "two more than four seconds' worth");
    bench.after_ms(999);
    assert!(!bench.endpoint.wants_read(1));
    bench.after_ms(1);
    assert!(bench.endpoint.wants_read(1));
}
