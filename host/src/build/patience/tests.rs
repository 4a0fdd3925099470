//! A program that makes no progress is given up.

use super::run;
use std::cell::Cell;
use std::process::Command;
use std::time::{Duration, Instant};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn a_program_that_moves_is_waited_for() {
    assert_eq!(run(shell("for i in 1 2 3 4 5; do echo $i; sleep 0.3; done"), Duration::from_secs(1), || 0), Ok(()));
}

#[test]
fn a_program_that_hangs_is_given_up() {
    let began = Instant::now();
    let error = run(shell("exec sleep 60"), Duration::from_millis(400), || 0).unwrap_err();
    assert_eq!(error, "given up after 0.4 s without progress");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_it_writes_to_disk_counts_as_progress() {
    let size = Cell::new(0);
    let grow = || {
        size.set(size.get() + 1);
        size.get()
    };
    assert_eq!(run(shell("sleep 1.5"), Duration::from_millis(700), grow), Ok(()));
}

#[test]
fn a_failure_shows_the_last_words() {
    let error =
        run(shell("for i in 1 2 3 4; do echo line $i >&2; done; exit 3"), Duration::from_secs(5), || 0).unwrap_err();
    assert_eq!(error, "exit status: 3: line 2 / line 3 / line 4");
}
