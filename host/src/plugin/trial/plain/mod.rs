//! The model's values as people write them in a transcript: JSON in which bytes are text and what is empty is left out.
//!
//! ```text
//!  Input::Received(Chunk { channel: 1, data: b"<a/>".into(), text: false })   received {"channel":1,"data":"<a/>"}
//!  Event::AskedRoster                                                         asked-roster
//! ```
//! A case of an enum is a word, in the spelling of the contracts, and its content. Bytes that are not text stand as `{"hex":"00ff"}`. What is
//! left out is empty: no text, no list, 0, false, `ok`.
//!
//! Invariant: what [`line`] writes, [`parse`] reads as the same value.

mod read;
mod write;

pub(super) use read::parse;
pub(super) use write::line;

/// `GotAway` is `got-away`.
fn kebab(case: &str) -> String {
    let mut word = String::with_capacity(case.len() + 2);
    for (at, letter) in case.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

#[cfg(test)]
mod tests;
