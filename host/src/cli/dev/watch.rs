//! Which changes below the workspace mean that a plugin's source has changed.
//!
//! Invariant: what a build or an editor leaves beside a source is no change, so that a build does not start the next one.

use crate::catalog::{Patience, Scope, Watch};
use notify::{Event, RecursiveMode};
use std::path::Path;
use std::time::Duration;

/// A build is worth a little patience with an editor that saves many files.
const PATIENCE: Patience = Patience { settle: Duration::from_millis(300), cap: Duration::from_secs(5) };
/// What plugins are built from, in the workspace.
const SOURCES: [&str; 3] = ["plugins", "guest-sdk", "wit"];

/// Watches the sources of plugins.
pub(super) fn of_sources(workspace: &Path) -> notify::Result<Watch> {
    let folders = SOURCES.map(|folder| workspace.join(folder)).to_vec();
    Watch::start(Scope { folders, mode: RecursiveMode::Recursive, concerns, patience: PATIENCE })
}

/// A file that plugins are built from.
fn concerns(event: &Event) -> bool {
    let source = |path: &Path| {
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let kind =
            path.extension().is_some_and(|kind| ["rs", "toml", "wit", "trial"].iter().any(|source| kind == *source));
        !hidden && kind && !path.iter().any(|part| part == "target")
    };
    event.paths.iter().any(|path| source(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::EventKind;
    use notify::event::ModifyKind;
    use std::fs;
    use tokio::time::timeout;

    #[test]
    fn only_sources_concern_us() {
        let concerned = |path: &str| concerns(&Event::new(EventKind::Modify(ModifyKind::Any)).add_path(path.into()));
        assert!(concerned("/w/plugins/rules/x/src/lib.rs"));
        assert!(concerned("/w/plugins/rules/x/plugin.toml"));
        assert!(concerned("/w/plugins/rules/x/trials/first.trial"), "it is embedded in the component");
        assert!(!concerned("/w/plugins/rules/x/src/.lib.rs.swp"));
        assert!(!concerned("/w/plugins/rules/x/target/debug/build/out.rs"));
        assert!(!concerned("/w/plugins/rules/x/README.md"));
    }

    #[tokio::test]
    async fn a_burst_of_changes_below_the_folders_is_noticed_once() {
        let workspace = tempfile::tempdir().unwrap();
        for folder in SOURCES {
            fs::create_dir_all(workspace.path().join(folder).join("x/src")).unwrap();
        }
        let mut watch = of_sources(workspace.path()).unwrap();
        let source = workspace.path().join("plugins/x/src/lib.rs");
        for text in ["a", "b", "c"] {
            fs::write(&source, text).unwrap();
        }
        timeout(PATIENCE.cap * 4, watch.changed()).await.expect("it is noticed");
        let again = timeout(PATIENCE.settle * 2, watch.changed()).await;
        assert!(again.is_err(), "the burst was one");
    }
}
