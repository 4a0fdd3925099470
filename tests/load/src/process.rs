//! What a process uses, as the kernel counts it (proc(5)).

use anyhow::Context;
use serde::Serialize;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// A process, by its number.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

/// Resident memory, in KiB.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Memory {
    /// All pages.
    pub rss_kib: u64,
    /// Pages, those shared with other processes in proportion.
    pub pss_kib: u64,
    /// Pages that no file is behind.
    pub anonymous_kib: u64,
}

impl Process {
    /// What it has resident now.
    pub fn memory(self) -> anyhow::Result<Memory> {
        let path = format!("/proc/{}/smaps_rollup", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.with_context(|| format!("{path} has no {name}"))
        };
        Ok(Memory { rss_kib: value("Rss")?, pss_kib: value("Pss")?, anonymous_kib: value("Anonymous")? })
    }

    /// Processor time used so far, of all its threads.
    pub fn cpu(self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/stat", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
        // The second field is the name in parentheses, and may hold anything; utime and stime are the 14th and 15th.
        let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).with_context(|| format!("{path} has no times"))?;
        Ok(Duration::from_secs(user + system) / ticks_per_second()?)
    }
}

fn ticks_per_second() -> anyhow::Result<u32> {
    let told = Command::new("getconf").arg("CLK_TCK").output().context("can't run getconf")?;
    String::from_utf8_lossy(&told.stdout).trim().parse().context("getconf CLK_TCK tells no number")
}
