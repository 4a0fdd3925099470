//! A component out of a compiled module: the contract's types are in the module, written there by the SDK; added are the standard metadata
//! and, as they stand, `plugin.toml` and the transcripts.

use super::cargo::Package;
use super::crates::PluginCrate;
use super::{BuildError, MANIFEST_SECTION, TRIAL_SECTION};
use std::borrow::Cow;
use std::fs;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// The same bytes for the same module, manifest, transcripts and package.
pub(super) fn make(plugin: &PluginCrate, package: &Package, module: &Path) -> Result<Vec<u8>, BuildError> {
    let module = fs::read(module).map_err(|error| BuildError::io("read", module, error))?;
    if !exports_contract(&module) {
        return Err(BuildError::NoContract { package: package.name.clone(), kind: plugin.kind.clone() });
    }
    let encoded = encode(&module).and_then(|component| name(plugin).to_wasm(&component));
    let mut component = encoded
        .map_err(|error| BuildError::Component { package: package.name.clone(), reason: format!("{error:#}") })?;
    for (name, text) in texts(package) {
        append(&mut component, name, text.as_bytes());
    }
    append(&mut component, MANIFEST_SECTION, &plugin.manifest);
    for transcript in &plugin.transcripts {
        append(&mut component, TRIAL_SECTION, format!("{}\n{}", transcript.name, transcript.text).as_bytes());
    }
    Ok(component)
}

fn encode(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default().validate(true).module(module)?.encode()
}

/// Whether the SDK's export macro was used: it alone makes exports that are named by a contract.
fn exports_contract(module: &[u8]) -> bool {
    Parser::new(0).parse_all(module).flatten().any(|payload| match payload {
        Payload::ExportSection(exports) => {
            exports.into_iter().flatten().any(|export| export.name.starts_with("cordboard:"))
        }
        _ => false,
    })
}

fn name(plugin: &PluginCrate) -> AddMetadata {
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(plugin.name.clone());
    add.processed_by = vec![("cordboard".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    add
}

/// The sections that tools show of any component (the OCI annotations of `wasm-metadata`, as plain text).
fn texts(package: &Package) -> impl Iterator<Item = (&'static str, &str)> {
    let texts = [
        ("version", Some(&package.version)),
        ("description", package.description.as_ref()),
        ("licenses", package.license.as_ref()),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name, text?.as_str())))
}

/// A custom section may stand anywhere in a component, so also at its end.
fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) };
    section.append_to_component(component);
}
