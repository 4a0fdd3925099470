//! A dialog that never comes back from the word `loop`.

use cordboard_bad_decent::dialog::{Bad, Vice};
use cordboard_bad_decent::endless;
use cordboard_sdk::dialog::Action;

/// The vice.
#[derive(Debug)]
pub struct Loops;

impl Vice for Loops {
    fn heard(words: &str) -> Option<Vec<Action>> {
        if words == "loop" { endless() } else { None }
    }
}

cordboard_sdk::export_dialog!(Bad<Loops>);
