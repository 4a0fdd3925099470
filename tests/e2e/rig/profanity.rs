//! profanity, a client of the terminal, in a tmux of its own. What it received is read from its log.

use super::until;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// One client.
pub(crate) struct Profanity {
    folder: TempDir,
    socket: String,
}

impl Profanity {
    /// Starts it and signs in.
    pub(crate) fn online(jid: &str, password: &str, port: u16) -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = folder.path().join("tmux").to_str().expect("a path in UTF-8").to_owned();
        let peer = Self { folder, socket };
        let home = peer.folder.path().to_str().expect("a path in UTF-8");
        let run = format!(
            "env HOME={home} XDG_CONFIG_HOME={home}/config XDG_DATA_HOME={home}/data LANG=C.UTF-8 profanity -l DEBUG -f {home}/log"
        );
        peer.tmux(&["-f", "/dev/null", "new-session", "-d", "-s", "p", "-x", "200", "-y", "50", &run]);
        until("profanity takes commands", || {
            peer.screen().contains("Profanity") && peer.log().contains("main event loop")
        });
        peer.types(&format!("/connect {jid} server 127.0.0.1 port {port} tls trust"));
        until("profanity asks for the password", || peer.screen().contains("Enter password"));
        peer.types(password);
        until("profanity is online", || peer.screen().contains("logged in successfully"));
        peer
    }

    /// Types a line.
    pub(crate) fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-t", "p", "-l", line]);
        self.tmux(&["send-keys", "-t", "p", "Enter"]);
    }

    pub(crate) fn say(&self, to: &str, body: &str) {
        self.types(&format!("/msg {to} {body}"));
    }

    /// The messages received so far, as XML.
    pub(crate) fn messages(&self) -> Vec<String> {
        let log = self.log();
        let received =
            log.lines().filter_map(|line| line.split_once("RECV: <message")).map(|(_, xml)| format!("<message{xml}"));
        received.collect()
    }

    /// A message in which all of these stand.
    pub(crate) fn hears(&self, parts: &[&str]) -> String {
        let mut found = None;
        until(&format!("profanity receives a message with {parts:?}"), || {
            found = self.messages().into_iter().find(|xml| parts.iter().all(|part| xml.contains(part)));
            found.is_some()
        });
        found.unwrap_or_default()
    }

    /// Waits until the window shown has this.
    pub(crate) fn shows(&self, part: &str) {
        until(&format!("profanity shows {part}"), || self.screen().contains(part));
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("log")).unwrap_or_default()).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "p"])
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Profanity {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what profanity shows ---\n{}--- end ---", self.screen());
        }
        self.tmux(&["kill-server"]);
    }
}
