//! What is found in memory, and what is not.

use super::*;
use crate::storage::samples::entry;

fn recent(entries_per_session: usize, bytes: usize, said: &[(u64, u32)]) -> Recent {
    let mut recent = Recent::new(RecentLimits { entries_per_session, bytes });
    for &(session, seq) in said {
        recent.add(entry(SessionId(session), seq));
    }
    recent
}

fn seqs(recent: &Recent, session: u64, after: u32, limit: usize) -> Option<Vec<u32>> {
    let found = recent.read(SessionId(session), Seq(after), limit)?;
    Some(found.into_iter().map(|entry| entry.seq.0).collect())
}

#[test]
fn the_newest_are_found_and_older_ones_are_asked_of_the_store() {
    let recent = recent(3, usize::MAX, &[(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]);
    assert_eq!(seqs(&recent, 1, 1, 16), Some(vec![2, 3, 4]));
    assert_eq!(seqs(&recent, 1, 2, 1), Some(vec![3]));
    assert_eq!(seqs(&recent, 1, 4, 16), Some(vec![]));
    assert_eq!(seqs(&recent, 1, 9, 16), Some(vec![]));
    assert_eq!(seqs(&recent, 1, 0, 16), None);
    assert_eq!(seqs(&recent, 2, 0, 16), Some(vec![1]));
    assert_eq!(seqs(&recent, 3, 0, 16), None);
    assert_eq!(seqs(&recent, 1, u32::MAX, 16), None);
}

#[test]
fn a_gap_forgets_what_was_before_it() {
    let recent = recent(8, usize::MAX, &[(1, 1), (1, 2), (1, 5), (1, 6)]);
    assert_eq!(seqs(&recent, 1, 4, 16), Some(vec![5, 6]));
    assert_eq!(seqs(&recent, 1, 1, 16), None);
}

#[test]
fn the_session_that_was_silent_longest_is_forgotten_first() {
    let one = size(&entry(SessionId(1), 1));
    let recent = recent(8, one * 3, &[(1, 1), (2, 1), (1, 2), (3, 1)]);
    assert_eq!(seqs(&recent, 2, 0, 16), None);
    assert_eq!(seqs(&recent, 1, 0, 16), Some(vec![1, 2]));
    assert_eq!(seqs(&recent, 3, 0, 16), Some(vec![1]));
    assert_eq!(recent.bytes, one * 3);
    assert_eq!(recent.order.len(), recent.sessions.len());
}

#[test]
fn clear_forgets_everything() {
    let mut recent = recent(8, usize::MAX, &[(1, 1)]);
    recent.clear();
    assert_eq!(seqs(&recent, 1, 0, 16), None);
    assert_eq!(recent.bytes, 0);
}
