//! What is kept of a password, and the arithmetic behind it (RFC 5802, 3; RFC 7677).
//!
//! It ends at keys: who asks and whether he may is `exchange`'s.
//!
//! Invariant: a password is never kept, and keys are compared in constant time.

use crate::model::identity::{Scram, Verifiers};
use ring::{digest, hmac, pbkdf2};
use std::num::NonZeroU32;
use subtle::ConstantTimeEq;

#[cfg(test)]
mod tests;

/// Iterations of SCRAM-SHA-1: the least that RFC 5802, 5.1 allows, and what old software on slow devices bears.
pub const SHA1_ITERATIONS: u32 = 4_096;

/// Iterations of SCRAM-SHA-256. RFC 7677, 4 asks for 4096 at least, 15000 where all software is fast; a sign-in by PLAIN costs
/// the host so many, about 3 ms.
pub const SHA256_ITERATIONS: u32 = 10_000;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// Bytes of a password.
pub const PASSWORD_BYTES: usize = crate::text::MAX_BYTES;

/// Why a password can't be one. Says nothing of the password itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing, or nothing but what preparation removes.
    #[error("the password is empty; choose one of 1 to {PASSWORD_BYTES} bytes")]
    Empty,
    /// Too long.
    #[error("the password has {bytes} bytes; at most {PASSWORD_BYTES} are allowed")]
    TooLong {
        /// What it has.
        bytes: usize,
    },
    /// `SASLprep` refuses it.
    #[error("the password has a character that RFC 4013 forbids, such as a control character; choose another")]
    Forbidden,
    /// The system has no randomness.
    #[error("the system gives no random bytes for a salt: {0}")]
    Random(String),
}

/// A hash function of SCRAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        }
    }

    pub(super) fn digest(self, data: &[u8]) -> Vec<u8> {
        digest::digest(self.algorithm(), data).as_ref().to_vec()
    }

    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), data).as_ref().to_vec()
    }

    /// `Hi(password, salt, iterations)`; the password is prepared. Zero iterations count as one.
    fn salted(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        };
        let mut salted = vec![0; self.algorithm().output_len()];
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut salted);
        salted
    }

    /// The verifier of a prepared password.
    pub(super) fn verifier(self, password: &str, salt: &[u8], iterations: u32) -> Scram {
        let salted = self.salted(password, salt, iterations);
        let client_key = self.hmac(&salted, b"Client Key");
        Scram {
            salt: salt.to_vec(),
            iterations,
            stored_key: self.digest(&client_key),
            server_key: self.hmac(&salted, b"Server Key"),
        }
    }
}

/// Whether two keys are equal, in a time that does not tell how much of them is.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Prepares a password as SCRAM and PLAIN want it: `SASLprep` (RFC 4013).
pub(super) fn prepare_password(password: &str) -> Result<String, PasswordError> {
    if password.len() > PASSWORD_BYTES {
        return Err(PasswordError::TooLong { bytes: password.len() });
    }
    let prepared = stringprep::saslprep(password).map_err(|_| PasswordError::Forbidden)?;
    if prepared.is_empty() { Err(PasswordError::Empty) } else { Ok(prepared.into_owned()) }
}

impl Verifiers {
    /// What is kept of this password, with fresh salts of the system. Takes some milliseconds.
    pub fn from_password(password: &str) -> Result<Self, PasswordError> {
        let mut salts = [[0; SALT_BYTES]; 2];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(|error| PasswordError::Random(error.to_string()))?;
        }
        Self::with_salts(password, &salts)
    }

    /// The same with salts for SCRAM-SHA-1 and SCRAM-SHA-256 given.
    pub(super) fn with_salts(password: &str, salts: &[[u8; SALT_BYTES]; 2]) -> Result<Self, PasswordError> {
        let password = prepare_password(password)?;
        Ok(Self {
            sha1: Hash::Sha1.verifier(&password, &salts[0], SHA1_ITERATIONS),
            sha256: Hash::Sha256.verifier(&password, &salts[1], SHA256_ITERATIONS),
        })
    }

    /// Whether this is the password, told in constant time but for the length of the password.
    pub(super) fn matches(&self, password: &str) -> bool {
        let kept = &self.sha256;
        // What can't be prepared is checked all the same, so that it takes as long as any other wrong password.
        let prepared = prepare_password(password);
        let given = Hash::Sha256.verifier(prepared.as_deref().unwrap_or_default(), &kept.salt, kept.iterations);
        same(&given.stored_key, &kept.stored_key) && prepared.is_ok()
    }
}
