//! `replay`: runs the stored journal again; every batch must come out as it did (I8).
//!
//! Invariant: nothing is written, and no plugin is asked: their answers stand in the journal.

use crate::config::Config;
use crate::model::record::Shard;
use crate::shard::replay as replay_journal;
use crate::storage::{RedbOptions, RedbStore};
use anyhow::bail;
use std::path::Path;

/// The pools' only shard.
const SHARD: Shard = Shard::Pool(0);

pub(super) fn replay(file: &Path) -> anyhow::Result<()> {
    let config = Config::read(file)?;
    if !config.data.is_dir() {
        bail!(
            "there is nothing to replay: no service has run with {}, as its data folder {} is not there",
            file.display(),
            config.data.display()
        );
    }
    let store = RedbStore::open(&config.data, RedbOptions::default())?;
    let replayed = replay_journal(&store, SHARD)?;
    println!("{} batches of {} runs came out as they did", replayed.batches, replayed.runs);
    if replayed.passed_over > 0 {
        println!(
            "{} older entries were passed over: what they started from is not kept any more",
            replayed.passed_over
        );
    }
    Ok(())
}
