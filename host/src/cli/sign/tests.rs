//! Keys and signatures in files: what is written, what is not overwritten, and what is said.

use super::*;
use crate::cli::arguments::{Arguments, Command, Plugin};
use clap::Parser;
use expect_test::{Expect, expect};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A command in a folder, as it is typed; FOLDER stands for the folder.
fn typed(folder: &TempDir, line: &str) -> anyhow::Result<()> {
    let line = line.replace("FOLDER", &folder.path().display().to_string());
    let Command::Plugin(plugin) = Arguments::try_parse_from(line.split_whitespace())?.command else { panic!("{line}") };
    match plugin {
        Plugin::Keygen(arguments) => keygen(&arguments),
        Plugin::Sign(arguments) => sign(&arguments),
        Plugin::Verify(arguments) => verify(&arguments),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(folder: &TempDir, line: &str, expected: &Expect) {
    let told = super::super::told(&typed(folder, line).unwrap_err());
    expected.assert_eq(&told.replace(&folder.path().display().to_string(), "FOLDER"));
}

/// A folder with a component, and a password in a file.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.wasm"), b"\0asm and more").unwrap();
    fs::write(folder.path().join("password"), "correct horse\n").unwrap();
    folder
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_pair_signs_and_its_public_half_verifies() {
    let folder = folder();
    typed(&folder, "cordboard plugin keygen --key FOLDER/a.key --password-file FOLDER/password").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("a.key"), 0o600);
    assert!(trust::is_encrypted(&text(&folder, "a.key")).unwrap());
    typed(&folder, "cordboard plugin sign FOLDER/p.wasm --key FOLDER/a.key --password-file FOLDER/password").unwrap();
    typed(&folder, "cordboard plugin verify FOLDER/p.wasm --key-file FOLDER/a.pub").unwrap();
    let line = text(&folder, "a.pub").lines().nth(1).unwrap().to_owned();
    typed(&folder, &format!("cordboard plugin verify FOLDER/p.wasm --key {line}")).unwrap();
    let signature = text(&folder, "p.wasm.minisig");
    assert!(signature.lines().nth(2).unwrap().contains("\tfile:p.wasm\tsha256:"), "{signature}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder();
    typed(&folder, "cordboard plugin keygen --key FOLDER/a.key --no-password").unwrap();
    let before = text(&folder, "a.key");
    refused(
        &folder,
        "cordboard plugin keygen --key FOLDER/a.key --no-password",
        &expect!["FOLDER/a.key is there already; a key is never written over; name another file with --key"],
    );
    fs::rename(folder.path().join("a.key"), folder.path().join("b.key")).unwrap();
    refused(
        &folder,
        "cordboard plugin keygen --key FOLDER/a.key --no-password",
        &expect!["FOLDER/a.pub is there already; a key is never written over; name another file with --key"],
    );
    assert_eq!(text(&folder, "b.key"), before);
    assert!(!folder.path().join("a.key").exists(), "no half of a pair");

    typed(&folder, "cordboard plugin sign FOLDER/p.wasm --key FOLDER/b.key").unwrap();
    let first = text(&folder, "p.wasm.minisig");
    refused(
        &folder,
        "cordboard plugin sign FOLDER/p.wasm --key FOLDER/b.key",
        &expect!["FOLDER/p.wasm.minisig is there already; --replace writes another signature in its place"],
    );
    assert_eq!(text(&folder, "p.wasm.minisig"), first);
    typed(&folder, "cordboard plugin sign FOLDER/p.wasm --key FOLDER/b.key --replace").unwrap();
    assert_ne!(text(&folder, "p.wasm.minisig"), first);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "no temporary file is left");
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    let folder = folder();
    fs::write(folder.path().join("wrong"), "incorrect horse\n").unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    typed(&folder, "cordboard plugin keygen --key FOLDER/a.key --password-file FOLDER/password").unwrap();
    refused(
        &folder,
        "cordboard plugin sign FOLDER/p.wasm --key FOLDER/a.key --password-file FOLDER/wrong",
        &expect!["FOLDER/a.key: the secret key can't be used: Wrong password for that key"],
    );
    refused(
        &folder,
        "cordboard plugin sign FOLDER/p.wasm --key FOLDER/a.key --password-file FOLDER/empty",
        &expect!["FOLDER/empty: expected the password on the first line, found nothing"],
    );
    refused(
        &folder,
        "cordboard plugin sign FOLDER/p.wasm --key FOLDER/none.key",
        &expect!["can't read the secret key from FOLDER/none.key: No such file or directory (os error 2)"],
    );
    refused(
        &folder,
        "cordboard plugin sign FOLDER/none.wasm --key FOLDER/a.key",
        &expect!["FOLDER/none.wasm: can't be read: No such file or directory (os error 2)"],
    );
    refused(
        &folder,
        "cordboard plugin verify FOLDER/p.wasm --key-file FOLDER/a.key",
        &expect![
            "FOLDER/a.key: expected a public key, found a secret one; take it out and give it to nobody: its public key is in the file with .pub"
        ],
    );
}

#[test]
fn a_way_to_a_password_must_be_chosen_and_a_key_given() {
    let folder = folder();
    typed(&folder, "cordboard plugin verify FOLDER/p.wasm").unwrap_err();
    typed(&folder, "cordboard plugin keygen --key FOLDER/a.key --no-password --password-file FOLDER/password")
        .unwrap_err();
    assert!(!folder.path().join("a.key").exists());
}
