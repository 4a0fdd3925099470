//! A dialog that traps at the word `trap`.

use cordboard_bad_decent::dialog::{Bad, Vice};
use cordboard_sdk::dialog::Action;

/// The vice.
#[derive(Debug)]
pub struct Traps;

impl Vice for Traps {
    fn heard(words: &str) -> Option<Vec<Action>> {
        assert!(words != "trap", "a word that traps");
        None
    }
}

cordboard_sdk::export_dialog!(Bad<Traps>);
