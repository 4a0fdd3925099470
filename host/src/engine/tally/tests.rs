//! Counters and quantiles.

use super::*;

fn of(times_ns: &[u64]) -> Reading {
    let tally = Tally::default();
    for ns in times_ns {
        tally.entered(Duration::from_nanos(*ns), 10);
    }
    tally.read()
}

#[test]
fn classes_follow_one_another_without_a_gap() {
    for class in 0..CLASSES - 1 {
        let most = upper_ns(class);
        assert_eq!((class_of(most), class_of(most + 1)), (class, class + 1), "{most} ns");
    }
    assert_eq!((class_of(0), class_of(u64::MAX)), (0, CLASSES - 1));
}

#[test]
fn quantiles_are_right_to_within_a_quarter() {
    let times: Vec<u64> = (1..=1000).map(|us| us * 1000).collect();
    let latency = of(&times).latency;
    assert_eq!((latency.count(), latency.sum()), (1000, Duration::from_micros(500_500)));
    for (per_mille, us) in [(500, 500), (990, 990), (1000, 1000)] {
        let told = latency.quantile(per_mille).unwrap();
        let right = Duration::from_micros(us);
        assert!(told >= right && told <= right.mul_f64(1.25), "{per_mille}: {told:?}");
    }
    assert_eq!(of(&[]).latency.quantile(500), None);
}

#[test]
fn what_is_within_a_doubling_is_counted_with_its_bound() {
    let latency = of(&[100, 1024, 1025, 1 << 20, 1 << 40]).latency;
    assert_eq!([8, 10, 11, 20, 34].map(|doubling| latency.within(doubling)), [1, 2, 3, 4, 4]);
    assert_eq!(latency.count(), 5, "the longest is in the class of all that is longer");
}

#[test]
fn failures_are_counted_by_kind_and_the_last_is_told() {
    let tally = Tally::default();
    tally.failed(&GuestFailure::Fuel { fuel: 5 });
    tally.failed(&GuestFailure::Fuel { fuel: 5 });
    tally.failed(&GuestFailure::Trapped("boom; in a < b".to_owned()));
    let reading = tally.read();
    let counts: Vec<_> = reading.failures.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(counts, [("trapped", 1), ("fuel", 2), ("limit", 0), ("contract", 0), ("refused", 0)]);
    assert_eq!(reading.last_failure.unwrap().1, GuestFailure::Trapped("boom; in a < b".to_owned()));
}
