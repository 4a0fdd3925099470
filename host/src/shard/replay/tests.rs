//! Journals of real runs, as they are and changed by hand.

use super::*;
use crate::centre::Input;
use crate::model::record::{AgentProfile, Batch};
use crate::model::{Alias, Side, Timestamp};
use crate::shard::clock::fake::FakeClock;
use crate::shard::segment::Stored;
use crate::shard::tests::office::{PART, Peer, entries, incomplete, real_store, segment_complete, setup};
use crate::shard::{ByHand, Ending, SegmentLimits, Shard};
use std::sync::Arc;

/// A segment for every batch.
const SMALL: SegmentLimits = SegmentLimits { bytes: 1, age_ms: 0, first_bytes: 1_000_000, part_bytes: 2_000 };

/// A run in which joe says something and jim accepts.
async fn run(store: &Arc<dyn Store>, wall: u64, words: &[&str]) {
    run_in_segments(store, wall, words, SegmentLimits::default(), false).await;
}

/// The same; if so, what joe says waits for the segment before to be complete.
async fn run_in_segments(store: &Arc<dyn Store>, wall: u64, words: &[&str], segments: SegmentLimits, waits: bool) {
    let clock = Arc::new(FakeClock::at(wall));
    let mut setup = setup(Arc::clone(store), clock);
    setup.options.segments = segments;
    let shard = Shard::start(setup).await.unwrap();
    let jim = Peer::connect(&shard, Side::Agent, "jim").await;
    let joe = Peer::connect(&shard, Side::Customer, "joe").await;
    for words in words {
        if waits {
            segment_complete(&**store).await;
        }
        let said = joe.say(&Alias::new("billing"), &format!("{wall} {words}"), words).await;
        joe.settled(said).await.unwrap().unwrap();
    }
    let accepted = jim.say(&Alias::default(), "accept", "accept").await;
    jim.settled(accepted).await.unwrap().unwrap();
    assert_eq!(shard.drain().await, Ending::Drained);
}

/// The same journal in another store, one entry replaced.
fn with_entry(store: &dyn Store, number: u64, bytes: Vec<u8>) -> (tempfile::TempDir, Arc<dyn Store>) {
    let (folder, copy) = real_store();
    let lease = copy.acquire(PART).unwrap();
    let mut journal = entries(store);
    journal[usize::try_from(number).unwrap() - 1] = bytes;
    for journal in journal {
        copy.commit(&lease, &Batch { journal, ..Batch::default() }).unwrap();
    }
    (folder, copy)
}

/// The journal in another store without its first entries. A first one of nothing takes their place, so that none is number 1.
fn behind(store: &dyn Store, number: u64) -> (tempfile::TempDir, Arc<dyn Store>) {
    let (folder, copy) = real_store();
    let lease = copy.acquire(PART).unwrap();
    let placeholder = decoded(store).into_iter().flatten().rfind(|entry| entry.start.is_none()).unwrap().encode();
    let rest = store.journal(PART, number + 1, usize::MAX).unwrap().into_iter().map(|(_, bytes)| bytes);
    for journal in [placeholder].into_iter().chain(rest) {
        copy.commit(&lease, &Batch { journal, ..Batch::default() }).unwrap();
    }
    (folder, copy)
}

fn decoded(store: &dyn Store) -> Vec<Option<JournalEntry>> {
    entries(store).iter().map(|bytes| JournalEntry::decode(bytes).ok()).collect()
}

#[tokio::test]
async fn a_journal_of_several_runs_gives_the_same_again() {
    let (_folder, store) = real_store();
    run(&store, 1_000_000, &["hello", "anybody there?"]).await;
    run(&store, 1_100_000, &["and again"]).await;
    let replayed = replay(&*store, PART).unwrap();
    assert_eq!((replayed.runs, replayed.passed_over), (2, 0));
    assert_eq!(replayed.batches + 2, entries(&*store).len() as u64, "all but the two snapshots");
}

#[test]
fn an_empty_journal_is_no_difference() {
    let (_folder, store) = real_store();
    assert_eq!(replay(&*store, PART).unwrap(), Replayed::default());
}

#[tokio::test]
async fn every_segment_can_be_replayed_by_itself() {
    let (_folder, store) = real_store();
    run_in_segments(&store, 1_000_000, &["hello", "anybody there?", "please", "please", "please"], SMALL, true).await;
    run_in_segments(&store, 1_100_000, &["and again", "and again", "please"], SMALL, true).await;
    let starts = store.segments(PART).unwrap();
    assert!(starts.len() > 3, "{starts:?}");
    every_segment_replays(&*store);
}

/// Each by itself, and all of them in a row.
fn every_segment_replays(store: &dyn Store) {
    let starts = store.segments(PART).unwrap();
    let replayed = replay(store, PART).unwrap();
    assert_eq!((replayed.segments, replayed.passed_over), (starts.len() as u64, 0));
    for start in starts {
        let (_copy, rest) = behind(store, start.number - 1);
        let replayed = replay(&*rest, PART).unwrap();
        assert_eq!(replayed.passed_over, 1, "from {start:?}: the one in front of it");
        assert!(replayed.batches > 0 || replayed.segments == 1, "{replayed:?} from {start:?}");
    }
}

#[tokio::test]
async fn a_service_may_stop_while_a_checkpoint_is_on_its_way() {
    let (_folder, store) = real_store();
    for run in 0..4 {
        run_in_segments(&store, 1_000_000 + run * 100_000, &["hello", "please"], SMALL, false).await;
    }
    every_segment_replays(&*store);
}

/// A run that ends in the middle, with whatever is on its way. Each batch brings an agent.
fn broken_run(store: &Arc<dyn Store>, wall: u64, batches: u64) {
    let mut setup = setup(Arc::clone(store), Arc::new(FakeClock::at(wall)));
    setup.options.segments = SMALL;
    let mut shard = ByHand::start(setup).unwrap();
    shard.store().unwrap();
    for number in 0..batches {
        let profile = AgentProfile::of(&format!("agent-{wall}-{number}"), ["billing"], 1);
        shard.submit(Input::Agent(profile));
        shard.handle();
        shard.close();
        shard.store().unwrap();
    }
}

#[test]
fn a_crash_between_a_mark_and_the_last_part_of_its_checkpoint_loses_nothing() {
    let mut broken = 0;
    for batches in 0..14 {
        let (_folder, store) = real_store();
        broken_run(&store, 1_000_000, batches);
        broken += incomplete(&*store);
        broken_run(&store, 1_100_000, 20);
        assert_eq!(replay(&*store, PART).unwrap().batches, batches + 22, "and two resumptions");
        assert!(store.segments(PART).unwrap().len() > 3, "{:?}", store.segments(PART).unwrap());
        every_segment_replays(&*store);
    }
    assert!((6..14).contains(&broken), "{broken} times in the middle");
}

#[tokio::test]
async fn what_was_trimmed_is_passed_over_up_to_the_next_segment() {
    let (_folder, store) = real_store();
    run(&store, 1_000_000, &["hello", "anybody there?", "please"]).await;
    run(&store, 1_100_000, &[]).await;
    let kept = entries(&*store).len() as u64 - 2;
    let (_copy, rest) = behind(&*store, 2);
    let replayed = replay(&*rest, PART).unwrap();
    assert_eq!(replayed.runs, 1);
    assert!(replayed.passed_over > 0);
    assert_eq!(replayed.batches + replayed.passed_over, kept, "and what the second run was loaded from");
}

#[tokio::test]
async fn a_segment_that_begins_with_another_state_is_found() {
    let (_folder, store) = real_store();
    let large = SegmentLimits { part_bytes: 1_000_000, ..SMALL };
    run_in_segments(&store, 1_000_000, &["hello", "please", "please"], large, true).await;
    let starts = store.segments(PART).unwrap();
    let (second, third) = (starts[1].number, starts[2].number);
    let only_part = |from: u64| {
        let mut entries = store.journal(PART, from, usize::MAX).unwrap().into_iter();
        entries.find(|(_, entry)| matches!(Stored::of(entry), Stored::Part { .. })).unwrap()
    };
    let (_copy, changed) = with_entry(&*store, only_part(third).0, only_part(second).1);
    let error = replay(&*changed, PART).unwrap_err();
    assert!(matches!(error, ReplayError::OtherState { number } if number == third), "{error}");
}

#[test]
fn entries_that_cannot_be_read_are_named() {
    let journal_of = |bytes: &[u8]| {
        let (folder, store) = real_store();
        let lease = store.acquire(PART).unwrap();
        store.commit(&lease, &Batch { journal: bytes.to_vec(), ..Batch::default() }).unwrap();
        (folder, store)
    };
    let error = |bytes: &[u8]| replay(&*journal_of(bytes).1, PART).unwrap_err().to_string();
    assert_eq!(
        error(&[9]),
        "journal entry 1: the journal entry begins with byte Some(9), expected 1; read it with the release that wrote it"
    );
    assert!(
        error(&[0, 1, 0xc1])
            .starts_with("a stored value can't be read (the beginning of a segment in journal entry 1): ")
    );
}

#[tokio::test]
async fn another_input_is_found() {
    let (_folder, store) = real_store();
    run(&store, 1_000_000, &["hello"]).await;
    let mut changed = decoded(&*store);
    let found = changed.iter().position(|entry| entry.as_ref().is_some_and(said_something)).unwrap();
    let entry = changed[found].as_mut().unwrap();
    entry.now = Timestamp(entry.now.0 + 1);
    let number = found as u64 + 1;
    let (_copy, changed) = with_entry(&*store, number, entry.encode());
    let error = replay(&*changed, PART).unwrap_err();
    assert!(matches!(error, ReplayError::Differs { number: first, .. } if first == number), "{error}");
}

fn said_something(entry: &JournalEntry) -> bool {
    use crate::model::adapter::Event;
    entry
        .inputs
        .iter()
        .any(|input| matches!(input, Input::Report { report, .. } if matches!(report.event, Event::Said(_))))
}

#[tokio::test]
async fn records_that_were_changed_behind_the_back_are_found() {
    let (_folder, store) = real_store();
    run(&store, 1_000_000, &["hello"]).await;
    let second_snapshot = entries(&*store).len() as u64 + 1;
    let lease = store.acquire(PART).unwrap();
    let gone =
        crate::model::record::Op::Delete(crate::model::record::RecordKey::Agent(crate::model::AgentName::new("jim")));
    store.commit(&lease, &Batch { ops: vec![gone], ..Batch::default() }).unwrap();
    run(&store, 1_100_000, &[]).await;
    let error = replay(&*store, PART).unwrap_err();
    assert!(matches!(error, ReplayError::OtherRecords { number } if number == second_snapshot), "{error}");
}
