//! A rule that traps for sessions of the queue `trap`, and as it hears of an agent of that name.

use cordboard_bad_decent::rule::{Bad, Vice};

/// The vice.
#[derive(Debug)]
pub struct Traps;

impl Vice for Traps {
    fn fits(queue: &str) -> bool {
        assert!(queue != "trap", "a session that traps");
        true
    }

    fn told_of(agent: &str) {
        assert!(agent != "trap", "an agent that traps");
    }
}

cordboard_sdk::export_rule!(Bad<Traps>);
