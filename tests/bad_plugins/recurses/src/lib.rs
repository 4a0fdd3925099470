//! An adapter that calls itself until its stack is full, at the word `recurse`.

use cordboard_bad_decent::adapter::{Bad, Heard, Vice};
use std::hint::black_box;

/// The vice.
#[derive(Debug)]
pub struct Recurses;

impl Vice for Recurses {
    fn heard(word: &str, _number: usize) -> Option<Heard> {
        (word == "recurse").then(|| Heard::Send(deeper(u64::MAX).to_le_bytes().to_vec()))
    }
}

fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == 0 { 0 } else { deeper(depth - 1).wrapping_add(frame[3]) }
}

cordboard_sdk::export_adapter!(Bad<Recurses>);
