//! Shares, and names of memories.

use super::*;

fn in_share(share_ppm: u32) -> usize {
    (1..=100_000).filter(|number| is_in_share(SessionId(*number), share_ppm)).count()
}

#[test]
fn a_share_is_the_share_of_sessions_that_come_one_after_the_other() {
    assert_eq!((in_share(0), in_share(WHOLE_PPM)), (0, 100_000));
    for (share_ppm, expected) in [(50_000, 5_000), (500_000, 50_000)] {
        let found = in_share(share_ppm);
        assert!(found.abs_diff(expected) < expected / 20, "{found} of 100,000, expected about {expected}");
    }
}

#[test]
fn who_is_in_a_share_is_in_every_larger_one() {
    for number in 1..1_000 {
        let session = SessionId(number);
        assert!(!is_in_share(session, 50_000) || is_in_share(session, 60_000), "session {number}");
    }
}

#[test]
fn a_memorys_name_says_whose_it_is() {
    for lane in Lane::ALL {
        assert_eq!(Lane::of_stored(&lane.stored_as("least-busy")), (lane, "least-busy"));
    }
    assert_eq!(Lane::Service.stored_as("canary"), "canary");
    assert_eq!(Lane::of_stored("canary"), (Lane::Service, "canary"));
}
