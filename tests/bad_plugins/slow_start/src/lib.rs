//! An adapter that would take some five seconds to open, if it were let.

use cordboard_bad_decent::adapter::{Bad, Vice};
use std::hint::black_box;

/// Five seconds of a machine that does a thousand million a second.
const TURNS: u64 = 5_000_000_000;

/// The vice.
#[derive(Debug)]
pub struct SlowStart;

impl Vice for SlowStart {
    fn opened(_settings: &str) {
        for turn in 0..TURNS {
            black_box(turn);
        }
    }
}

cordboard_sdk::export_adapter!(Bad<SlowStart>);
