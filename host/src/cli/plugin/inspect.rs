//! `plugin inspect`: what is in a component, whether it would be accepted or not.

use super::join;
use crate::plugin::inspect::{Inspection, Said, inspect as look};
use std::path::Path;

pub(super) fn inspect(file: &Path, json: bool) -> anyhow::Result<()> {
    let found = look(&file.display().to_string(), &super::contents(file)?)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print!("{}", told(&found));
    }
    Ok(())
}

/// For a person, a line for each thing.
pub(super) fn told(found: &Inspection) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(manifest) = &found.manifest {
        lines.push(("plugin", format!("{} {} {}", manifest.kind, manifest.name, manifest.version)));
        lines.push(("about", manifest.description.clone()));
        lines.push(("state", format!("writes format {}, reads {:?}", manifest.writes, manifest.reads)));
        lines.push(("hosts", join(&manifest.hosts)));
        lines.push(("settings", join(&settings_of(manifest))));
    }
    lines.push(("world", found.world.clone().unwrap_or_else(|| "none of Cordboard's".to_owned())));
    lines.push(("contract", found.contract.clone().unwrap_or_else(|| "none".to_owned())));
    lines.push(("imports", join(&found.imports)));
    lines.push(("exports", join(&found.exports)));
    lines.push(("size", format!("{} bytes, {} of them code", found.size_bytes, found.code_bytes)));
    let wished = found.manifest.as_ref().and_then(|manifest| manifest.memory_bytes);
    let wished = wished.map(|bytes| format!(", {bytes} at most")).unwrap_or_default();
    lines.push(("memory", format!("{} bytes at the start{wished}", found.memory_bytes)));
    lines.push(("data", format!("{} bytes in {} segments", found.data_bytes, found.data_segments)));
    let sections = found.sections.iter().map(|section| format!("{} ({} bytes)", section.name, section.bytes));
    lines.push(("sections", join(&sections.collect::<Vec<_>>())));
    let transcripts =
        found.transcripts.iter().map(|transcript| format!("{} ({} bytes)", transcript.name, transcript.bytes));
    lines.push(("transcripts", join(&transcripts.collect::<Vec<_>>())));
    lines.push(("sha256", found.sha256.clone()));
    lines.push(("accepted", found.refused.as_ref().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"))));
    let lines: Vec<String> = lines.into_iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect();
    lines.concat()
}

/// Their names; the schema says the rest.
fn settings_of(manifest: &Said) -> Vec<String> {
    let properties = manifest.settings.as_ref().and_then(|schema| schema.get("properties")?.as_table());
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}
