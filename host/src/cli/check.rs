//! `check`: the configuration, then everything it names: plugins, their settings, certificates, secrets.
//!
//! Invariant: nothing is changed and nothing is started; all that is wrong is said, and the exit code says whether something was.

use crate::config::Config;
use crate::config::Tls;
use crate::plugin::PluginSet;
use crate::service::plugins::{assemble, load};
use crate::service::probe::futile;
use crate::service::secrets::Granted;
use crate::service::{certificate_of, secret_of};
use crate::trust::Grants;
use anyhow::bail;
use std::collections::BTreeMap;
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
    for idle in idle_grants(&config.grants, &wanted_hosts(&set)) {
        eprintln!("warning: [plugins.grants] {idle}");
    }
    let started = assemble(config, &set).map(drop).err().unwrap_or_default();
    started.iter().for_each(tell);
    let futile = futile(config, &set);
    futile.iter().for_each(tell);
    Ok(refused.len() + started.len() + futile.map_or(0, |problems| problems.list.len()))
}

/// What is granted and never asked for harms nobody today, and maybe with tomorrow's version: a warning, not a problem. `wanted` is
/// what the loaded plugins ask for, by name.
fn idle_grants(grants: &Grants, wanted: &BTreeMap<&str, Vec<String>>) -> Vec<String> {
    let mut idle = Vec::new();
    for name in grants.plugins() {
        let Some(wanted) = wanted.get(name) else {
            idle.push(format!("{name}: no plugin of this name was loaded; correct the name, or take the line out"));
            continue;
        };
        let unused = grants.unused(name, wanted).into_iter();
        idle.extend(
            unused.map(|host| format!("{name}: {host:?} is granted, and the plugin does not ask for it; take it out")),
        );
    }
    idle
}

/// A rule and an adapter may have one name, and then have one grant.
fn wanted_hosts(set: &PluginSet) -> BTreeMap<&str, Vec<String>> {
    let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for manifest in set.iter().map(|plugin| &plugin.about().manifest) {
        wanted.entry(&manifest.name).or_default().extend_from_slice(&manifest.hosts);
    }
    wanted
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
    if let Err(error) = Granted::read(config) {
        tell(&error);
        problems += 1;
    }
    problems
}

/// Problems of a file, which are many, say themselves that they are errors.
fn tell(error: &impl std::fmt::Display) {
    let told = error.to_string();
    let prefix = if told.starts_with("error: ") { "" } else { "error: " };
    eprintln!("{prefix}{told}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Grant;

    #[test]
    fn a_grant_for_nothing_is_a_warning() {
        let grant = |hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
            Grant { hosts, ..Grant::default() }
        };
        let grants = Grants::Only(BTreeMap::from([
            ("crm".to_owned(), grant(&["api.example", "*.old.example"])),
            ("gone".to_owned(), grant(&["gone.example"])),
        ]));
        let wanted = BTreeMap::from([("crm", vec!["api.example".to_owned()]), ("xmpp", Vec::new())]);
        assert_eq!(
            idle_grants(&grants, &wanted),
            [
                "crm: \"*.old.example\" is granted, and the plugin does not ask for it; take it out",
                "gone: no plugin of this name was loaded; correct the name, or take the line out",
            ]
        );
    }
}
