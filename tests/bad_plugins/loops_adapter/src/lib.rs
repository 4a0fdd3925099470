//! An adapter that never comes back from the word `loop`, nor from being saved after the word `loop-at-save`.

use cordboard_bad_decent::adapter::{Bad, Echo, Heard, Vice};
use cordboard_bad_decent::{FORMAT, endless};
use cordboard_sdk::model::SavedState;
use cordboard_sdk::saved;

/// The vice.
#[derive(Debug)]
pub struct Loops;

impl Vice for Loops {
    fn heard(word: &str, _number: usize) -> Option<Heard> {
        if word == "loop" { endless() } else { None }
    }

    fn save(echo: &Echo) -> SavedState {
        if echo.last == "loop-at-save" { endless() } else { saved::write(FORMAT, echo) }
    }
}

cordboard_sdk::export_adapter!(Bad<Loops>);
