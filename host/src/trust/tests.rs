//! What is let in and what is not, with what the operator is told; pairs and signatures of our own and of minisign's program.

use super::*;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const COMPONENT: &[u8] = b"\0asm, or what pretends to be";

/// Of a pair that was made for these tests by minisign 0.11 and thrown away.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

fn pair() -> KeyPair {
    KeyPair::generate(None).unwrap()
}

fn signed(pair: &KeyPair) -> String {
    sign(&pair.secret_file, None, COMPONENT, "plugin:test").unwrap().0
}

#[track_caller]
fn check(refusal: &impl ToString, known: &[(&str, &dyn ToString)], expected: &Expect) {
    let mut told = refusal.to_string();
    for (word, value) in known {
        told = told.replace(&value.to_string(), word);
    }
    expected.assert_eq(&told);
}

#[test]
fn by_default_anything_is_let_in() {
    assert_eq!(Trust::default().admit(COMPONENT, None), Ok(()));
    assert_eq!(
        Policy::default().grants.hosts_of("any", &["api.example".to_owned()]),
        Ok(vec!["api.example".to_owned()])
    );
}

#[test]
fn a_listed_digest_is_let_in_and_another_is_told_with_its_line() {
    let list = |of: &[u8]| Trust::Digests([digest_of(of)].into());
    assert_eq!(list(COMPONENT).admit(COMPONENT, None), Ok(()));
    check(
        &list(b"other").admit(COMPONENT, None).unwrap_err(),
        &[],
        &expect![[r#"
            is none of the 1 listed plugins: [plugins] trust = "digests" expects its SHA-256 in `digests`, found sha256:d74d235737b0e827f768f50e8622cd20a3b1b85b10e1936618b5dde39c940d8f; if you trust this file, add to the list `digests` the line
              "sha256:d74d235737b0e827f768f50e8622cd20a3b1b85b10e1936618b5dde39c940d8f","#]],
    );
}

#[test]
fn what_a_trusted_key_signed_is_let_in() {
    let (ours, other) = (pair(), pair());
    let trust = Trust::Signatures(vec![other.public.clone(), ours.public.clone()]);
    assert_eq!(trust.admit(COMPONENT, Some(&signed(&ours))), Ok(()));
    let found = verify(std::slice::from_ref(&ours.public), COMPONENT, Some(&signed(&ours))).unwrap();
    assert_eq!(found, Signed { by: ours.public.id(), comment: "plugin:test".to_owned() });
}

#[test]
fn what_nobody_trusted_signed_is_refused_with_the_fix() {
    let (ours, other) = (pair(), pair());
    let trust = Trust::Signatures(vec![ours.public.clone()]);
    let known: [(&str, &dyn ToString); 2] = [("OURS", &ours.public.id()), ("OTHER", &other.public.id())];
    let refusal = |component: &[u8], signature: Option<&str>| trust.admit(component, signature).unwrap_err();
    check(
        &refusal(COMPONENT, None),
        &known,
        &expect![
            "has no signature: expected a file of its name with .minisig beside it, signed with the key OURS, found none; copy the signature that its author gives along, or sign it yourself: `cordboard plugin sign`"
        ],
    );
    check(
        &refusal(COMPONENT, Some(&signed(&other))),
        &known,
        &expect![[r#"
        is signed with another key: expected the key OURS, found OTHER; if you trust whoever has that key, add the public key to the list `keys` of [plugins], as in
          keys = ["RW..."]"#]],
    );
    check(
        &refusal(b"\0asm, changed on the way", Some(&signed(&ours))),
        &known,
        &expect![
            "is not what was signed: expected the bytes that the signature of key OURS is of, found others (sha256:dc8fae808792d62136e68cd4a80269120fbcddb2aad42a0f7fe179eb77dbca15); component and signature are of different versions, or one was changed on the way: copy both again"
        ],
    );
    check(
        &refusal(COMPONENT, Some("")),
        &known,
        &expect![
            "has a signature that can't be read: expected what minisign writes, but it is not made of four lines as minisign writes them; copy the .minisig file again, or sign again"
        ],
    );
}

/// Somebody who has a signature of ours tries what can be made of it.
#[test]
fn a_signature_that_was_changed_is_refused_and_never_a_panic() {
    let ours = pair();
    let trust = Trust::Signatures(vec![ours.public.clone()]);
    let signature = signed(&ours);
    let lines: Vec<&str> = signature.lines().collect();
    for cut in 0..signature.len() - 2 {
        trust.admit(COMPONENT, Some(&signature[..cut])).unwrap_err();
    }
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        trust.admit(COMPONENT, Some(&lines.join("\n")))
    };
    with(0, "untrusted comment: anything at all").unwrap();
    with(1, &lines[1].replace("RU", "XX")).unwrap_err();
    with(1, "UlU=").unwrap_err();
    with(2, "trusted comment: plugin:other").unwrap_err();
    with(2, "no comment").unwrap_err();
    with(3, "AAAA").unwrap_err();
    with(3, signed(&ours).lines().nth(3).unwrap()).unwrap_err();
}

/// The key number is not signed, so who takes a trusted one for his own key is still found out.
#[test]
fn a_borrowed_key_number_does_not_help() {
    let (ours, other) = (pair(), pair());
    let number = |signature: &str| data_encoding::BASE64.decode(signature.lines().nth(1).unwrap().as_bytes()).unwrap();
    let (good, mut forged) = (number(&signed(&ours)), number(&signed(&other)));
    forged[2..10].copy_from_slice(&good[2..10]);
    let text = signed(&other);
    let line = data_encoding::BASE64.encode(&forged);
    let text = text.replace(text.lines().nth(1).unwrap(), &line);
    let refusal = Trust::Signatures(vec![ours.public.clone()]).admit(COMPONENT, Some(&text)).unwrap_err();
    assert!(matches!(refusal, Distrust::OtherBytes { key, .. } if key == ours.public.id()), "{refusal}");
}

#[test]
fn keys_are_read_as_minisign_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let key = Key::parse(&format!(" {KEY}\n")).unwrap();
    assert_eq!((key.to_string().as_str(), key.id().to_string().as_str()), (KEY, "E7620F1842B4E81F"));
    assert_eq!(
        Key::read(&file("whole.pub", &format!("untrusted comment: minisign public key\n{KEY}\n"))).unwrap(),
        key
    );
    assert_eq!(KeySource::File(file("line.pub", KEY)).key().unwrap(), key);
    let known: [(&str, &dyn ToString); 1] = [("FOLDER", &folder.path().display())];
    check(
        &Key::parse("RWQ").unwrap_err(),
        &known,
        &expect![[r#"expected a public key of minisign, 56 characters that begin with RW, found "RWQ""#]],
    );
    check(
        &Key::parse("").unwrap_err(),
        &known,
        &expect!["expected a public key of minisign, 56 characters that begin with RW, found nothing"],
    );
    check(
        &Key::parse(&"x".repeat(70)).unwrap_err(),
        &known,
        &expect![[
            r#"expected a public key of minisign, 56 characters that begin with RW, found 70 characters that begin with "xxxxxxxxxxxxxxxxxxxx""#
        ]],
    );
    check(
        &Key::read(&file("empty.pub", "")).unwrap_err(),
        &known,
        &expect![
            "FOLDER/empty.pub: expected a public key of minisign, 56 characters that begin with RW, found nothing"
        ],
    );
    check(
        &Key::read(&folder.path().join("none.pub")).unwrap_err(),
        &known,
        &expect!["FOLDER/none.pub: can't be read: No such file or directory (os error 2)"],
    );
    let secret = pair().secret_file;
    let secret = secret.lines().nth(1).unwrap();
    check(
        &Key::parse(secret).unwrap_err(),
        &known,
        &expect![
            "expected a public key, found a secret one; take it out and give it to nobody: its public key is in the file with .pub"
        ],
    );
}

#[test]
fn a_secret_key_is_encrypted_unless_no_password_was_wanted() {
    let plain = pair();
    assert!(!is_encrypted(&plain.secret_file).unwrap());
    let pair = KeyPair::generate(Some("correct horse")).unwrap();
    assert!(is_encrypted(&pair.secret_file).unwrap());
    let (signature, public) = sign(&pair.secret_file, Some("correct horse"), COMPONENT, "x").unwrap();
    assert_eq!(public, pair.public);
    assert!(verify(&[public], COMPONENT, Some(&signature)).is_ok());
    let refused = |password| sign(&pair.secret_file, password, COMPONENT, "x").unwrap_err();
    check(&refused(None), &[], &expect!["the secret key is encrypted: expected its password, found none"]);
    check(&refused(Some("wrong")), &[], &expect!["the secret key can't be used: Wrong password for that key"]);
    check(
        &sign("no key", Some("x"), COMPONENT, "x").unwrap_err(),
        &[],
        &expect![
            "expected a secret key of minisign, a comment and below it 212 characters that begin with RW, found something else"
        ],
    );
    assert!(!format!("{pair:?}").contains(pair.secret_file.lines().nth(1).unwrap()), "it is never shown");
}

fn only(plugin: &str, hosts: &[&str]) -> Grants {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    Grants::Only(BTreeMap::from([(plugin.to_owned(), Grant { hosts, ..Grant::default() })]))
}

#[test]
fn hosts_are_granted_by_name_and_by_domain() {
    let granted = |granted: &[&str], wanted: &str| only("crm", granted).hosts_of("crm", &[wanted.to_owned()]).is_ok();
    for (grant, wanted, expected) in [
        ("api.example", "api.example", true),
        ("api.example", "API.example", true),
        ("api.example", "other.example", false),
        ("*.example.com", "api.example.com", true),
        ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "badexample.com", false),
        ("*.example.com", "*.example.com", true),
        ("*.example.com", "*.b.example.com", true),
        ("api.example.com", "*.example.com", false),
        ("*.b.example.com", "*.example.com", false),
    ] {
        assert_eq!(granted(&[grant], wanted), expected, "{grant} for {wanted}");
    }
    assert_eq!(only("crm", &["api.example"]).hosts_of("crm", &[]), Ok(Vec::new()), "not asked for, not given");
}

#[test]
fn who_asks_for_any_host_gets_what_is_granted() {
    let any = [ANY_HOST.to_owned()];
    let grants = only("remote", &["a.example", "*.b.example"]);
    assert_eq!(grants.hosts_of("remote", &any).unwrap(), ["a.example", "*.b.example"]);
    assert_eq!(grants.hosts_of("other", &any), Ok(Vec::new()), "which may be none");
    assert_eq!(grants.unused("remote", &any), Vec::<String>::new());
    assert!(is_covered(&Grants::Everything.hosts_of("remote", &any).unwrap(), "c.example"), "as a developer wants it");
    assert!(!is_host(ANY_HOST), "nobody can grant it");
}

#[test]
fn what_is_not_granted_is_told_with_its_line() {
    let wanted = ["api.example".to_owned(), "*.map.example".to_owned()];
    check(
        &only("other", &["api.example"]).hosts_of("crm", &wanted).unwrap_err(),
        &[],
        &expect![[r#"
        wants to reach api.example, *.map.example over HTTP, and is granted no host; if it may, write in the operator's file
          [plugins.grants]
          crm = { hosts = ["api.example", "*.map.example"] }"#]],
    );
    check(
        &only("crm", &["api.example"]).hosts_of("crm", &wanted).unwrap_err(),
        &[],
        &expect![[r#"
        wants to reach *.map.example over HTTP, and is granted api.example; if it may, write in the operator's file
          [plugins.grants]
          crm = { hosts = ["api.example", "*.map.example"] }"#]],
    );
}

#[test]
fn what_is_granted_for_nothing_is_found() {
    let grants = only("crm", &["api.example", "*.map.example", "old.example"]);
    let wanted = ["api.example".to_owned(), "a.map.example".to_owned()];
    assert_eq!(grants.unused("crm", &wanted), ["old.example"]);
    assert_eq!(grants.unused("other", &wanted), Vec::<String>::new());
    assert_eq!(grants.plugins().collect::<Vec<_>>(), ["crm"]);
}

/// Whether minisign's own program is here; without it the test says so, and in CI it fails.
fn minisign_is_here() -> bool {
    let here = Command::new("minisign").arg("-v").output().is_ok_and(|output| output.status.success());
    if !here {
        assert!(std::env::var_os("CI").is_none(), "CI installs minisign");
        eprintln!("SKIPPED: the program `minisign` is not installed (apt-get install minisign)");
    }
    here
}

#[test]
fn minisign_and_we_take_each_others_signatures_and_keys() {
    if !minisign_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let minisign = |arguments: &[&str]| {
        let output = Command::new("minisign").args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    write("p.wasm", COMPONENT);

    minisign(&["-G", "-W", "-p", "their.pub", "-s", "their.key"]);
    minisign(&["-S", "-s", "their.key", "-m", "p.wasm"]);
    let theirs = Key::read(&folder.path().join("their.pub")).unwrap();
    assert!(
        verify(std::slice::from_ref(&theirs), COMPONENT, Some(&read("p.wasm.minisig"))).is_ok(),
        "their signature, their key"
    );
    let (signature, public) = sign(&read("their.key"), None, COMPONENT, "plugin:test").unwrap();
    assert_eq!(public, theirs);
    write("p.wasm.minisig", signature.as_bytes());
    minisign(&["-V", "-p", "their.pub", "-m", "p.wasm"]);
    minisign(&["-S", "-l", "-s", "their.key", "-m", "p.wasm"]);
    check(
        &verify(std::slice::from_ref(&theirs), COMPONENT, Some(&read("p.wasm.minisig"))).unwrap_err(),
        &[("THEIRS", &theirs.id())],
        &expect![
            "is signed in minisign's old way: expected a signature over the BLAKE2b hash, found one over the bytes themselves (key THEIRS); sign it again with minisign 0.10 or later without -l, or with `cordboard plugin sign`"
        ],
    );

    let ours = pair();
    write("our.pub", ours.public_file.as_bytes());
    write("our.key", ours.secret_file.as_bytes());
    write("p.wasm.minisig", signed(&ours).as_bytes());
    minisign(&["-V", "-p", "our.pub", "-m", "p.wasm"]);
    minisign(&["-S", "-s", "our.key", "-m", "p.wasm"]);
    assert!(
        verify(std::slice::from_ref(&ours.public), COMPONENT, Some(&read("p.wasm.minisig"))).is_ok(),
        "their program, our key"
    );
}
