//! Preparation of names: `cordboard:host/text` of `wit/`, and the same for the host's own accounts.
//!
//! Pure. It ends at names: what a name means (a link, an account) is said elsewhere. The tables stand here, once, because a
//! sandbox per connection can't carry them (DESIGN.md, 4).
//!
//! Invariant: input and output are bounded by [`MAX_BYTES`], and an error never repeats the text it is about, which may be a password.

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use precis_profiles::precis_core::Error as PrecisError;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::{Nickname, OpaqueString, UsernameCaseMapped};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// Bytes of a name before and after preparation: the bound of each part of an address in RFC 7622, 3.1.
pub const MAX_BYTES: usize = 1023;

/// The profiles that [`prepare`] knows.
pub const PROFILES: [&str; 8] = [
    "nodeprep",
    "resourceprep",
    "nameprep",
    "username-case-mapped",
    "opaque-string",
    "nickname",
    "idna-ascii",
    "idna-unicode",
];

/// Prepares a name by one of the [`PROFILES`]: `nodeprep`, `resourceprep` (RFC 6122, appendices A and B), `nameprep` (RFC 3491),
/// `username-case-mapped`, `opaque-string` (RFC 8265), `nickname` (RFC 8266), `idna-ascii`, `idna-unicode` (RFC 5890 by way of UTS 46,
/// with hyphens and lengths checked as the DNS does).
///
/// The answer is the same for the same arguments, and preparing it again changes nothing: the few texts of which RFC 3454 and 8265
/// don't promise that are refused. The error says what is wrong with the text (empty, too long, a forbidden character, mixed
/// directions), or that the profile is unknown.
pub fn prepare(profile: &str, value: &str) -> Result<String, String> {
    let prepare = by_name(profile)?;
    bounded(value)?;
    let prepared = prepare(value)?;
    bounded(&prepared)?;
    match prepare(&prepared) {
        Ok(again) if again == prepared => Ok(prepared),
        _ => Err("it has a character whose preparation is not final; write it with plain letters".to_owned()),
    }
}

type Prepare = fn(&str) -> Result<String, String>;

fn by_name(profile: &str) -> Result<Prepare, String> {
    Ok(match profile {
        "nodeprep" => |value| by_stringprep(stringprep::nodeprep(value)),
        "resourceprep" => |value| by_stringprep(stringprep::resourceprep(value)),
        "nameprep" => |value| by_stringprep(stringprep::nameprep(value)),
        "username-case-mapped" => |value| by_precis(UsernameCaseMapped::enforce(value)),
        "opaque-string" => opaque_string,
        "nickname" => |value| by_precis(Nickname::enforce(value)),
        "idna-ascii" => idna_ascii,
        "idna-unicode" => idna_unicode,
        _ => return Err(format!("no profile of this name is known; expected one of {}", PROFILES.join(", "))),
    })
}

fn bounded(value: &str) -> Result<(), String> {
    match value.len() {
        0 => Err("it is empty".to_owned()),
        bytes if bytes > MAX_BYTES => Err(format!("it has {bytes} bytes; at most {MAX_BYTES} are allowed")),
        _ => Ok(()),
    }
}

fn by_stringprep(prepared: Result<Cow<'_, str>, stringprep::Error>) -> Result<String, String> {
    prepared.map(Cow::into_owned).map_err(|error| format!("it breaks RFC 3454: {error}"))
}

fn by_precis(prepared: Result<Cow<'_, str>, PrecisError>) -> Result<String, String> {
    prepared.map(Cow::into_owned).map_err(|error| match error {
        PrecisError::Invalid => "it is empty or mixes directions of writing in a way that RFC 5893 forbids".to_owned(),
        PrecisError::BadCodepoint(bad) => format!("it has a character that RFC 8264 forbids here: U+{:04X}", bad.cp),
        PrecisError::Unexpected(_) => "it has a character in a place where RFC 8264 forbids it".to_owned(),
    })
}

/// Without the detail that `by_precis` gives: even one character of a password is not for a log.
fn opaque_string(value: &str) -> Result<String, String> {
    let forbidden = |_| "it has a character that RFC 8264 forbids, such as a control character".to_owned();
    OpaqueString::enforce(value).map(Cow::into_owned).map_err(forbidden)
}

fn idna_ascii(value: &str) -> Result<String, String> {
    Uts46::new()
        .to_ascii(value.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
        .map(Cow::into_owned)
        .map_err(|_| NO_DOMAIN.to_owned())
}

fn idna_unicode(value: &str) -> Result<String, String> {
    // Lengths are those of the ASCII form, so it is made first.
    let ascii = idna_ascii(value)?;
    let (unicode, valid) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    valid.map(|()| unicode.into_owned()).map_err(|_| NO_DOMAIN.to_owned())
}

const NO_DOMAIN: &str = "it is no domain name: expected labels of 1 to 63 letters, digits and inner hyphens, 253 bytes in all as ASCII (RFC 5890)";
