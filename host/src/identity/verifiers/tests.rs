//! Keys of the RFCs, and what may be a password.

use super::{Hash, PASSWORD_BYTES, PasswordError, SALT_BYTES, SHA1_ITERATIONS, SHA256_ITERATIONS, same};
use crate::model::identity::Verifiers;
use data_encoding::HEXLOWER;

/// RFC 6070 for SHA-1; the same inputs with SHA-256 as RFC 7914, 11 has them in its first case.
#[test]
fn pbkdf2_vectors() {
    let sha1 = |iterations| HEXLOWER.encode(&Hash::Sha1.salted("password", b"salt", iterations));
    assert_eq!(sha1(1), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert_eq!(sha1(4096), "4b007901b765489abead49d926f721d065a429c1");
    let sha256 = HEXLOWER.encode(&Hash::Sha256.salted("passwd", b"salt", 1));
    assert_eq!(sha256, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

#[test]
fn a_password_matches_itself_and_what_is_prepared_alike() {
    let kept = Verifiers::from_password("I\u{AD}X \u{2168}").unwrap();
    assert!(kept.matches("IX IX") && kept.matches("I\u{AD}X \u{2168}"));
    for wrong in ["ix ix", "IX IX ", "", "IX IX\u{7}"] {
        assert!(!kept.matches(wrong), "{wrong:?}");
    }
}

#[test]
fn salts_are_fresh_and_iterations_as_documented() {
    let [a, b] = [(); 2].map(|()| Verifiers::from_password("secret").unwrap());
    assert_ne!(a.sha1.salt, b.sha1.salt);
    assert_ne!(a.sha1.salt, a.sha256.salt);
    assert_ne!(a.sha256.stored_key, b.sha256.stored_key);
    assert_eq!((a.sha1.salt.len(), a.sha1.iterations, a.sha1.stored_key.len()), (SALT_BYTES, SHA1_ITERATIONS, 20));
    assert_eq!(
        (a.sha256.salt.len(), a.sha256.iterations, a.sha256.server_key.len()),
        (SALT_BYTES, SHA256_ITERATIONS, 32)
    );
}

#[test]
fn what_can_be_no_password() {
    let refused = |password: &str| Verifiers::from_password(password).unwrap_err();
    assert_eq!(refused(""), PasswordError::Empty);
    assert_eq!(refused("\u{AD}"), PasswordError::Empty);
    assert_eq!(refused("bell\u{7}"), PasswordError::Forbidden);
    assert_eq!(refused(&"x".repeat(PASSWORD_BYTES + 1)), PasswordError::TooLong { bytes: 1024 });
    assert_eq!(refused("hunter2\u{7}").to_string().matches("hunter2").count(), 0);
}

#[test]
fn a_damaged_verifier_matches_nothing() {
    let mut kept = Verifiers::from_password("secret").unwrap();
    kept.sha256.stored_key.clear();
    assert!(!kept.matches("secret"));
    assert!(same(b"", b"") && !same(b"a", b"ab") && !same(b"a", b"b") && same(b"ab", b"ab"));
}
