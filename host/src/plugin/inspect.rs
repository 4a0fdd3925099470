//! What is in a component's file: for people who wonder what they were given.
//!
//! Nothing of it is run or compiled. A component that would be refused is shown too, with the reason.

use super::check::{self, check};
use super::error::PluginError;
use super::manifest::{Kind, Manifest};
use super::trial;
use crate::contract::v1;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wasmparser::{DataKind, Parser, Payload};

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 * 1024;

/// What was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Inspection {
    /// What it says of itself; absent where that is missing or can't be read.
    pub manifest: Option<Said>,
    /// The world whose interface it exports.
    pub world: Option<String>,
    /// The version of the contract that it was built for.
    pub contract: Option<String>,
    /// Interfaces that it imports, with versions.
    pub imports: Vec<String>,
    /// Interfaces that it exports, with versions.
    pub exports: Vec<String>,
    /// Size of the file.
    pub size_bytes: usize,
    /// Of its functions.
    pub code_bytes: usize,
    /// Linear memory as it starts, in bytes.
    pub memory_bytes: u64,
    /// Bytes that are copied into the memory as it starts.
    pub data_bytes: usize,
    /// In how many pieces.
    pub data_segments: usize,
    /// Custom sections of the outermost component, in their order.
    pub sections: Vec<Part>,
    /// Its transcripts.
    pub transcripts: Vec<Part>,
    /// SHA-256 of the file, as `sha256sum` prints it.
    pub sha256: String,
    /// Why the host would not load it, as far as that can be said without compiling it.
    pub refused: Option<String>,
}

/// Of the manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// The plugin's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `rule`, `adapter` or `dialog`.
    pub kind: &'static str,
    /// What it is for.
    pub description: String,
    /// Hosts that it wants to reach.
    pub hosts: Vec<String>,
    /// The format of saved state that it writes.
    pub writes: u32,
    /// Those that it reads.
    pub reads: Vec<u32>,
    /// The schema of its settings; absent where it has none.
    pub settings: Option<toml::Table>,
    /// Linear memory that it may come to have, where it wants another limit than the host's.
    pub memory_bytes: Option<usize>,
}

/// A named part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: usize,
}

/// Looks at the file called `source`. The error says why it is no component.
pub fn inspect(source: &str, bytes: &[u8]) -> Result<Inspection, PluginError> {
    let checked = check(source, bytes);
    if let Err(
        error @ (PluginError::TooLarge { .. }
        | PluginError::NotWasm { .. }
        | PluginError::CoreModule { .. }
        | PluginError::Malformed { .. }),
    ) = checked
    {
        return Err(error);
    }
    let surface = check::Surface::read(source, bytes)?;
    let mut found = Inspection {
        manifest: super::extract(bytes).and_then(said),
        size_bytes: bytes.len(),
        sha256: HEXLOWER.encode(&Sha256::digest(bytes)),
        refused: checked.err().map(|error| error.to_string()),
        ..Inspection::default()
    };
    match trial::embedded(bytes) {
        Ok(transcripts) => found.transcripts = transcripts.into_iter().map(Part::from).collect(),
        Err(error) => found.refused = found.refused.or(Some(error.to_string())),
    }
    (found.world, found.contract) = contract(&surface.exports);
    (found.imports, found.exports) = (surface.imports, surface.exports);
    found.measure(bytes);
    Ok(found)
}

impl From<trial::Transcript> for Part {
    fn from(transcript: trial::Transcript) -> Self {
        Self { name: transcript.name, bytes: transcript.text.len() }
    }
}

fn said(manifest: &[u8]) -> Option<Said> {
    let Manifest { name, version, kind, description, hosts, limits, state, settings } =
        Manifest::parse(std::str::from_utf8(manifest).ok()?).ok()?;
    let (writes, reads) = (state.writes, state.reads);
    let (kind, memory_bytes) = (kind.as_str(), limits.memory_bytes);
    Some(Said { name, version, kind, description, hosts, writes, reads, settings, memory_bytes })
}

/// World and contract version, by the interface that is exported.
fn contract(exports: &[String]) -> (Option<String>, Option<String>) {
    let worlds = [
        (Kind::Rule, "cordboard:strategy/rule-plugin"),
        (Kind::Adapter, "cordboard:adapter/adapter"),
        (Kind::Dialog, "cordboard:dialog/dialog"),
    ];
    for export in exports {
        let (interface, version) = export.split_once('@').unwrap_or((export, ""));
        if let Some((_, world)) = worlds.iter().find(|(kind, _)| kind.interface() == interface) {
            let spoken = if version == v1::VERSION { "" } else { " (another than this host's)" };
            return (Some((*world).to_owned()), Some(format!("{version}{spoken}")));
        }
    }
    (None, None)
}

impl Inspection {
    /// Sums up the modules inside. The file has been parsed once, so nothing of it fails.
    fn measure(&mut self, bytes: &[u8]) {
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 0 => {
                    let (name, bytes) = (section.name().to_owned(), section.data().len());
                    self.sections.push(Part { name, bytes });
                }
                Payload::CodeSectionEntry(body) => self.code_bytes += body.as_bytes().len(),
                Payload::MemorySection(memories) => {
                    let pages: u64 = memories.into_iter().flatten().map(|memory| memory.initial).sum();
                    self.memory_bytes += pages.saturating_mul(PAGE_BYTES);
                }
                Payload::DataSection(segments) => {
                    for segment in segments.into_iter().flatten() {
                        if matches!(segment.kind, DataKind::Active { .. }) {
                            self.data_segments += 1;
                            self.data_bytes += segment.data.len();
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
