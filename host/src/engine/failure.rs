//! Why a guest gave no answer, from what wasmtime says and what the guest's store knows.

use super::guest::{Guest, HostCallsExhausted};
use super::sandbox::Allowance;
use crate::model::adapter::GuestFailure;
use wasmtime::{Trap, WasmBacktrace};

/// Names of a backtrace that are told.
const FRAMES: usize = 12;
/// Bytes of one such name.
const FRAME_BYTES: usize = 120;

/// Puts a failed call into words. What the guest was refused comes first: a trap after it is its consequence.
pub(super) fn explain(error: &wasmtime::Error, allowance: Allowance, guest: &mut Guest) -> GuestFailure {
    let panic = guest.take_last_error();
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::OutOfFuel) {
        return GuestFailure::Fuel { fuel: allowance.fuel };
    }
    if let Some(refused) = guest.memory.take_refused() {
        return GuestFailure::Limit(refused);
    }
    if let Some(exhausted) = error.downcast_ref::<HostCallsExhausted>() {
        return GuestFailure::Limit(exhausted.to_string());
    }
    let reason = error.root_cause().to_string();
    if is_output_limit(&reason) {
        return GuestFailure::Limit(format!("handed over more than {} bytes at once", allowance.output_bytes));
    }
    if trap.is_none() && error.downcast_ref::<WasmBacktrace>().is_none() {
        return GuestFailure::Contract(reason);
    }
    let mut words = panic.unwrap_or(reason);
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let frames = frames(backtrace);
        if !frames.is_empty() {
            words.push_str("; in ");
            words.push_str(&frames.join(" < "));
        }
    }
    GuestFailure::Trapped(words)
}

/// Wasmtime has a type for it and keeps that to itself; the tests of [`super`] notice if the words change.
fn is_output_limit(reason: &str) -> bool {
    reason.contains("fuel allocated for hostcalls has been exhausted")
}

/// Names of the functions that were running, innermost first, without the machinery of a panic.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let shown = backtrace.to_string();
    let names = shown.lines().filter_map(|line| {
        let (_, name) = line.split_once(" - ")?;
        Some(short_name(name.split_once('!').map_or(name, |(_, name)| name)))
    });
    names.filter(|name| !is_panic_machinery(name)).take(FRAMES).collect()
}

fn is_panic_machinery(name: &str) -> bool {
    ["rust_panic", "__rustc", "std::panicking::", "core::panicking::", "std::sys::backtrace::", "__rust_", "abort"]
        .iter()
        .any(|machinery| name.contains(machinery))
}

/// Without the hash that the compiler appends.
fn short_name(name: &str) -> String {
    let name = name.trim();
    let end = name.rfind("::h").filter(|at| name.len() - at == "::h0123456789abcdef".len()).unwrap_or(name.len());
    name[..name[..end].floor_char_boundary(FRAME_BYTES)].to_owned()
}
