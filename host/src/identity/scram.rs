//! The server's half of SCRAM (RFC 5802), without channel binding.
//!
//! Our own, because the crates that have one either index a client's first message without looking at its length (so that a
//! peer who has not signed in stops the task), or want the password kept. It ends at messages: accounts and limits are not known here.
//!
//! ```text
//! client-first ─► First ─(verifier, nonce)─► Pending + server-first;  client-final ─► Pending::finish ─► server-final
//! ```
//!
//! Invariant: nothing that a peer sends makes it panic, and without the right proof nothing is told but that it was wrong.

use super::verifiers::{Hash, same};
use crate::model::identity::Scram;
use data_encoding::BASE64;

#[cfg(test)]
mod tests;

/// Why a message goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// Not a message of RFC 5802; why.
    Malformed(&'static str),
    /// The proof is not that of the password.
    Wrong,
}

/// A client's first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct First<'a> {
    /// `n,,` or `y,a=other,`: comes again in the final message.
    header: &'a str,
    /// All behind the header: a part of what is proven.
    bare: &'a str,
    nonce: &'a str,
    name: &'a str,
    authzid: Option<&'a str>,
}

impl<'a> First<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Failed> {
        let text = text(data)?;
        let (flag, rest) = text.split_once(',').ok_or(Failed::Malformed("no channel binding flag"))?;
        if !matches!(flag, "n" | "y") {
            return Err(Failed::Malformed("channel binding is not offered here"));
        }
        let (authzid, bare) = rest.split_once(',').ok_or(Failed::Malformed("no authorization identity field"))?;
        let authzid = match authzid {
            "" => None,
            given => Some(attribute(given, "a=")?),
        };
        let mut fields = bare.split(',');
        let name = attribute(fields.next().unwrap_or_default(), "n=")?;
        let nonce = attribute(fields.next().unwrap_or_default(), "r=")?;
        if !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failed::Malformed("the nonce has a character that is not printable ASCII"));
        }
        Ok(Self { header: &text[..text.len() - bare.len()], bare, nonce, name, authzid })
    }

    /// The account's name as the client spells it.
    pub(super) fn name(&self) -> Result<String, Failed> {
        unescaped(self.name)
    }

    /// As whom the client wants to act, where it says so.
    pub(super) fn authzid(&self) -> Result<Option<String>, Failed> {
        self.authzid.map(unescaped).transpose()
    }
}

/// An exchange that waits for the client's final message.
pub(super) struct Pending {
    hash: Hash,
    verifier: Scram,
    header: String,
    nonce: String,
    /// `client-first-message-bare "," server-first-message ","`.
    said: String,
}

impl Pending {
    /// Takes the first message, and gives the server's first. Our part of the nonce is fresh, printable, and without a comma.
    pub(super) fn new(hash: Hash, first: &First<'_>, verifier: Scram, ours: &str) -> (Self, Vec<u8>) {
        let nonce = format!("{}{ours}", first.nonce);
        let server_first = format!("r={nonce},s={},i={}", BASE64.encode(&verifier.salt), verifier.iterations);
        let said = format!("{},{server_first},", first.bare);
        (Self { hash, verifier, header: first.header.to_owned(), nonce, said }, server_first.into_bytes())
    }

    /// Takes the final message; gives the server's final one if the proof is right.
    pub(super) fn finish(self, data: &[u8]) -> Result<Vec<u8>, Failed> {
        let text = text(data)?;
        let (unproven, proof) = text.rsplit_once(",p=").ok_or(Failed::Malformed("no proof"))?;
        let proof = BASE64.decode(proof.as_bytes()).map_err(|_| Failed::Malformed("the proof is not base64"))?;
        let mut fields = unproven.split(',');
        let binding = attribute(fields.next().unwrap_or_default(), "c=")?;
        let nonce = attribute(fields.next().unwrap_or_default(), "r=")?;
        if nonce != self.nonce || binding != BASE64.encode(self.header.as_bytes()) {
            return Err(Failed::Wrong);
        }
        let said = format!("{}{unproven}", self.said);
        let signature = self.hash.hmac(&self.verifier.stored_key, said.as_bytes());
        if proof.len() != signature.len() {
            return Err(Failed::Wrong);
        }
        let client_key: Vec<u8> = proof.iter().zip(&signature).map(|(proof, signature)| proof ^ signature).collect();
        if !same(&self.hash.digest(&client_key), &self.verifier.stored_key) {
            return Err(Failed::Wrong);
        }
        let ours = self.hash.hmac(&self.verifier.server_key, said.as_bytes());
        Ok(format!("v={}", BASE64.encode(&ours)).into_bytes())
    }
}

fn text(data: &[u8]) -> Result<&str, Failed> {
    std::str::from_utf8(data).map_err(|_| Failed::Malformed("not UTF-8"))
}

/// The value of a field that must have this name, and must have a value. `m=`, a mandatory extension, is thereby refused as well.
fn attribute<'a>(field: &'a str, name: &'static str) -> Result<&'a str, Failed> {
    match field.strip_prefix(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(Failed::Malformed("a field is missing, empty, or out of order")),
    }
}

/// `saslname` of RFC 5802, 7: `=2C` is a comma, `=3D` an equals sign, any other `=` is an error.
fn unescaped(name: &str) -> Result<String, Failed> {
    let mut parts = name.split('=');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = if let Some(rest) = part.strip_prefix("2C") {
            (',', rest)
        } else if let Some(rest) = part.strip_prefix("3D") {
            ('=', rest)
        } else {
            return Err(Failed::Malformed("a name has '=' that is neither =2C nor =3D"));
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    Ok(plain)
}
