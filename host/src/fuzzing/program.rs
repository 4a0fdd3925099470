//! Bytes as a program: each target takes out of them what it needs. When they are used up it takes zeros, and the target ends.

use crate::model::Timestamp;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Program {
    bytes: Vec<u8>,
    at: usize,
}

impl Program {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0 }
    }

    pub(super) fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    pub(super) fn number(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end.max(1)
    }

    pub(super) fn yes(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Some bytes as they stand, at most 255.
    pub(super) fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte());
        let from = self.at.min(self.bytes.len());
        let to = (from + length).min(self.bytes.len());
        self.at = to;
        self.bytes[from..to].to_vec()
    }

    /// A short text; some are long, and some are the same again and again.
    pub(super) fn text(&mut self) -> String {
        match self.byte() {
            0 => String::new(),
            1 => "billing".to_owned(),
            2 => "joe@localhost/phone".to_owned(),
            3 => "1-0-1".to_owned(),
            4 => "x".repeat(usize::from(self.byte()) * 64),
            length => {
                let from = self.at.min(self.bytes.len());
                let to = (from + usize::from(length % 24)).min(self.bytes.len());
                self.at = to;
                String::from_utf8_lossy(&self.bytes[from..to]).into_owned()
            }
        }
    }

    pub(super) fn pick<T: Clone>(&mut self, among: &[T]) -> Option<T> {
        let at = self.number(among.len());
        among.get(at).cloned()
    }

    /// From some milliseconds to some minutes.
    pub(super) fn later(&mut self, now: Timestamp) -> Timestamp {
        now.plus_ms(u64::from(self.byte()) << self.number(12))
    }
}
