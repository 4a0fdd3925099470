//! The same seed gives the same words; another gives others.

use super::Random;
use crate::saved;

#[test]
fn the_same_seed_gives_the_same_words_and_another_does_not() {
    let word = |seed: &[u8]| Random::new(seed).word(26);
    assert_eq!(word(&[1; 32]), word(&[1; 32]));
    assert_ne!(word(&[1; 32]), word(&[2; 32]));
    assert_eq!(word(&[1; 32]).len(), 26);
}

#[test]
fn a_restored_generator_goes_on_where_it_was() {
    let mut random = Random::new(&[9; 32]);
    random.word(26);
    random.number();
    let mut restored: Random = saved::read(&saved::write(1, &random), 1).unwrap();
    for _ in 0..100 {
        assert_eq!(random.number(), restored.number());
    }
}
