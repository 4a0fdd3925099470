//! The exchanges printed in the RFCs, what must be refused, and that nothing makes it panic.

use super::{Failed, First, Pending, unescaped};
use crate::identity::verifiers::Hash;
use crate::model::identity::Scram;
use data_encoding::BASE64;
use proptest::prelude::*;

fn verifier(hash: Hash, salt: &str) -> Scram {
    hash.verifier("pencil", &BASE64.decode(salt.as_bytes()).unwrap(), 4096)
}

/// RFC 5802, 5.
fn sha1() -> (Pending, String) {
    let first = First::parse(b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL").unwrap();
    let (pending, challenge) =
        Pending::new(Hash::Sha1, &first, verifier(Hash::Sha1, "QSXCR+Q6sek8bf92"), "3rfcNHYJY1ZVvWVs7j");
    (pending, String::from_utf8(challenge).unwrap())
}

const SHA1_FINAL: &str = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";

#[test]
fn the_exchange_of_rfc_5802() {
    let (pending, challenge) = sha1();
    assert_eq!(challenge, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
    assert_eq!(pending.finish(SHA1_FINAL.as_bytes()), Ok(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".to_vec()));
}

#[test]
fn the_exchange_of_rfc_7677() {
    let first = First::parse(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap();
    let verifier = verifier(Hash::Sha256, "W22ZaJ0SNY7soEsUEjb6gQ==");
    let (pending, challenge) = Pending::new(Hash::Sha256, &first, verifier, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    let expected = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    assert_eq!(String::from_utf8(challenge).unwrap(), expected);
    let last =
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(pending.finish(last), Ok(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_vec()));
}

#[test]
fn a_changed_final_message_is_wrong_or_malformed() {
    let table = [
        // another proof, one that is too short, none, no base64
        (SHA1_FINAL.replace("p=v0X8", "p=w0X8"), Failed::Wrong),
        (SHA1_FINAL.replace("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v0X8"), Failed::Wrong),
        (SHA1_FINAL.replace("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", ""), Failed::Wrong),
        (SHA1_FINAL.replace("v0X8", "v0X"), Failed::Malformed("the proof is not base64")),
        (SHA1_FINAL.replace(",p=", ",q="), Failed::Malformed("no proof")),
        // another nonce, another header, a mandatory extension
        (SHA1_FINAL.replace("7j,", "7k,"), Failed::Wrong),
        (SHA1_FINAL.replace("biws", "eSws"), Failed::Wrong),
        (format!("m=x,{SHA1_FINAL}"), Failed::Malformed("a field is missing, empty, or out of order")),
        (String::new(), Failed::Malformed("no proof")),
    ];
    for (message, expected) in table {
        assert_eq!(sha1().0.finish(message.as_bytes()), Err(expected), "{message}");
    }
}

#[test]
fn first_messages_that_are_none() {
    let header = "a field is missing, empty, or out of order";
    let table: [(&[u8], &str); 13] = [
        (b"", "no channel binding flag"),
        (b"n", "no channel binding flag"),
        (b"n,", "no authorization identity field"),
        (b"n,x,n=a,r=b", header),
        (b"n,a=,n=a,r=b", header),
        (b"n,,n", header),
        (b"n,,n=,r=b", header),
        (b"n,,n=a,r=", header),
        (b"n,,n=a", header),
        (b"n,,m=x,n=a,r=b", header),
        (b"n,,n=a,r=b\x07", "the nonce has a character that is not printable ASCII"),
        (b"p=tls-unique,,n=a,r=b", "channel binding is not offered here"),
        (b"n,,n=\xFF,r=b", "not UTF-8"),
    ];
    for (message, expected) in table {
        assert_eq!(
            First::parse(message).unwrap_err(),
            Failed::Malformed(expected),
            "{}",
            String::from_utf8_lossy(message)
        );
    }
}

#[test]
fn names_are_unescaped() {
    let first = First::parse(b"y,a=b=3Dc,n=a=2Cb=3D=2C,r=nonce,ext=1").unwrap();
    assert_eq!(first.name().as_deref(), Ok("a,b=,"));
    assert_eq!(first.authzid().unwrap().as_deref(), Some("b=c"));
    assert_eq!(first.header, "y,a=b=3Dc,");
    for name in ["=", "=2", "=2D", "a=b", "==2C"] {
        assert!(unescaped(name).is_err(), "{name}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(first in first_message(), last in "(c=[A-Za-z+/=]{0,8},)?(r=[a-z+]{0,40},)?(,?p=[A-Za-z+/=]{0,44})?|\\PC{0,60}", noise in any::<Vec<u8>>()) {
        let _ = First::parse(&noise);
        if let Ok(first) = First::parse(first.as_bytes()) {
            let _ = (first.name(), first.authzid());
            for data in [last.as_bytes(), &noise] {
                let (pending, _) = Pending::new(Hash::Sha1, &first, verifier(Hash::Sha1, "QSXCR+Q6sek8bf92"), "ours");
                prop_assert!(pending.finish(data).is_err());
            }
        }
    }
}

fn first_message() -> impl Strategy<Value = String> {
    prop_oneof![
        "[nyp]?,?(a=[a-z=23CD]{0,6})?,?(n=)?[a-z=23CD]{0,6},?(r=)?[!-~]{0,6}",
        "n,,n=[a-z]{1,5},r=[a-z]{1,5}",
        "\\PC{0,30}",
    ]
}
