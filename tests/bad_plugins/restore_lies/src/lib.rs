//! An adapter that says it is restored and has forgotten everything.

use cordboard_bad_decent::adapter::{Bad, Echo, Vice};
use cordboard_sdk::model::SavedState;

/// The vice.
#[derive(Debug)]
pub struct RestoreLies;

impl Vice for RestoreLies {
    fn restore(_state: &SavedState) -> Result<Echo, String> {
        Ok(Echo::default())
    }
}

cordboard_sdk::export_adapter!(Bad<RestoreLies>);
