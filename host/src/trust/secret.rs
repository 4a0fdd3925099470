//! Key pairs and signatures, as minisign makes them: what `cordboard plugin keygen` and `plugin sign` write.
//!
//! Invariant: a secret key is never shown, and what is written of it is encrypted unless no password was wanted.

use super::key::{Key, KeyError};
use data_encoding::BASE64;
use minisign::{PError, PublicKey, SecretKey, SecretKeyBox};
use std::fmt;

/// What stands above a secret key; minisign wants some comment.
const SECRET_COMMENT: &str = "secret key to sign Cordboard plugins; keep it to yourself";

/// Bytes of a secret key with all that goes with it, and how long they are as text.
const SECRET_BYTES: usize = 158;
const SECRET_CHARS: usize = SECRET_BYTES.div_ceil(3) * 4;
/// In the place of the way in which a key is encrypted.
const NO_PASSWORD: [u8; 2] = [0, 0];

/// A new pair.
pub struct KeyPair {
    /// For those who check.
    pub public: Key,
    /// The file of the public key.
    pub public_file: String,
    /// The file of the secret key.
    pub secret_file: String,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public.id())
    }
}

/// Why there is no key pair or no signature.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The key is encrypted, and no password came along.
    #[error("the secret key is encrypted: expected its password, found none")]
    PasswordWanted,
    /// Something else.
    #[error(
        "expected a secret key of minisign, a comment and below it {SECRET_CHARS} characters that begin with RW, found something else"
    )]
    NotAKey,
    /// Such as with the wrong password.
    #[error("the secret key can't be used: {0}")]
    Unusable(String),
    /// The machine failed us, such as without randomness.
    #[error("minisign failed: {0}")]
    Failed(String),
    /// Never, as long as both crates of minisign agree.
    #[error(transparent)]
    Public(#[from] KeyError),
}

impl KeyPair {
    /// A pair with randomness of the system; without a password the secret key is written as it is.
    pub fn generate(password: Option<&str>) -> Result<Self, SecretError> {
        let pair = match password {
            Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
            None => minisign::KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(failed)?;
        Ok(Self {
            public: Key::parse(&pair.pk.to_base64())?,
            public_file: pair.pk.to_box().map_err(failed)?.into_string(),
            secret_file: pair.sk.to_box(Some(SECRET_COMMENT)).map_err(failed)?.into_string(),
        })
    }
}

/// Whether a secret key's file needs a password.
pub fn is_encrypted(secret_file: &str) -> Result<bool, SecretError> {
    Ok(bytes_of(secret_file)?[2..4] != NO_PASSWORD)
}

/// The key itself, on the second line.
fn bytes_of(secret_file: &str) -> Result<Vec<u8>, SecretError> {
    let line = secret_file.lines().nth(1).unwrap_or_default().trim();
    let bytes = BASE64.decode(line.as_bytes()).ok();
    bytes.filter(|bytes| bytes.len() == SECRET_BYTES && bytes.starts_with(b"Ed")).ok_or(SecretError::NotAKey)
}

/// Signs a component with a secret key's file; returns the signature's file, and the public key. `comment` is signed too.
pub fn sign(
    secret_file: &str,
    password: Option<&str>,
    component: &[u8],
    comment: &str,
) -> Result<(String, Key), SecretError> {
    let secret = open(secret_file, password)?;
    let public = PublicKey::from_secret_key(&secret).map_err(failed)?;
    let untrusted =
        format!("signature of a Cordboard plugin, made with the key {}", Key::parse(&public.to_base64())?.id());
    let signature =
        minisign::sign(Some(&public), &secret, component, Some(comment), Some(&untrusted)).map_err(failed)?;
    Ok((signature.into_string(), Key::parse(&public.to_base64())?))
}

/// minisign's own program leaves the checksum of a key without a password empty, so that one is not asked for; [`minisign::sign`] checks
/// its work with the public half.
fn open(secret_file: &str, password: Option<&str>) -> Result<SecretKey, SecretError> {
    let unusable = |error: PError| SecretError::Unusable(error.to_string());
    if !is_encrypted(secret_file)? {
        return SecretKey::from_bytes(&bytes_of(secret_file)?).map_err(unusable);
    }
    // Without a password minisign would ask on the terminal by itself.
    let password = password.ok_or(SecretError::PasswordWanted)?;
    SecretKeyBox::from(secret_file.to_owned()).into_secret_key(Some(password.to_owned())).map_err(unusable)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: PError) -> SecretError {
    SecretError::Failed(error.to_string())
}
