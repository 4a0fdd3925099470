//! A dialog that answers the word `flood` with two thousand actions.

use cordboard_bad_decent::dialog::{Bad, Vice};
use cordboard_sdk::dialog::Action;

/// The vice.
#[derive(Debug)]
pub struct Floods;

impl Vice for Floods {
    fn heard(words: &str) -> Option<Vec<Action>> {
        (words == "flood").then(|| (0..2000).map(|_| Action::Divert(String::new())).collect())
    }
}

cordboard_sdk::export_dialog!(Bad<Floods>);
