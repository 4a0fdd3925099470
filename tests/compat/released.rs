//! Released contracts are frozen, byte for byte: `wit/released/<version>/`, each with its `wit/released/<version>.sha256` beside it, as
//! `sha256sum` writes it.
//!
//! As long as a package of `wit/` names a released version, it is that version.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is not as it was when it was released.
fn changed(released: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut recorded = BTreeSet::new();
    let lists = entries(released).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "sha256"));
    for list in lists {
        for line in fs::read_to_string(&list).unwrap().lines() {
            let Some((digest, path)) = line.split_once("  ") else {
                found.push(format!("{}: {line:?} is not a digest, two spaces and a path", list.display()));
                continue;
            };
            recorded.insert(released.join(path));
            match fs::read(released.join(path)) {
                Ok(bytes) if hex(&bytes) == digest => {}
                Ok(_) => found.push(format!("{path}: is not what was released")),
                Err(_) => found.push(format!("{path}: was released and is gone")),
            }
        }
    }
    let strays = files(released).into_iter().filter(|path| !recorded.contains(path));
    found.extend(strays.map(|path| format!("{}: is not among what was released", path.display())));
    found
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// All files below a folder but the lists of digests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let all = entries(folder).into_iter().flat_map(below);
    all.filter(|path| path.extension().is_none_or(|ending| ending != "sha256")).collect()
}

#[test]
fn released_contracts_are_what_they_were() {
    let found = changed(&super::root().join("wit/released"));
    assert!(found.is_empty(), "a released contract never changes (wit/VERSIONING.md):\n  {}", found.join("\n  "));
}

/// What the files of a package say their version is.
fn version_of(package: &Path) -> String {
    let text: String = files(package).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let line = text.lines().find(|line| line.starts_with("package ")).unwrap_or_default().to_owned();
    line.rsplit_once('@').unwrap().1.trim_end_matches(';').to_owned()
}

#[test]
fn a_package_that_names_a_released_version_is_that_version() {
    let wit = super::root().join("wit");
    let mut same = 0;
    for package in entries(&wit).into_iter().filter(|path| path.is_dir() && !path.ends_with("released")) {
        let released = wit.join("released").join(version_of(&package)).join(package.file_name().unwrap());
        for file in files(&released) {
            let now = package.join(file.file_name().unwrap());
            assert_eq!(fs::read(&now).unwrap(), fs::read(&file).unwrap(), "{} was released", now.display());
            same += 1;
        }
    }
    assert!(same > 0, "the contracts of rules are released");
}

#[test]
fn a_change_of_a_released_contract_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let released = folder.path();
    fs::create_dir_all(released.join("1.0.0/model")).unwrap();
    let contract = released.join("1.0.0/model/types.wit");
    let text = "package cordboard:model@1.0.0;\n";
    fs::write(&contract, text).unwrap();
    assert_eq!(changed(released), [format!("{}: is not among what was released", contract.display())]);

    let list = released.join("1.0.0.sha256");
    fs::write(&list, format!("{}  1.0.0/model/types.wit\n", hex(text.as_bytes()))).unwrap();
    assert_eq!(changed(released), Vec::<String>::new());

    fs::write(&contract, text.replace('\n', " \n")).unwrap();
    assert_eq!(changed(released), ["1.0.0/model/types.wit: is not what was released"]);
    fs::remove_file(&contract).unwrap();
    assert_eq!(changed(released), ["1.0.0/model/types.wit: was released and is gone"]);
    fs::write(&list, "nonsense\n").unwrap();
    assert_eq!(changed(released).len(), 1);
}

#[test]
fn a_digest_is_what_sha256sum_writes() {
    assert_eq!(hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
