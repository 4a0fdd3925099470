//! An adapter that traps as it is saved.

use cordboard_bad_decent::adapter::{Bad, Echo, Vice};
use cordboard_sdk::model::SavedState;

/// The vice.
#[derive(Debug)]
pub struct SaveTraps;

impl Vice for SaveTraps {
    fn save(echo: &Echo) -> SavedState {
        panic!("a state that traps, after {} words", echo.received)
    }
}

cordboard_sdk::export_adapter!(Bad<SaveTraps>);
