//! Preparation of names (RFC 3491, 6122, 8265, 8266, 5890). The tables are in the host, so that they don't stand in every sandbox.

/// `value` prepared by `profile`: `nodeprep`, `resourceprep`, `nameprep`, `username-case-mapped`, `opaque-string`, `nickname`,
/// `idna-ascii`, `idna-unicode`. Pure. The error says what is wrong with the text, or that the profile is unknown.
///
/// Natively (in tests) an approximation answers: see [`native`].
pub fn prepare(profile: &str, value: &str) -> Result<String, String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::adapter::cordboard::host::text::prepare(profile, value);
    #[cfg(not(target_arch = "wasm32"))]
    native::prepare(profile, value)
}

#[cfg(not(target_arch = "wasm32"))]
pub mod native;
