//! The newest committed entries of the transcripts in use, so that a delivery seldom reads the store.
//!
//! Invariant: what is kept of a transcript are neighbours up to its newest committed entry; a reader who finds nothing behind its cursor
//! here has everything.

use crate::model::record::Entry;
use crate::model::{Body, Seq, SessionId};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How much is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentLimits {
    /// Entries of one session.
    pub entries_per_session: usize,
    /// Bytes of all, about.
    pub bytes: usize,
}

impl Default for RecentLimits {
    fn default() -> Self {
        Self { entries_per_session: 64, bytes: 64 * 1024 * 1024 }
    }
}

/// See the [module](self).
pub(super) struct Recent {
    limits: RecentLimits,
    sessions: HashMap<SessionId, Tail>,
    /// Sessions by their last new entry, the oldest first.
    order: BTreeMap<u64, SessionId>,
    last_added: u64,
    bytes: usize,
}

#[derive(Default)]
struct Tail {
    entries: VecDeque<Entry>,
    bytes: usize,
    added: u64,
}

impl Recent {
    pub(super) fn new(limits: RecentLimits) -> Self {
        Self { limits, sessions: HashMap::new(), order: BTreeMap::new(), last_added: 0, bytes: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limits);
    }

    /// Takes an entry that was just committed.
    pub(super) fn add(&mut self, entry: Entry) {
        let session = entry.session;
        let tail = self.sessions.entry(session).or_default();
        self.bytes -= tail.bytes;
        if tail.entries.back().is_some_and(|last| last.seq.0 + 1 != entry.seq.0) {
            tail.entries.clear();
            tail.bytes = 0;
        }
        tail.bytes += size(&entry);
        tail.entries.push_back(entry);
        if tail.entries.len() > self.limits.entries_per_session {
            let oldest = tail.entries.pop_front();
            tail.bytes -= oldest.as_ref().map_or(0, size);
        }
        self.bytes += tail.bytes;
        self.order.remove(&tail.added);
        self.last_added += 1;
        tail.added = self.last_added;
        self.order.insert(tail.added, session);
        self.evict();
    }

    /// At most `limit` entries behind `after`; `None` where the store has to be asked.
    pub(super) fn read(&self, session: SessionId, after: Seq, limit: usize) -> Option<Vec<Entry>> {
        let tail = self.sessions.get(&session)?;
        let first = tail.entries.front()?.seq.0;
        let skipped = after.0.checked_add(1)?.checked_sub(first)?;
        Some(tail.entries.iter().skip(skipped as usize).take(limit).cloned().collect())
    }

    fn evict(&mut self) {
        while self.bytes > self.limits.bytes {
            let Some((_, session)) = self.order.pop_first() else { return };
            self.bytes -= self.sessions.remove(&session).map_or(0, |tail| tail.bytes);
        }
    }
}

/// About how much memory an entry takes.
fn size(entry: &Entry) -> usize {
    let body = match &entry.body {
        Body::Text(text) => text.len(),
        Body::Other(extension) => extension.value.len(),
        Body::Form(_) | Body::FormReply(_) | Body::Menu(_) => 2048,
    };
    size_of::<Entry>() + entry.name.len() + body
}

#[cfg(test)]
mod tests;
