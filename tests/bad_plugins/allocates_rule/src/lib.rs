//! A rule that takes all the memory there is for a session of the queue `allocate`.

use cordboard_bad_decent::allocate;
use cordboard_bad_decent::rule::{Bad, Vice};
use cordboard_sdk::rule::Decision;

/// The vice.
#[derive(Debug)]
pub struct Allocates;

impl Vice for Allocates {
    fn decide(queue: &str) -> Decision {
        if queue == "allocate" { allocate(1024 * 1024) } else { Decision::Rank }
    }
}

cordboard_sdk::export_rule!(Bad<Allocates>);
