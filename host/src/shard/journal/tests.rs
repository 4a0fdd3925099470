//! Journals in files.

use super::*;
use crate::model::Timestamp;
use crate::model::record::{Batch, Segment};
use crate::shard::tests::office::{PART, real_store};
use std::os::unix::fs::PermissionsExt;

fn numbered(entries: Entries<'_>) -> Vec<Numbered> {
    entries.map(Result::unwrap).collect()
}

/// A journal of 150 entries, with a segment of its own behind each hundred.
fn store() -> (tempfile::TempDir, std::sync::Arc<dyn Store>) {
    let (folder, store) = real_store();
    let lease = store.acquire(PART).unwrap();
    for number in 1..=149_u8 {
        let segment = (number == 100).then(|| Segment::Whole { at: Timestamp(1), first: vec![9] });
        store.commit(&lease, &Batch { journal: vec![number, 7], segment, ..Batch::default() }).unwrap();
    }
    (folder, store)
}

#[test]
fn what_was_exported_is_read_again() {
    let (folder, store) = store();
    let file = folder.path().join("journal");
    assert_eq!(export(stored(&*store, PART, 1), &file).unwrap(), 150);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let entries = numbered(exported(&file).unwrap());
    assert_eq!(entries, numbered(stored(&*store, PART, 1)));
    assert_eq!((entries.len(), &entries[100], &entries[149]), (150, &(101, vec![9]), &(150, vec![149, 7])));
    assert_eq!(first_of(&*store, PART, None).unwrap(), 1, "what stands before the first segment is kept like one");

    let error = export(stored(&*store, PART, 1), &file).unwrap_err().to_string();
    assert!(error.contains("exists"), "{error}");
}

#[test]
fn a_checkpoint_in_parts_is_read_whole_where_its_mark_stands() {
    let (folder, store) = real_store();
    let lease = store.acquire(PART).unwrap();
    let mark = || Segment::Begins { at: Timestamp(1), mark: vec![253] };
    let part = |number: u8| Segment::Part(vec![252, 0, 0, 0, number, number, 7]);
    let last = |number: u8| Segment::LastPart(vec![251, 0, 0, 0, number, number, 8]);
    let steps = [
        vec![mark(), part(0), part(1), mark(), part(0), part(1), last(2)],
        vec![mark(), part(0), Segment::Whole { at: Timestamp(2), first: vec![0, 1] }, last(1)],
        vec![mark(), part(0), last(2), mark(), last(0), mark(), part(0)],
    ];
    for (number, segment) in (1..).zip(steps.concat()) {
        store.commit(&lease, &Batch { journal: vec![1, number], segment: Some(segment), ..Batch::default() }).unwrap();
    }
    let read = numbered(stored(&*store, PART, 1));
    let others = |entry: &&Numbered| entry.1.len() != 2 || entry.1[0] != 1;
    let whole: Vec<Numbered> = read.iter().filter(others).cloned().collect();
    assert_eq!(whole, [(8, vec![0, 7, 1, 7, 2, 8]), (20, vec![0, 1]), (30, vec![0, 8])]);
    assert_eq!(read.len(), steps.concat().len() + 3, "and every batch");
    assert_eq!(numbered(stored(&*store, PART, 9)).first(), Some(&(9, vec![1, 5])), "parts alone are passed over");

    let file = folder.path().join("journal");
    export(stored(&*store, PART, 1), &file).unwrap();
    assert_eq!(numbered(exported(&file).unwrap()), read);
}

#[test]
fn a_file_that_is_cut_or_something_else_is_refused() {
    let (folder, store) = store();
    let file = folder.path().join("journal");
    export(stored(&*store, PART, 140), &file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    for length in MAGIC.len()..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        let last = exported(&file).unwrap().last().unwrap();
        assert!(matches!(last, Err(JournalFailure::Cut { .. })), "{length} bytes of it");
    }
    std::fs::write(&file, "something else that is long enough to be a journal").unwrap();
    assert!(matches!(exported(&file), Err(JournalFailure::Other { .. })));
    let endless = [MAGIC, &[0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255]].concat();
    std::fs::write(&file, endless).unwrap();
    assert!(matches!(exported(&file).unwrap().next(), Some(Err(JournalFailure::Other { .. }))));
    assert!(matches!(exported(&folder.path().join("nothing")), Err(JournalFailure::File { .. })));
}
