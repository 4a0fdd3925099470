//! What we prove ourselves with at a provider. Ends at computing the proof.
//!
//! Invariant: a secret leaves this module only inside a proof: never to a guest, a log or a `Debug` output.

use crate::model::Failure;
use crate::model::adapter::{Authentication, ProofStep};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// A secret and the name by which an adapter asks for a proof with it.
#[derive(Clone)]
pub struct Secret {
    name: String,
    value: Vec<u8>,
}

impl std::fmt::Debug for Secret {
    /// Without the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Secret {
    /// A secret of this name.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// The proof that a step asks for.
pub(super) fn prove(secret: Option<&Secret>, step: &Authentication) -> ProofStep {
    let Some(secret) = secret.filter(|secret| secret.name == step.secret) else {
        return ProofStep::Refused(Failure::new("not-found", "There is no secret of this name."));
    };
    match step.scheme.as_str() {
        "xep-0114" => ProofStep::Response(handshake(&step.data, &secret.value)),
        _ => ProofStep::Refused(Failure::new("unsupported", "A scheme that the host does not know.")),
    }
}

/// XEP-0114, 3: the SHA-1 of stream identifier and secret, in small hexadecimal digits.
fn handshake(stream_id: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    context.update(stream_id);
    context.update(secret);
    data_encoding::HEXLOWER.encode(context.finish().as_ref()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "a table's line reads better without `&`")]
    fn check(scheme: &str, name: &str, expected: Expect) {
        let step = Authentication {
            reference: 1,
            channel: Some(1),
            scheme: scheme.to_owned(),
            secret: name.to_owned(),
            data: b"3BF96D32".to_vec(),
            attributes: Vec::new(),
        };
        let answer = match prove(Some(&Secret::new("prosody", "secret")), &step) {
            ProofStep::Response(data) => String::from_utf8(data).unwrap(),
            ProofStep::Refused(failure) => failure.code,
            other => panic!("{other:?}"),
        };
        expected.assert_eq(&answer);
    }

    #[test]
    fn a_proof_is_of_the_scheme_and_secret_asked_for() {
        check("xep-0114", "prosody", expect![["b09ea9b3b7f586be8a08d0a3dd7466f110aeb136"]]);
        check("xep-0114", "ejabberd", expect![["not-found"]]);
        check("bearer", "prosody", expect![["unsupported"]]);
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert!(!format!("{:?}", Secret::new("prosody", "hush")).contains("hush"));
    }
}
