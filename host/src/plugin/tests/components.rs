//! The components that the tests run, and a loader for them.

use crate::build;
use crate::engine::Engine;
use crate::model::limits::Limits;
use crate::plugin::{AdapterComponent, AnyPlugin, DialogComponent, Loader, RuleComponent};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The component of that name, with its manifest: one of `plugins/`, or of `tests/bad_plugins/`.
pub(in crate::plugin) fn component(name: &str) -> Vec<u8> {
    let file = format!("{name}.wasm");
    let own = build::for_tests().join(&file);
    std::fs::read(own).or_else(|_| std::fs::read(build::bad_for_tests().join(&file))).unwrap()
}

/// Preparation of names as these tests need it.
fn prepare(profile: &str, value: &str) -> Result<String, String> {
    if profile == "nodeprep" { Ok(value.to_lowercase()) } else { Err(format!("unknown profile {profile}")) }
}

/// A loader with these limits; all share an engine, and with other runs what it has compiled.
pub(in crate::plugin) fn loader(limits: &Limits) -> Loader {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins/compiled");
    let engine = ENGINE.get_or_init(|| Engine::new(Some(&cache)).unwrap());
    Loader::new(engine.clone(), limits, prepare)
}

/// The plugin of that name, with these limits.
pub(in crate::plugin) fn load(name: &str, limits: &Limits) -> AnyPlugin {
    let path = PathBuf::from(format!("plugins/{name}.wasm"));
    loader(limits).load(&path, &component(name)).unwrap()
}

/// A rule.
pub(crate) fn rule(name: &str) -> Arc<RuleComponent> {
    let AnyPlugin::Rule(plugin) = load(name, &Limits::default()) else { panic!("{name} is no rule") };
    plugin
}

/// An adapter.
pub(super) fn adapter(name: &str, limits: &Limits) -> Arc<AdapterComponent> {
    let AnyPlugin::Adapter(plugin) = load(name, limits) else { panic!("{name} is no adapter") };
    plugin
}

/// A dialog.
pub(super) fn dialog(name: &str) -> Arc<DialogComponent> {
    let AnyPlugin::Dialog(plugin) = load(name, &Limits::default()) else { panic!("{name} is no dialog") };
    plugin
}
