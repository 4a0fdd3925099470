//! Settings of queues and pools: the built-in order, and what each queue has of its own.

use super::Desk;
use super::desk::settings;
use crate::centre::{Input, RuleSet};
use crate::model::settings::Settings;

fn window(desk: &Desk) -> Vec<u64> {
    let names = ["billing".to_owned(), "sales".to_owned()];
    desk.centre.queues.window(&names, None, 10).into_iter().map(|key| key.2.0).collect()
}

/// Settings in which sales has a priority, and the pool has ageing.
fn aged(priority: i32, ageing_ms: u64) -> Settings {
    let mut settings = settings();
    settings.pools[0].ageing_ms = ageing_ms;
    settings.queues[1].priority = priority;
    settings
}

/// Who waits in both queues, in the built-in order: eve of sales, which has priority 3, comes a minute after joe of billing, and max after
/// her; and how long the longest of billing has waited, in seconds.
fn order(ageing_ms: u64) -> (Vec<u64>, u64) {
    let mut desk = Desk::new(aged(3, ageing_ms), RuleSet::new(), Vec::new());
    for (name, queue, wait_ms) in [("joe", "billing", 60_000), ("eve", "sales", 1_000), ("max", "billing", 1_000)] {
        let person = desk.customer(name);
        desk.say(&person, queue, "hello");
        desk.wait(wait_ms);
    }
    (window(&desk), desk.centre.queues.get("billing").expect("it is there").longest_wait_ms(desk.now) / 1000)
}

#[test]
fn without_ageing_a_higher_priority_comes_first() {
    assert_eq!(order(0), (vec![2, 1, 3], 62));
}

#[test]
fn with_ageing_a_point_of_priority_is_worth_some_waiting() {
    // 3 points of 10 s: eve stands where she would if she had come half a minute earlier, which is behind joe.
    assert_eq!(order(10_000), (vec![1, 2, 3], 62));
    // 3 points of 21 s: more than the minute by which joe came before her.
    assert_eq!(order(21_000), (vec![2, 1, 3], 62));
}

#[test]
fn who_waits_moves_when_the_ageing_changes() {
    let mut desk = Desk::new(aged(1, 0), RuleSet::new(), Vec::new());
    let (joe, eve) = (desk.customer("joe"), desk.customer("eve"));
    desk.say(&joe, "billing", "hello");
    desk.wait(5_000);
    desk.say(&eve, "sales", "hello");
    assert_eq!(window(&desk), [2, 1]);
    desk.batch(vec![Input::Settings(Box::new(aged(1, 1_000)))]);
    assert_eq!(window(&desk), [1, 2]);
}
