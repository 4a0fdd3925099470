//! The store over real files.

use super::*;
use crate::model::record::{Op, RecordKey, Segment};
use crate::model::{SessionId, Timestamp};
use crate::storage::samples;
use std::process::Command;
use tempfile::TempDir;

const SHARD: Shard = Shard::Pool(0);
/// Tells a test that it runs in the second process, and on which folder.
const OTHER_PROCESS: &str = "CORDBOARD_TEST_STORE_FOLDER";

fn open(folder: &TempDir) -> RedbStore {
    RedbStore::open(folder.path(), RedbOptions::default()).unwrap()
}

fn store() -> (TempDir, RedbStore, Lease) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let lease = store.acquire(SHARD).unwrap();
    (folder, store, lease)
}

fn said(session: u64, seqs: std::ops::RangeInclusive<u32>) -> Batch {
    Batch { appends: seqs.map(|seq| samples::entry(SessionId(session), seq)).collect(), ..Batch::default() }
}

fn journaled(bytes: &[u8]) -> Batch {
    Batch { journal: bytes.to_vec(), ..Batch::default() }
}

fn seqs(entries: &[Entry]) -> Vec<u32> {
    for entry in entries {
        assert_eq!(*entry, samples::entry(entry.session, entry.seq.0));
    }
    entries.iter().map(|entry| entry.seq.0).collect()
}

fn read(store: &RedbStore, session: u64, after: u32, limit: usize) -> Vec<u32> {
    seqs(&store.read(SHARD, SessionId(session), Seq(after), limit).unwrap())
}

fn tail(store: &RedbStore, session: u64, limit: usize) -> Vec<u32> {
    seqs(&store.tail(SHARD, SessionId(session), limit).unwrap())
}

fn commit(store: &RedbStore, lease: Lease, batch: &Batch) {
    assert_eq!(store.commit(&lease, batch).unwrap(), Committed::Stored);
}

/// What a kill would leave: the file as it is while the store is open.
fn image(folder: &TempDir) -> (TempDir, RedbStore) {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join(FILE), copy.path().join(FILE)).unwrap();
    let store = open(&copy);
    (copy, store)
}

#[test]
fn records_come_back_in_the_order_of_their_keys_after_opening_again() {
    let (folder, store, lease) = store();
    let records = samples::records();
    let ops = records.iter().rev().cloned().map(Op::Put).collect();
    commit(&store, lease, &Batch { ops, ..Batch::default() });
    assert_eq!(store.load(&lease).unwrap(), records);

    let gone = RecordKey::Session(SessionId(2));
    commit(&store, lease, &Batch { ops: vec![Op::Delete(gone.clone())], ..Batch::default() });
    drop(store);
    let store = open(&folder);
    let left: Vec<Record> = records.into_iter().filter(|record| record.key() != gone).collect();
    assert_eq!(store.load(&lease).unwrap(), left);
}

#[test]
fn shards_do_not_see_each_other() {
    let (_folder, store, lease) = store();
    let other = store.acquire(Shard::Directory).unwrap();
    let ops = samples::records().into_iter().map(Op::Put).collect();
    commit(&store, lease, &Batch { ops, journal: vec![1], ..said(1, 1..=2) });
    assert_eq!(store.load(&other).unwrap(), []);
    assert_eq!(store.journal(Shard::Directory, 1, 10).unwrap(), []);
    assert_eq!(store.read(Shard::Directory, SessionId(1), Seq(0), 10).unwrap(), []);
    commit(&store, other, &said(1, 1..=1));
    assert_eq!(tail(&store, 1, 10), [1, 2]);
}

#[test]
fn a_transcript_is_read_in_parts() {
    let (_folder, store, lease) = store();
    for seq in 1..=10 {
        commit(
            &store,
            lease,
            &Batch { appends: [said(1, seq..=seq).appends, said(2, seq..=seq).appends].concat(), ..Batch::default() },
        );
    }
    assert_eq!(read(&store, 1, 0, 4), [1, 2, 3, 4]);
    assert_eq!(read(&store, 2, 4, 4), [5, 6, 7, 8]);
    assert_eq!(read(&store, 1, 8, 4), [9, 10]);
    assert_eq!(read(&store, 1, 10, 4), [] as [u32; 0]);
    assert_eq!(read(&store, 1, u32::MAX, usize::MAX), [] as [u32; 0]);
    assert_eq!(read(&store, 3, 0, 4), [] as [u32; 0]);
    assert_eq!(tail(&store, 1, 3), [8, 9, 10]);
    assert_eq!(tail(&store, 1, usize::MAX).len(), 10);
    assert_eq!(tail(&store, 1, 0), [] as [u32; 0]);
}

#[test]
fn a_transcript_is_read_without_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path(), RedbOptions { indexed_arrivals: 0, ..RedbOptions::default() }).unwrap();
    let lease = store.acquire(SHARD).unwrap();
    commit(&store, lease, &said(1, 1..=20));
    commit(&store, lease, &said(2, 1..=20));
    assert_eq!(read(&store, 1, 5, 4), [6, 7, 8, 9]);
    assert_eq!(tail(&store, 2, 2), [19, 20]);
}

#[test]
fn transcripts_go_on_after_opening_again() {
    let (folder, store, lease) = store();
    commit(&store, lease, &said(1, 1..=3));
    drop(store);
    let store = open(&folder);
    assert_eq!(tail(&store, 1, 2), [2, 3]);
    commit(&store, lease, &said(1, 4..=4));
    assert_eq!(read(&store, 1, 0, 10), [1, 2, 3, 4]);
}

/// More sessions than heads are kept in memory for, so that the table of heads is written, and read after opening again.
#[test]
fn heads_of_many_transcripts_are_kept_in_the_file() {
    let (folder, store, lease) = store();
    for seq in 1..=2 {
        for first in (0..1500_u64).step_by(500) {
            let appends = (first..first + 500).map(|session| samples::entry(SessionId(session), seq)).collect();
            commit(&store, lease, &Batch { appends, ..Batch::default() });
        }
    }
    drop(store);
    let store = open(&folder);
    assert!(lock(&store.shared.index).unwritten().1 < 3000, "the table of heads was never written");
    for session in (0..1500).step_by(100) {
        assert_eq!(tail(&store, session, 10), [1, 2], "session {session}");
    }
    commit(&store, lease, &said(7, 3..=3));
    assert_eq!(read(&store, 7, 0, 10), [1, 2, 3]);
}

/// Else a node with few long sessions would read all its messages again on opening.
#[test]
fn heads_are_written_also_when_few_sessions_say_much() {
    let (folder, store, lease) = store();
    commit(&store, lease, &said(1, 1..=10_000));
    commit(&store, lease, &said(2, 1..=10_000));
    drop(store);
    let store = open(&folder);
    assert_eq!(lock(&store.shared.index).unwritten().1, 0);
    assert_eq!(tail(&store, 1, 1), [10_000]);
}

#[test]
fn an_older_lease_is_fenced() {
    let (_folder, store, old) = store();
    let new = store.acquire(SHARD).unwrap();
    assert!(new.epoch > old.epoch);
    assert_eq!(store.commit(&old, &said(1, 1..=1)).unwrap(), Committed::Fenced);
    assert_eq!(tail(&store, 1, 10), [] as [u32; 0]);
    commit(&store, new, &said(1, 1..=1));
}

#[test]
fn epochs_rise_over_opening_again() {
    let (folder, store, lease) = store();
    drop(store);
    assert!(open(&folder).acquire(SHARD).unwrap().epoch > lease.epoch);
}

#[test]
fn a_batch_sent_again_changes_nothing() {
    let (_folder, store, lease) = store();
    let first = Batch { ops: vec![Op::Put(samples::records().remove(0))], journal: vec![1], ..said(1, 1..=3) };
    commit(&store, lease, &first);
    commit(&store, lease, &first);
    assert_eq!(read(&store, 1, 0, 10), [1, 2, 3]);
    assert_eq!(store.journal(SHARD, 1, 10).unwrap(), [(1, vec![1])]);
    commit(&store, lease, &Batch { journal: vec![2], ..said(1, 2..=4) });
    assert_eq!(read(&store, 1, 0, 10), [1, 2, 3, 4]);
    assert_eq!(store.journal(SHARD, 2, 10).unwrap(), [(2, vec![2])]);
}

#[test]
fn another_message_in_a_place_that_is_taken_is_refused_and_nothing_is_stored() {
    let (_folder, store, lease) = store();
    commit(&store, lease, &said(1, 1..=2));
    let mut batch = Batch { journal: vec![1], ..said(1, 3..=3) };
    batch.appends.push(Entry { name: "ann".to_owned(), ..samples::entry(SessionId(1), 2) });
    let error = store.commit(&lease, &batch).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a stored value can't be read (message #2 of session s1): another message has its place; \
         restore a back-up, or ask for help with this message"
    );
    assert_eq!(read(&store, 1, 0, 10), [1, 2]);
    assert_eq!(store.journal(SHARD, 1, 10).unwrap(), []);
    commit(&store, lease, &said(1, 3..=3));
}

#[test]
fn a_gap_in_a_transcript_is_refused() {
    let (_folder, store, lease) = store();
    let error = store.commit(&lease, &said(1, 2..=2)).unwrap_err();
    assert!(error.to_string().contains("message #2 of session s1): the transcript ends before 1"), "{error}");
}

fn numbers(store: &RedbStore) -> Vec<u64> {
    store.journal(SHARD, 1, usize::MAX).unwrap().into_iter().map(|(number, _)| number).collect()
}

fn segments(store: &RedbStore) -> Vec<(u64, u64)> {
    store.segments(SHARD).unwrap().into_iter().map(|segment| (segment.number, segment.at.0)).collect()
}

/// An entry, and behind it the beginning of a segment.
fn segment(entry: u8, at: u64) -> Batch {
    let segment = Some(Segment::Whole { at: Timestamp(at), first: vec![entry + 100; 100] });
    Batch { segment, ..journaled(&[entry; 100]) }
}

fn limited(folder: &Path, bytes: u64, age_ms: u64) -> RedbStore {
    let journal = JournalLimits { bytes, age_ms };
    RedbStore::open(folder, RedbOptions { journal, ..RedbOptions::default() }).unwrap()
}

#[test]
fn the_oldest_segments_of_the_journal_go_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = limited(folder.path(), 650, 1_000);
    let lease = store.acquire(SHARD).unwrap();
    commit(&store, lease, &segment(1, 10));
    commit(&store, lease, &journaled(&[2; 100]));
    commit(&store, lease, &segment(3, 20));
    commit(&store, lease, &journaled(&[4; 100]));
    assert_eq!((numbers(&store), segments(&store)), ((1..=6).collect(), vec![(1, 10), (2, 10), (5, 20)]));
    commit(&store, lease, &journaled(&[5; 100]));
    assert_eq!((numbers(&store), segments(&store)), ((2..=7).collect(), vec![(2, 10), (5, 20)]), "650 bytes at most");
    commit(&store, lease, &journaled(&[6; 100]));
    assert_eq!((numbers(&store), segments(&store)), ((5..=8).collect(), vec![(5, 20)]));

    commit(&store, lease, &segment(7, 1_020));
    assert_eq!(segments(&store), [(5, 20), (10, 1_020)], "as old as it may be");
    commit(&store, lease, &segment(8, 2_021));
    assert_eq!((numbers(&store), segments(&store)), ((10..=12).collect(), vec![(10, 1_020), (12, 2_021)]));
    drop(store);
    assert_eq!(segments(&limited(folder.path(), 650, 1_000)), [(10, 1_020), (12, 2_021)], "they are stored");
}

#[test]
fn large_entries_of_removed_segments_go_with_several_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = limited(folder.path(), 100_000_000, 1_000);
    let lease = store.acquire(SHARD).unwrap();
    commit(&store, lease, &segment(1, 10));
    for entry in 2..=5 {
        commit(&store, lease, &journaled(&vec![entry; 2 * 1024 * 1024]));
    }
    commit(&store, lease, &segment(6, 2_000));
    commit(&store, lease, &segment(7, 4_000));
    let oldest = |store: &RedbStore| numbers(store)[0];
    assert_eq!((oldest(&store), segments(&store)), (5, vec![(8, 2_000), (10, 4_000)]));
    commit(&store, lease, &journaled(&[8; 100]));
    assert_eq!(oldest(&store), 7);
    commit(&store, lease, &journaled(&[9; 100]));
    assert_eq!(oldest(&store), 8);
}

/// An entry, and behind it one of a segment.
fn step(entry: u8, segment: Segment) -> Batch {
    Batch { segment: Some(segment), ..journaled(&[entry; 100]) }
}

#[test]
fn a_segment_in_parts_counts_from_where_it_was_begun_when_the_last_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = limited(folder.path(), 1_000, 1_000);
    let lease = store.acquire(SHARD).unwrap();
    let part = |entry: u8| Segment::Part(vec![entry + 100; 100]);
    commit(&store, lease, &segment(1, 10));
    commit(&store, lease, &step(2, Segment::Begins { at: Timestamp(20), mark: vec![9; 100] }));
    commit(&store, lease, &step(3, part(3)));
    drop(store);
    let store = limited(folder.path(), 1_000, 1_000);
    commit(&store, lease, &Batch { segment: Some(part(4)), ..Batch::default() });
    commit(&store, lease, &Batch { segment: Some(part(4)), ..Batch::default() });
    assert_eq!((numbers(&store), segments(&store)), ((1..=7).collect(), vec![(1, 10), (2, 10)]), "not yet");
    commit(&store, lease, &step(5, Segment::LastPart(vec![105; 100])));
    assert_eq!((numbers(&store), segments(&store)), ((1..=9).collect(), vec![(1, 10), (2, 10), (4, 20)]));
    commit(&store, lease, &journaled(&[6; 200]));
    assert_eq!((numbers(&store), segments(&store)), ((2..=10).collect(), vec![(2, 10), (4, 20)]), "1,100 bytes");
    commit(&store, lease, &journaled(&[7; 100]));
    assert_eq!((numbers(&store), segments(&store)), ((4..=11).collect(), vec![(4, 20)]), "that one had 200");
}

#[test]
fn a_segment_whose_last_part_never_came_or_whose_mark_is_gone_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = limited(folder.path(), 500, 1_000);
    let lease = store.acquire(SHARD).unwrap();
    let begins = |at| Segment::Begins { at: Timestamp(at), mark: vec![9; 100] };
    commit(&store, lease, &step(1, begins(10)));
    commit(&store, lease, &step(2, begins(20)));
    for entry in 3..=8 {
        commit(&store, lease, &journaled(&[entry; 100]));
    }
    assert_eq!(numbers(&store), [6, 7, 8, 9, 10]);
    commit(&store, lease, &step(9, Segment::LastPart(vec![109; 100])));
    assert_eq!((numbers(&store), segments(&store)), ((8..=12).collect(), vec![]));
    commit(&store, lease, &Batch { segment: Some(begins(30)), ..Batch::default() });
    commit(&store, lease, &Batch { segment: Some(Segment::LastPart(vec![107; 100])), ..Batch::default() });
    assert_eq!((numbers(&store), segments(&store)), (vec![13, 14], vec![(13, 30)]));
}

#[test]
fn a_segment_that_is_too_long_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let store = limited(folder.path(), 350, 1_000);
    let lease = store.acquire(SHARD).unwrap();
    commit(&store, lease, &segment(1, 10));
    for entry in 2..=5 {
        commit(&store, lease, &journaled(&[entry; 100]));
    }
    assert_eq!((numbers(&store), segments(&store)), (vec![4, 5, 6], vec![]));
    commit(&store, lease, &journaled(&[7; 5000]));
    assert_eq!(numbers(&store), [7], "the newest stays, whatever its size");
    commit(&store, lease, &segment(8, 20));
    assert_eq!((numbers(&store), segments(&store)), (vec![9], vec![(9, 20)]));
}

#[test]
fn a_batch_with_a_segment_that_comes_again_changes_nothing() {
    let (_folder, store, lease) = store();
    commit(&store, lease, &segment(1, 10));
    commit(&store, lease, &segment(1, 10));
    assert_eq!((numbers(&store), segments(&store)), (vec![1, 2], vec![(1, 10), (2, 10)]));
}

#[test]
fn the_journal_is_read_in_parts() {
    let (_folder, store, lease) = store();
    for number in 1..=300_u16 {
        commit(&store, lease, &journaled(&number.to_be_bytes()));
    }
    let part = store.journal(SHARD, 255, 3).unwrap();
    assert_eq!(part, [(255, vec![0, 255]), (256, vec![1, 0]), (257, vec![1, 1])]);
}

#[test]
fn a_batch_of_nothing_is_stored_without_writing() {
    let (folder, store, lease) = store();
    let before = fs::read(folder.path().join(FILE)).unwrap();
    commit(&store, lease, &Batch::default());
    assert!(before == fs::read(folder.path().join(FILE)).unwrap());
}

#[test]
fn a_commit_is_in_the_file_when_it_returns() {
    let (folder, store, lease) = store();
    commit(&store, lease, &Batch { journal: vec![1], ..said(1, 1..=2) });
    let (_copy, after_kill) = image(&folder);
    assert_eq!(tail(&after_kill, 1, 10), [1, 2]);
    assert_eq!(after_kill.journal(SHARD, 1, 10).unwrap(), [(1, vec![1])]);
}

#[test]
fn a_relaxed_commit_is_read_at_once_and_in_the_file_after_the_next_flush() {
    let folder = tempfile::tempdir().unwrap();
    let options = RedbOptions { durability: Durability::Relaxed, ..RedbOptions::default() };
    let store = RedbStore::open(folder.path(), options).unwrap();
    let lease = store.acquire(SHARD).unwrap();
    commit(&store, lease, &said(1, 1..=2));
    assert_eq!(tail(&store, 1, 10), [1, 2]);
    store.shared.flush().unwrap();
    assert_eq!(tail(&image(&folder).1, 1, 10), [1, 2]);

    commit(&store, lease, &said(1, 3..=3));
    drop(store);
    assert_eq!(tail(&open(&folder), 1, 10), [1, 2, 3], "closing makes the rest durable");
}

#[test]
fn after_a_failure_of_the_disk_the_file_is_opened_again() {
    let (_folder, store, lease) = store();
    commit(&store, lease, &said(1, 1..=2));
    store.shared.broken(StoreError::Unknown("the disk is gone".to_owned()));
    assert_eq!(tail(&store, 1, 10), [1, 2]);
    store.shared.broken(StoreError::Retry("the disk is full".to_owned()));
    commit(&store, lease, &said(1, 3..=3));
    assert_eq!(tail(&store, 1, 10), [1, 2, 3]);
}

/// Runs twice: as the first process, and, started by that, as the second.
#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    if let Some(folder) = std::env::var_os(OTHER_PROCESS) {
        match RedbStore::open(Path::new(&folder), RedbOptions::default()) {
            Ok(_) => println!("opened"),
            Err(error) => println!("{error}"),
        }
        return;
    }
    let (folder, store, _) = store();
    let second = || {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "storage::redb::tests::a_second_process_on_the_same_folder_is_refused", "--nocapture"])
            .env(OTHER_PROCESS, folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = format!(
        "the data folder {} is in use by another cordboard; stop it first, or choose another folder with --data or [storage] folder",
        folder.path().display()
    );
    let said = second();
    assert!(said.contains(&expected), "{said}");
    drop(store);
    let said = second();
    assert!(said.contains("opened"), "{said}");
}

#[test]
fn a_second_store_of_the_same_process_is_refused() {
    let (folder, _store, _) = store();
    let error = RedbStore::open(folder.path(), RedbOptions::default()).err().unwrap();
    assert!(
        matches!(&error, StoreError::InUse { folder: named } if *named == folder.path().display().to_string()),
        "{error}"
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "no folder").unwrap();
    let error = RedbStore::open(&file, RedbOptions::default()).err().unwrap().to_string();
    assert!(error.starts_with(&format!("can't open the store in {}: ", file.display())), "{error}");

    fs::write(folder.path().join(FILE), "no database").unwrap();
    let error = RedbStore::open(folder.path(), RedbOptions::default()).err().unwrap().to_string();
    assert!(error.starts_with(&format!("can't open the store in {}: ", folder.path().display())), "{error}");
}

fn damage(store: &RedbStore, change: impl FnOnce(&WriteTransaction)) {
    let database = store.shared.database().unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

#[test]
fn a_damaged_record_is_named() {
    let (_folder, store, lease) = store();
    damage(&store, |transaction| {
        let mut records = transaction.open_table(table::RECORDS).unwrap();
        records.insert(key::record(SHARD, &RecordKey::Meta).as_slice(), [1, 0xc1].as_slice()).unwrap();
    });
    let error = store.load(&lease).unwrap_err().to_string();
    assert!(error.starts_with("a stored value can't be read (the record [01, 00, 00, 00] of Pool(0)): "), "{error}");

    damage(&store, |transaction| {
        let mut records = transaction.open_table(table::RECORDS).unwrap();
        let value = codec::encode("a record", &samples::records()[1]).unwrap();
        records.insert(key::record(SHARD, &RecordKey::Meta).as_slice(), value.as_slice()).unwrap();
    });
    let error = store.load(&lease).unwrap_err().to_string();
    assert!(error.contains("the value there belongs to Session(SessionId(1))"), "{error}");
}

#[test]
fn a_damaged_or_missing_message_is_named() {
    let (_folder, store, lease) = store();
    commit(&store, lease, &said(1, 1..=3));
    damage(&store, |transaction| {
        let mut messages = transaction.open_table(table::MESSAGES).unwrap();
        messages.insert(2, [7].as_slice()).unwrap();
        messages.remove(1).unwrap();
    });
    let error = store.read(SHARD, SessionId(1), Seq(1), 10).unwrap_err().to_string();
    assert!(error.starts_with("a stored value can't be read (message 2): its version is 7"), "{error}");
    let error = store.read(SHARD, SessionId(1), Seq(0), 1).unwrap_err().to_string();
    assert!(error.starts_with("a stored value can't be read (message 1): it is not there"), "{error}");
    assert_eq!(tail(&store, 1, 1), [3]);
}
