//! Notices that a plugin's source has changed.
//!
//! Invariant: one notice for one burst of changes, given once the files have been quiet for a moment, but not put off for ever.

use notify::event::EventKind;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// Quiet after which a burst of changes is over.
const QUIET: Duration = Duration::from_millis(300);
/// A burst is taken as over after this, quiet or not.
const BURST: Duration = Duration::from_secs(5);
/// What plugins are built from, in the workspace.
const SOURCES: [&str; 3] = ["plugins", "guest-sdk", "wit"];

/// Watches the sources of plugins for as long as it lives.
pub(super) struct Watch {
    changed: Arc<Notify>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Starts to watch a workspace.
    pub(super) fn start(workspace: &Path) -> notify::Result<Self> {
        let changed = Arc::new(Notify::new());
        let bell = Arc::clone(&changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| concerns(&event)) {
                bell.notify_one();
            }
        })?;
        for folder in SOURCES {
            watcher.watch(&workspace.join(folder), RecursiveMode::Recursive)?;
        }
        Ok(Self { changed, _watcher: watcher })
    }

    /// Returns after the next burst of changes.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
        let latest = Instant::now() + BURST;
        while timeout_at(latest, self.quiet()).await == Ok(false) {}
    }

    /// Whether nothing changed for a moment.
    async fn quiet(&self) -> bool {
        tokio::select! {
            () = sleep(QUIET) => true,
            () = self.changed.notified() => false,
        }
    }
}

/// A file that plugins are built from was written, made, moved or removed; not what a build or an editor leaves beside it.
fn concerns(event: &Event) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
    let source = |path: &Path| {
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let kind =
            path.extension().is_some_and(|kind| ["rs", "toml", "wit", "trial"].iter().any(|source| kind == *source));
        !hidden && kind && !path.iter().any(|part| part == "target")
    };
    changes && event.paths.iter().any(|path| source(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind, ModifyKind};
    use std::fs;

    fn event(kind: EventKind, path: &str) -> Event {
        Event::new(kind).add_path(path.into())
    }

    #[test]
    fn only_sources_concern_us() {
        let modified = EventKind::Modify(ModifyKind::Any);
        assert!(concerns(&event(modified, "/w/plugins/rules/x/src/lib.rs")));
        assert!(concerns(&event(EventKind::Create(CreateKind::File), "/w/plugins/rules/x/plugin.toml")));
        assert!(concerns(&event(modified, "/w/plugins/rules/x/trials/first.trial")), "it is embedded in the component");
        assert!(!concerns(&event(modified, "/w/plugins/rules/x/src/.lib.rs.swp")));
        assert!(!concerns(&event(modified, "/w/plugins/rules/x/target/debug/build/out.rs")));
        assert!(!concerns(&event(modified, "/w/plugins/rules/x/README.md")));
        assert!(!concerns(&event(EventKind::Access(AccessKind::Any), "/w/plugins/rules/x/src/lib.rs")));
    }

    #[tokio::test]
    async fn a_burst_of_changes_is_noticed_once() {
        let workspace = tempfile::tempdir().unwrap();
        for folder in SOURCES {
            fs::create_dir(workspace.path().join(folder)).unwrap();
        }
        let watch = Watch::start(workspace.path()).unwrap();
        let source = workspace.path().join("plugins/lib.rs");
        for text in ["a", "b", "c"] {
            fs::write(&source, text).unwrap();
        }
        tokio::time::timeout(BURST * 4, watch.changed()).await.expect("it is noticed");
        let again = tokio::time::timeout(QUIET * 2, watch.changed()).await;
        assert!(again.is_err(), "the burst was one");
    }
}
