//! Reports that the host has not settled yet, and what is to be said to the peer when it does.
//!
//! Invariant: nobody is told that something is safe, or that it failed, before its entry here is settled.

use crate::stanza::Returned;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What a settled report leads to. A refusal of any that names a stanza goes back as that stanza's error.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Then {
    /// Nothing.
    Nothing,
    /// The person may stay, or has to go.
    Arrived,
    /// Nothing more than a refusal.
    Refusable(Returned),
    /// The subscription is confirmed.
    Subscribed(Returned),
    /// The end of the subscription is confirmed.
    Unsubscribed(Returned),
    /// The roster follows, if it has not gone already.
    Roster(Returned),
}

/// One report.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    reference: u64,
    /// Who did it.
    pub(crate) contact: String,
    /// The stanza's number in stream management, where that is on.
    stanza: Option<u32>,
    /// What follows.
    pub(crate) then: Then,
}

/// All of them, in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    last_reference: u64,
    entries: VecDeque<Entry>,
}

impl Ledger {
    /// A reference never used before.
    pub(crate) fn reference(&mut self) -> u64 {
        self.last_reference += 1;
        self.last_reference
    }

    /// What [`Self::reference`] will say.
    #[cfg(test)]
    pub(crate) fn next_reference(&self) -> u64 {
        self.last_reference + 1
    }

    /// Enters a report; its reference.
    pub(crate) fn enter(&mut self, contact: &str, stanza: Option<u32>, then: Then) -> u64 {
        let reference = self.reference();
        self.entries.push_back(Entry { reference, contact: contact.to_owned(), stanza, then });
        reference
    }

    /// Takes out the report of that reference.
    pub(crate) fn settle(&mut self, reference: u64) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.reference == reference)?;
        self.entries.remove(at)
    }

    /// How many are not settled.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether all that could still be answered is settled.
    pub(crate) fn is_answered(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.then, Then::Nothing))
    }

    /// The first stanza that has a report not settled.
    pub(crate) fn first_unsettled(&self) -> Option<u32> {
        self.entries.iter().find_map(|entry| entry.stanza)
    }

    /// The questions for a roster that nobody has answered; they count as answered from now on.
    pub(crate) fn take_roster_questions(&mut self, contact: &str) -> Vec<Returned> {
        let asked = |entry: &&mut Entry| matches!(entry.then, Then::Roster(_)) && entry.contact == contact;
        let taken =
            self.entries.iter_mut().filter(asked).map(|entry| std::mem::replace(&mut entry.then, Then::Nothing));
        taken.filter_map(|then| if let Then::Roster(returned) = then { Some(returned) } else { None }).collect()
    }
}
