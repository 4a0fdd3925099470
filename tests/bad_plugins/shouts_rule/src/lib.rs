//! A rule that says too much of a session of the queue `shout`.

use cordboard_bad_decent::rule::{Bad, Vice};
use cordboard_sdk::rule::Decision;

/// The vice.
#[derive(Debug)]
pub struct Shouts;

impl Vice for Shouts {
    fn decide(queue: &str) -> Decision {
        if queue == "shout" { Decision::Refuse("a".repeat(1_100_000)) } else { Decision::Rank }
    }
}

cordboard_sdk::export_rule!(Bad<Shouts>);
