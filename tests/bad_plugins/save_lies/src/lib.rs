//! An adapter that saves in another format than its manifest says.

use cordboard_bad_decent::FORMAT;
use cordboard_bad_decent::adapter::{Bad, Echo, Vice};
use cordboard_sdk::model::SavedState;
use cordboard_sdk::saved;

/// The vice.
#[derive(Debug)]
pub struct SaveLies;

impl Vice for SaveLies {
    fn save(echo: &Echo) -> SavedState {
        saved::write(FORMAT + 1, echo)
    }
}

cordboard_sdk::export_adapter!(Bad<SaveLies>);
