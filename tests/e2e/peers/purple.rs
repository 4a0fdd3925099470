//! libpurple (Debian's bitlbee-libpurple), spoken to as an IRC client speaks to BitlBee.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(20);

/// A libpurple with one Jabber account.
pub(crate) struct Purple {
    child: Child,
    irc: UnixStream,
    lines: Receiver<String>,
    seen: Vec<String>,
    _home: tempfile::TempDir,
}

impl Purple {
    /// Starts one; `None` after having said that it is missing.
    pub(crate) fn start() -> Option<Self> {
        if !super::installed("bitlbee") {
            super::absent("libpurple", "apt-get install bitlbee-libpurple");
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary folder");
        let settings = home.path().join("bitlbee.conf");
        let text = format!("[settings]\nRunMode = Inetd\nConfigDir = {}\n", home.path().display());
        std::fs::write(&settings, text).expect("a file for bitlbee");
        // In this mode BitlBee reads and writes its standard input, which has to be a socket.
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let child = Command::new("bitlbee")
            .arg("-I")
            .arg("-c")
            .arg(&settings)
            .arg("-d")
            .arg(home.path())
            .env("HOME", home.path())
            .stdin(Stdio::from(OwnedFd::from(theirs.try_clone().expect("a second handle"))))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::null())
            .spawn()
            .expect("bitlbee runs");
        let (sender, lines) = channel();
        let reading = ours.try_clone().expect("a second handle");
        thread::spawn(move || {
            for line in BufReader::new(reading).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut purple = Self { child, irc: ours, lines, seen: Vec::new(), _home: home };
        purple.irc("NICK me");
        purple.irc("USER me me me me");
        purple.sees("Welcome to the BitlBee gateway");
        Some(purple)
    }

    /// Signs in and accepts the host's own certificate.
    pub(crate) fn sign_in(&mut self, jid: &str, password: &str, port: u16) {
        self.control("register secret");
        self.sees("Account successfully created");
        self.control(&format!("account add jabber {jid} {password}"));
        self.sees("Account successfully added");
        for setting in ["connect_server 127.0.0.1", &format!("port {port}"), "connection_security require_tls"] {
            self.control(&format!("account jabber set {setting}"));
            self.sees(setting.split(' ').next().unwrap_or_default());
        }
        self.control("account jabber on");
        self.sees("certificate");
        self.control("yes");
        self.sees("Logged in");
    }

    /// Gives a contact a nick.
    pub(crate) fn name(&mut self, jid: &str, nick: &str) {
        self.control(&format!("add jabber {jid} {nick}"));
    }

    /// Says something to a nick.
    pub(crate) fn say(&mut self, nick: &str, text: &str) {
        self.irc(&format!("PRIVMSG {nick} :{text}"));
    }

    /// Waits for a line that contains a text.
    pub(crate) fn sees(&mut self, part: &str) -> String {
        let deadline = Instant::now() + WITHIN;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(token) = line.strip_prefix("PING ") {
                        self.irc(&format!("PONG {token}"));
                    }
                    self.seen.push(line.clone());
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("libpurple never showed {part:?}, but:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    fn control(&mut self, text: &str) {
        self.irc(&format!("PRIVMSG &bitlbee :{text}"));
    }

    fn irc(&mut self, line: &str) {
        self.irc.write_all(format!("{line}\r\n").as_bytes()).expect("bitlbee reads");
    }
}

impl Drop for Purple {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
