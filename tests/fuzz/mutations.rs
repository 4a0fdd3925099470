//! Deterministic mutations of a corpus, for the tests that run each fuzz target for a moment so that it can't rot. Real fuzzing is done
//! by `tests/fuzz/run`; this file is included by the tests of the crates that have a target.
//!
//! Invariant: the same corpus gives the same mutations.

use std::fs;
use std::path::Path;

/// All files of a target's corpus, in the order of their names.
pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|above| above.join("tests/fuzz/corpus"));
    let folder = folder.into_iter().find(|folder| folder.is_dir()).expect("the corpus is in the repository");
    let entries = fs::read_dir(folder.join(target)).expect("the target has a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry of a folder").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file of the corpus")).collect()
}

/// So many inputs, made of those of the corpus.
pub(crate) fn mutations(corpus: &[Vec<u8>], count: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut dice = Dice(7);
    (0..count).map(move |_| {
        let mut bytes = corpus[dice.below(corpus.len())].clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut bytes, corpus, &mut dice);
        }
        bytes
    })
}

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(40)).min(bytes.len());
    match dice.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 => bytes.insert(at, u8::try_from(dice.below(256)).expect("it is a byte")),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        4 => bytes.truncate(at),
        _ => {
            let other = &corpus[dice.below(corpus.len())];
            let from = dice.below(other.len() + 1);
            bytes.splice(at..at, other[from..(from + dice.below(60)).min(other.len())].iter().copied());
        }
    }
}

/// The generator of Steele, Lea and Flood (2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("it is below a usize")
    }
}
