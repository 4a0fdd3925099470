//! The environment of the cargo that we run.
//!
//! Invariant: it is not told what an outer cargo (of `cargo run` or `cargo test`) was told: toolchain, flags and profile are ours, the
//! user's network settings stay.

use std::env;
use std::process::Command;

/// Takes away what an outer cargo said.
pub(super) fn clean(command: &mut Command) -> &mut Command {
    let beneath_cargo = env::var_os("CARGO").is_some();
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        // Cargo and rustup prepend the folders of one toolchain's libraries.
        if said_by_cargo(text) || (beneath_cargo && text == "LD_LIBRARY_PATH") {
            command.env_remove(&name);
        }
    }
    command
}

fn said_by_cargo(name: &str) -> bool {
    const KEPT: [&str; 7] =
        ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_", "RUSTUP_HOME"];
    const TAKEN: [&str; 5] = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC", "RUSTUP_TOOLCHAIN"];
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    starts(&TAKEN) && !starts(&KEPT)
}

#[cfg(test)]
mod tests;
