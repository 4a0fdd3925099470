//! slixmpp, a library of Python, behind `tests/peers/slixmpp_peer.py`.

use super::talker::{Talker, fact, has};
use super::{python, root};
use serde_json::{Value, json};
use std::fs;
use std::ops::{Deref, DerefMut};
use std::process::Command;
use tempfile::TempDir;

/// How to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) jid: &'a str,
    pub(crate) password: &'a str,
    pub(crate) port: u16,
    /// Absent: what slixmpp chooses.
    pub(crate) mechanism: Option<&'a str>,
    /// Stream management.
    pub(crate) acks: bool,
}

impl<'a> Login<'a> {
    pub(crate) fn new(jid: &'a str, password: &'a str, port: u16) -> Self {
        Self { jid, password, port, mechanism: None, acks: false }
    }
}

/// One client.
pub(crate) struct Slixmpp {
    talker: Talker,
    folder: TempDir,
    /// Its full JID, once it is connected.
    pub(crate) jid: String,
}

impl Deref for Slixmpp {
    type Target = Talker;
    fn deref(&self) -> &Talker {
        &self.talker
    }
}

impl DerefMut for Slixmpp {
    fn deref_mut(&mut self) -> &mut Talker {
        &mut self.talker
    }
}

impl Slixmpp {
    /// Begins to sign in.
    pub(crate) fn try_sign_in(login: &Login) -> Self {
        let folder = TempDir::new().expect("a folder");
        let script = root().join("tests/peers/slixmpp_peer.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder.path().join("wire"));
        let mut talker = Talker::start(login.jid, &mut command);
        talker.order(&json!({
            "do": "connect", "jid": login.jid, "password": login.password, "host": "127.0.0.1", "port": login.port,
            "mechanism": login.mechanism, "acks": login.acks,
        }));
        Self { talker, folder, jid: String::new() }
    }

    /// Signs in and does no more: no presence, no roster.
    pub(crate) fn sign_in(login: &Login) -> Self {
        let mut peer = Self::try_sign_in(login);
        let connected = peer.expect("connected", "a session", |_| true);
        fact(&connected, "jid").clone_into(&mut peer.jid);
        peer
    }

    /// Signs in, asks for the roster and shows itself as available.
    pub(crate) fn online(login: &Login) -> Self {
        let mut peer = Self::sign_in(login);
        peer.order(&json!({ "do": "roster" }));
        peer.expect("roster", "the roster", |_| true);
        peer.order(&json!({ "do": "presence" }));
        peer
    }

    pub(crate) fn say(&mut self, to: &str, id: &str, body: &str) {
        self.order(&json!({ "do": "say", "to": to, "id": id, "body": body }));
    }

    pub(crate) fn state(&mut self, to: &str, state: &str) {
        self.order(&json!({ "do": "state", "to": to, "state": state }));
    }

    /// A message with this part in its text.
    pub(crate) fn hears(&mut self, part: &str) -> Value {
        self.expect("message", part, |message| fact(message, "type") != "error" && has(message, "body", part))
    }

    /// Every byte that it has received, after TLS.
    pub(crate) fn wire(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("wire")).expect("the script writes it")).into_owned()
    }
}
