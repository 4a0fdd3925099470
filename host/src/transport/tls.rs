//! Certificates and what TLS is offered with.
//!
//! Invariant: a private key that we write is readable by its owner alone.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, those of its issuers behind it.
    pub certificate: PathBuf,
    /// The private key: PKCS #8, PKCS #1 or SEC1.
    pub key: PathBuf,
}

/// Why a certificate can't be used or made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file can't be read as what it should be.
    #[error(
        "{file} can't be read as a {expected} in PEM form: {detail}; give the files that your certificate authority gave you"
    )]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// `certificate` or `private key`.
        expected: &'static str,
        /// What was found.
        detail: String,
    },
    /// Both can be read, and don't fit.
    #[error(
        "{certificate} and {key} can't be used together: {detail}; give the key that this certificate was made for"
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A self-signed one can't be made.
    #[error("can't make a certificate for {domain}: {detail}")]
    Unmade {
        /// For which domain.
        domain: String,
        /// Why.
        detail: String,
    },
    /// A file can't be written.
    #[error("can't write {file}: {source}; check the folder's owner and permissions")]
    Unwritable {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The self-signed certificate of a domain in this folder; made there if there is none yet.
pub fn self_signed(folder: &Path, domain: &str) -> Result<CertificateFiles, CertificateError> {
    let certificate = folder.join(format!("{domain}.crt.pem"));
    let key = folder.join(format!("{domain}.key.pem"));
    let files = CertificateFiles { certificate, key };
    if !(files.certificate.exists() && files.key.exists()) {
        let unmade =
            |error: rcgen::Error| CertificateError::Unmade { domain: domain.to_owned(), detail: error.to_string() };
        let pair = KeyPair::generate().map_err(unmade)?;
        let mut params = CertificateParams::new(vec![domain.to_owned()]).map_err(unmade)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, domain);
        let certificate = params.self_signed(&pair).map_err(unmade)?;
        fs::create_dir_all(folder)
            .map_err(|source| CertificateError::Unwritable { file: folder.to_owned(), source })?;
        write_private(&files.key, &pair.serialize_pem())?;
        write_private(&files.certificate, &certificate.pem())?;
    }
    Ok(files)
}

/// What a listener offers TLS with: 1.2 and 1.3, this certificate.
pub fn server_config(files: &CertificateFiles) -> Result<Arc<ServerConfig>, CertificateError> {
    let unreadable = |file: &Path, expected, detail: String| CertificateError::Unreadable {
        file: file.to_owned(),
        expected,
        detail,
    };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&files.certificate, "certificate", error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable(&files.certificate, "certificate", "it holds none".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable(&files.key, "private key", error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| CertificateError::Mismatch {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            detail: error.to_string(),
        })?;
    Ok(Arc::new(config))
}

/// Writes a file beside its place and moves it there, so that it is whole or absent.
fn write_private(file: &Path, content: &str) -> Result<(), CertificateError> {
    let partial = file.with_extension("partial");
    let write = || {
        let mut options = OpenOptions::new();
        let mut written = options.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        written.write_all(content.as_bytes())?;
        written.sync_all()?;
        fs::rename(&partial, file)
    };
    write().map_err(|source| CertificateError::Unwritable { file: file.to_owned(), source })
}
