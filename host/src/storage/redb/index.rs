//! What is known in memory of transcripts: where each ends, and where entries of those in use are.
//!
//! Invariant: an arrival number, once known for a place of a transcript, is right for ever: entries are never moved.

use super::batch::Changes;
use super::table::{Head, Transcript};
use crate::model::Seq;
use crate::model::record::Shard;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// See the [module](self).
pub(super) struct Index {
    /// Heads that are not in the table of heads yet.
    unwritten: BTreeMap<Transcript, Head>,
    /// Entries stored since the table of heads was complete.
    since_written: usize,
    chains: HashMap<Transcript, Chain>,
    /// Transcripts by last use, the oldest first.
    uses: BTreeMap<u64, Transcript>,
    last_use: u64,
    arrivals: usize,
    max_arrivals: usize,
}

/// Arrivals of neighbouring entries up to the newest.
#[derive(Default)]
struct Chain {
    last: Seq,
    arrivals: VecDeque<u64>,
    used: u64,
}

impl Chain {
    fn first(&self) -> u32 {
        // A chain is never longer than its transcript.
        self.last.0 + 1 - u32::try_from(self.arrivals.len()).unwrap_or(u32::MAX)
    }
}

impl Index {
    pub(super) fn new(max_arrivals: usize) -> Self {
        Self {
            unwritten: BTreeMap::new(),
            since_written: 0,
            chains: HashMap::new(),
            uses: BTreeMap::new(),
            last_use: 0,
            arrivals: 0,
            max_arrivals,
        }
    }

    /// Forgets everything but these heads, which are of the last `since_written` entries.
    pub(super) fn restart(&mut self, unwritten: BTreeMap<Transcript, Head>, since_written: usize) {
        *self = Self { unwritten, since_written, ..Self::new(self.max_arrivals) };
    }

    /// The newest entry, where it is known without the file.
    pub(super) fn head(&self, transcript: Transcript) -> Option<Head> {
        self.unwritten.get(&transcript).copied().or_else(|| {
            let chain = self.chains.get(&transcript)?;
            Some(Head { arrival: *chain.arrivals.back()?, seq: chain.last })
        })
    }

    /// Heads that are not in the table of heads yet, and of how many entries.
    pub(super) fn unwritten(&self) -> (&BTreeMap<Transcript, Head>, usize) {
        (&self.unwritten, self.since_written)
    }

    /// Where the entries from `from` to the newest are, or as many of the newest as are known.
    pub(super) fn arrivals(&mut self, transcript: Transcript, from: u32) -> Vec<(Seq, u64)> {
        let Some(chain) = self.chains.get(&transcript) else { return Vec::new() };
        let first = chain.first();
        let skipped = from.saturating_sub(first);
        let known = (first + skipped..).map(Seq).zip(chain.arrivals.iter().copied().skip(skipped as usize)).collect();
        self.touch(transcript);
        known
    }

    /// Remembers where entries are that were looked up: neighbours in order, of which the last is the newest or next to one known.
    pub(super) fn learn(&mut self, transcript: Transcript, found: &[(Seq, u64)]) {
        let Some(&(last, _)) = found.last() else { return };
        let chain = self.chains.entry(transcript).or_default();
        if chain.arrivals.is_empty() {
            chain.last = last;
        } else if last.0 + 1 < chain.first() {
            return;
        }
        let added = found.iter().rev().skip_while(|(seq, _)| !chain.arrivals.is_empty() && seq.0 >= chain.first());
        let added: Vec<u64> = added.map(|(_, arrival)| *arrival).collect();
        self.arrivals += added.len();
        for arrival in added {
            chain.arrivals.push_front(arrival);
        }
        self.touch(transcript);
        self.evict();
    }

    /// Follows a batch that is stored.
    pub(super) fn apply(&mut self, shard: Shard, changes: Changes) {
        if changes.heads_written {
            self.unwritten.clear();
            self.since_written = 0;
        } else {
            self.since_written += changes.appended.len();
        }
        for (session, seq, arrival) in changes.appended {
            let transcript = (shard, session);
            if !changes.heads_written {
                self.unwritten.insert(transcript, Head { arrival, seq });
            }
            let chain = self.chains.entry(transcript).or_default();
            if chain.last.0 + 1 != seq.0 {
                self.arrivals -= chain.arrivals.len();
                chain.arrivals.clear();
            }
            chain.last = seq;
            chain.arrivals.push_back(arrival);
            self.arrivals += 1;
            self.touch(transcript);
        }
        self.evict();
    }

    fn touch(&mut self, transcript: Transcript) {
        let Some(chain) = self.chains.get_mut(&transcript) else { return };
        self.uses.remove(&chain.used);
        self.last_use += 1;
        chain.used = self.last_use;
        self.uses.insert(chain.used, transcript);
    }

    fn evict(&mut self) {
        while self.arrivals > self.max_arrivals {
            let Some((_, transcript)) = self.uses.pop_first() else { return };
            if let Some(chain) = self.chains.remove(&transcript) {
                self.arrivals -= chain.arrivals.len();
            }
        }
    }
}

#[cfg(test)]
mod tests;
