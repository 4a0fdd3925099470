//! Notices that something in a folder has changed.
//!
//! ```text
//!  quiet ── event ──► settling ── no event for the settle time, or the cap is reached ──► one notice ──► quiet
//! ```
//! Invariant: one notice for one burst of changes, given once the files have been quiet for a moment, but not put off for ever.

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// How often it is looked whether the folder of that name is still the one that is watched.
const RENEW: Duration = Duration::from_secs(5);

/// When a burst of changes is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// After so long without a change.
    pub settle: Duration,
    /// After so long, whatever happens.
    pub cap: Duration,
}

/// Where to look, and for what.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Folders; those that are not there are waited for.
    pub folders: Vec<PathBuf>,
    /// With what is below them, or only what is in them.
    pub mode: RecursiveMode,
    /// Whether an event matters.
    pub concerns: fn(&Event) -> bool,
    /// See [`Patience`].
    pub patience: Patience,
}

/// Watches for as long as it lives.
pub struct Watch {
    scope: Scope,
    changed: Arc<Notify>,
    watcher: RecommendedWatcher,
    /// Device and inode of each folder, as it is watched.
    watched: Vec<Option<(u64, u64)>>,
}

impl Watch {
    /// Starts to watch. A folder is watched, and not its files: those are replaced by others of the same name.
    pub fn start(scope: Scope) -> notify::Result<Self> {
        let changed = Arc::new(Notify::new());
        let (bell, concerns) = (Arc::clone(&changed), scope.concerns);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Whoever has lost events does not know whether they mattered.
            if event.map_or(true, |event| event.need_rescan() || changes(&event) && concerns(&event)) {
                bell.notify_one();
            }
        })?;
        let watched = vec![None; scope.folders.len()];
        let mut watch = Self { scope, changed, watcher, watched };
        watch.renew();
        Ok(watch)
    }

    /// Returns after the next burst of changes.
    pub async fn changed(&mut self) {
        loop {
            tokio::select! {
                () = self.changed.notified() => break,
                () = sleep(RENEW) => if self.renew() { break },
            }
        }
        let latest = Instant::now() + self.scope.patience.cap;
        while timeout_at(latest, self.quiet()).await == Ok(false) {}
        // It may have been the folder itself that went.
        self.renew();
    }

    /// Whether nothing changed for a moment.
    async fn quiet(&self) -> bool {
        tokio::select! {
            () = sleep(self.scope.patience.settle) => true,
            () = self.changed.notified() => false,
        }
    }

    /// Watches the folders that have these names now; answers whether one is another than before.
    fn renew(&mut self) -> bool {
        let mut is_other = false;
        for (folder, watched) in self.scope.folders.iter().zip(&mut self.watched) {
            let there = identity(folder);
            if there == *watched {
                continue;
            }
            // One that was removed is not watched any more, and says so.
            let _ = self.watcher.unwatch(folder);
            *watched = there.filter(|_| self.watcher.watch(folder, self.scope.mode).is_ok());
            is_other |= watched.is_some();
        }
        is_other
    }
}

/// What a folder is, however it is called.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(folder).ok()?;
    Some((found.dev(), found.ino()))
}

/// Something was written, made, moved or removed. Reading is no change: whoever looks would wake themselves.
fn changes(event: &Event) -> bool {
    match event.kind {
        EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Any | EventKind::Other => false,
    }
}

#[cfg(test)]
mod tests;
