//! No look-ahead: histories that are the same up to a moment are told the same up to it.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Two days of a few minutes each, in steps of ten seconds, so that much happens at once.
fn call() -> impl Strategy<Value = Call> {
    let wait = proptest::option::of(0..12_u64);
    let ending = proptest::option::of((proptest::option::of(0..4_u32), 0..200_u64, any::<bool>()));
    (1..=2_u32, 0..3_usize, prop_oneof![Just(0), Just(90_000)], 0..30_u64, wait, ending).prop_map(
        |(day, service, head_start_ms, arrived, wait, ending)| {
            let arrived = Timestamp((u64::from(day) * 86_400 + arrived * 10) * 1000);
            let waited_ms = wait.map(|tens| tens * 10_000);
            let left = arrived.plus_ms(waited_ms.unwrap_or(0));
            let served =
                |(agent, took_s, measured)| Ending::Served { agent, ended: left.plus_ms(took_s * 1000), measured };
            let ending = ending.map_or(Ending::GaveUp, served);
            Call { day, service: ["PS", "NE", "NW"][service].into(), head_start_ms, arrived, waited_ms, ending }
        },
    )
}

/// The call where it goes otherwise from `from` on: `other` gives the times, none of them before it.
fn otherwise(call: &Call, other: &Call, from: Timestamp) -> Call {
    if call.arrived > from {
        let shift_ms = from.plus_ms(1000).since_ms(other.arrived);
        let ending = match other.ending {
            Ending::Served { agent, ended, measured } => {
                Ending::Served { agent, ended: ended.plus_ms(shift_ms), measured }
            }
            Ending::GaveUp => Ending::GaveUp,
        };
        return Call { arrived: other.arrived.plus_ms(shift_ms), ending, ..other.clone() };
    }
    let later = |at: Timestamp| if at >= from { from.plus_ms(other.arrived.0 % 50_000) } else { at };
    let left = call.waited_ms.map(|waited_ms| later(call.arrived.plus_ms(waited_ms)));
    let changed = left.is_some_and(|left| left >= from);
    let ending = match (if changed { &other.ending } else { &call.ending }, left) {
        (Ending::Served { agent, .. }, Some(left)) if changed => {
            Ending::Served { agent: *agent, ended: left.plus_ms(30_000), measured: true }
        }
        (Ending::Served { agent, ended, measured }, _) => {
            Ending::Served { agent: *agent, ended: later(*ended), measured: *measured }
        }
        (Ending::GaveUp, _) => Ending::GaveUp,
    };
    Call { waited_ms: left.map(|left| left.since_ms(call.arrived)), ending, ..call.clone() }
}

/// What was estimated for those who had arrived by then and were served later.
fn told(calls: &[Call], until: Timestamp) -> BTreeMap<usize, Outcome> {
    let mut told = BTreeMap::new();
    tell(&mut WaitingTimes::default(), calls, |call, outcome| {
        if calls[call].arrived <= until {
            told.insert(call, outcome.clone());
        }
    });
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_estimated_until_a_moment_is_the_same_whatever_happens_from_then_on(
        pairs in proptest::collection::vec((call(), call()), 1..150),
        day in 1..=2_u64,
        ten in 0..30_u64,
    ) {
        let from = Timestamp((day * 86_400 + ten * 10) * 1000);
        let calls: Vec<Call> = pairs.iter().map(|(call, _)| call.clone()).collect();
        let others: Vec<Call> = pairs.iter().map(|(call, other)| otherwise(call, other, from)).collect();
        let (one, other) = (told(&calls, from), told(&others, from));
        for (call, outcome) in one {
            if let Some(also) = other.get(&call) {
                prop_assert_eq!((&outcome.estimates, outcome.chosen), (&also.estimates, also.chosen), "call {}", call);
            }
        }
    }
}
