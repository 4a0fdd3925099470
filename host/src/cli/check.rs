//! `check`: the configuration, then everything it names: plugins, their settings, certificates, secrets.
//!
//! Invariant: nothing is changed and nothing is started; all that is wrong is said, and the exit code says whether something was.

use crate::config::Config;
use crate::config::Tls;
use crate::service::plugins::{assemble, load};
use crate::service::{certificate_of, secret_of};
use anyhow::bail;
use std::path::Path;

/// What is fine goes to standard output, each on a line; what is not to standard error.
pub(super) fn check(file: &Path) -> anyhow::Result<()> {
    let config = Config::read(file)?;
    println!("{}: fine", file.display());
    let problems = plugins(&config)? + certificates(&config) + secrets(&config);
    match problems {
        0 => Ok(()),
        1 => bail!("1 problem found"),
        n => bail!("{n} problems found"),
    }
}

fn plugins(config: &Config) -> anyhow::Result<usize> {
    let (set, refused) = load(config, None)?;
    for plugin in set.iter() {
        let about = plugin.about();
        let manifest = &about.manifest;
        println!(
            "{}: {} {} {}, {}",
            about.path.display(),
            manifest.kind,
            manifest.name,
            manifest.version,
            about.digest
        );
    }
    refused.iter().for_each(tell);
    let started = assemble(config, &set).map(drop).err().unwrap_or_default();
    started.iter().for_each(tell);
    Ok(refused.len() + started.len())
}

/// Those in files; a self-signed one is made at the start.
fn certificates(config: &Config) -> usize {
    let in_files = config.listeners.iter().filter(|listener| matches!(listener.tls, Tls::Files { .. }));
    let mut problems = 0;
    for listener in in_files {
        match certificate_of(&config.data, listener) {
            Ok(_) => println!("[[listener]] `{}`: its certificate can be used", listener.name),
            Err(error) => {
                tell(&format!("[[listener]] `{}`: {error}", listener.name));
                problems += 1;
            }
        }
    }
    problems
}

fn secrets(config: &Config) -> usize {
    let mut problems = 0;
    for provider in &config.providers {
        match secret_of(provider) {
            Ok(_) => println!("[[provider]] `{}`: its secret is there", provider.name),
            Err(error) => {
                tell(&format!("[[provider]] `{}`: {error}", provider.name));
                problems += 1;
            }
        }
    }
    problems
}

fn tell(error: &impl std::fmt::Display) {
    eprintln!("error: {error}");
}
