//! What guests log: bounded in length and rate, told apart by plugin and digest.

use crate::model::Digest;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Bytes of one line; the rest is cut off.
const LINE_BYTES: usize = 2048;
/// Lines that a plugin may write at once, over all its sandboxes.
const BURST_LINES: f64 = 200.0;
/// Lines a second that a plugin may write on and on.
const LINES_PER_SECOND: f64 = 50.0;

/// How urgent a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
}

/// Where the lines of one plugin go, from all its sandboxes.
#[derive(Debug)]
pub struct GuestLog {
    plugin: String,
    digest: Digest,
    is_trial: bool,
    bucket: Mutex<Bucket>,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Bucket {
    lines: f64,
    filled_at: Instant,
}

impl GuestLog {
    /// The log of the plugin of that name and digest.
    pub fn new(plugin: &str, digest: Digest) -> Self {
        let bucket = Mutex::new(Bucket { lines: BURST_LINES, filled_at: Instant::now() });
        Self { plugin: plugin.to_owned(), digest, is_trial: false, bucket, dropped: AtomicU64::new(0) }
    }

    /// The same for a plugin that is only tried: nothing of what it says has happened, so its lines are its author's, and say so.
    #[must_use]
    pub fn on_trial(self) -> Self {
        Self { is_trial: true, ..self }
    }

    /// Lines dropped since the start, because there were too many.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes a line, or counts it as dropped.
    pub(super) fn write(&self, level: Level, text: &str) {
        let level = if self.is_trial { Level::Debug } else { level };
        if !wanted(level) {
            return;
        }
        if !self.admit(Instant::now()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let dropped = Some(self.dropped()).filter(|lines| *lines > 0);
        let (plugin, digest, line) = (self.plugin.as_str(), self.digest, printable(text));
        let trial = Some(true).filter(|_| self.is_trial);
        match level {
            Level::Debug => tracing::debug!(target: "cordboard::guest", plugin, %digest, trial, dropped, "{line}"),
            Level::Info => tracing::info!(target: "cordboard::guest", plugin, %digest, trial, dropped, "{line}"),
            Level::Warn => tracing::warn!(target: "cordboard::guest", plugin, %digest, trial, dropped, "{line}"),
            Level::Error => tracing::error!(target: "cordboard::guest", plugin, %digest, trial, dropped, "{line}"),
        }
    }

    /// Counts a line as dropped without looking at it.
    pub(super) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    fn admit(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.lines = BURST_LINES.min(since.mul_add(LINES_PER_SECOND, bucket.lines));
        bucket.filled_at = now;
        let admitted = bucket.lines >= 1.0;
        if admitted {
            bucket.lines -= 1.0;
        }
        admitted
    }
}

/// Whether anybody listens.
fn wanted(level: Level) -> bool {
    match level {
        Level::Debug => tracing::enabled!(target: "cordboard::guest", tracing::Level::DEBUG),
        Level::Info => tracing::enabled!(target: "cordboard::guest", tracing::Level::INFO),
        Level::Warn => tracing::enabled!(target: "cordboard::guest", tracing::Level::WARN),
        Level::Error => tracing::enabled!(target: "cordboard::guest", tracing::Level::ERROR),
    }
}

/// One line, of bounded length, without control characters: a guest can't forge a second line or move the cursor.
pub(super) fn printable(text: &str) -> String {
    let cut = text.floor_char_boundary(LINE_BYTES);
    let mut line = String::with_capacity(cut);
    for c in text[..cut].trim_end().chars() {
        match c {
            '\n' | '\t' => line.push(' '),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    if cut < text.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        assert_eq!(printable("a\nb\x1b[31m\n"), "a b\\u{1b}[31m");
        let long = printable(&"ä".repeat(LINE_BYTES));
        assert_eq!(long.len(), LINE_BYTES + '…'.len_utf8());
    }

    #[test]
    fn a_burst_is_admitted_and_then_a_rate() {
        let log = GuestLog::new("p", Digest([0; 32]));
        let start = Instant::now();
        let admitted = (0..1000).filter(|_| log.admit(start)).count();
        assert_eq!(admitted, 200);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..1000).filter(|_| log.admit(later)).count(), 50);
    }
}
