//! What stands behind a sandbox on the host's side: its memory's limit, its log, and how much it may ask of the host.

use super::log::{GuestLog, Level, printable};
use super::memory::Memory;
use std::sync::Arc;

/// Prepares a name: profile and value to the prepared value, or what is wrong with it. Pure.
pub type Prepare = fn(&str, &str) -> Result<String, String>;

/// Calls of the host that a guest may make while it is entered once; fuel does not count the host's work.
const HOST_CALLS: u32 = 4096;
/// Bytes that it may hand over in these calls.
const HOST_CALL_BYTES: usize = 1024 * 1024;
/// Bytes of a text that is prepared; longer ones are no names.
const PREPARED_BYTES: usize = 4096;

/// The state of one store.
#[derive(Debug)]
pub struct Guest {
    pub(super) memory: Memory,
    log: Arc<GuestLog>,
    prepare: Prepare,
    calls_left: u32,
    bytes_left: usize,
    last_error: Option<String>,
}

/// A guest asked the host for more work than one call may.
#[derive(Debug, thiserror::Error)]
#[error("asked the host more than {HOST_CALLS} times, or handed it more than {HOST_CALL_BYTES} bytes, in one call")]
pub(super) struct HostCallsExhausted;

impl Guest {
    /// The state for a store that may hold `memory_bytes` of linear memory.
    pub fn new(memory_bytes: usize, log: Arc<GuestLog>, prepare: Prepare) -> Self {
        Self { memory: Memory::new(memory_bytes), log, prepare, calls_left: 0, bytes_left: 0, last_error: None }
    }

    /// Before the guest is entered: its calls of the host are counted from here.
    pub(super) fn arm(&mut self) {
        self.calls_left = HOST_CALLS;
        self.bytes_left = HOST_CALL_BYTES;
        self.last_error = None;
        self.memory.take_refused();
    }

    /// The last line that it logged as an error in this call: the panic hook's, if it panicked.
    pub(super) fn take_last_error(&mut self) -> Option<String> {
        self.last_error.take()
    }

    /// `log` of the contract.
    pub fn log(&mut self, level: Level, text: &str) -> wasmtime::Result<()> {
        if level == Level::Error {
            self.last_error = Some(printable(text));
        }
        if let Err(exhausted) = self.spend(text.len()) {
            self.log.count_dropped();
            return Err(exhausted.into());
        }
        self.log.write(level, text);
        Ok(())
    }

    /// `prepare` of the contract.
    pub fn prepare(&mut self, profile: &str, value: &str) -> wasmtime::Result<Result<String, String>> {
        self.spend(profile.len().saturating_add(value.len()))?;
        if value.len() > PREPARED_BYTES {
            return Ok(Err(format!("longer than {PREPARED_BYTES} bytes")));
        }
        Ok((self.prepare)(profile, value))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), HostCallsExhausted> {
        self.calls_left = self.calls_left.checked_sub(1).ok_or(HostCallsExhausted)?;
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(HostCallsExhausted)?;
        Ok(())
    }
}
