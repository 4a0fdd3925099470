//! The transcripts an endpoint delivers: what has been handed over, what is acknowledged, what to pull next.
//!
//! Ends at bookkeeping: it hands nothing over and reads nothing itself.
//!
//! Invariant: of a feed at most `window` entries are held, in the order of the transcript; its cursor passes an entry only
//! when that and all before it are acknowledged, refused or the participant's own (I3, I4).
//!
//! The participant's own words alone are no news for the centre, which has passed them already when they came on top of what was
//! delivered; where they did not, something of somebody else follows them, and that move passes them too.

use crate::centre::{Feed, parse_message_id};
use crate::model::adapter::Delivery;
use crate::model::record::Entry;
use crate::model::{Contact, Failure, FeedId, Seq};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// All feeds of one endpoint.
#[derive(Debug)]
pub(super) struct Feeds {
    window: usize,
    /// Boxed, as most endpoints have one or two and a map's node has room for eleven.
    tracks: BTreeMap<FeedId, Box<Track>>,
    /// Pulls not yet answered, with the entries asked for. One at a time for a feed, also over its replacement.
    pulls: BTreeMap<FeedId, usize>,
    hungry: BTreeSet<FeedId>,
    touched: BTreeSet<FeedId>,
}

/// One feed and its window.
#[derive(Debug)]
struct Track {
    feed: Feed,
    /// The last entry taken from the transcript.
    taken: Seq,
    /// Entries taken and not yet passed by the cursor.
    slots: VecDeque<Slot>,
    /// Whether the transcript may hold more behind `taken`.
    more: bool,
    /// What became of entries behind `taken` that were handed over before a rewind: they are not handed over again.
    known: BTreeMap<Seq, Result<(), Failure>>,
}

#[derive(Debug)]
struct Slot {
    seq: Seq,
    /// The participant's own words.
    own: bool,
    /// Absent while the receipt is awaited.
    outcome: Option<Result<(), Failure>>,
}

/// A wish for the next entries of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pull {
    pub(super) feed: FeedId,
    pub(super) after: Seq,
    pub(super) limit: usize,
}

/// A cursor's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advance {
    pub(super) feed: FeedId,
    pub(super) through: Seq,
    /// Of the last entry of it; all before were delivered.
    pub(super) outcome: Result<(), Failure>,
}

impl Feeds {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            tracks: BTreeMap::new(),
            pulls: BTreeMap::new(),
            hungry: BTreeSet::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Starts a feed, or starts it again from where the centre says it is.
    pub(super) fn start(&mut self, feed: Feed) {
        let id = feed.id;
        let track = Track { taken: feed.after, feed, slots: VecDeque::new(), more: true, known: BTreeMap::new() };
        self.tracks.insert(id, Box::new(track));
        self.look(id);
    }

    pub(super) fn stop(&mut self, id: FeedId) {
        self.tracks.remove(&id);
        self.hungry.remove(&id);
    }

    /// A contact is gone, and its feeds with it.
    pub(super) fn stop_contact(&mut self, contact: &Contact) {
        let stopped: Vec<FeedId> =
            self.tracks.values().filter(|track| track.feed.contact == *contact).map(|track| track.feed.id).collect();
        for id in stopped {
            self.stop(id);
        }
    }

    /// The channel is gone, and what awaited acknowledgement on it: it is handed over again, under the same names.
    pub(super) fn rewind(&mut self) {
        for track in self.tracks.values_mut() {
            track.rewind();
        }
        let all: Vec<FeedId> = self.tracks.keys().copied().collect();
        for id in all {
            self.look(id);
        }
    }

    /// The answer to a pull that nobody can be handed now.
    pub(super) fn unwanted(&mut self, id: FeedId) {
        self.pulls.remove(&id);
        self.wake(id);
    }

    /// The transcript has grown.
    pub(super) fn wake(&mut self, id: FeedId) {
        if let Some(track) = self.tracks.get_mut(&id) {
            track.more = true;
            self.look(id);
        }
    }

    /// The pulls to make now.
    pub(super) fn pulls(&mut self) -> Vec<Pull> {
        let hungry = std::mem::take(&mut self.hungry);
        hungry.into_iter().filter_map(|id| self.pull(id)).collect()
    }

    fn pull(&mut self, id: FeedId) -> Option<Pull> {
        let track = self.tracks.get_mut(&id)?;
        track.more = false;
        let limit = self.window - track.slots.len();
        self.pulls.insert(id, limit);
        Some(Pull { feed: id, after: track.taken, limit })
    }

    /// The answer to a pull; yields what to hand over, in order. What doesn't follow on the last entry taken (the answer to
    /// a pull from before the feed was started again) is left out.
    pub(super) fn pulled(&mut self, id: FeedId, entries: &[Entry]) -> Vec<Delivery> {
        let asked = self.pulls.remove(&id).unwrap_or(usize::MAX);
        let Some(track) = self.tracks.get_mut(&id) else { return Vec::new() };
        track.more |= entries.len() >= asked;
        let mut deliveries = Vec::new();
        for entry in entries.iter().filter(|entry| entry.session == id.session) {
            let follows = entry.seq.0.checked_sub(1) == Some(track.taken.0);
            if follows && track.slots.len() >= self.window {
                track.more = true;
                break;
            }
            if follows {
                deliveries.extend(track.take(entry));
            }
        }
        self.touched.insert(id);
        self.look(id);
        deliveries
    }

    /// What became of a delivery; an unknown one is ignored.
    pub(super) fn receipt(&mut self, delivery: &str, outcome: Result<(), Failure>) {
        let Some((id, seq)) = parse_message_id(delivery) else { return };
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let slot = track.slots.iter_mut().find(|slot| slot.seq == seq && slot.outcome.is_none());
        if let Some(slot) = slot {
            slot.outcome = Some(outcome);
            self.touched.insert(id);
        }
    }

    /// How far the cursors have got since the last call: a run of delivered entries as one move, an undelivered one by itself.
    pub(super) fn advances(&mut self) -> Vec<Advance> {
        let mut advances = Vec::new();
        for id in std::mem::take(&mut self.touched) {
            if let Some(track) = self.tracks.get_mut(&id) {
                track.advance(&mut advances);
                self.look(id);
            }
        }
        advances
    }

    /// Entries handed over and not acknowledged, of all feeds.
    #[cfg(test)]
    pub(super) fn unacknowledged(&self, id: FeedId) -> usize {
        let slots = self.tracks.get(&id).map(|track| &track.slots);
        slots.map_or(0, |slots| slots.iter().filter(|slot| slot.outcome.is_none()).count())
    }

    /// Pulls only when half the window is free, so that a long transcript is read in batches.
    fn look(&mut self, id: FeedId) {
        let Some(track) = self.tracks.get(&id) else { return };
        if track.more && track.slots.len() <= self.window / 2 && !self.pulls.contains_key(&id) {
            self.hungry.insert(id);
        }
    }
}

impl Track {
    fn rewind(&mut self) {
        let Some(first) = self.slots.front() else { return };
        self.taken = Seq(first.seq.0 - 1);
        self.more = true;
        let slots = std::mem::take(&mut self.slots);
        self.known.extend(slots.into_iter().filter_map(|slot| Some((slot.seq, slot.outcome?))));
    }

    /// Takes the next entry; the participant's own is passed over.
    fn take(&mut self, entry: &Entry) -> Option<Delivery> {
        self.taken = entry.seq;
        let known = self.known.remove(&entry.seq);
        let message = self.feed.render(entry);
        let own = message.is_none();
        let message = message.filter(|_| known.is_none());
        self.slots.push_back(Slot { seq: entry.seq, own, outcome: if own { Some(Ok(())) } else { known } });
        message.map(|message| Delivery {
            id: message.id.clone(),
            contact: self.feed.contact.clone(),
            to: self.feed.alias.clone(),
            message,
            replay: self.feed.is_replay(entry),
        })
    }

    fn advance(&mut self, advances: &mut Vec<Advance>) {
        let feed = self.feed.id;
        let mut delivered = None;
        while let Some(Slot { seq, own, outcome: Some(outcome) }) = self.slots.front() {
            let (seq, own, outcome) = (*seq, *own, outcome.clone());
            self.slots.pop_front();
            if own {
                delivered = delivered.map(|_| seq);
                continue;
            }
            if outcome.is_ok() {
                delivered = Some(seq);
                continue;
            }
            advances.extend(delivered.take().map(|through| Advance { feed, through, outcome: Ok(()) }));
            advances.push(Advance { feed, through: seq, outcome });
        }
        advances.extend(delivered.map(|through| Advance { feed, through, outcome: Ok(()) }));
        if self.slots.is_empty() {
            self.slots = VecDeque::new();
        }
    }
}
