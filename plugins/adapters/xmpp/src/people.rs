//! The people on an endpoint, by contact: one where the peer is their client, thousands where it is their server.
//!
//! Whoever is taken out to be worked with is put back; that keeps the order of who was active when, and the sum of what is kept.
//!
//! Invariant: nothing here takes longer than the logarithm of how many there are, but for saving and restoring them all.

use crate::person::Person;
use cordboard_sdk::model::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Bytes kept for a person on average, from which on somebody has to go as if there were too many people.
const BYTES_EACH: usize = 1024;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// Boxed, since where there is one, a map's node has room for eleven.
    known: BTreeMap<String, Box<Person>>,
    /// Who would be missed least is first: without presence, and longest silent.
    order: BTreeSet<(bool, Timestamp, String)>,
    /// About what is kept of all.
    bytes: usize,
}

impl People {
    /// Takes somebody out.
    pub(crate) fn take(&mut self, contact: &str) -> Option<Box<Person>> {
        let person = self.known.remove(contact)?;
        self.order.remove(&place(&person));
        self.bytes -= person.weight();
        Some(person)
    }

    /// Puts somebody in, or back.
    pub(crate) fn put(&mut self, person: Box<Person>) {
        self.order.insert(place(&person));
        self.bytes += person.weight();
        self.known.insert(person.contact.clone(), person);
    }

    /// The first, where there is only one.
    pub(crate) fn first(&self) -> Option<&str> {
        self.known.first_key_value().map(|(contact, _)| contact.as_str())
    }

    /// Takes the first out.
    pub(crate) fn take_first(&mut self) -> Option<Box<Person>> {
        let contact = self.first()?.to_owned();
        self.take(&contact)
    }

    /// Whether somebody is known.
    pub(crate) fn contains(&self, contact: &str) -> bool {
        self.known.contains_key(contact)
    }

    /// Who has to go, where there are more people than `most` or too much is kept of them; anybody but `except`.
    pub(crate) fn surplus(&self, most: usize, except: &str) -> Option<String> {
        if self.known.len() <= most && self.bytes <= most.saturating_mul(BYTES_EACH) {
            return None;
        }
        self.order.iter().map(|(_, _, contact)| contact).find(|contact| *contact != except).cloned()
    }

    /// Up to `count` contacts behind that one, in their order.
    pub(crate) fn behind(&self, contact: &str, count: usize) -> Vec<String> {
        let behind = self.known.range::<str, _>((Bound::Excluded(contact), Bound::Unbounded));
        behind.take(count).map(|(contact, _)| contact.clone()).collect()
    }

    /// Forgets what was asked of anybody's software and is not answered.
    pub(crate) fn forget_questions(&mut self) {
        self.known.values_mut().for_each(|person| person.software.forget());
    }
}

fn place(person: &Person) -> (bool, Timestamp, String) {
    (person.is_present(), person.active_at, person.contact.clone())
}

impl Serialize for People {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.known.values())
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut people = Self::default();
        Vec::<Person>::deserialize(deserializer)?.into_iter().for_each(|person| people.put(Box::new(person)));
        Ok(people)
    }
}

#[cfg(test)]
mod tests;
