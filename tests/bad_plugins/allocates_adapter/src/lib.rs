//! An adapter that takes all the memory there is, at the word `allocate`.

use cordboard_bad_decent::adapter::{Bad, Heard, Vice};
use cordboard_bad_decent::allocate;

/// The vice.
#[derive(Debug)]
pub struct Allocates;

impl Vice for Allocates {
    fn heard(word: &str, _number: usize) -> Option<Heard> {
        if word == "allocate" { allocate(64 * 1024) } else { None }
    }
}

cordboard_sdk::export_adapter!(Bad<Allocates>);
