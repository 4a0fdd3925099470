//! How much memory a sandbox may hold, over all its memories and tables.

use wasmtime::ResourceLimiter;

/// Core instances of a component: the plugin itself, and the shims that componentisation puts around it.
const INSTANCES: usize = 16;
/// Tables of a component.
const TABLES: usize = 8;
/// Entries of one table: functions whose address is taken.
const TABLE_ENTRIES: usize = 20_000;
/// Linear memories of a component.
const MEMORIES: usize = 4;

/// Counts what a store's memories hold and refuses what is beyond the limit.
#[derive(Debug)]
pub(super) struct Memory {
    limit_bytes: usize,
    held_bytes: usize,
    refused: Option<String>,
}

impl Memory {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, held_bytes: 0, refused: None }
    }

    /// Linear memory held now. It never shrinks.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// What was refused since the last call of this function, in words.
    pub(super) fn take_refused(&mut self) -> Option<String> {
        self.refused.take()
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.held_bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit_bytes {
            self.refused = Some(format!("wanted {wanted} bytes of memory and may have {}", self.limit_bytes));
            return Ok(false);
        }
        self.held_bytes = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ENTRIES {
            self.refused = Some(format!("wanted a table of {desired} entries and may have {TABLE_ENTRIES}"));
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}
