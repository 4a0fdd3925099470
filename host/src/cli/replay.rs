//! `replay`: runs a journal again; every batch must come out as it did (I8).
//!
//! Invariant: nothing is written, and no plugin is asked: their answers stand in the journal.

use super::arguments::Replay;
use super::journal::Log;
use crate::config::Config;
use crate::shard::replay_entries;

pub(super) fn replay(asked: &Replay) -> anyhow::Result<()> {
    let log = match &asked.log {
        Some(log) => log.clone(),
        None => Config::read(&asked.config)?.data,
    };
    let replayed = replay_entries(Log::open(&log)?.entries()?)?;
    println!("{} batches of {} runs came out as they did", replayed.batches, replayed.runs);
    if replayed.passed_over > 0 {
        println!(
            "{} older entries were passed over: what they started from is not kept any more",
            replayed.passed_over
        );
    }
    Ok(())
}
