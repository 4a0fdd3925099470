//! What the index knows, forgets and never gets wrong.

use super::*;
use crate::model::SessionId;

const SHARD: Shard = Shard::Pool(0);

fn appended(session: u64, seqs: std::ops::RangeInclusive<u32>) -> Changes {
    let appended = seqs.map(|seq| (SessionId(session), Seq(seq), arrival(session, seq))).collect();
    Changes { appended, heads_written: false }
}

fn arrival(session: u64, seq: u32) -> u64 {
    session * 1000 + u64::from(seq)
}

fn known(index: &mut Index, session: u64, from: u32) -> Vec<u32> {
    let found = index.arrivals((SHARD, SessionId(session)), from);
    assert!(found.iter().all(|&(seq, at)| at == arrival(session, seq.0)), "{found:?}");
    found.iter().map(|(seq, _)| seq.0).collect()
}

fn places(session: u64, seqs: std::ops::RangeInclusive<u32>) -> Vec<(Seq, u64)> {
    seqs.map(|seq| (Seq(seq), arrival(session, seq))).collect()
}

#[test]
fn follows_appends() {
    let mut index = Index::new(100);
    index.apply(SHARD, appended(1, 1..=3));
    index.apply(SHARD, appended(1, 4..=4));
    assert_eq!(known(&mut index, 1, 1), [1, 2, 3, 4]);
    assert_eq!(known(&mut index, 1, 3), [3, 4]);
    assert_eq!(known(&mut index, 1, 5), [] as [u32; 0]);
    assert_eq!(index.head((SHARD, SessionId(1))), Some(Head { arrival: 1004, seq: Seq(4) }));
    assert_eq!(index.head((Shard::Directory, SessionId(1))), None);
}

#[test]
fn learns_older_entries_and_not_those_with_a_gap_between() {
    let mut index = Index::new(100);
    index.apply(SHARD, appended(1, 8..=9));
    index.learn((SHARD, SessionId(1)), &places(1, 3..=5));
    assert_eq!(known(&mut index, 1, 1), [8, 9]);
    index.learn((SHARD, SessionId(1)), &places(1, 6..=7));
    assert_eq!(known(&mut index, 1, 1), [6, 7, 8, 9]);
    index.learn((SHARD, SessionId(1)), &places(1, 4..=9));
    assert_eq!(known(&mut index, 1, 1), [4, 5, 6, 7, 8, 9]);
    assert_eq!(index.arrivals, 6);
}

/// Two readers may have looked it up while a third message came and the chain was forgotten in between.
#[test]
fn what_was_learnt_late_does_not_hide_what_came_since() {
    let mut index = Index::new(100);
    index.learn((SHARD, SessionId(1)), &places(1, 1..=2));
    index.apply(SHARD, appended(1, 4..=4));
    assert_eq!(known(&mut index, 1, 1), [4]);
    assert_eq!(index.arrivals, 1);
}

#[test]
fn forgets_the_transcript_that_was_used_longest_ago() {
    let mut index = Index::new(6);
    index.apply(SHARD, appended(1, 1..=3));
    index.apply(SHARD, appended(2, 1..=3));
    assert_eq!(known(&mut index, 1, 1), [1, 2, 3]);
    index.apply(SHARD, appended(3, 1..=1));
    assert_eq!(known(&mut index, 2, 1), [] as [u32; 0]);
    assert_eq!(known(&mut index, 1, 1), [1, 2, 3]);
    assert_eq!(index.arrivals, 4);
    assert_eq!(index.uses.len(), index.chains.len());
    assert_eq!(
        index.head((SHARD, SessionId(2))),
        Some(Head { arrival: 2003, seq: Seq(3) }),
        "heads stay until written"
    );
}

#[test]
fn heads_are_forgotten_once_they_are_written() {
    let mut index = Index::new(0);
    index.apply(SHARD, appended(1, 1..=2));
    assert_eq!(index.unwritten().1, 2);
    index.apply(SHARD, Changes { heads_written: true, ..appended(2, 1..=1) });
    assert_eq!(index.unwritten(), (&BTreeMap::new(), 0));
    assert_eq!(index.head((SHARD, SessionId(2))), None);
}
