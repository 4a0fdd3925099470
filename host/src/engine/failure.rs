//! Why a guest gave no answer, from what wasmtime says and what the guest's store knows.

use super::guest::{Guest, HostCallsExhausted};
use super::sandbox::Allowance;
use crate::model::adapter::{CALLED_BY, GuestFailure, IN_FUNCTION};
use wasmtime::{FrameInfo, Trap, WasmBacktrace};

/// Functions of a backtrace that are told.
const FRAMES: usize = 12;
/// Bytes of a function's name, and of a file's. Names of exported methods end with the plugin's type, which is what one looks for.
const FRAME_BYTES: usize = 240;

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
            words.push_str(IN_FUNCTION);
            words.push_str(&frames.join(CALLED_BY));
        }
    }
    GuestFailure::Trapped(words)
}

/// Wasmtime has a type for it and keeps that to itself; the tests of [`super`] notice if the words change.
fn is_output_limit(reason: &str) -> bool {
    reason.contains("fuel allocated for hostcalls has been exhausted")
}

/// The functions that were running, innermost first, without the machinery of a panic.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let names: Vec<_> = backtrace.frames().iter().map(name).collect();
    let machinery = names.iter().rposition(|name| is_panic_machinery(name)).map_or(0, |last| last + 1);
    let told = backtrace.frames().iter().zip(names).skip(machinery).take(FRAMES);
    told.map(|(frame, name)| format!("{name}{}", place(frame))).collect()
}

/// As the compiler named it, without the hash.
fn name(frame: &FrameInfo) -> String {
    let Some(name) = frame.func_name() else { return format!("function {}", frame.func_index()) };
    let name = format!("{:#}", rustc_demangle::demangle(name));
    name[..name.floor_char_boundary(FRAME_BYTES)].to_owned()
}

/// File and line, if the component was built with them.
fn place(frame: &FrameInfo) -> String {
    let symbol = frame.symbols().first();
    match symbol.and_then(|symbol| symbol.file().zip(symbol.line())) {
        Some((file, line)) => {
            format!(" ({}:{line})", &file[file.ceil_char_boundary(file.len().saturating_sub(FRAME_BYTES))..])
        }
        None => String::new(),
    }
}

fn is_panic_machinery(name: &str) -> bool {
    ["rust_panic", "core::panicking::", "std::panicking::", "begin_unwind", "handle_alloc_error", "__rust_"]
        .iter()
        .any(|machinery| name.contains(machinery))
}
