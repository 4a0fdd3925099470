//! The sandbox: a wasmtime engine with its limits, and the one way into a guest ([`Sandbox::enter`]).
//!
//! It knows nothing of the contracts; `contract` and `plugin` stand on it. Nothing outside these three names wasmtime.
//!
//! Invariant: no guest code runs but inside [`Sandbox::enter`], so none runs without fuel, a memory limit and an output limit.

mod failure;
mod guest;
mod log;
mod memory;
mod sandbox;
mod tally;

#[cfg(test)]
mod tests;

pub use guest::{Guest, Prepare};
pub use log::{GuestLog, Level};
pub use sandbox::{Allowance, Sandbox};
pub use tally::{FailureKind, Latency, Reading, Tally};

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use wasmtime::component::Component;
use wasmtime::{Cache, CacheConfig, Config, OptLevel, Strategy, WasmBacktraceDetails};

/// Bytes of the native stack that a guest may use. A worker thread has 2 MiB, so the host always has most of it.
const GUEST_STACK_BYTES: usize = 256 * 1024;

/// Frames kept of a guest's backtrace.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(24).expect("24 is not zero");

/// Compiles components and makes sandboxes. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    wasm: wasmtime::Engine,
    cache: Option<Cache>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("cache", &self.cache.as_ref().map(Cache::directory)).finish_non_exhaustive()
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The cache's folder can't be used.
    #[error(
        "the folder for compiled plugins, {}, can't be used: {reason}; make it writable, or name another one by `cache`",
        folder.display()
    )]
    Cache {
        /// As configured.
        folder: PathBuf,
        /// What wasmtime says.
        reason: String,
    },
    /// This machine can't run the sandbox.
    #[error("this machine can't run the sandbox of plugins: {0}")]
    Machine(String),
}

impl Engine {
    /// An engine; with `cache`, compiled components are kept in that folder. Code is run from there, so nobody else may write to it.
    pub fn new(cache: Option<&Path>) -> Result<Self, EngineError> {
        let cache = cache.map(open_cache).transpose()?;
        let mut config = Config::new();
        config
            .wasm_component_model(true)
            .consume_fuel(true)
            .max_wasm_stack(GUEST_STACK_BYTES)
            .strategy(Strategy::Cranelift)
            .cranelift_opt_level(OptLevel::Speed)
            .parallel_compilation(true)
            // With copy-on-write memory each instance takes 4 maps, without it 2: `vm.max_map_count` stops at twice as many.
            .memory_init_cow(false)
            // Names come from the name section; files and lines too if the component was built with them.
            .wasm_backtrace_details(WasmBacktraceDetails::Enable)
            .wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES))
            // The same bits on every machine: decisions are journaled and replayed.
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false)
            .cache(cache.clone());
        let wasm = wasmtime::Engine::new(&config).map_err(|e| EngineError::Machine(format!("{e:#}")))?;
        Ok(Self { wasm, cache })
    }

    /// Compiles a component, or takes it from the cache. Validates all of it. The error is wasmtime's.
    pub fn compile(&self, component: &[u8]) -> Result<Component, String> {
        Component::from_binary(&self.wasm, component).map_err(|e| format!("{e:#}"))
    }

    /// How many components were taken from the cache.
    pub fn cache_hits(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::cache_hits)
    }

    /// The engine behind it, for linkers and stores.
    pub fn wasm(&self) -> &wasmtime::Engine {
        &self.wasm
    }
}

fn open_cache(folder: &Path) -> Result<Cache, EngineError> {
    let refused = |reason: String| EngineError::Cache { folder: folder.to_owned(), reason };
    let absolute = std::path::absolute(folder).map_err(|e| refused(e.to_string()))?;
    let mut config = CacheConfig::new();
    // What was taken from there 256 times would be compressed once more, for which 180 MiB are held for seconds.
    config.with_optimized_compression_usage_counter_threshold(u64::MAX);
    config.with_directory(absolute);
    Cache::new(config).map_err(|e| refused(format!("{e:#}")))
}
