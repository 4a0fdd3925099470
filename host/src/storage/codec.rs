//! Stored values: one version byte, then `MessagePack` with named fields.
//!
//! A field that is added later carries `#[serde(default)]`; a change that old bytes can't be read as takes the next version and keeps
//! the reader of the old one. Invariant: bytes that any release wrote are read for ever (`tests.rs` pins them).

use super::StoreError;
use rmp_serde::Serializer;
use rmp_serde::config::BytesMode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// The version that is written.
pub const VERSION: u8 = 1;

/// The bytes of a value, in the present version. `what` names it in the error.
pub fn encode<T: Serialize + ?Sized>(what: impl Display, value: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(VERSION);
    let mut serializer = Serializer::new(&mut bytes).with_struct_map().with_bytes(BytesMode::ForceIterables);
    value.serialize(&mut serializer).map_err(|error| StoreError::Damaged {
        what: what.to_string(),
        detail: format!("it can't be written: {error}"),
    })?;
    Ok(bytes)
}

/// The value of bytes that [`encode`] made, in this version or an older one. `what` names it in the error.
pub fn decode<T: DeserializeOwned>(what: impl Display, bytes: &[u8]) -> Result<T, StoreError> {
    let damaged = |detail: String| StoreError::Damaged { what: what.to_string(), detail };
    match bytes.split_first() {
        Some((&VERSION, value)) => rmp_serde::from_slice(value).map_err(|error| damaged(error.to_string())),
        Some((version, _)) => Err(damaged(format!(
            "its version is {version}, this cordboard reads up to {VERSION}; a newer cordboard may have written it"
        ))),
        None => Err(damaged(format!("it is empty; expected at least the version byte {VERSION}"))),
    }
}

#[cfg(test)]
mod tests;
