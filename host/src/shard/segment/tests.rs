//! When segments begin, and what with.

use super::*;
use crate::centre::RuleSet;
use crate::shard::tests::office::settings;

const NOW: Timestamp = Timestamp(1_000);

fn limits(bytes: u64, age_ms: u64) -> SegmentLimits {
    SegmentLimits { bytes, age_ms, first_bytes: 1_000_000 }
}

/// What a start of an empty shard begins.
fn begun(limits: SegmentLimits) -> (Progress, Option<Box<Segment>>) {
    Progress::begin(limits, NOW, &Loaded::default()).unwrap()
}

fn centre() -> Centre {
    Centre::new(settings(), RuleSet::new())
}

#[test]
fn a_segment_begins_after_so_many_bytes_but_no_fewer_than_four_times_its_first() {
    let (mut progress, first) = begun(limits(1_000, 60_000));
    let first = first.unwrap();
    assert!(matches!(First::decode(1, &first.first), Ok(Some(First::Loaded(_)))));
    let rest = 1_000 - first.first.len();
    assert_eq!(progress.add(NOW, &vec![1; rest - 1], &centre()), None);
    let second = progress.add(NOW, &[1], &centre()).unwrap();
    assert!(matches!(First::decode(1, &second.first), Ok(Some(First::Running(_)))));

    let bytes = second.first.len();
    assert!(bytes > 1_000, "{bytes}");
    assert_eq!(progress.add(NOW, &vec![1; bytes * 3 - 1], &centre()), None);
    assert!(progress.add(NOW, &[1], &centre()).is_some());
}

#[test]
fn a_segment_begins_after_so_long() {
    let (mut progress, _) = begun(limits(1_000_000, 60_000));
    assert_eq!(progress.add(NOW.plus_ms(59_999), &[1], &centre()), None);
    let at = NOW.plus_ms(60_000);
    assert_eq!(progress.add(at, &[1], &centre()).map(|segment| segment.at), Some(at));
    assert_eq!(progress.add(at.plus_ms(59_999), &[1], &centre()), None);
}

#[test]
fn what_is_too_large_begins_no_segment() {
    let (mut progress, first) = begun(SegmentLimits { first_bytes: 10, ..limits(100, 60_000) });
    assert_eq!(first, None);
    assert_eq!(progress.add(NOW, &vec![1; 100_000], &centre()), None);
}

#[test]
fn the_entry_of_a_batch_begins_nothing() {
    assert!(matches!(First::decode(1, &[1, 2, 3]), Ok(None)));
    assert!(matches!(First::decode(1, &[]), Ok(None)));
}
