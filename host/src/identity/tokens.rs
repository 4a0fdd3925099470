//! Tokens by which other systems prove themselves over HTTP: made by `cordboard token add`, kept in a file as digests.
//!
//! The file is read again whenever it has changed, so that a token that was taken away opens nothing from then on. A token has 256 random
//! bits, so its digest needs neither salt nor time.
//!
//! Invariant: without a file, with one that can't be read, or without a role nothing is allowed; no token is stored or shown twice.

use crate::model::request::{Permit, Role};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

#[cfg(test)]
mod tests;

/// Tokens in one file.
const MOST_TOKENS: usize = 256;
/// Bytes of such a file: several times what so many take.
const FILE_BYTES: u64 = 256 * 1024;
/// Bytes of a name.
const NAME_BYTES: usize = 64;
/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;
/// Every token begins so, that people and scanners know what they have found.
const PREFIX: &str = "cbt_";
/// Stands at the top of the file.
const HEAD: &str = "# Tokens of other systems, as digests. `cordboard token add|remove` changes this file; the service reads it again.\n\n";

/// Why tokens can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read or written.
    #[error("can't use the file of tokens {file}: {source}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("the file of tokens {file} is malformed: {why}; restore it, or remove it and make the tokens anew", file = file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// A name that can't be one.
    #[error("{name:?}: a token's name has 1 to {NAME_BYTES} of a-z, 0-9, '-', '_' and '.'")]
    Name {
        /// As given.
        name: String,
    },
    /// There is one of the name.
    #[error("there is a token {name} already; remove it first, or choose another name")]
    Taken {
        /// Which.
        name: String,
    },
    /// There is none.
    #[error("there is no token {name:?}; `cordboard token list` shows those there are")]
    Unknown {
        /// Which.
        name: String,
    },
    /// There is no room.
    #[error("there are {MOST_TOKENS} tokens already, which is as many as there may be; remove one")]
    TooMany,
    /// No randomness.
    #[error("the system gave no randomness: {0}")]
    Random(getrandom::Error),
}

/// One token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Whose.
    pub name: String,
    /// What it allows.
    pub roles: Vec<Role>,
    /// Of the token, in hexadecimal digits.
    sha256: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "token")]
    tokens: Vec<Kept>,
}

/// Which version of the file was read: time, size and number.
type Version = (i64, i64, u64, u64);

/// The tokens of a running service; see the module.
#[derive(Debug)]
pub struct Tokens {
    file: PathBuf,
    read: Mutex<(Option<Version>, Vec<Kept>)>,
}

impl Tokens {
    /// Those of a file, which need not be there.
    pub fn new(file: PathBuf) -> Self {
        Self { file, read: Mutex::new((None, Vec::new())) }
    }

    /// What a token allows; nothing for one that is not known. An error is the file's, and then nothing is allowed either.
    pub fn permit(&self, token: &str) -> Result<Option<Permit>, TokenError> {
        let digest = digest(token);
        let version = version(&self.file);
        // What is read is replaced as a whole.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.0 != version {
            *read = (None, Vec::new());
            *read = (version, load(&self.file)?);
        }
        let mut permit = None;
        for kept in &read.1 {
            if bool::from(kept.sha256.as_bytes().ct_eq(digest.as_bytes())) {
                permit = Some(Permit { switch: kept.name.clone(), roles: kept.roles.clone() });
            }
        }
        Ok(permit)
    }
}

/// The tokens of a file; none where it is not there.
pub fn load(file: &Path) -> Result<Vec<Kept>, TokenError> {
    let failed = |source| TokenError::File { file: file.to_owned(), source };
    let malformed = |why: String| TokenError::Malformed { file: file.to_owned(), why };
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
        Ok(about) if about.len() > FILE_BYTES => return Err(malformed(format!("it has more than {FILE_BYTES} bytes"))),
        Ok(_) => {}
    }
    let text = fs::read_to_string(file).map_err(failed)?;
    let File { tokens } = toml::from_str(&text).map_err(|error| malformed(error.message().to_owned()))?;
    if tokens.len() > MOST_TOKENS {
        return Err(malformed(format!("it has {} tokens; at most {MOST_TOKENS} are allowed", tokens.len())));
    }
    Ok(tokens)
}

/// Makes a token. It is given back once and kept nowhere.
pub fn add(file: &Path, name: &str, roles: Vec<Role>) -> Result<String, TokenError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > NAME_BYTES || !name.bytes().all(is_plain) {
        return Err(TokenError::Name { name: name.to_owned() });
    }
    let mut tokens = load(file)?;
    if tokens.iter().any(|kept| kept.name == name) {
        return Err(TokenError::Taken { name: name.to_owned() });
    }
    if tokens.len() >= MOST_TOKENS {
        return Err(TokenError::TooMany);
    }
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(TokenError::Random)?;
    let token = format!("{PREFIX}{}", BASE32_NOPAD.encode(&random).to_lowercase());
    tokens.push(Kept { name: name.to_owned(), roles, sha256: digest(&token) });
    save(file, tokens)?;
    Ok(token)
}

/// Takes a token away.
pub fn remove(file: &Path, name: &str) -> Result<(), TokenError> {
    let mut tokens = load(file)?;
    let before = tokens.len();
    tokens.retain(|kept| kept.name != name);
    if tokens.len() == before {
        return Err(TokenError::Unknown { name: name.to_owned() });
    }
    save(file, tokens)
}

/// Writes another file, for its owner alone, and puts it in the place of the old one.
fn save(file: &Path, tokens: Vec<Kept>) -> Result<(), TokenError> {
    let failed = |source| TokenError::File { file: file.to_owned(), source };
    let text = toml::to_string(&File { tokens }).map_err(|error| failed(io::Error::other(error)))?;
    let new = file.with_extension("new");
    let mut written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(failed)?;
    written.write_all(HEAD.as_bytes()).and_then(|()| written.write_all(text.as_bytes())).map_err(failed)?;
    written.sync_all().map_err(failed)?;
    fs::rename(&new, file).map_err(failed)
}

fn version(file: &Path) -> Option<Version> {
    let about = fs::metadata(file).ok()?;
    Some((about.mtime(), about.mtime_nsec(), about.len(), about.ino()))
}

fn digest(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}
