//! Reads secrets from where the operator says that they stand, and puts those that were granted into what plugins say to other servers.
//!
//! Invariant: what is wrong with a secret is told without it; no plugin, journal or log ever has one.

use crate::config::Config;
use crate::model::{Attribute, Failure, HttpRequest};
use crate::trust::SecretSource;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Bytes of a secret.
const SECRET_BYTES: u64 = 4096;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file can't be read.
    #[error("its secret can't be read from {file}: {detail}; write the secret agreed on with the server there, readable by cordboard's user", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        detail: String,
    },
    /// The variable is not set.
    #[error(
        "its secret is not in the environment: {variable} is not set, or is no text; set it where cordboard is started, or name a file with `secret = {{ file = \"FILE\" }}`"
    )]
    Unset {
        /// Which.
        variable: String,
    },
    /// There is nothing in it.
    #[error("its secret is empty; write the secret agreed on with the server to {place}")]
    Empty {
        /// Where.
        place: String,
    },
    /// It can't be put into a header.
    #[error("its secret has characters that no header can have; is {place} the right one?")]
    NoText {
        /// Where.
        place: String,
    },
    /// That is no secret.
    #[error("its secret has more than {SECRET_BYTES} bytes; is {place} the right one?")]
    TooLong {
        /// Where.
        place: String,
    },
}

/// A secret, without the newline at its end.
pub fn read(source: &SecretSource) -> Result<Vec<u8>, SecretError> {
    let mut value = match source {
        SecretSource::File(file) => {
            let unreadable =
                |error: io::Error| SecretError::Unreadable { file: file.clone(), detail: error.to_string() };
            let mut value = Vec::new();
            let opened = File::open(file).map_err(unreadable)?;
            opened.take(SECRET_BYTES + 2).read_to_end(&mut value).map_err(unreadable)?;
            value
        }
        SecretSource::Variable(variable) => {
            let unset = |_| SecretError::Unset { variable: variable.clone() };
            std::env::var(variable).map_err(unset)?.into_bytes()
        }
    };
    while value.pop_if(|last| matches!(last, b'\n' | b'\r')).is_some() {}
    match value.len() as u64 {
        0 => Err(SecretError::Empty { place: place_of(source) }),
        1..=SECRET_BYTES => Ok(value),
        _ => Err(SecretError::TooLong { place: place_of(source) }),
    }
}

/// A secret that was granted and can't be read.
#[derive(Debug, thiserror::Error)]
#[error("[plugins.grants] `{plugin}`, the secret `{name}`: {source}")]
pub struct GrantedError {
    /// To whom.
    pub plugin: String,
    /// By which name.
    pub name: String,
    /// Why.
    pub source: SecretError,
}

/// What plugins may have put into headers, by plugin and name; as it was at the start.
pub struct Granted(BTreeMap<(String, String), String>);

/// As plugins write it: `Bearer {secret:token}`.
const OPENS: &str = "{secret:";
const CLOSES: char = '}';

/// The names of secrets in a text.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(OPENS).skip(1).filter_map(|rest| rest.split_once(CLOSES)).map(|(name, _)| name)
}

impl Granted {
    /// All of them, or the first that is not there.
    pub fn read(config: &Config) -> Result<Self, GrantedError> {
        let mut granted = BTreeMap::new();
        for plugin in config.grants.plugins() {
            for (name, source) in config.grants.secrets_of(plugin) {
                let (plugin, name) = (plugin.to_owned(), name.to_owned());
                match text(source) {
                    Ok(value) => drop(granted.insert((plugin, name), value)),
                    Err(source) => return Err(GrantedError { plugin, name, source }),
                }
            }
        }
        Ok(Self(granted))
    }

    /// The request with this plugin's secrets in its headers.
    pub(super) fn put_into(&self, plugin: &str, request: &HttpRequest) -> Result<HttpRequest, Failure> {
        let header = |header: &Attribute| Ok(Attribute::new(header.name.clone(), self.put(plugin, &header.value)?));
        let headers = request.headers.iter().map(header).collect::<Result<_, Failure>>()?;
        Ok(HttpRequest { headers, ..request.clone() })
    }

    fn put(&self, plugin: &str, text: &str) -> Result<String, Failure> {
        let mut parts = text.split(OPENS);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(CLOSES).unwrap_or((part, ""));
            let secret = self.0.get(&(plugin.to_owned(), name.to_owned()));
            let missing = || Failure::new("forbidden", format!("the rule {plugin} is not granted the secret {name:?}"));
            whole.push_str(secret.ok_or_else(missing)?);
            whole.push_str(rest);
        }
        Ok(whole)
    }
}

/// A secret that a header can have.
fn text(source: &SecretSource) -> Result<String, SecretError> {
    let is_plain = |text: &String| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let text = String::from_utf8(read(source)?).ok().filter(is_plain);
    text.ok_or_else(|| SecretError::NoText { place: place_of(source) })
}

fn place_of(source: &SecretSource) -> String {
    match source {
        SecretSource::File(file) => file.display().to_string(),
        SecretSource::Variable(variable) => format!("the variable {variable}"),
    }
}

#[cfg(test)]
mod tests;
