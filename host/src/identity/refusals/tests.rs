//! The window slides, sources are apart, and the table stays small.

use super::Refusals;
use crate::model::Timestamp;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn v4(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

#[test]
fn a_source_is_limited_until_the_window_has_slid() {
    let mut refusals = Refusals::new(3, 1_000);
    for at in [0, 100, 200] {
        assert!(!refusals.limited(v4(1), Timestamp(at)));
        refusals.count(v4(1), Timestamp(at));
    }
    assert!(refusals.limited(v4(1), Timestamp(200)));
    assert!(refusals.limited(v4(1), Timestamp(999)));
    assert!(!refusals.limited(v4(1), Timestamp(1_000)), "the first refusal is out of the window");
    refusals.count(v4(1), Timestamp(1_000));
    assert!(refusals.limited(v4(1), Timestamp(1_000)));
    assert!(!refusals.limited(v4(2), Timestamp(1_000)), "another source is another's");
}

#[test]
fn addresses_of_one_customer_are_one_source() {
    let mut refusals = Refusals::new(1, 1_000);
    let v6 = |text: &str| IpAddr::V6(text.parse::<Ipv6Addr>().unwrap());
    refusals.count(v6("2001:db8:1:2::1"), Timestamp(0));
    assert!(refusals.limited(v6("2001:db8:1:2:ffff::9"), Timestamp(1)));
    assert!(!refusals.limited(v6("2001:db8:1:3::1"), Timestamp(1)));
    refusals.count(v6("::ffff:192.0.2.1"), Timestamp(0));
    assert!(refusals.limited(v4(1), Timestamp(1)) && !refusals.limited(v4(2), Timestamp(1)));
}

#[test]
fn the_source_refused_longest_ago_makes_room() {
    let mut refusals = Refusals::new(1, 1_000).with_sources(2);
    for (source, at) in [(1, 0), (2, 1), (1, 2), (3, 3)] {
        refusals.count(v4(source), Timestamp(at));
    }
    let limited: Vec<u8> = (1..=3).filter(|source| refusals.limited(v4(*source), Timestamp(4))).collect();
    assert_eq!(limited, [1, 3]);
}

proptest! {
    /// Against a list of everything that ever happened.
    #[test]
    fn as_a_full_record_would_say(steps in prop::collection::vec((0_u8..4, 0_u64..400), 1..120), most in 1_u32..4) {
        let (mut refusals, mut record, mut now) = (Refusals::new(most, 1_000), Vec::new(), 0);
        for (source, later) in steps {
            now += later;
            let within = record.iter().filter(|(of, at)| *of == source && now - at < 1_000).count();
            prop_assert_eq!(refusals.limited(v4(source), Timestamp(now)), within >= most as usize);
            if within < most as usize {
                refusals.count(v4(source), Timestamp(now));
                record.push((source, now));
            }
            prop_assert!(refusals.remembered() <= 4);
        }
        refusals.count(v4(9), Timestamp(now + 10_000));
        prop_assert_eq!(refusals.remembered(), 1, "what is out of the window is forgotten");
    }
}
