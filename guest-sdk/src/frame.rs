//! Cuts a stream into frames: lines, and pieces of a length that the protocol announces.
//!
//! [`Framer`] keeps what is not yet a whole frame; it serialises, so keep it in the saved state. Take frames until there is none after
//! every [`Framer::push`].
//!
//! Invariant: with that, no more than the limit and one chunk is kept, whatever the peer sends.

use serde::{Deserialize, Serialize};

/// A frame exceeds the limit. A line is then left out up to its end, so the caller may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// What was allowed, in bytes.
    pub limit: usize,
}

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a frame is longer than {} bytes", self.limit)
    }
}

impl std::error::Error for TooLong {}

/// What came of a stream and is not used yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Framer {
    limit: usize,
    bytes: Vec<u8>,
    /// Bytes before it are used.
    start: usize,
    /// Bytes before it hold no line end.
    searched: usize,
    /// In a line that was too long.
    skipping: bool,
}

impl Framer {
    /// For frames of at most `limit` bytes (without the line's end).
    pub fn new(limit: usize) -> Self {
        Self { limit, bytes: Vec::new(), start: 0, searched: 0, skipping: false }
    }

    /// Adds what was received.
    pub fn push(&mut self, data: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(data);
    }

    /// The next line, without its LF or CRLF; `None` when more must be received. `Err` once for each line that is too long.
    pub fn line(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        loop {
            let from = self.searched.max(self.start);
            let Some(found) = self.bytes[from..].iter().position(|byte| *byte == b'\n') else {
                return self.unfinished_line().map(Err);
            };
            let end = from + found;
            let line = self.bytes[self.start..end].strip_suffix(b"\r").unwrap_or(&self.bytes[self.start..end]);
            let (line, fits) = (line.to_vec(), line.len() <= self.limit);
            self.advance(end + 1);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            return Some(if fits { Ok(line) } else { Err(TooLong { limit: self.limit }) });
        }
    }

    /// The next `length` bytes; `None` when more must be received. `Err` when `length` exceeds the limit: nothing is taken.
    pub fn exactly(&mut self, length: usize) -> Result<Option<Vec<u8>>, TooLong> {
        if length > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        if self.unused() < length {
            return Ok(None);
        }
        let taken = self.bytes[self.start..self.start + length].to_vec();
        self.advance(self.start + length);
        Ok(Some(taken))
    }

    /// How many bytes wait.
    pub fn unused(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Throws away what waits, as at `secured`.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    fn unfinished_line(&mut self) -> Option<TooLong> {
        self.searched = self.bytes.len();
        // One more byte may be the CR of a line that just fits.
        if !self.skipping && self.unused() <= self.limit + 1 {
            return None;
        }
        self.advance(self.bytes.len());
        (!std::mem::replace(&mut self.skipping, true)).then_some(TooLong { limit: self.limit })
    }

    fn advance(&mut self, to: usize) {
        self.start = to;
        self.searched = to;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            (self.start, self.searched) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests;
