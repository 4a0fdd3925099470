//! Time over clocks that jump.

use super::fake::FakeClock;
use super::*;

#[test]
fn follows_the_wall() {
    let clock = FakeClock::at(1000);
    let mut time = Time::from(Timestamp(0), &clock);
    assert_eq!(time.now(&clock), Timestamp(1000));
    clock.advance(5);
    assert_eq!(time.now(&clock), Timestamp(1005));
    clock.set_wall(9000);
    assert_eq!(time.now(&clock), Timestamp(9000));
}

#[test]
fn a_clock_that_is_set_back_slows_time_until_it_has_caught_up() {
    let clock = FakeClock::at(1000);
    let mut time = Time::from(Timestamp(0), &clock);
    assert_eq!(time.now(&clock), Timestamp(1000));
    clock.set_wall(900);
    assert_eq!(time.now(&clock), Timestamp(1000));
    for expected in [1000, 1001, 1001, 1002] {
        clock.advance(1);
        assert_eq!(time.now(&clock), Timestamp(expected));
    }
    clock.advance(190);
    assert_eq!(time.now(&clock), Timestamp(1094), "caught up");
    clock.advance(10);
    assert_eq!(time.now(&clock), Timestamp(1104));
}

#[test]
fn time_goes_on_from_the_last_run() {
    let clock = FakeClock::at(1000);
    let mut time = Time::from(Timestamp(5000), &clock);
    assert_eq!(time.now(&clock), Timestamp(5000));
    clock.advance(100);
    assert_eq!(time.now(&clock), Timestamp(5050));
}

#[test]
fn the_system_clock_runs() {
    let clock = SystemClock::new();
    assert!(clock.wall() > Timestamp(1_700_000_000_000));
    let before = clock.running_ms();
    std::thread::sleep(Duration::from_millis(3));
    assert!(clock.running_ms() >= before + 2);
}
