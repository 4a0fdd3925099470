//! Two orders in one.

use super::*;
use std::cmp::Reverse;

fn keys(sessions: &[u64]) -> Vec<WaitKey> {
    sessions.iter().map(|id| (Reverse(0), i64::try_from(*id).unwrap(), SessionId(*id))).collect()
}

#[test]
fn two_orders_become_one_by_who_stands_before_in_the_built_in_order() {
    let merged_of = |service: &[u64], canary: &[u64]| {
        merged(keys(service), keys(canary)).into_iter().map(|(lane, id)| (lane, id.0)).collect::<Vec<_>>()
    };
    let service = |id| (Lane::Service, id);
    let canary = |id| (Lane::Canary, id);
    assert_eq!(merged_of(&[1, 4], &[2, 3]), [service(1), canary(2), canary(3), service(4)]);
    // Each keeps its own order, though it is another than the built-in one.
    assert_eq!(merged_of(&[4, 1], &[3, 2]), [canary(3), canary(2), service(4), service(1)]);
    assert_eq!(merged_of(&[], &[2]), [canary(2)]);
    assert_eq!(merged_of(&[2], &[]), [service(2)]);
}
