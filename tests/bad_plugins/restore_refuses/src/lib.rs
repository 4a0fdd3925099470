//! An adapter that does not take back what it saved.

use cordboard_bad_decent::adapter::{Bad, Echo, Vice};
use cordboard_sdk::model::SavedState;

/// The vice.
#[derive(Debug)]
pub struct RestoreRefuses;

impl Vice for RestoreRefuses {
    fn restore(state: &SavedState) -> Result<Echo, String> {
        Err(format!("these {} bytes are not to my liking", state.bytes.len()))
    }
}

cordboard_sdk::export_adapter!(Bad<RestoreRefuses>);
