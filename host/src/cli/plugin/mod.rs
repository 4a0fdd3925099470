//! `plugin ...`: for those who write plugins.
//!
//! Invariant: what `plugin check` calls fine, the service loads: it does just what the service would.

mod inspect;
mod new;
mod test;
#[cfg(test)]
mod tests;

use super::arguments::Plugin;
use super::sign;
use crate::engine::Engine;
use crate::model::limits::Limits;
use crate::plugin::{AnyPlugin, Loader, check as read, trial};
use crate::text;
use anyhow::Context;
use std::path::Path;

pub(super) fn plugin(command: Plugin) -> anyhow::Result<()> {
    match command {
        Plugin::New { kind, name, dir } => new::new(kind, &name, dir.as_deref()),
        Plugin::Build { dir, output } => super::build::build(&dir, output.as_deref()),
        Plugin::Check { file } => check(&file),
        Plugin::Test { dir, record } => test::test(&dir, record),
        Plugin::Inspect { file, json } => inspect::inspect(&file, json),
        Plugin::Reload { socket } => super::plugins::reload(&socket),
        Plugin::Rollback(arguments) => super::plugins::roll_back(arguments),
        Plugin::Release(arguments) => super::plugins::release(arguments),
        Plugin::Keygen(arguments) => sign::keygen(&arguments),
        Plugin::Sign(arguments) => sign::sign(&arguments),
        Plugin::Verify(arguments) => sign::verify(&arguments),
    }
}

fn check(file: &Path) -> anyhow::Result<()> {
    let bytes = contents(file)?;
    let checked = read(&file.display().to_string(), &bytes)?;
    let plugin = load(file, &bytes)?;
    let transcripts = trial::embedded(&bytes)?;
    for transcript in &transcripts {
        trial::check(&plugin, transcript)?;
    }
    let about = plugin.about();
    let manifest = &about.manifest;
    println!("{}: can be loaded, as {} {}", file.display(), manifest.kind, manifest.name);
    println!("version      {}", manifest.version);
    println!("about        {}", manifest.description);
    println!("imports      {}", join(&checked.imports));
    println!("exports      {}", join(&checked.exports));
    println!("size         {} bytes, {} of memory at most", about.size_bytes, about.memory_bytes);
    println!("transcripts  {}", transcripts.len());
    println!("sha256       {:#}", about.digest);
    Ok(())
}

fn contents(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// With the limits that are the default; an operator's own may be lower.
fn load(file: &Path, bytes: &[u8]) -> anyhow::Result<AnyPlugin> {
    let loader = Loader::new(Engine::new(None)?, &Limits::default(), text::prepare);
    Ok(loader.load(file, bytes)?)
}

fn join(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
