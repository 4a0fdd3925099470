//! Who watches whom, what was shown last, and whose turn it is.
//!
//! Invariant: a presentity is in `due` exactly while it may have changed since its last showing began, and in `running` while
//! not all of its watchers have been shown that.

use super::QUIET_MS;
use crate::centre::device::DeviceId;
use crate::model::{Alias, Presence, Side, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

/// Whose presence, as a side knows it: a link and a queue may have the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::centre) struct Presentity {
    pub(in crate::centre) side: Side,
    pub(in crate::centre) alias: Alias,
}

impl Presentity {
    pub(in crate::centre) fn new(side: Side, alias: &Alias) -> Self {
        Self { side, alias: alias.clone() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Watched {
    watchers: BTreeSet<DeviceId>,
    shown: Presence,
    /// No new showing before.
    quiet_until: Timestamp,
    /// Its place in `due`.
    due: Option<Timestamp>,
}

/// See the module.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Watches {
    watched: BTreeMap<Presentity, Watched>,
    by_device: BTreeMap<DeviceId, BTreeSet<Presentity>>,
    due: BTreeSet<(Timestamp, Presentity)>,
    /// Presentities whose newest view was shown up to and with this watcher.
    running: BTreeMap<Presentity, Option<DeviceId>>,
    /// Devices whose roster may have changed in this batch.
    pub(super) rosters: BTreeSet<DeviceId>,
}

impl Watches {
    /// A watcher more, who is shown `view` now.
    pub(super) fn add(&mut self, presentity: &Presentity, device: DeviceId, view: &Presence) {
        if !self.watched.contains_key(presentity) {
            let watched =
                Watched { watchers: BTreeSet::new(), shown: view.clone(), quiet_until: Timestamp(0), due: None };
            self.watched.insert(presentity.clone(), watched);
        }
        if let Some(watched) = self.watched.get_mut(presentity) {
            watched.watchers.insert(device);
        }
        self.by_device.entry(device).or_default().insert(presentity.clone());
    }

    /// A watcher less. Answers whether it was one.
    pub(in crate::centre) fn remove(&mut self, presentity: &Presentity, device: DeviceId) -> bool {
        let Some(presentities) = self.by_device.get_mut(&device) else { return false };
        let was_watching = presentities.remove(presentity);
        if presentities.is_empty() {
            self.by_device.remove(&device);
        }
        self.drop_watcher(presentity, device);
        was_watching
    }

    pub(in crate::centre) fn remove_device(&mut self, device: DeviceId) {
        for presentity in self.by_device.remove(&device).unwrap_or_default() {
            self.drop_watcher(&presentity, device);
        }
    }

    fn drop_watcher(&mut self, presentity: &Presentity, device: DeviceId) {
        let Some(watched) = self.watched.get_mut(presentity) else { return };
        watched.watchers.remove(&device);
        if watched.watchers.is_empty() {
            self.forget(presentity);
        }
    }

    fn forget(&mut self, presentity: &Presentity) -> BTreeSet<DeviceId> {
        self.running.remove(presentity);
        let Some(watched) = self.watched.remove(presentity) else { return BTreeSet::new() };
        if let Some(due) = watched.due {
            self.due.remove(&(due, presentity.clone()));
        }
        watched.watchers
    }

    /// The presentity is none any more. Gives back who watched it.
    pub(super) fn remove_presentity(&mut self, presentity: &Presentity) -> BTreeSet<DeviceId> {
        let watchers = self.forget(presentity);
        for device in &watchers {
            if let Some(presentities) = self.by_device.get_mut(device) {
                presentities.remove(presentity);
            }
        }
        watchers
    }

    /// What the watchers were shown last.
    pub(super) fn shown(&self, presentity: &Presentity) -> Option<&Presence> {
        self.watched.get(presentity).map(|watched| &watched.shown)
    }

    /// The presentity's view may have changed.
    pub(in crate::centre) fn changed(&mut self, presentity: &Presentity) {
        let Some(watched) = self.watched.get_mut(presentity) else { return };
        if watched.due.is_none() {
            watched.due = Some(watched.quiet_until);
            self.due.insert((watched.quiet_until, presentity.clone()));
        }
    }

    /// The next presentity to show: one not shown to all yet, or one that is due.
    pub(super) fn next_run(&self, now: Timestamp) -> Option<Presentity> {
        let running = self.running.keys().next();
        let due = || self.due.first().filter(|(at, _)| *at <= now).map(|(_, presentity)| presentity);
        running.or_else(due).cloned()
    }

    /// Goes on with a presentity: at most `limit` watchers to show what is then [`Self::shown`].
    pub(super) fn run(
        &mut self,
        presentity: &Presentity,
        view: Option<&Presence>,
        now: Timestamp,
        limit: usize,
    ) -> Vec<DeviceId> {
        let Some(watched) = self.watched.get_mut(presentity) else { return Vec::new() };
        let after = if let Some(after) = self.running.get(presentity).copied() {
            after
        } else {
            if let Some(due) = watched.due.take() {
                self.due.remove(&(due, presentity.clone()));
            }
            let Some(view) = view.filter(|view| **view != watched.shown) else { return Vec::new() };
            watched.shown = view.clone();
            watched.quiet_until = now.plus_ms(QUIET_MS);
            None
        };
        let start = after.map_or(Unbounded, Excluded);
        let devices: Vec<DeviceId> = watched.watchers.range((start, Unbounded)).copied().take(limit).collect();
        match devices.last() {
            Some(last) if devices.len() == limit => {
                self.running.insert(presentity.clone(), Some(*last));
            }
            _ => {
                self.running.remove(presentity);
            }
        }
        devices
    }

    /// Whether a showing is not done.
    pub(in crate::centre) fn have_work(&self) -> bool {
        !self.running.is_empty()
    }

    /// When the next showing may begin.
    pub(in crate::centre) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }
}
