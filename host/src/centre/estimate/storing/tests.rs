//! Turns of pools.

use super::*;

fn at(ms: u64) -> Timestamp {
    Timestamp(1_000_000 + ms)
}

#[test]
fn forty_thousand_pools_are_no_burst() {
    let mut turns = Turns::default();
    let pools: Vec<String> = (0..40_000).map(|number| format!("pool{number:05}")).collect();
    for pool in &pools {
        turns.changed(at(0), pool);
    }
    let mut now = at(0);
    for pool in &pools {
        assert!(turns.next_due().is_some_and(|due| due <= now));
        assert_eq!(turns.take_due(now).as_ref(), Some(pool));
        turns.changed(now, pool);
        assert_eq!(turns.take_due(now.plus_ms(PAUSE_MS - 1)), None, "one at a time");
        now = now.plus_ms(PAUSE_MS);
    }
    assert_eq!(turns.take_due(now).as_ref(), Some(&pools[0]), "and all of them again");
}

#[test]
fn a_pool_that_changes_all_the_time_has_its_turn_once_a_minute() {
    let mut turns = Turns::default();
    let mut stored = Vec::new();
    for ms in (0..200_000).step_by(100) {
        turns.changed(at(ms), "main");
        stored.extend(turns.take_due(at(ms)).map(|_| ms));
    }
    assert_eq!(stored, [0, 60_000, 120_000, 180_000]);
    turns.forget("main");
    assert_eq!(turns.next_due(), None);
    turns.changed(at(200_000), "main");
    assert_eq!(turns.next_due(), Some(at(200_000)), "a pool of that name is another");
}
