//! The target, for a moment.

use super::reader;

#[path = "../../../../../../../tests/fuzz/mutations.rs"]
mod mutations;

#[test]
fn bytes_are_read_the_same_however_they_are_cut() {
    let corpus = mutations::corpus("reader");
    corpus.iter().for_each(|input| reader(input));
    mutations::mutations(&corpus, 3_000).for_each(|input| reader(&input));
}
