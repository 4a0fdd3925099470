//! An adapter that answers the word `shout` with as many bytes as the number behind it says, and whose state is half a megabyte after the
//! word `shout-at-save`.

use cordboard_bad_decent::FORMAT;
use cordboard_bad_decent::adapter::{Bad, Echo, Heard, Vice};
use cordboard_sdk::model::SavedState;
use cordboard_sdk::saved;

/// The vice.
#[derive(Debug)]
pub struct Shouts;

impl Vice for Shouts {
    fn heard(word: &str, number: usize) -> Option<Heard> {
        (word == "shout").then(|| Heard::Send(vec![b'a'; number]))
    }

    fn save(echo: &Echo) -> SavedState {
        if echo.last != "shout-at-save" {
            return saved::write(FORMAT, echo);
        }
        SavedState { format: FORMAT, bytes: vec![0; 500_001] }
    }
}

cordboard_sdk::export_adapter!(Bad<Shouts>);
