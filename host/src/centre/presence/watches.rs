//! Who watches whom, what was shown last, and whose turn it is.
//!
//! Most customers watch all that is published: hundreds of links each. They are kept as such, not in a row for each link.
//!
//! Invariant: a presentity is in `due` exactly while it may have changed since its last showing began, and in `running` while
//! not all of its watchers have been shown that.

use super::QUIET_MS;
use crate::centre::device::DeviceId;
use crate::centre::link::Links;
use crate::centre::pages::{PagedMap, PagedSet};
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

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Watched {
    watchers: BTreeSet<DeviceId>,
    shown: Presence,
    /// No new showing before.
    quiet_until: Timestamp,
    /// Its place in `due`.
    due: Option<Timestamp>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::centre) struct Watches {
    watched: PagedMap<Presentity, Watched>,
    by_device: PagedMap<DeviceId, BTreeSet<Presentity>>,
    /// The links that everybody is shown who watches all of them.
    published: BTreeSet<Presentity>,
    /// Devices that watch all of them; they have rows only for what else they watch.
    of_all: PagedSet<DeviceId>,
    due: PagedSet<(Timestamp, Presentity)>,
    /// Presentities whose newest view was shown up to and with this watcher.
    running: BTreeMap<Presentity, Option<DeviceId>>,
    /// Devices whose roster may have changed in this batch.
    pub(super) rosters: BTreeSet<DeviceId>,
}

impl Watches {
    /// Nobody watches anything yet.
    pub(in crate::centre) fn new(links: &Links) -> Self {
        Self { published: super::published(links), ..Self::default() }
    }

    /// Other links are published from now on. Who watches all of them is shown the new ones with the next showings.
    pub(in crate::centre) fn publish(&mut self, published: &BTreeSet<Presentity>) {
        let before = std::mem::replace(&mut self.published, published.clone());
        for gone in before.difference(published) {
            self.forget_unwatched(gone);
        }
        if !self.of_all.is_empty() {
            for new in published.difference(&before) {
                self.begin(new, &Presence { presentity: new.alias.clone(), tuples: Vec::new() });
                self.changed(new);
            }
        }
    }

    /// A watcher more of all that is published, who is shown the views that are there now.
    pub(super) fn add_to_all(&mut self, device: DeviceId) {
        self.of_all.insert(device);
    }

    fn is_of_all(&self, presentity: &Presentity, device: DeviceId) -> bool {
        self.of_all.contains(&device) && self.published.contains(presentity)
    }

    /// What its watchers are shown first.
    fn begin(&mut self, presentity: &Presentity, view: &Presence) {
        if !self.watched.contains_key(presentity) {
            let watched =
                Watched { watchers: BTreeSet::new(), shown: view.clone(), quiet_until: Timestamp(0), due: None };
            self.watched.insert(presentity.clone(), watched);
        }
    }

    /// A watcher more, who is shown `view` now.
    pub(super) fn add(&mut self, presentity: &Presentity, device: DeviceId, view: &Presence) {
        self.begin(presentity, view);
        if self.is_of_all(presentity, device) {
            return;
        }
        if let Some(watched) = self.watched.get_mut(presentity) {
            watched.watchers.insert(device);
        }
        self.by_device.get_or_insert_with(&device, BTreeSet::new).insert(presentity.clone());
    }

    /// A watcher less. Answers whether it was one.
    pub(in crate::centre) fn remove(&mut self, presentity: &Presentity, device: DeviceId) -> bool {
        let was_of_all = self.is_of_all(presentity, device);
        if was_of_all {
            self.watch_all_but(presentity, device);
        }
        let Some(presentities) = self.by_device.get_mut(&device) else { return was_of_all };
        let was_watching = presentities.remove(presentity) || was_of_all;
        if presentities.is_empty() {
            self.by_device.remove(&device);
        }
        self.drop_watcher(presentity, device);
        was_watching
    }

    /// Who watched all watches the others from now on.
    fn watch_all_but(&mut self, presentity: &Presentity, device: DeviceId) {
        self.of_all.remove(&device);
        for other in self.published.clone().iter().filter(|other| *other != presentity) {
            if let Some(watched) = self.watched.get_mut(other) {
                watched.watchers.insert(device);
                self.by_device.get_or_insert_with(&device, BTreeSet::new).insert(other.clone());
            }
        }
        self.forget_published();
    }

    fn forget_published(&mut self) {
        if self.of_all.is_empty() {
            for presentity in self.published.clone() {
                self.forget_unwatched(&presentity);
            }
        }
    }

    pub(in crate::centre) fn remove_device(&mut self, device: DeviceId) {
        if self.of_all.remove(&device) {
            self.forget_published();
        }
        for presentity in self.by_device.remove(&device).unwrap_or_default() {
            self.drop_watcher(&presentity, device);
        }
    }

    fn drop_watcher(&mut self, presentity: &Presentity, device: DeviceId) {
        let Some(watched) = self.watched.get_mut(presentity) else { return };
        watched.watchers.remove(&device);
        self.forget_unwatched(presentity);
    }

    fn forget_unwatched(&mut self, presentity: &Presentity) {
        let has_rows = self.watched.get(presentity).is_some_and(|watched| !watched.watchers.is_empty());
        if !has_rows && (self.of_all.is_empty() || !self.published.contains(presentity)) {
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
        let next = (after.map_or(Unbounded, Excluded), Unbounded);
        let mut devices: Vec<DeviceId> = watched.watchers.range(next).copied().take(limit).collect();
        if self.published.contains(presentity) {
            devices.extend(self.of_all.range(next).take(limit));
            devices.sort_unstable();
            devices.dedup();
            devices.truncate(limit);
        }
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

#[cfg(test)]
mod tests;
