//! Feeds, windows and cursors.

use super::*;
use crate::centre::Notice;
use crate::model::Message;

fn from_billing(range: std::ops::RangeInclusive<u32>) -> Vec<Entry> {
    range.map(|seq| entry(seq, Some(1), &format!("m{seq}"))).collect()
}

fn ack(bench: &mut Bench, seq: u32) -> Vec<String> {
    bench.line(&format!("ack {}", message_id(FEED, Seq(seq))))
}

#[test]
fn what_is_acknowledged_at_once_moves_the_cursor_once() {
    let mut bench = Bench::with_joe(config(|_| {}));
    assert_eq!(bench.feed(0, 1), ["pull 16 after 0"]);
    assert_eq!(
        bench.pulled(from_billing(1..=3)),
        [
            "send message 5-0-1 from billing again: m1",
            "send message 5-0-2 from billing: m2",
            "send message 5-0-3 from billing: m3",
            "through 3: delivered",
        ]
    );
}

#[test]
fn at_most_a_window_is_handed_over() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("hold");
    bench.feed(0, 0);
    assert_eq!(bench.pulled(from_billing(1..=16)).len(), 16);
    assert_eq!(bench.endpoint.feeds.unacknowledged(FEED), 16);
    assert_eq!(bench.effect(Effect::Wake(EndpointId(1), FEED)), [""; 0]);
    for seq in 1..8 {
        assert_eq!(ack(&mut bench, seq), [format!("through {seq}: delivered")]);
    }
    assert_eq!(ack(&mut bench, 8), ["through 8: delivered", "pull 8 after 16"]);
    assert_eq!(bench.pulled(from_billing(17..=24)).len(), 8);
}

#[test]
fn the_cursor_waits_for_the_oldest() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("hold");
    bench.feed(0, 0);
    bench.pulled(from_billing(1..=3));
    assert_eq!(ack(&mut bench, 3), [""; 0]);
    assert_eq!(ack(&mut bench, 2), [""; 0]);
    assert_eq!(ack(&mut bench, 1), ["through 3: delivered"]);
    assert_eq!(ack(&mut bench, 1), [""; 0]);
}

#[test]
fn an_undelivered_message_is_told_by_itself() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("hold");
    bench.feed(0, 0);
    bench.pulled(from_billing(1..=4));
    bench.line("fail 5-0-3\nack 5-0-2\nack 5-0-4");
    assert_eq!(ack(&mut bench, 1), ["through 2: delivered", "through 3: gone", "through 4: delivered"]);
}

#[test]
fn own_words_are_passed_over_and_move_the_cursor_only_behind_another_s() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.feed(0, 0);
    assert_eq!(bench.pulled(vec![entry(1, Some(0), "mine")]), [""; 0], "the centre has passed it already");
    assert_eq!(bench.effect(Effect::Wake(EndpointId(1), FEED)), ["pull 16 after 1"]);
    let entries = vec![entry(2, Some(0), "mine"), entry(3, Some(1), "theirs"), entry(4, Some(0), "mine")];
    assert_eq!(bench.pulled(entries), ["send message 5-0-3 from billing: theirs", "through 4: delivered"]);
}

#[test]
fn own_words_before_one_that_is_refused_are_passed_with_it() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("hold");
    bench.feed(0, 0);
    bench.pulled(vec![entry(1, Some(0), "mine"), entry(2, Some(1), "theirs"), entry(3, Some(0), "mine")]);
    assert_eq!(bench.line("fail 5-0-2"), ["through 2: gone"]);
}

#[test]
fn a_wake_during_a_pull_pulls_again() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.feed(0, 0);
    assert_eq!(bench.effect(Effect::Wake(EndpointId(1), FEED)), [""; 0]);
    assert_eq!(bench.pulled(Vec::new()), ["pull 16 after 0"]);
    assert_eq!(bench.pulled(Vec::new()), [""; 0]);
}

#[test]
fn a_feed_started_again_sends_again_with_the_same_names() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.line("hold");
    bench.feed(0, 0);
    bench.pulled(from_billing(1..=2));
    assert_eq!(bench.feed(0, 2), ["pull 16 after 0"]);
    assert_eq!(
        bench.pulled(from_billing(1..=2)),
        ["send message 5-0-1 from billing again: m1", "send message 5-0-2 from billing again: m2",]
    );
    assert_eq!(ack(&mut bench, 1), ["through 1: delivered"]);
}

#[test]
fn the_answer_to_an_older_pull_neither_skips_nor_doubles() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.feed(4, 0);
    // Started again from 2 while the pull behind 4 is under way.
    assert_eq!(bench.feed(2, 0), [""; 0]);
    assert_eq!(bench.pulled(from_billing(5..=6)), ["pull 16 after 2"]);
    assert_eq!(bench.pulled(from_billing(3..=6)).len(), 5);
}

#[test]
fn a_stopped_feed_delivers_no_more() {
    let mut bench = Bench::with_joe(config(|_| {}));
    bench.feed(0, 0);
    assert_eq!(bench.effect(Effect::Unfeed(EndpointId(1), FEED)), [""; 0]);
    assert_eq!(bench.pulled(from_billing(1..=1)), [""; 0]);
}

#[test]
fn a_feed_for_somebody_who_is_not_here_is_not_pulled() {
    let mut bench = Bench::new(config(|_| {}));
    bench.sign_in("joe");
    assert_eq!(bench.feed(0, 0), [""; 0]);
}

#[test]
fn a_slow_reader_pulls_nothing() {
    let mut bench = Bench::with_joe(config(|c| c.limits.unsent_bytes = 1_000));
    bench.line("flood 400");
    assert_eq!(bench.feed(0, 0), [""; 0]);
    assert_eq!(bench.sent(400), ["pull 16 after 0"]);
}

#[test]
fn receipts_of_notices_are_nobodys() {
    let mut bench = Bench::with_joe(config(|_| {}));
    let message = Message::text("Offer 12 has gone.");
    let notice = |contact: &str| {
        let (contact, from) = (Contact::new(contact), Alias::new("billing"));
        Effect::Notice(EndpointId(1), Notice { contact, from, message: message.clone() })
    };
    assert_eq!(bench.effect(notice("joe/line")), ["send message n-1 from billing: Offer 12 has gone."]);
    assert_eq!(bench.effect(notice("ann/line")), [""; 0]);
}

#[test]
fn a_store_that_answers_too_much_does_not_widen_the_window() {
    let mut bench = Bench::with_joe(config(|c| c.limits.delivery_window = 2));
    bench.line("hold");
    bench.feed(0, 0);
    assert_eq!(bench.pulled(from_billing(1..=5)).len(), 2);
    assert_eq!(ack(&mut bench, 1), ["through 1: delivered", "pull 1 after 2"]);
}
