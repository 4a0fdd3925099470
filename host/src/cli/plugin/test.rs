//! `plugin test`: builds a plugin's crate, runs its native tests, plays its transcripts in the real engine with the real limits, and holds a
//! rule to the law of its contract.
//!
//! Invariant: exit code 0 only if all of it is well. With `--record` the transcripts are written, never the plugin.

use super::load;
use crate::build::{self, TranscriptFile};
use crate::plugin::AnyPlugin;
use crate::plugin::trial::{self, Observed, Transcript};
use anyhow::{Context, bail};
use std::fs;
use std::path::Path;

pub(super) fn test(dir: &Path, record: bool) -> anyhow::Result<()> {
    let mut component = component(dir)?;
    build::test_natively(dir, None)?;
    if record && write_answers(dir, &component)? > 0 {
        component = self::component(dir)?;
    }
    try_out(&component)
}

/// A component with the plugin that was loaded of it.
pub(super) struct Tried {
    pub(super) plugin: AnyPlugin,
    pub(super) bytes: Vec<u8>,
}

fn component(dir: &Path) -> anyhow::Result<Tried> {
    let built = build::plugin_on_trial(dir, |line| eprintln!("{line}"))?;
    let bytes = super::contents(&built.file)?;
    Ok(Tried { plugin: load(&built.file, &bytes)?, bytes })
}

/// Writes the answers into the crate's transcripts; returns how many files changed.
pub(super) fn write_answers(dir: &Path, tried: &Tried) -> anyhow::Result<usize> {
    let mut changed = 0;
    for TranscriptFile { path, name, text } in build::transcripts(dir)? {
        let transcript = Transcript::new(&name, text)?;
        let recorded = trial::record(&tried.plugin, &transcript)?;
        if recorded != transcript.text {
            fs::write(&path, recorded).with_context(|| format!("can't write {}", path.display()))?;
            println!("trials/{name}.trial: recorded; look at the difference before you keep it");
            changed += 1;
        }
    }
    Ok(changed)
}

/// Plays what is embedded, then asks a rule about people of all sorts.
pub(super) fn try_out(Tried { plugin, bytes }: &Tried) -> anyhow::Result<()> {
    let transcripts = trial::embedded(bytes)?;
    let failed = failed_trials(plugin, &transcripts);
    let problems = failed + broken_laws(plugin, &transcripts)?;
    let hint = if failed > 0 { "; if the answers are as they should be now, write them with `--record`" } else { "" };
    match problems {
        0 => Ok(()),
        1 => bail!("1 problem found{hint}"),
        n => bail!("{n} problems found{hint}"),
    }
}

/// How many transcripts do not come out.
fn failed_trials(plugin: &AnyPlugin, transcripts: &[Transcript]) -> usize {
    let mut failed = 0;
    for transcript in transcripts {
        match trial::play(plugin, transcript) {
            Ok(calls) => println!("trials/{}.trial: fine, {calls} calls", transcript.name),
            Err(error) => {
                println!("{error}");
                failed += 1;
            }
        }
    }
    if transcripts.is_empty() {
        println!("no transcripts; write what goes in to trials/NAME.trial and add the answers with `--record`");
    }
    failed
}

/// With the settings of each transcript: how often the rule breaks the law. One that takes none of them was not asked, and that is a
/// problem too.
fn broken_laws(plugin: &AnyPlugin, transcripts: &[Transcript]) -> anyhow::Result<usize> {
    let AnyPlugin::Rule(rule) = plugin else { return Ok(0) };
    let (mut kept, mut broken) = (0, 0);
    for settings in trial::settings(transcripts)? {
        match trial::check_law(rule, &settings) {
            Observed::Kept(pairs) => {
                println!("the law of rules: kept for {pairs} pairs, with the settings {settings}");
                kept += 1;
            }
            Observed::Refused(words) => {
                println!("the law of rules: not asked, the settings {settings} are refused: {words}");
            }
            Observed::Broken(words) => {
                println!(
                    "the law of rules: broken with the settings {settings}\n    {words}\n    whether one is kept may depend on these two, the \
                     time and what the rule was told, on nothing else"
                );
                broken += 1;
            }
        }
    }
    if kept + broken == 0 {
        println!("the law of rules: never asked; add a transcript whose `setup` has settings that the rule takes");
        broken += 1;
    }
    Ok(broken)
}
