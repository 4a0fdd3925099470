//! A watched folder: bursts, files that come in pieces, and a folder that is exchanged for another.

use super::*;
use notify::event::{CreateKind, ModifyKind};
use std::fs;
use tokio::time::timeout;

const SOON: Patience = Patience { settle: Duration::from_millis(100), cap: Duration::from_secs(1) };

fn watch(folder: &Path) -> Watch {
    let scope = Scope {
        folders: vec![folder.to_owned()],
        mode: RecursiveMode::NonRecursive,
        concerns: |_| true,
        patience: SOON,
    };
    Watch::start(scope).unwrap()
}

async fn noticed(watch: &mut Watch) -> bool {
    timeout(RENEW * 3, watch.changed()).await.is_ok()
}

#[test]
fn reading_is_no_change() {
    let event = |kind| changes(&Event::new(kind));
    assert!(event(EventKind::Create(CreateKind::File)) && event(EventKind::Modify(ModifyKind::Any)));
    assert!(event(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    assert!(!event(EventKind::Access(AccessKind::Close(AccessMode::Read))));
    assert!(!event(EventKind::Access(AccessKind::Open(AccessMode::Any))));
}

#[tokio::test]
async fn a_burst_is_noticed_once_and_after_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = watch(folder.path());
    let file = folder.path().join("slow.wasm");
    let writes = async {
        for piece in 0..5 {
            fs::write(&file, vec![0; piece + 1]).unwrap();
            sleep(SOON.settle / 2).await;
        }
        Instant::now()
    };
    let (written, seen) = tokio::join!(writes, async {
        assert!(noticed(&mut watch).await);
        Instant::now()
    });
    assert!(seen > written, "it was still being written");
    assert!(timeout(SOON.settle * 4, watch.changed()).await.is_err(), "the burst was one");
}

#[tokio::test]
async fn a_file_that_never_comes_to_rest_is_noticed_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = watch(folder.path());
    let file = folder.path().join("busy.wasm");
    let writes = async {
        loop {
            fs::write(&file, "x").unwrap();
            sleep(SOON.settle / 4).await;
        }
    };
    tokio::select! {
        () = writes => {}
        seen = timeout(SOON.cap * 5, watch.changed()) => seen.expect("the cap is reached"),
    }
}

#[tokio::test]
async fn another_folder_of_the_same_name_is_watched_instead() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("plugins");
    let mut watch = watch(&folder);
    fs::create_dir(&folder).unwrap();
    assert!(noticed(&mut watch).await, "the folder is there now");
    fs::rename(&folder, parent.path().join("old")).unwrap();
    fs::create_dir(&folder).unwrap();
    assert!(noticed(&mut watch).await, "it is another");
    while timeout(SOON.settle * 4, watch.changed()).await.is_ok() {}
    fs::write(folder.join("new.wasm"), "x").unwrap();
    assert!(timeout(SOON.cap * 2, watch.changed()).await.is_ok(), "and what is in it is noticed at once");
}
