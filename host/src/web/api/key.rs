//! A switch's own name for a request, in the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07), so that one that
//! loses the answer may ask again.
//!
//! The draft wants a string of structured fields, `"call 4711"` in quotes; many clients leave the quotes out, and mean the same. It
//! ends at reading: which request a key names is the centre's matter.
//!
//! Invariant: a key is one line of plain letters, and the same request has the same digest however its JSON was written.

use super::body::Bad;
use crate::model::request::{Key, NewRequest};
use data_encoding::HEXLOWER;
use hyper::HeaderMap;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
/// Of a key: a UUID has 36.
const KEY_BYTES: usize = 128;

/// The request under the key that came with it, if one did.
pub(super) fn keyed(new: NewRequest, headers: &HeaderMap) -> Result<NewRequest, Bad> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(new) };
    if keys.next().is_some() {
        return Err(Bad("`Idempotency-Key` is there more than once".to_owned()));
    }
    let text = key.to_str().ok().and_then(text).ok_or_else(|| {
        Bad(format!(
            "`Idempotency-Key`: expected 1 to {KEY_BYTES} bytes of ASCII without quotes and backslashes in them"
        ))
    })?;
    let asked = digest(&new)?;
    Ok(NewRequest { key: Some(Key { text: text.to_owned(), asked }), ..new })
}

/// What stands in the quotes, or without them.
fn text(written: &str) -> Option<&str> {
    let text = written.strip_prefix('"').map_or(Some(written), |rest| rest.strip_suffix('"'))?;
    let is_plain = |letter: char| (letter == ' ' || letter.is_ascii_graphic()) && !matches!(letter, '"' | '\\');
    ((1..=KEY_BYTES).contains(&text.len()) && text.chars().all(is_plain)).then_some(text)
}

/// Of what is asked for: all but the identifier, which is drawn for each call, and `wait_ms`, which is about the answer.
fn digest(new: &NewRequest) -> Result<String, Bad> {
    let asked = NewRequest { id: String::new(), ..new.clone() };
    let asked = serde_json::to_vec(&asked).map_err(|error| Bad(format!("the body is not as expected: {error}")))?;
    Ok(HEXLOWER.encode(&Sha256::digest(&asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_quotes_and_without_or_refused() {
        let longest = "x".repeat(KEY_BYTES);
        for (written, expected) in [
            ("\"call 4711\"", Some("call 4711")),
            ("8e03978e-40d5-43e8-bc93-6894a57f9324", Some("8e03978e-40d5-43e8-bc93-6894a57f9324")),
            (&longest, Some(&*longest)),
            (&format!("{longest}x"), None),
            ("", None),
            ("\"\"", None),
            ("\"", None),
            ("\"open", None),
            ("open\"", None),
            ("\"a\\\"b\"", None),
            ("a\tb", None),
            ("ö", None),
        ] {
            assert_eq!(text(written), expected, "{written:?}");
        }
    }
}
