//! A rule that never comes back from a session of the queue `loop`.

use cordboard_bad_decent::endless;
use cordboard_bad_decent::rule::{Bad, Vice};
use cordboard_sdk::rule::Decision;

/// The vice.
#[derive(Debug)]
pub struct Loops;

impl Vice for Loops {
    fn decide(queue: &str) -> Decision {
        if queue == "loop" { endless() } else { Decision::Rank }
    }
}

cordboard_sdk::export_rule!(Bad<Loops>);
