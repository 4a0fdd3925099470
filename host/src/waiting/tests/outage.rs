//! What outlasts a restart, and what an outage changes: nothing.

use super::random::{history, play, sane};
use super::*;
use crate::model::SavedState;
use expect_test::expect_file;
use proptest::prelude::*;

/// So late that no head start is before the beginning of time.
const LATE: u64 = 1_000_000_000_000;
/// Longer than agents rest and than what came after a restart is not scored.
const QUIET_MS: u64 = 120_000;

/// Everybody leaves, and it is quiet until the moment given back.
fn empty(waiting: &mut WaitingTimes, now: u64) -> u64 {
    for session in 0..40 {
        waiting.handle(Timestamp(now), &abandoned(session));
        waiting.handle(Timestamp(now), &ended(session));
    }
    waiting.handle(Timestamp(now + QUIET_MS), &Event::Agents { known: Some(3) });
    now + QUIET_MS
}

fn recalled(stored: &SavedState, now: u64) -> WaitingTimes {
    let mut waiting = WaitingTimes::recall(Timestamp(now), stored).unwrap();
    waiting.handle(Timestamp(now), &Event::Agents { known: Some(3) });
    waiting
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_recalled_says_the_same_and_goes_on_the_same(
        past in history(0..400),
        future in history(0..100),
        outage_ms in prop_oneof![Just(0), 0..10_000_000_u64],
    ) {
        let (mut before, mut now) = (WaitingTimes::default(), LATE);
        play(&mut before, &mut now, &past);
        let mut now = empty(&mut before, now);
        let stored = before.learnt(Timestamp(now));
        let mut later = now + outage_ms;
        let mut after = recalled(&stored, later);
        let newcomers = |waiting: &WaitingTimes, now| {
            ["a", "b", "c", "unheard of"].map(|queue| waiting.newcomer(Timestamp(now), queue, 7_000))
        };
        prop_assert_eq!(newcomers(&before, now), newcomers(&after, later));
        prop_assert_eq!(before.scores().collect::<Vec<_>>(), after.scores().collect::<Vec<_>>());
        prop_assert_eq!(&after.learnt(Timestamp(later)), &stored);
        (now, later) = (now + QUIET_MS, later + QUIET_MS);
        prop_assert_eq!(play(&mut before, &mut now, &future), play(&mut after, &mut later, &future));
        prop_assert_eq!(before.learnt(Timestamp(now)), after.learnt(Timestamp(later)));
    }

    /// Whoever waited before it, whatever becomes of them: what was measured of waits and of patience stays.
    #[test]
    fn nothing_is_learnt_of_waits_through_an_outage(
        past in history(0..300),
        found in proptest::collection::vec((0..3_usize, 0..600_000_u64, any::<bool>()), 0..12),
        acts in proptest::collection::vec((1_000..60_000_u64, 0..12_u64, 0..3_u8), 0..40),
    ) {
        let (mut waiting, mut now) = (WaitingTimes::default(), LATE);
        play(&mut waiting, &mut now, &past);
        let now = empty(&mut waiting, now);
        let mut waiting = recalled(&waiting.learnt(Timestamp(now)), now);
        let queues = ["a", "b", "c"];
        for (session, (queue, waited_ms, waits)) in (0_u64..).zip(&found) {
            let (session, queue) = (SessionId(session), queues[*queue]);
            let event = if *waits {
                Event::FoundWaiting { session, queue, waited_ms: *waited_ms, head_start_ms: *waited_ms }
            } else {
                Event::FoundServed { session, queue, agent: Some(1) }
            };
            waiting.handle(Timestamp(now), &event);
        }
        let waits = found.iter().filter(|(_, _, waits)| *waits).count();
        prop_assert_eq!(waiting.followed(), (waits, found.len() - waits));
        let longest = found.iter().filter(|(_, _, waits)| *waits).map(|(_, waited_ms, _)| *waited_ms).max();
        let measured = |waiting: &WaitingTimes, now: u64| {
            let place = waiting.history.newcomer(Timestamp(now), "a", 0);
            (waiting.outcomes(), place.recent_wait_s, place.last_wait_s, place.give_up_per_s)
        };
        let seen = waiting.history.newcomer(Timestamp(now), "a", 0);
        near(seen.oldest_s, measures::seconds(longest.unwrap_or(0)));
        let (scores, before) = (waiting.scores().collect::<Vec<_>>(), measured(&waiting, now));
        let mut at = now;
        for (step, session, what) in acts {
            at += step;
            let session = SessionId(session);
            let event = match what {
                0 => Event::Entered { session, agent: None },
                1 => Event::Abandoned { session },
                _ => Event::Left { session },
            };
            prop_assert_eq!(waiting.handle(Timestamp(at), &event), None);
        }
        prop_assert_eq!(measured(&waiting, at), before);
        prop_assert_eq!(waiting.scores().collect::<Vec<_>>(), scores);
    }

    /// Bytes that somebody has changed are refused, or read as something that makes sense.
    #[test]
    fn no_bytes_do_harm(past in history(0..200), changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let (mut waiting, mut now) = (WaitingTimes::default(), LATE);
        play(&mut waiting, &mut now, &past);
        let mut stored = waiting.learnt(Timestamp(now));
        let len = stored.bytes.len();
        for (place, byte) in changes {
            stored.bytes[place % len] = byte;
        }
        if let Ok(mut recalled) = WaitingTimes::recall(Timestamp(now), &stored) {
            now += QUIET_MS;
            for (_, standings, newcomers) in play(&mut recalled, &mut now, &past) {
                let said = standings.iter().flatten().chain(&newcomers);
                prop_assert!(said.into_iter().all(|standing| sane(&standing.estimate)));
            }
        }
    }
}

/// Sessions that come one after the other and wait so many seconds each; gives the moment behind.
fn served(waiting: &mut WaitingTimes, sessions: std::ops::Range<u64>, queue: &str, wait_s: u64) -> u64 {
    for session in sessions.clone() {
        waiting.handle(at(session * 400), &arrived(session, queue, 0));
        waiting.handle(at(session * 400 + wait_s), &entered(session, 1));
        waiting.handle(at(session * 400 + 300), &ended(session));
    }
    sessions.end * 400
}

#[test]
fn who_comes_right_after_a_restart_is_told_and_not_scored() {
    let mut waiting = WaitingTimes::default();
    let now = served(&mut waiting, 0..40, "q", 90);
    let mut after = WaitingTimes::recall(at(now), &waiting.learnt(at(now))).unwrap();
    assert_eq!((after.outcomes(), after.chosen()), (40, waiting.chosen()));
    after.handle(at(now), &Event::Agents { known: Some(1) });
    after.handle(at(now + 59), &arrived(50, "q", 0));
    assert!(after.standing(at(now + 59), SessionId(50)).is_some());
    after.handle(at(now + 60), &arrived(51, "q", 0));
    assert_eq!(after.handle(at(now + 500), &entered(50, 1)), None);
    assert!(after.handle(at(now + 500), &entered(51, 1)).is_some());
    assert_eq!(after.outcomes(), 41);
}

#[test]
fn the_most_that_is_stored_is_bounded_and_the_best_known_queues_are_kept() {
    let mut waiting = WaitingTimes::default();
    let name = |queue: u64| format!("a queue with a long name, number {queue:04}");
    let mut now = 0;
    for session in 0..2_000 {
        let queue = if session % 2 == 0 { 1_999 } else { session };
        now = served(&mut waiting, session..session + 1, &name(queue), 30 + session % 7 * 10);
    }
    let service_s = |waiting: &WaitingTimes, queue| waiting.history.newcomer(at(now), &name(queue), 0).work_s;
    let before = service_s(&waiting, 1_999);
    for session in 10_000..12_000 {
        waiting.handle(at(now), &Event::Arrived { session: SessionId(session), queue: "q", head_start_ms: u64::MAX });
    }
    let stored = waiting.learnt(at(now));
    assert!(stored.bytes.len() <= MOST_BYTES, "{}", stored.bytes.len());
    assert!(stored.bytes.len() > MOST_BYTES * 8 / 10, "{} of {MOST_BYTES} are the most", stored.bytes.len());
    let after = WaitingTimes::recall(at(now), &stored).unwrap();
    near(service_s(&after, 1_999), before);
    assert_eq!(after.learnt(at(now)), stored, "the same queues again");
}

#[test]
fn what_cannot_be_read_is_named() {
    let mut waiting = WaitingTimes::default();
    let now = served(&mut waiting, 0..3, "q", 30);
    let stored = waiting.learnt(at(now));
    let error = |stored: &SavedState| WaitingTimes::recall(at(now), stored).unwrap_err().to_string();
    assert_eq!(error(&SavedState { format: 9, ..stored.clone() }), "it is of format 9, this cordboard reads 1");
    assert!(error(&SavedState { bytes: vec![0xc1], ..stored.clone() }).starts_with("it can't be read: "));
    let others = WaitingTimes::new(vec![Box::new(ErlangA), Box::new(MovingAverage)]);
    assert_eq!(
        error(&others.learnt(at(now))),
        "it is of the estimators erlang-a, moving-average, expected regression, erlang-a, queue-length, head-of-line, \
         last-to-enter-service, moving-average"
    );
    let end = |number: f64| rmp_serde::to_vec(&number).unwrap();
    let wait = stored.bytes.windows(9).position(|bytes| bytes == end(30.0)).unwrap();
    let mut spoilt = stored.clone();
    spoilt.bytes[wait..wait + 9].copy_from_slice(&end(f64::NAN));
    assert!(error(&spoilt).ends_with(" can't be"), "{}", error(&spoilt));
}

/// Where this changes, `FORMAT` rises, and the file of the format before is refused.
#[test]
fn the_stored_bytes_are_pinned() {
    let mut waiting = WaitingTimes::default();
    let now = served(&mut waiting, 0..3, "q", 30);
    let stored = waiting.learnt(at(now));
    let hex = data_encoding::HEXLOWER.encode(&stored.bytes);
    let lines: String =
        hex.as_bytes().chunks(120).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect();
    expect_file!["./learnt-1.hex"].assert_eq(&lines);
    let bytes = data_encoding::HEXLOWER.decode(include_str!("learnt-1.hex").replace('\n', "").as_bytes()).unwrap();
    let pinned = recalled(&SavedState { format: 1, bytes }, at(now).0);
    assert_eq!(pinned.newcomer(at(now), "q", 0), recalled(&stored, at(now).0).newcomer(at(now), "q", 0));
    assert_eq!(pinned.outcomes(), 3);
}
