//! The operator's settings for a plugin, given as JSON and already checked against the manifest's schema.

use serde::de::DeserializeOwned;

/// Reads settings; empty text counts as `{}`. The error names the field, and what was expected and found.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let json = if json.trim().is_empty() { "{}" } else { json };
    serde_json::from_str(json).map_err(|error| format!("the settings can't be used: {error}"))
}
