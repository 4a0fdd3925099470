//! Certificates: made, kept, and what is wrong with them.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_self_signed_certificate_is_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("tls");
    let files = tls::self_signed(&inside, "desk.localhost").unwrap();
    assert_eq!(files.certificate, inside.join("desk.localhost.crt.pem"));
    for file in [&files.certificate, &files.key] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let made = fs::read(&files.certificate).unwrap();
    assert_eq!(tls::self_signed(&inside, "desk.localhost").unwrap(), files);
    assert_eq!(fs::read(&files.certificate).unwrap(), made);
    assert!(tls::server_config(&files).is_ok());
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 2);
}

#[test]
fn unusable_files_are_said_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let one = tls::self_signed(folder.path(), "one.example").unwrap();
    let two = tls::self_signed(folder.path(), "two.example").unwrap();
    let absent = folder.path().join("absent.pem");

    let error = tls::server_config(&CertificateFiles { certificate: absent.clone(), ..one.clone() }).unwrap_err();
    let expected = format!("{} can't be read as a certificate in PEM form: ", absent.display());
    assert!(error.to_string().starts_with(&expected), "{error}");

    let error = tls::server_config(&CertificateFiles { key: one.certificate.clone(), ..one.clone() }).unwrap_err();
    assert!(error.to_string().contains("can't be read as a private key in PEM form"), "{error}");

    let error = tls::server_config(&CertificateFiles { certificate: one.key.clone(), ..one.clone() }).unwrap_err();
    assert!(error.to_string().contains("it holds none"), "{error}");

    let error = tls::server_config(&CertificateFiles { key: two.key, ..one }).unwrap_err();
    assert!(error.to_string().contains("give the key that this certificate was made for"), "{error}");
}
