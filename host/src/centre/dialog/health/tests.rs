//! Who counts against a dialog, and for how long.

use super::Health;
use crate::model::limits::Limits;
use crate::model::record::Customer;
use crate::model::{Alias, Timestamp};

fn customer(name: &str) -> Customer {
    Customer { provider: String::new(), alias: Alias::new(name) }
}

fn limits() -> Limits {
    Limits { quarantine_strikes: 3, quarantine_window_ms: 10_000, ..Limits::default() }
}

#[test]
fn failures_with_several_customers_count_and_those_with_one_do_not() {
    let mut health = Health::default();
    for second in 0..20 {
        health.strike(Timestamp(second * 1_000), customer("joe"), &limits());
    }
    assert_eq!(health.quarantined(), None);
    health.strike(Timestamp(20_000), customer("eve"), &limits());
    assert_eq!(health.quarantined(), None);
    health.strike(Timestamp(21_000), customer("max"), &limits());
    let out = health.quarantined().expect("three have failed");
    assert_eq!(out.why, "failed with 3 customers within 10 s");
}

#[test]
fn failures_of_long_ago_count_no_more() {
    let mut health = Health::default();
    for (second, name) in [(0, "joe"), (1, "eve"), (12, "max"), (23, "sue")] {
        health.strike(Timestamp(second * 1_000), customer(name), &limits());
        assert_eq!(health.quarantined(), None, "{second} s");
    }
}
