//! Whose components are let in, and what they may reach: allow-lists of digests, minisign signatures, granted hosts.
//!
//! ```text
//!  bytes, signature ─► Trust::admit ─► parsed, checked ─► Grants::hosts_of ─► compiled, started
//! ```
//! It decides by bytes and names; who asks, reads files and refuses is `plugin` (a folder's plugins) or `cli` (`plugin sign` and the like).
//!
//! Invariant: nothing of a component is parsed before [`Trust::admit`] said yes; a signature is checked over the bytes as they are.

mod grants;
mod key;
mod secret;
#[cfg(test)]
mod tests;

pub use grants::{ANY_HOST, Grant, Grants, SecretSource, Ungranted, is_covered, is_host, may_be_wanted};
pub use key::{Key, KeyError, KeyId, KeySource, PUBLIC_KEY_BYTES};
pub use secret::{KeyPair, SecretError, is_encrypted, sign};

use crate::model::Digest;
use minisign_verify::{Error as MinisignError, Signature};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// What a signature's file is called, after the component's name.
pub const SIGNATURE_SUFFIX: &str = ".minisig";
/// Bytes of a signature's file: two short lines and two comments.
pub const SIGNATURE_BYTES: u64 = 8 * 1024;

/// What the operator lets in, and what they grant. The default is a developer's: any plugin, and all that it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Whose components are let in.
    pub trust: Trust,
    /// What they may reach.
    pub grants: Grants,
}

/// Whose components are let in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Anybody's: whoever may write to the folder is trusted.
    #[default]
    Any,
    /// Those with one of these SHA-256 digests.
    Digests(BTreeSet<Digest>),
    /// Those signed with one of these keys.
    Signatures(Vec<Key>),
}

impl Trust {
    /// The word of the operator's file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Digests(_) => "digests",
            Self::Signatures(_) => "signatures",
        }
    }

    /// Whether these bytes are let in; `signature` is the content of the file beside them.
    pub fn admit(&self, component: &[u8], signature: Option<&str>) -> Result<(), Distrust> {
        match self {
            Self::Any => Ok(()),
            Self::Digests(known) => {
                let found = digest_of(component);
                if known.contains(&found) { Ok(()) } else { Err(Distrust::Unlisted { found, listed: known.len() }) }
            }
            Self::Signatures(keys) => verify(keys, component, signature).map(drop),
        }
    }
}

/// SHA-256 of a component, as `sha256sum` prints it.
pub fn digest_of(component: &[u8]) -> Digest {
    Digest(Sha256::digest(component).into())
}

/// A signature that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// By which of the keys.
    pub by: KeyId,
    /// What the signer wrote of it; signed too.
    pub comment: String,
}

/// Checks a signature over these bytes with those of the keys that have the signature's number.
pub fn verify(keys: &[Key], component: &[u8], signature: Option<&str>) -> Result<Signed, Distrust> {
    let text = signature.ok_or_else(|| Distrust::Unsigned { trusted: key_ids(keys) })?;
    let signature = Signature::decode(text).map_err(|error| Distrust::Damaged { reason: told(&error) })?;
    let found =
        key::signer(text).ok_or_else(|| Distrust::Damaged { reason: "its second line names no key".to_owned() })?;
    let mut refusal = Distrust::OtherKey { found, trusted: key_ids(keys) };
    for key in keys.iter().filter(|key| key.id() == found) {
        match key.minisign().verify(component, &signature, false) {
            Ok(()) => return Ok(Signed { by: found, comment: signature.trusted_comment().to_owned() }),
            Err(MinisignError::InvalidSignature) => {
                refusal = Distrust::OtherBytes { key: found, found: digest_of(component) }
            }
            Err(MinisignError::UnexpectedAlgorithm) => refusal = Distrust::Legacy { key: found },
            Err(error) => refusal = Distrust::Damaged { reason: told(&error) },
        }
    }
    Err(refusal)
}

/// In our words: minisign's are about its own library.
fn told(error: &MinisignError) -> String {
    match error {
        MinisignError::InvalidEncoding => "it is not made of four lines as minisign writes them".to_owned(),
        MinisignError::UnsupportedAlgorithm => "it is of a kind that minisign does not have".to_owned(),
        other => other.to_string(),
    }
}

fn key_ids(keys: &[Key]) -> String {
    keys.iter().map(|key| key.id().to_string()).collect::<Vec<_>>().join(", ")
}

/// Why a component is not let in: what the operator's file wants, what was found, and the fix. The caller says which component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Its digest is not in the list.
    #[error(
        "is none of the {listed} listed plugins: [plugins] trust = \"digests\" expects its SHA-256 in `digests`, found sha256:{found:#}; \
         if you trust this file, add to the list `digests` the line\n  \"sha256:{found:#}\","
    )]
    Unlisted {
        /// Of the component.
        found: Digest,
        /// How many there are.
        listed: usize,
    },
    /// There is no signature.
    #[error(
        "has no signature: expected a file of its name with {SIGNATURE_SUFFIX} beside it, signed with the key {trusted}, found none; \
         copy the signature that its author gives along, or sign it yourself: `cordboard plugin sign`"
    )]
    Unsigned {
        /// Numbers of the keys.
        trusted: String,
    },
    /// The signature is no signature.
    #[error(
        "has a signature that can't be read: expected what minisign writes, but {reason}; copy the {SIGNATURE_SUFFIX} file again, or sign again"
    )]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// Signed by somebody else.
    #[error(
        "is signed with another key: expected the key {trusted}, found {found}; \
         if you trust whoever has that key, add the public key to the list `keys` of [plugins], as in\n  keys = [\"RW...\"]"
    )]
    OtherKey {
        /// Who signed it.
        found: KeyId,
        /// Whose signatures count.
        trusted: String,
    },
    /// The signature is of something else.
    #[error(
        "is not what was signed: expected the bytes that the signature of key {key} is of, found others (sha256:{found:#}); \
         component and signature are of different versions, or one was changed on the way: copy both again"
    )]
    OtherBytes {
        /// Who signed what this is not.
        key: KeyId,
        /// Digest of what this is.
        found: Digest,
    },
    /// The old kind of signature.
    #[error(
        "is signed in minisign's old way: expected a signature over the BLAKE2b hash, found one over the bytes themselves (key {key}); \
         sign it again with minisign 0.10 or later without -l, or with `cordboard plugin sign`"
    )]
    Legacy {
        /// Who signed it.
        key: KeyId,
    },
}
