//! `plugin build` and `plugin check`: for those who write plugins.
//!
//! Invariant: what `plugin check` calls fine, the service loads: it does just what the service would.

use super::arguments::Plugin;
use super::sign;
use crate::engine::Engine;
use crate::model::limits::Limits;
use crate::plugin::{Loader, check as read};
use crate::text;
use anyhow::Context;
use std::path::Path;

pub(super) fn plugin(command: Plugin) -> anyhow::Result<()> {
    match command {
        Plugin::Build { dir, output } => super::build::build(&dir, output.as_deref()),
        Plugin::Check { file } => check(&file),
        Plugin::Release(arguments) => super::plugins::release(arguments),
        Plugin::Keygen(arguments) => sign::keygen(&arguments),
        Plugin::Sign(arguments) => sign::sign(&arguments),
        Plugin::Verify(arguments) => sign::verify(&arguments),
    }
}

/// Compiled with the limits that are the default; an operator's own may be lower.
fn check(file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    let checked = read(&file.display().to_string(), &bytes)?;
    let loader = Loader::new(Engine::new(None)?, &Limits::default(), text::prepare);
    let plugin = loader.load(file, &bytes)?;
    let about = plugin.about();
    let manifest = &about.manifest;
    println!("{}: can be loaded, as {} {}", file.display(), manifest.kind, manifest.name);
    println!("version   {}", manifest.version);
    println!("about     {}", manifest.description);
    println!("imports   {}", join(&checked.imports));
    println!("exports   {}", join(&checked.exports));
    println!("size      {} bytes, {} of memory at most", about.size_bytes, about.memory_bytes);
    println!("sha256    {:#}", about.digest);
    Ok(())
}

fn join(interfaces: &[String]) -> String {
    if interfaces.is_empty() { "nothing".to_owned() } else { interfaces.join(", ") }
}
