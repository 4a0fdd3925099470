//! What is promised of the contracts (`wit/VERSIONING.md`), shown true: released versions stay as they are and keep loading, what breaks a
//! contract is refused and what does not is accepted, and components in other languages are as welcome as those in Rust.

mod c;
mod growth;
mod kept;
mod released;

use cordboard::engine::Engine;
use cordboard::model::limits::Limits;
use cordboard::plugin::{AnyPlugin, Loader, PluginError};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host/ is in the repository").to_owned()
}

/// Loads a component as the service does, with the limits that are the default.
fn load(name: &str, component: &[u8]) -> Result<AnyPlugin, PluginError> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::new(Some(&root().join("target/plugins/compiled"))).unwrap());
    let loader = Loader::new(engine.clone(), &Limits::default(), cordboard::text::prepare);
    loader.load(Path::new(&format!("{name}.wasm")), component)
}
