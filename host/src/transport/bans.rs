//! Who is kept out for a time: persons whose messages broke an adapter again and again, and those an operator names.
//!
//! ```text
//!             3 strikes in 10 min, or an operator                  time, or an operator
//!   (nobody) ─────────────────────────────────────► banned ─────────────────────────────► (nobody)
//! ```
//!
//! One [`Bans`] is shared by all listeners and providers of the process. A person is known by where he comes from and as whom: at
//! a listener the account that was proven, at a provider the name that it vouches for. [`Registry`] decides and is pure; `Bans`
//! puts it behind a lock and rings a bell, so that links hear of a change.
//!
//! Invariant: both strikes and bans are bounded; beyond it those go first that would end first.

use super::clock::Clock;
use crate::model::Timestamp;
use crate::model::limits::Limits;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A person who is kept out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The listener or provider.
    pub provider: String,
    /// Who.
    pub person: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, in words.
    pub why: String,
}

type Key = (String, String);

/// See the module.
#[derive(Debug)]
struct Registry {
    strikes_most: usize,
    strikes_window_ms: u64,
    ban_ms: u64,
    most: usize,
    strikes: BTreeMap<Key, VecDeque<Timestamp>>,
    bans: BTreeMap<Key, Entry>,
    /// Of the last change.
    version: u64,
}

#[derive(Debug)]
struct Entry {
    ban: Ban,
    /// Taken back before its time. It is kept until then, for links that have been told of the ban.
    lifted: bool,
    version: u64,
}

impl Entry {
    fn holds(&self, now: Timestamp) -> bool {
        !self.lifted && now < self.ban.until
    }
}

impl Registry {
    fn new(limits: &Limits) -> Self {
        Self {
            strikes_most: limits.strikes as usize,
            strikes_window_ms: limits.strikes_window_ms,
            ban_ms: limits.ban_ms,
            most: limits.bans,
            strikes: BTreeMap::new(),
            bans: BTreeMap::new(),
            version: 0,
        }
    }

    /// A message of this person broke an adapter; until when the person is banned for it, where it was one too many.
    fn strike(&mut self, provider: &str, person: &str, now: Timestamp) -> Option<Timestamp> {
        let key = (provider.to_owned(), person.to_owned());
        let strikes = self.strikes.entry(key.clone()).or_default();
        while strikes.front().is_some_and(|at| at.plus_ms(self.strikes_window_ms) <= now) {
            strikes.pop_front();
        }
        strikes.push_back(now);
        let count = strikes.len();
        if count < self.strikes_most {
            drop_first(&mut self.strikes, self.most, |strikes| strikes.back().copied());
            return None;
        }
        self.strikes.remove(&key);
        let until = now.plus_ms(self.ban_ms);
        self.add(provider, person, now, until, format!("{count} messages broke the adapter"));
        Some(until)
    }

    fn add(&mut self, provider: &str, person: &str, now: Timestamp, until: Timestamp, why: String) {
        self.bans.retain(|_, entry| now < entry.ban.until);
        self.version += 1;
        let (provider, person) = (provider.to_owned(), person.to_owned());
        let key = (provider.clone(), person.clone());
        let ban = Ban { provider, person, since: now, until, why };
        self.bans.insert(key, Entry { ban, lifted: false, version: self.version });
        drop_first(&mut self.bans, self.most, |entry| Some(entry.ban.until));
    }

    /// How many bans were lifted; without a provider all of the person.
    fn revoke(&mut self, provider: Option<&str>, person: &str, now: Timestamp) -> usize {
        self.version += 1;
        let meant = |(at, who): &Key| who == person && provider.is_none_or(|provider| provider == at);
        self.strikes.retain(|key, _| !meant(key));
        let mut lifted = 0;
        for (_, entry) in self.bans.iter_mut().filter(|(key, entry)| meant(key) && entry.holds(now)) {
            (entry.lifted, entry.version) = (true, self.version);
            lifted += 1;
        }
        lifted
    }

    fn until(&self, provider: &str, person: &str, now: Timestamp) -> Option<Timestamp> {
        let entry = self.bans.get(&(provider.to_owned(), person.to_owned()))?;
        entry.holds(now).then_some(entry.ban.until)
    }

    /// Persons of a provider whose bans have changed behind a version, and until when they are banned now.
    fn changes(&self, provider: &str, behind: u64, now: Timestamp) -> Vec<(String, Timestamp)> {
        let of_provider = self.bans.values().filter(|entry| entry.ban.provider == provider);
        let changed = of_provider.filter(|entry| entry.version > behind && now < entry.ban.until);
        changed.map(|entry| (entry.ban.person.clone(), if entry.lifted { now } else { entry.ban.until })).collect()
    }

    fn list(&self, now: Timestamp) -> Vec<Ban> {
        self.bans.values().filter(|entry| entry.holds(now)).map(|entry| entry.ban.clone()).collect()
    }
}

/// Keeps a map within its bound: that goes first which would end first.
fn drop_first<V>(map: &mut BTreeMap<Key, V>, most: usize, ends: impl Fn(&V) -> Option<Timestamp>) {
    if map.len() > most {
        let first = map.iter().min_by_key(|(_, value)| ends(value)).map(|(key, _)| key.clone());
        first.and_then(|key| map.remove(&key));
    }
}

/// See the module.
#[derive(Debug)]
pub struct Bans {
    registry: Mutex<Registry>,
    /// The registry's version, to be looked at for nothing.
    version: AtomicU64,
    bell: watch::Sender<()>,
    clock: Clock,
}

impl Bans {
    /// Nobody is banned.
    pub fn new(limits: &Limits) -> Self {
        let (registry, version) = (Mutex::new(Registry::new(limits)), AtomicU64::new(0));
        Self { registry, version, bell: watch::Sender::new(()), clock: Clock::start() }
    }

    /// An operator keeps somebody out for so long.
    pub fn add(&self, provider: &str, person: &str, for_ms: u64) -> Ban {
        let now = self.now();
        let why = "by an operator".to_owned();
        let until = now.plus_ms(for_ms);
        self.change(|registry| registry.add(provider, person, now, until, why.clone()));
        Ban { provider: provider.to_owned(), person: person.to_owned(), since: now, until, why }
    }

    /// An operator lets somebody in again, at one provider or at all; how many bans that were.
    pub fn revoke(&self, provider: Option<&str>, person: &str) -> usize {
        let now = self.now();
        self.change(|registry| registry.revoke(provider, person, now))
    }

    /// Those in force, by provider and person.
    pub fn list(&self) -> Vec<Ban> {
        self.registry().list(self.now())
    }

    /// The time that bans are counted by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A message of this person broke an adapter; until when the person is banned for it, where it was one too many.
    pub(super) fn strike(&self, provider: &str, person: &str, now: Timestamp) -> Option<Timestamp> {
        self.change(|registry| registry.strike(provider, person, now))
    }

    /// Until when somebody is kept out.
    pub(super) fn until(&self, provider: &str, person: &str, now: Timestamp) -> Option<Timestamp> {
        self.registry().until(provider, person, now)
    }

    /// Grows with every change.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Persons of a provider whose bans have changed behind a version, and until when they are banned now.
    pub(super) fn changes(&self, provider: &str, behind: u64, now: Timestamp) -> Vec<(String, Timestamp)> {
        self.registry().changes(provider, behind, now)
    }

    /// Told of every change from now on.
    pub(super) fn bell(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    fn change<R>(&self, change: impl FnOnce(&mut Registry) -> R) -> R {
        let mut registry = self.registry();
        let before = registry.version;
        let result = change(&mut registry);
        if registry.version != before {
            self.version.store(registry.version, Ordering::Release);
            self.bell.send_replace(());
        }
        result
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // A panic inside leaves at worst one ban out.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
