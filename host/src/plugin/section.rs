//! What is put inside a component: the manifest, in the custom section `cordboard:manifest`, whose content is `plugin.toml` as it stands, and
//! transcripts ([`super::trial::SECTION`]).
//!
//! One file to drop. Only the outermost component's section counts, so that a nested component can't speak for its host.

use super::manifest::{Manifest, ManifestError};
use std::ops::Range;
use wasm_encoder::{Encode, Section};
use wasmparser::{Encoding, Parser, Payload};

/// The section's name.
pub const SECTION: &str = "cordboard:manifest";

/// The component with this manifest in it, in place of one that it may have had. The manifest is checked first.
pub fn embed(component: &[u8], manifest: &str) -> Result<Vec<u8>, ManifestError> {
    Manifest::parse(manifest)?;
    if !component.starts_with(b"\0asm") {
        return Err(ManifestError::Carrier("it is not WebAssembly".to_owned()));
    }
    let found = scan(component, SECTION).map_err(|e| ManifestError::Carrier(e.to_string()))?;
    if !found.is_component {
        return Err(ManifestError::Carrier("it is a core module, not a component".to_owned()));
    }
    let mut with = Vec::with_capacity(component.len() + manifest.len() + 32);
    let mut copied = 0;
    for section in &found.sections {
        with.extend_from_slice(&component[copied..section.whole.start]);
        copied = section.whole.end;
    }
    with.extend_from_slice(&component[copied..]);
    let section = wasm_encoder::CustomSection { name: SECTION.into(), data: manifest.as_bytes().into() };
    with.push(section.id());
    section.encode(&mut with);
    Ok(with)
}

/// The text of the component's manifest, as it stands; none where it has none, or where it isn't a component.
pub fn extract(component: &[u8]) -> Option<&[u8]> {
    contents(component, SECTION).pop()
}

/// The contents of the custom sections of that name, in their order; none where it isn't a component.
pub(super) fn contents<'a>(component: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let sections = scan(component, name).map(|found| found.sections).unwrap_or_default();
    sections.into_iter().map(|section| &component[section.content]).collect()
}

struct Found {
    is_component: bool,
    sections: Vec<Place>,
}

struct Place {
    whole: Range<usize>,
    content: Range<usize>,
}

/// Finds the outermost component's custom sections of a name.
fn scan(bytes: &[u8], name: &str) -> Result<Found, wasmparser::BinaryReaderError> {
    let mut found = Found { is_component: false, sections: Vec::new() };
    let (mut depth, mut previous_end) = (0_usize, 0);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, range, .. } if depth == 0 && previous_end == 0 => {
                found.is_component = *encoding == Encoding::Component;
                previous_end = offset(range.end);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(end) if depth > 0 => {
                depth -= 1;
                previous_end = offset(*end);
            }
            Payload::CustomSection(section) if depth == 0 => {
                if section.name() == name {
                    let content = offset(section.data_offset())..offset(section.range().end);
                    found.sections.push(Place { whole: previous_end..content.end, content });
                }
                previous_end = offset(section.range().end);
            }
            other if depth == 0 => {
                if let Some((_, range)) = other.as_section() {
                    previous_end = offset(range.end);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// An offset that the parser found in a slice.
fn offset(at: u64) -> usize {
    usize::try_from(at).expect("an offset into a slice fits its index type")
}
