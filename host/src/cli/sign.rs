//! `plugin keygen`, `plugin sign` and `plugin verify`: signatures as minisign makes them, for `[plugins] trust = "signatures"`.
//!
//! Invariant: no file is overwritten unless that was asked for, and a secret key is readable for its owner alone from its first byte on.

use super::arguments::{Keygen, Sign, Verify};
use crate::plugin::{PluginFile, signature_of};
use crate::trust::{self, Key, KeyPair};
use anyhow::{Context, bail};
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of a secret key's file, and of one with a password.
const KEY_FILE_BYTES: u64 = 4 * 1024;
/// Bytes of a password, as minisign has it.
const PASSWORD_BYTES: usize = 1024;

/// A new pair of keys in two new files.
pub(super) fn keygen(arguments: &Keygen) -> anyhow::Result<()> {
    let public_path = arguments.public_key();
    // Before anybody thinks of a password.
    for path in [arguments.key.as_path(), &public_path] {
        if path.exists() {
            bail!("{} is there already; a key is never written over; name another file with --key", path.display());
        }
    }
    let password = new_password(arguments)?;
    let pair = KeyPair::generate(password.as_deref())?;
    write_new(&arguments.key, &pair.secret_file, 0o600)?;
    write_new(&public_path, &pair.public_file, 0o644)?;
    eprintln!("secret key {}: keep it to yourself", arguments.key.display());
    if password.is_none() {
        eprintln!("  it has no password: whoever reads that file can sign in your name");
    }
    eprintln!(
        "public key {}, number {}; those who trust it write into their file:",
        public_path.display(),
        pair.public.id()
    );
    println!("[plugins]\ntrust = \"signatures\"\nkeys = [\"{}\"]", pair.public);
    Ok(())
}

/// A signature beside the component.
pub(super) fn sign(arguments: &Sign) -> anyhow::Result<()> {
    let path = signature_of(&arguments.file);
    if path.exists() && !arguments.replace {
        bail!("{} is there already; --replace writes another signature in its place", path.display());
    }
    let component = PluginFile::read(&arguments.file)?.bytes;
    let secret = read(&arguments.key, "the secret key")?;
    let encrypted = trust::is_encrypted(&secret).with_context(|| arguments.key.display().to_string())?;
    let password = if encrypted { Some(password(arguments.password_file.as_deref(), &arguments.key)?) } else { None };
    let digest = trust::digest_of(&component);
    let signed = trust::sign(&secret, password.as_deref(), &component, &comment(&arguments.file, digest));
    let (signature, key) = signed.with_context(|| arguments.key.display().to_string())?;
    if arguments.replace {
        replace(&path, &signature)?;
    } else {
        write_new(&path, &signature, 0o644)?;
    }
    eprintln!("signed with the key {}, whose public key is {key}", key.id());
    println!("{}", path.display());
    Ok(())
}

/// Whether the signature beside the component is one of the given keys.
pub(super) fn verify(arguments: &Verify) -> anyhow::Result<()> {
    let mut keys = arguments.key.iter().map(|text| Key::parse(text)).collect::<Result<Vec<_>, _>>()?;
    for file in &arguments.key_file {
        keys.push(Key::read(file)?);
    }
    let file = PluginFile::read(&arguments.file)?;
    let shown = arguments.file.display();
    let signed = trust::verify(&keys, &file.bytes, file.signature.as_deref());
    let signed = signed.map_err(|error| anyhow::anyhow!("{shown}: {error}"))?;
    println!("{shown}: signed with the key {}", signed.by);
    println!("comment   {}", signed.comment);
    println!("sha256    {:#}", trust::digest_of(&file.bytes));
    Ok(())
}

/// What the signer says of it, and signs: minisign's own form, and the digest for whoever compares by eye.
fn comment(file: &Path, digest: crate::model::Digest) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("timestamp:{now}\tfile:{name}\tsha256:{digest:#}")
}

/// The password of a new key, asked for twice; `None` where none was wanted, which must be said.
fn new_password(arguments: &Keygen) -> anyhow::Result<Option<String>> {
    if arguments.no_password {
        return Ok(None);
    }
    if arguments.password_file.is_some() || !on_terminal() {
        return password(arguments.password_file.as_deref(), &arguments.key).map(Some);
    }
    let typed = rpassword::prompt_password("password for the new key: ")?;
    if typed.is_empty() {
        bail!("expected a password, found none; --no-password makes a key without one");
    }
    if rpassword::prompt_password("again: ")? != typed {
        bail!("the two passwords differ; nothing was written");
    }
    bounded(typed).map(Some)
}

/// From a file's first line, or from the terminal.
fn password(file: Option<&Path>, key: &Path) -> anyhow::Result<String> {
    if let Some(file) = file {
        let text = read(file, "the password")?;
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            bail!("{}: expected the password on the first line, found nothing", file.display());
        }
        return bounded(line.to_owned());
    }
    if !on_terminal() {
        bail!(
            "{}: expected a password, found no terminal to ask on; give it with --password-file (a new key can do without: --no-password)",
            key.display()
        );
    }
    bounded(rpassword::prompt_password(format!("password of {}: ", key.display()))?)
}

fn bounded(password: String) -> anyhow::Result<String> {
    if password.len() > PASSWORD_BYTES {
        bail!("expected a password of at most {PASSWORD_BYTES} bytes, found {}", password.len());
    }
    Ok(password)
}

fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(KEY_FILE_BYTES).read_to_string(&mut text));
    read.with_context(|| format!("can't read {what} from {}", path.display()))?;
    Ok(text)
}

/// Writes a file that must not be there.
fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("can't write {}", path.display()))
}

/// In one step, so that a host that looks never sees half of it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(path.file_name().unwrap_or_default());
    hidden.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(hidden);
    write_new(&new, text, 0o644)?;
    fs::rename(&new, path).with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests;
