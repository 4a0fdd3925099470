//! A rule with moods: it keeps at every other question only, whoever it is about. It breaks the law of rules and no limit.

use cordboard_bad_decent::rule::{Bad, Vice};
use std::cell::Cell;

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// The vice.
#[derive(Debug)]
pub struct Moody;

impl Vice for Moody {
    fn fits(_queue: &str) -> bool {
        let asked = ASKED.get().wrapping_add(1);
        ASKED.set(asked);
        asked % 2 == 1
    }
}

cordboard_sdk::export_rule!(Bad<Moody>);
