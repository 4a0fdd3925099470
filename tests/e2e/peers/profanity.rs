//! profanity (Debian) in a terminal of tmux: keys are sent, the screen is read.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(20);

/// A profanity in a terminal of its own.
pub(crate) struct Profanity {
    home: tempfile::TempDir,
    screen_text: String,
}

impl Profanity {
    /// Starts one; `None` after having said that it is missing.
    pub(crate) fn start() -> Option<Self> {
        if !super::installed("profanity") || !super::installed("tmux") {
            super::absent("profanity and tmux", "apt-get install profanity tmux");
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary folder");
        for folder in ["config/profanity", "data"] {
            std::fs::create_dir_all(home.path().join(folder)).expect("a folder for profanity");
        }
        let profanity = Self { home, screen_text: String::new() };
        let status = profanity.tmux(&["new-session", "-d", "-s", "p", "-x", "160", "-y", "50", "profanity"]);
        assert!(status.status.success(), "tmux starts profanity: {}", String::from_utf8_lossy(&status.stderr));
        let mut profanity = profanity;
        profanity.shows("Type '/help'");
        Some(profanity)
    }

    /// Signs in, trusting the host's own certificate.
    pub(crate) fn sign_in(&mut self, jid: &str, password: &str, port: u16) {
        self.line(&format!("/connect {jid} server 127.0.0.1 port {port} tls trust"));
        thread::sleep(Duration::from_millis(500));
        self.line(password);
        self.shows("logged in successfully");
    }

    /// Types a line and presses Enter.
    pub(crate) fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "p", "-l", text]);
        self.tmux(&["send-keys", "-t", "p", "Enter"]);
    }

    /// Waits until the screen shows a text. A line that the screen broke counts as whole.
    pub(crate) fn shows(&mut self, part: &str) {
        let deadline = Instant::now() + WITHIN;
        loop {
            let output = self.tmux(&["capture-pane", "-t", "p", "-p", "-J"]);
            self.screen_text = String::from_utf8_lossy(&output.stdout).into_owned();
            let words: Vec<&str> = self.screen_text.split_whitespace().collect();
            if words.join(" ").contains(part) {
                return;
            }
            assert!(Instant::now() < deadline, "profanity never showed {part:?}, but:\n{}", self.screen_text);
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn tmux(&self, arguments: &[&str]) -> std::process::Output {
        let home: PathBuf = self.home.path().to_owned();
        Command::new("tmux")
            .arg("-S")
            .arg(home.join("tmux.sock"))
            .args(arguments)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .output()
            .expect("tmux runs")
    }
}

impl Drop for Profanity {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
