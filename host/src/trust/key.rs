//! Public keys of those who sign plugins, as minisign writes them: `RW...` on one line, or a file with a comment above it.
//!
//! Invariant: a [`Key`] can verify; what is no public key is refused where it is read.

use data_encoding::BASE64;
use minisign_verify::PublicKey;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Characters of a public key on its line.
pub const PUBLIC_KEY_BYTES: usize = 56;
/// Bytes of a public key's file.
const FILE_BYTES: u64 = 4 * 1024;
/// Bytes of algorithm and number, in front of the key or signature itself.
const HEAD_BYTES: usize = 10;

/// The number of a key pair, as minisign prints it: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(u64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    id: KeyId,
    minisign: PublicKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.text)
    }
}

impl fmt::Display for Key {
    /// As it stands in a list of `keys`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why this is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Something else.
    #[error("expected a public key of minisign, {PUBLIC_KEY_BYTES} characters that begin with RW, found {0}")]
    NotAKey(String),
    /// What must never stand in a configuration. It is not repeated.
    #[error(
        "expected a public key, found a secret one; take it out and give it to nobody: its public key is in the file with .pub"
    )]
    Secret,
    /// The file can't be read.
    #[error("{}: can't be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file has something else in it.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: Box<KeyError>,
    },
}

impl Key {
    /// Reads a key's line.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if is_secret(text) {
            return Err(KeyError::Secret);
        }
        let minisign = PublicKey::from_base64(text).ok();
        let id = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| id_of(&bytes));
        match (minisign, id) {
            (Some(minisign), Some(id)) => Ok(Self { text: text.to_owned(), id, minisign }),
            _ => Err(KeyError::NotAKey(described(text))),
        }
    }

    /// Reads a key's file: a line of comment and the key, or the key alone.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable =
            |error: std::io::Error| KeyError::Unreadable { path: path.to_owned(), reason: error.to_string() };
        let mut text = String::new();
        fs::File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_string(&mut text)).map_err(unreadable)?;
        let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("untrusted comment:"));
        Self::parse(line.unwrap_or_default())
            .map_err(|error| KeyError::File { path: path.to_owned(), error: error.into() })
    }

    /// Its number.
    pub fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn minisign(&self) -> &PublicKey {
        &self.minisign
    }
}

/// Where the operator's file has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In itself.
    Key(Key),
    /// In a file.
    File(PathBuf),
}

impl KeySource {
    /// The key.
    pub fn key(&self) -> Result<Key, KeyError> {
        match self {
            Self::Key(key) => Ok(key.clone()),
            Self::File(path) => Key::read(path),
        }
    }
}

/// The key that a signature says it was made with.
pub(super) fn signer(signature: &str) -> Option<KeyId> {
    let line = signature.lines().nth(1)?;
    id_of(&BASE64.decode(line.trim().as_bytes()).ok()?)
}

/// Two bytes of algorithm, then the number with its least byte first.
fn id_of(bytes: &[u8]) -> Option<KeyId> {
    let number = bytes.get(2..HEAD_BYTES)?;
    Some(KeyId(u64::from_le_bytes(number.try_into().ok()?)))
}

/// Both kinds begin with the algorithm; a secret one is 158 bytes long.
fn is_secret(text: &str) -> bool {
    text.starts_with("RW") && text.len() > 2 * PUBLIC_KEY_BYTES
}

fn described(text: &str) -> String {
    const SHOWN_CHARS: usize = 20;
    match text.chars().count() {
        0 => "nothing".to_owned(),
        count if count <= PUBLIC_KEY_BYTES => format!("{text:?}"),
        count => format!("{count} characters that begin with {:?}", text.chars().take(SHOWN_CHARS).collect::<String>()),
    }
}
