//! Saved state: `MessagePack` with named fields, behind a format number of the plugin's own.
//!
//! Named fields let the next version add one with `#[serde(default)]` and still read what this one wrote. What an older version could
//! not read takes a new format number; the manifest names the formats that are written and read.

use crate::model::SavedState;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a state.
///
/// # Panics
/// If `value` can't be serialised at all, such as a map that fails half way. A plugin's own types can.
pub fn write<T: Serialize>(format: u32, value: &T) -> SavedState {
    let bytes = rmp_serde::to_vec_named(value).expect("plain types always serialise into memory");
    SavedState { format, bytes }
}

/// Reads a state written as `format`. For several formats look at [`SavedState::format`] first, then read with it.
pub fn read<T: DeserializeOwned>(state: &SavedState, format: u32) -> Result<T, String> {
    if state.format != format {
        return Err(format!("the saved state has format {}, this version reads {format}", state.format));
    }
    rmp_serde::from_slice(&state.bytes)
        .map_err(|error| format!("the saved state of format {format} can't be read: {error}"))
}

#[cfg(test)]
mod tests;
