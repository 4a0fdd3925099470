//! A plugin as it lies in the folder: the component, and the signature beside it. Read once; nothing of it is looked at here.

use super::check::COMPONENT_BYTES;
use super::error::PluginError;
use crate::model::Digest;
use crate::trust::{SIGNATURE_BYTES, SIGNATURE_SUFFIX, digest_of};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The component.
    pub bytes: Vec<u8>,
    /// The signature's text, if there is one. What is no text is no signature, and told as a damaged one.
    pub signature: Option<String>,
}

impl PluginFile {
    /// Reads both. What is too large is refused before it is read.
    pub fn read(path: &Path) -> Result<Self, PluginError> {
        let bytes = read(path, COMPONENT_BYTES).map_err(|error| unreadable(path, &error))?;
        let found = bytes.len() as u64;
        if found > COMPONENT_BYTES {
            let found = std::fs::metadata(path).map_or(found, |about| about.len());
            return Err(PluginError::TooLarge { plugin: file_name(path), found, limit: COMPONENT_BYTES });
        }
        let beside = signature_of(path);
        let signature = match read(&beside, SIGNATURE_BYTES) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&beside, &error)),
        };
        Ok(Self { bytes, signature })
    }
}

impl PluginFile {
    /// SHA-256 of both: another where one of the two is.
    pub fn print(&self) -> Digest {
        let component = digest_of(&self.bytes);
        let Some(signature) = &self.signature else { return component };
        digest_of(&[component.0.as_slice(), signature.as_bytes()].concat())
    }
}

/// Where the signature of a component lies.
pub fn signature_of(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(SIGNATURE_SUFFIX);
    PathBuf::from(name)
}

/// At most one byte more than the limit, so that a file that grows meanwhile can't fill the memory.
fn read(path: &Path, limit_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> PluginError {
    PluginError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

/// How a file is called in messages.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
