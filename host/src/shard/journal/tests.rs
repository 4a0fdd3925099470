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
        let segment = (number == 100).then(|| Box::new(Segment { at: Timestamp(1), first: vec![9] }));
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
