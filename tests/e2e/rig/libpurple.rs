//! libpurple, the library behind Pidgin, as bitlbee drives it, behind `tests/peers/libpurple_peer.py`.

use super::root;
use super::talker::{Talker, has};
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

/// One client; people are known by nicks, which libpurple makes of their addresses.
pub(crate) struct Libpurple {
    talker: Talker,
    _folder: TempDir,
}

impl Libpurple {
    /// Signs in.
    pub(crate) fn online(jid: &str, password: &str, port: u16) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new("python3");
        command.arg(root().join("tests/peers/libpurple_peer.py")).arg(folder.path());
        let mut talker = Talker::start("libpurple", &mut command);
        talker.expect("started", "bitlbee", |_| true);
        talker.order(&json!({ "do": "connect", "jid": jid, "password": password, "host": "127.0.0.1", "port": port }));
        talker.expect("connected", "a session", |_| true);
        Self { talker, _folder: folder }
    }

    /// Waits until its contact list has this nick.
    pub(crate) fn knows(&mut self, nick: &str) {
        super::until(&format!("libpurple has {nick} in its list"), || {
            self.talker.order(&json!({ "do": "list" }));
            std::thread::sleep(std::time::Duration::from_millis(200));
            self.talker
                .gather()
                .iter()
                .any(|event| event["event"] == "control" && has(event, "text", &format!("{nick} ")))
        });
    }

    pub(crate) fn say(&mut self, nick: &str, body: &str) {
        self.talker.order(&json!({ "do": "say", "to": nick, "body": body }));
    }

    /// A message with this part in its text.
    pub(crate) fn hears(&mut self, part: &str) -> Value {
        self.talker.expect("message", part, |message| has(message, "body", part))
    }
}
