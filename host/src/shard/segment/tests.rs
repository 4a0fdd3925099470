//! When segments begin, and what with.

use super::*;
use crate::centre::{Centre, Components};
use crate::shard::encoding::{Parts, encode};
use crate::shard::tests::office::settings;

const NOW: Timestamp = Timestamp(1_000);

fn limits(bytes: u64, age_ms: u64) -> SegmentLimits {
    SegmentLimits { bytes, age_ms, first_bytes: 1_000_000, part_bytes: 1_000 }
}

/// What a start of an empty shard begins.
fn begun(limits: SegmentLimits) -> (Progress, Option<Segment>) {
    Progress::begin(limits, NOW, &Loaded::default()).unwrap()
}

/// Of an empty centre.
fn parts(limits: SegmentLimits) -> Result<Parts, Unfit> {
    encode(&Centre::new(settings(), Components::new()).snapshot(), limits, || false)
}

fn is_mark(segment: Option<Segment>) -> bool {
    matches!(segment, Some(Segment::Begins { mark, .. }) if Stored::of(&mark) == Stored::Mark)
}

#[test]
fn a_segment_begins_after_so_many_bytes_but_no_fewer_than_four_times_its_first() {
    let limits = limits(1_000, 60_000);
    let (mut progress, first) = begun(limits);
    let first = first.unwrap().entry().to_vec();
    assert!(matches!(First::decode(1, &first), Ok(Some(First::Loaded(_)))));
    let rest = 1_000 - first.len();
    assert_eq!(progress.add(NOW, &vec![1; rest - 1]), None);
    assert!(is_mark(progress.add(NOW, &[1])));

    let parts = parts(limits).unwrap();
    let (count, bytes) = (parts.len(), parts.concat().len());
    assert!(count > 2 && bytes > 1_000, "{count} of {bytes} bytes");
    progress.encoded(Ok(parts));
    for _ in 1..count {
        assert!(matches!(progress.next_part(), Some(Segment::Part(_))));
    }
    assert!(matches!(progress.add(NOW, &[1]), Some(Segment::LastPart(_))));
    assert_eq!(progress.next_part(), None);
    assert_eq!(progress.add(NOW, &vec![1; bytes * 3 - 2]), None);
    assert!(is_mark(progress.add(NOW, &[1])));
}

#[test]
fn a_segment_begins_after_so_long() {
    let limits = limits(1_000_000, 60_000);
    let (mut progress, _) = begun(limits);
    assert_eq!(progress.add(NOW.plus_ms(59_999), &[1]), None);
    let at = NOW.plus_ms(60_000);
    assert_eq!(progress.add(at, &[1]), Some(Segment::Begins { at, mark: vec![MARK] }));
    progress.encoded(parts(limits));
    while progress.next_part().is_some() {}
    assert_eq!(progress.add(at.plus_ms(59_999), &[1]), None);
    assert!(is_mark(progress.add(at.plus_ms(60_000), &[1])));
}

#[test]
fn no_other_segment_begins_while_one_is_being_made() {
    let limits = limits(1, 1);
    let (mut progress, _) = begun(limits);
    let at = NOW.plus_ms(60_000);
    assert!(is_mark(progress.add(at, &[1; 1_000])));
    for _ in 0..10 {
        assert_eq!(progress.add(at.plus_ms(60_000), &vec![1; 100_000]), None, "it is being encoded");
    }
    progress.encoded(parts(limits));
    while let Some(part) = progress.add(at.plus_ms(60_000), &vec![1; 100_000]) {
        assert!(matches!(part, Segment::Part(_) | Segment::LastPart(_)), "{part:?}");
        if matches!(part, Segment::LastPart(_)) {
            break;
        }
    }
    assert!(is_mark(progress.add(at.plus_ms(60_000), &[1])), "one that became due meanwhile");
}

#[test]
fn what_is_too_large_or_fails_begins_no_segment() {
    let limits = SegmentLimits { first_bytes: 10, ..limits(100, 60_000) };
    let (mut progress, first) = begun(limits);
    assert_eq!(first, None);
    assert!(is_mark(progress.add(NOW, &vec![1; 100_000])));
    let unfit = parts(limits);
    assert!(matches!(unfit, Err(Unfit::TooLarge)), "{unfit:?}");
    progress.encoded(unfit);
    assert_eq!(progress.add(NOW, &[1; 89]), None);
    assert!(is_mark(progress.add(NOW, &[1; 1])), "it may be smaller by now");
    progress.encoded(Err(Unfit::Failed("no thread".to_owned())));
    assert_eq!(progress.next_part(), None);
}

#[test]
fn the_entry_of_a_batch_begins_nothing() {
    for entry in [[1, 2, 3].as_slice(), &[], &[MARK, 1], &[PART, 0, 0]] {
        assert!(matches!(First::decode(1, entry), Ok(None)));
        assert_eq!(Stored::of(entry), Stored::Batch);
    }
}
