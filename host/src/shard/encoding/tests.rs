//! Snapshots in parts.

use super::*;
use crate::centre::{Centre, Checkpoint, Components};
use crate::shard::segment::Stored;
use crate::shard::tests::office::settings;

fn limits(first_bytes: u64, part_bytes: usize) -> SegmentLimits {
    SegmentLimits { first_bytes, part_bytes, ..SegmentLimits::default() }
}

fn centre() -> Centre {
    Centre::new(settings(), Components::new())
}

#[test]
fn parts_of_any_size_are_the_checkpoint_put_together() {
    let centre = centre();
    for part_bytes in [1, 7, 1_000, 1_000_000] {
        let parts = encode(&centre.snapshot(), limits(10_000_000, part_bytes), || false).unwrap();
        let mut whole = Vec::new();
        for (expected, part) in (0..).zip(&parts) {
            let Stored::Part { number, is_last, bytes } = Stored::of(part) else { panic!("{part:?}") };
            assert_eq!((number, is_last), (expected, expected as usize + 1 == parts.len()));
            assert!((1..=part_bytes).contains(&bytes.len()), "{} bytes", bytes.len());
            whole.extend_from_slice(bytes);
        }
        assert_eq!(whole.split_first().map(|(tag, _)| *tag), Some(RUNNING));
        assert_eq!(Checkpoint::read(&whole[1..]).unwrap(), centre.checkpoint());
    }
}

#[test]
fn no_more_is_held_than_a_segment_may_begin_with() {
    let bytes: usize =
        encode(&centre().snapshot(), limits(10_000_000, 100), || false).unwrap().iter().map(Vec::len).sum();
    let bytes = bytes as u64;
    assert!(encode(&centre().snapshot(), limits(bytes, 100), || false).is_ok());
    for too_few in [0, 500, bytes - 1] {
        assert!(matches!(encode(&centre().snapshot(), limits(too_few, 100), || false), Err(Unfit::TooLarge)));
    }
}

#[test]
fn it_ends_when_nobody_wants_it() {
    let asked = std::cell::Cell::new(0);
    let given_up = || asked.replace(asked.get() + 1) == 2;
    let encoded = encode(&centre().snapshot(), limits(10_000_000, 100), given_up);
    assert!(matches!(encoded, Err(Unfit::Failed(_))), "{encoded:?}");
    assert_eq!(asked.get(), 3);
}

#[tokio::test]
async fn it_is_encoded_on_a_thread_of_its_own() {
    let centre = centre();
    let parts = Encoding::start(centre.snapshot(), limits(10_000_000, 1_000)).done().await.unwrap();
    assert_eq!(parts, encode(&centre.snapshot(), limits(10_000_000, 1_000), || false).unwrap());
}
