//! A client that we did not write, behind a script of `tests/peers`; a scenario speaks to all of them in the same words.

use super::talker::{Talker, fact, has};
use super::{modules, python, root};
use serde_json::{Value, json};
use std::fs;
use std::ops::{Deref, DerefMut};
use std::process::Command;
use tempfile::TempDir;

/// Whose client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Software {
    /// A library of Python.
    Slixmpp,
    /// Another.
    Aioxmpp,
    /// `@xmpp/client`, a library of JavaScript.
    XmppJs,
    /// A client of the terminal, in a tmux of its own.
    Profanity,
    /// The library behind Pidgin, as bitlbee drives it.
    Libpurple,
}

/// How to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) jid: &'a str,
    pub(crate) password: &'a str,
    pub(crate) port: u16,
    pub(crate) software: Software,
    /// Absent: what the client chooses. Only slixmpp can be told.
    pub(crate) mechanism: Option<&'a str>,
    /// Stream management. Only slixmpp can be told.
    pub(crate) acks: bool,
    /// Without TLS.
    pub(crate) clear: bool,
}

impl<'a> Login<'a> {
    pub(crate) fn new(jid: &'a str, password: &'a str, port: u16) -> Self {
        Self { jid, password, port, software: Software::Slixmpp, mechanism: None, acks: false, clear: false }
    }

    /// With this software.
    pub(crate) fn on(self, software: Software) -> Self {
        Self { software, ..self }
    }

    /// Without TLS.
    pub(crate) fn in_the_clear(self) -> Self {
        Self { clear: true, ..self }
    }

    /// With stream management.
    pub(crate) fn with_acks(self) -> Self {
        Self { acks: true, ..self }
    }
}

/// One client.
pub(crate) struct Client {
    talker: Talker,
    folder: TempDir,
    software: Software,
    /// Its full JID, once it is connected.
    pub(crate) jid: String,
}

impl Deref for Client {
    type Target = Talker;
    fn deref(&self) -> &Talker {
        &self.talker
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Talker {
        &mut self.talker
    }
}

impl Client {
    /// Begins to sign in.
    pub(crate) fn try_sign_in(login: &Login) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut command = script(login.software);
        match login.software {
            Software::Slixmpp => command.arg(folder.path().join("wire")),
            Software::XmppJs => command.arg(modules()),
            Software::Aioxmpp | Software::Profanity | Software::Libpurple => command.arg(folder.path()),
        };
        let mut talker = Talker::start(&format!("{} on {:?}", login.jid, login.software), &mut command);
        talker.order(&json!({
            "do": "connect", "jid": login.jid, "password": login.password, "host": "127.0.0.1", "port": login.port,
            "mechanism": login.mechanism, "acks": login.acks, "clear": login.clear,
        }));
        Self { talker, folder, software: login.software, jid: String::new() }
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
        if peer.software == Software::Slixmpp {
            peer.order(&json!({ "do": "roster" }));
            peer.expect("roster", "the roster", |_| true);
        }
        peer.order(&json!({ "do": "presence" }));
        peer
    }

    pub(crate) fn say(&mut self, to: &str, id: &str, body: &str) {
        self.order(&json!({ "do": "say", "to": to, "id": id, "body": body }));
    }

    pub(crate) fn state(&mut self, to: &str, state: &str) {
        self.order(&json!({ "do": "state", "to": to, "state": state }));
    }

    /// Puts somebody on the roster and asks for presence.
    pub(crate) fn watch(&mut self, jid: &str) {
        self.order(&json!({ "do": "add", "jid": jid }));
    }

    /// A message with this part in its text.
    pub(crate) fn hears(&mut self, part: &str) -> Value {
        self.expect("message", part, |message| fact(message, "type") != "error" && has(message, "body", part))
    }

    /// Every byte that slixmpp has received, after TLS.
    pub(crate) fn wire(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("wire")).expect("the script writes it")).into_owned()
    }
}

fn script(software: Software) -> Command {
    let (interpreter, name) = match software {
        Software::Slixmpp => (python(), "slixmpp_peer.py"),
        Software::Aioxmpp => (python(), "aioxmpp_peer.py"),
        Software::XmppJs => ("node".into(), "xmppjs_peer.mjs"),
        Software::Profanity => ("python3".into(), "profanity_peer.py"),
        Software::Libpurple => ("python3".into(), "libpurple_peer.py"),
    };
    let mut command = Command::new(interpreter);
    command.arg(root().join("tests/peers").join(name));
    command
}
