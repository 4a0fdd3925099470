//! What an outer cargo leaves in the environment does not reach the inner one.

use super::said_by_cargo;

#[test]
fn what_an_outer_cargo_said_is_taken_away_and_the_users_network_stays() {
    for name in [
        "CARGO",
        "CARGO_MANIFEST_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTUP_TOOLCHAIN",
    ] {
        assert!(said_by_cargo(name), "{name}");
    }
    for name in [
        "CARGO_HOME",
        "CARGO_NET_OFFLINE",
        "CARGO_HTTP_PROXY",
        "CARGO_REGISTRIES_X_TOKEN",
        "RUSTUP_HOME",
        "PATH",
        "RUST_BACKTRACE",
    ] {
        assert!(!said_by_cargo(name), "{name}");
    }
}
