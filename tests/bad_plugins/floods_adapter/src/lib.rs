//! An adapter that answers the word `flood` with as many outputs as the number behind it says.

use cordboard_bad_decent::adapter::{Bad, Heard, Vice};

/// The vice.
#[derive(Debug)]
pub struct Floods;

impl Vice for Floods {
    fn heard(word: &str, number: usize) -> Option<Heard> {
        (word == "flood").then_some(Heard::Flood(number))
    }
}

cordboard_sdk::export_adapter!(Bad<Floods>);
