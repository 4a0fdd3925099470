//! What is known of each component that is loaded: who it is, what its sandboxes have done, and its strikes.
//!
//! [`Registry`] has all that live: a [`Plugin`](super::Plugin) holds its [`Stats`], its machines hold the plugin, and so a generation
//! that nobody holds any more is gone from the registry by itself.
//!
//! Invariant: the registry keeps nothing alive.

use super::loader::About;
use super::manifest::Kind;
use crate::engine::{Reading, Tally};
use crate::model::Digest;
use crate::model::adapter::GuestFailure;
use crate::model::limits::Limits;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Takes notice of a component that was struck out.
type Notice = Box<dyn Fn(&StruckOut) + Send + Sync>;

/// Those that live; one for all loaders of a service.
#[derive(Default)]
pub struct Registry {
    plugins: Mutex<Vec<Weak<Stats>>>,
    notice: OnceLock<Notice>,
}

/// An adapter has failed too often; the machines go on, and whoever put it in service may put another in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StruckOut {
    /// `adapter`, as long as rules have the centre to look after them.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Which component.
    pub digest: Digest,
    /// Since it was loaded.
    pub age: Duration,
    /// How often it failed, and how the last time, with the functions that were running.
    pub why: String,
}

/// One component's. Counted without locks, but for failures.
#[derive(Debug)]
pub struct Stats {
    kind: Kind,
    name: String,
    version: String,
    digest: Digest,
    size_bytes: usize,
    loaded: Instant,
    tally: Arc<Tally>,
    strikes: Mutex<Strikes>,
    registry: Arc<Registry>,
}

/// A component at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its version, as its manifest says.
    pub version: String,
    /// SHA-256 of the component.
    pub digest: Digest,
    /// Of the component.
    pub size_bytes: usize,
    /// Since it was loaded.
    pub age: Duration,
    /// What its sandboxes have done and hold.
    pub reading: Reading,
    /// Why it counts as failing, where it does.
    pub failing: Option<String>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// Whom to tell when a component is struck out; once, before anything serves. Called on the thread of the machine that failed, so it
    /// has to be short.
    pub fn on_struck_out(&self, notice: impl Fn(&StruckOut) + Send + Sync + 'static) {
        // The second is another owner's, who has no say.
        let _first_stays = self.notice.set(Box::new(notice));
    }

    /// All that live, by kind, name and age, the newest first.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let mut all: Vec<Snapshot> = self.living().iter().map(|stats| stats.snapshot()).collect();
        all.sort_by(|a, b| (a.kind, &a.name, a.age, a.digest).cmp(&(b.kind, &b.name, b.age, b.digest)));
        all
    }

    /// Takes back what is held against the components of a name. Answers how many had something.
    pub fn release(&self, name: &str) -> usize {
        self.living().iter().filter(|stats| stats.name == name && stats.release()).count()
    }

    pub(super) fn enter(self: &Arc<Self>, about: &About, limits: &Limits) -> Arc<Stats> {
        let stats = Arc::new(Stats {
            kind: about.manifest.kind,
            name: about.manifest.name.clone(),
            version: about.manifest.version.clone(),
            digest: about.digest,
            size_bytes: about.size_bytes,
            loaded: Instant::now(),
            tally: Arc::default(),
            strikes: Mutex::new(Strikes::new(limits)),
            registry: Arc::clone(self),
        });
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        plugins.retain(|plugin| plugin.strong_count() > 0);
        plugins.push(Arc::downgrade(&stats));
        stats
    }

    fn living(&self) -> Vec<Arc<Stats>> {
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        plugins.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Stats {
    /// What its sandboxes have done and hold.
    pub fn read(&self) -> Reading {
        self.tally.read()
    }

    pub(super) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Counts a failure that was found outside of the sandbox, and returns it.
    pub(super) fn failed(&self, failure: GuestFailure) -> GuestFailure {
        self.tally.failed(&failure);
        failure
    }

    /// A machine of it failed to the point that somebody was served worse for it.
    pub(super) fn strike(&self, failure: &GuestFailure) {
        let Some(why) = self.strikes().strike(Instant::now(), failure) else { return };
        let (kind, name, digest) = (self.kind, self.name.clone(), self.digest);
        let struck_out = StruckOut { kind, name, digest, age: self.loaded.elapsed(), why };
        if let Some(notice) = self.registry.notice.get() {
            notice(&struck_out);
        }
    }

    fn release(&self) -> bool {
        let mut strikes = self.strikes();
        let had = !strikes.at.is_empty();
        strikes.at.clear();
        had
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            kind: self.kind,
            name: self.name.clone(),
            version: self.version.clone(),
            digest: self.digest,
            size_bytes: self.size_bytes,
            age: self.loaded.elapsed(),
            reading: self.read(),
            failing: self.strikes().out(Instant::now()),
        }
    }

    fn strikes(&self) -> std::sync::MutexGuard<'_, Strikes> {
        self.strikes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Failures that count, as long as they count.
#[derive(Debug)]
struct Strikes {
    /// At most `most` of them, the oldest first.
    at: VecDeque<Instant>,
    last: String,
    most: usize,
    window: Duration,
}

impl Strikes {
    fn new(limits: &Limits) -> Self {
        let most = limits.quarantine_strikes.max(1) as usize;
        let window = Duration::from_millis(limits.quarantine_window_ms);
        Self { at: VecDeque::new(), last: String::new(), most, window }
    }

    /// One more. Answers why it is struck out, where it was not before.
    fn strike(&mut self, now: Instant, failure: &GuestFailure) -> Option<String> {
        let was_out = self.out(now).is_some();
        if self.at.len() == self.most {
            self.at.pop_front();
        }
        self.at.push_back(now);
        self.last = failure.to_string();
        self.out(now).filter(|_| !was_out)
    }

    fn out(&mut self, now: Instant) -> Option<String> {
        while self.at.front().is_some_and(|at| now.duration_since(*at) >= self.window) {
            self.at.pop_front();
        }
        let (most, window_s) = (self.most, self.window.as_secs());
        (self.at.len() >= most)
            .then(|| format!("failed {most} times within {window_s} s, the last time: {}", self.last))
    }
}

#[cfg(test)]
mod tests;
