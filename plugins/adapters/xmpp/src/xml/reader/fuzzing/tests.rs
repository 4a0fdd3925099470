//! The target, for a moment.

use super::reader;

#[path = "../../../../../../../tests/fuzz/mutations.rs"]
mod mutations;

#[test]
fn bytes_are_read_the_same_however_they_are_cut() {
    let corpus = mutations::corpus("reader");
    for input in corpus.iter().cloned().chain(mutations::mutations(&corpus, 3_000)) {
        reader(&input);
    }
}
