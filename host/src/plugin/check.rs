//! Looks at a file before it is compiled: is it a component, with a manifest, that imports what it may and exports what it should?
//!
//! What it says here is by names and versions; types are compared when it is compiled ([`super::Loader`]).

use super::error::PluginError;
use super::manifest::{Kind, Manifest, ManifestError};
use super::section;
use crate::contract::v1;
use crate::model::Digest;
use crate::trust::digest_of;
use wasmparser::{BinaryReaderError, Encoding, Parser, Payload};

/// Bytes of a component. Ten times what a protocol's adapter comes to.
pub(super) const COMPONENT_BYTES: u64 = 16 * 1024 * 1024;

/// What this host offers to plugins of one kind or another.
const KNOWN_IMPORTS: &[&str] = Kind::Adapter.imports();

/// What a check found, if all is well.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of its bytes, as `sha256sum` prints it.
    pub digest: Digest,
    /// Interfaces that it imports, with versions.
    pub imports: Vec<String>,
    /// Interfaces that it exports, with versions.
    pub exports: Vec<String>,
}

/// Checks the bytes of the file called `source`.
pub fn check(source: &str, bytes: &[u8]) -> Result<Checked, PluginError> {
    let size = bytes.len() as u64;
    if size > COMPONENT_BYTES {
        return Err(PluginError::TooLarge { plugin: source.to_owned(), found: size, limit: COMPONENT_BYTES });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(PluginError::NotWasm { plugin: source.to_owned(), found: first_bytes(bytes) });
    }
    let surface = Surface::read(source, bytes)?;
    let manifest = read_manifest(source, bytes)?;
    check_kind(&manifest, &surface.exports)?;
    check_imports(&manifest, &surface.imports)?;
    check_exports(&manifest, &surface.exports)?;
    Ok(Checked { manifest, digest: digest_of(bytes), imports: surface.imports, exports: surface.exports })
}

/// What the outermost component imports and exports.
#[derive(Default)]
pub(super) struct Surface {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
}

impl Surface {
    pub(super) fn read(source: &str, bytes: &[u8]) -> Result<Self, PluginError> {
        let malformed =
            |e: BinaryReaderError| PluginError::Malformed { plugin: source.to_owned(), reason: e.to_string() };
        let mut surface = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(malformed)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(PluginError::CoreModule { plugin: source.to_owned() });
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        surface.imports.push(import.map_err(malformed)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        surface.exports.push(export.map_err(malformed)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }
}

fn read_manifest(source: &str, bytes: &[u8]) -> Result<Manifest, PluginError> {
    let plugin = source.to_owned();
    let text = section::extract(bytes).ok_or_else(|| PluginError::NoManifest { plugin: plugin.clone() })?;
    let text = std::str::from_utf8(text).map_err(|e| ManifestError::Syntax(e.to_string()));
    text.and_then(Manifest::parse).map_err(|error| PluginError::Manifest { plugin, error })
}

/// A plugin of another kind than its manifest says: what it may import does not matter then.
fn check_kind(manifest: &Manifest, exports: &[String]) -> Result<(), PluginError> {
    let others = [Kind::Rule, Kind::Adapter, Kind::Dialog].into_iter().filter(|kind| *kind != manifest.kind);
    let exported = |kind: Kind| exports.iter().any(|export| parts(export).0 == kind.interface());
    if others.into_iter().any(exported) && !exported(manifest.kind) {
        return Err(other_world(manifest, exports));
    }
    Ok(())
}

fn check_imports(manifest: &Manifest, imports: &[String]) -> Result<(), PluginError> {
    let allowed = manifest.kind.imports();
    for import in imports {
        let (interface, version) = parts(import);
        if !allowed.contains(&interface) {
            return Err(foreign(manifest, import));
        }
        check_version(manifest, interface, version)?;
    }
    Ok(())
}

fn foreign(manifest: &Manifest, import: &str) -> PluginError {
    let fix = if import.starts_with("wasi:") {
        "; compile it for wasm32-unknown-unknown, without WASI"
    } else if import.starts_with("cordboard:host/") && !KNOWN_IMPORTS.contains(&parts(import).0) {
        "; it is built for a newer host"
    } else {
        ""
    };
    PluginError::ForeignImport {
        plugin: manifest.name.clone(),
        kind: manifest.kind,
        found: import.to_owned(),
        wanted: manifest.kind.imports().join(", "),
        fix,
    }
}

fn check_exports(manifest: &Manifest, exports: &[String]) -> Result<(), PluginError> {
    let wanted = manifest.kind.interface();
    if let Some((interface, version)) = exports.iter().map(|export| parts(export)).find(|(name, _)| *name == wanted) {
        return check_version(manifest, interface, version);
    }
    Err(other_world(manifest, exports))
}

fn other_world(manifest: &Manifest, exports: &[String]) -> PluginError {
    let found = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
    PluginError::OtherWorld {
        plugin: manifest.name.clone(),
        kind: manifest.kind,
        wanted: versioned(manifest.kind),
        found,
    }
}

/// The interface of a kind with the version spoken here.
pub(super) fn versioned(kind: Kind) -> String {
    format!("{}@{}", kind.interface(), v1::VERSION)
}

/// Within a major version interfaces only gain imports, so the major number alone decides.
fn check_version(manifest: &Manifest, interface: &str, version: &str) -> Result<(), PluginError> {
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(version) == major(v1::VERSION) {
        return Ok(());
    }
    Err(PluginError::OtherVersion {
        plugin: manifest.name.clone(),
        found: format!("{interface}@{version}"),
        wanted: format!("{interface}@{}", v1::VERSION),
    })
}

/// Interface and version of `cordboard:host/log@1.0.0`.
fn parts(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

fn first_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "an empty file".to_owned();
    }
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
