//! A bare socket, for what no proper client sends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(15);

/// A TCP connection to a listener.
pub(crate) struct Raw {
    stream: TcpStream,
    received: String,
}

impl Raw {
    /// Connects.
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the listener accepts");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout can be set");
        Self { stream, received: String::new() }
    }

    /// Connects and opens an XMPP stream to a domain.
    pub(crate) fn stream(port: u16, domain: &str) -> Self {
        let mut raw = Self::connect(port);
        raw.send(&header(domain));
        raw
    }

    /// Sends bytes; a peer that has closed is no failure here.
    pub(crate) fn send(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes());
    }

    /// Waits until a text has come.
    pub(crate) fn sees(&mut self, part: &str) {
        let deadline = Instant::now() + WITHIN;
        while !self.received.contains(part) {
            assert!(Instant::now() < deadline, "the host never sent {part:?}, but {:?}", self.received);
            assert!(self.read() || self.received.contains(part), "closed without {part:?}: {:?}", self.received);
        }
    }

    /// Waits until the host closes, and returns all that came.
    pub(crate) fn until_closed(&mut self) -> &str {
        let deadline = Instant::now() + WITHIN;
        while self.read() {
            assert!(Instant::now() < deadline, "the host never closed, but sent {:?}", self.received);
        }
        &self.received
    }

    /// Waits until the host closes or a text has come, and returns all that came.
    pub(crate) fn until_closed_or(&mut self, part: &str) -> &str {
        let deadline = Instant::now() + WITHIN;
        while !self.received.contains(part) && self.read() {
            assert!(Instant::now() < deadline, "neither closed nor {part:?}, but {:?}", self.received);
        }
        &self.received
    }

    /// All that has come.
    pub(crate) fn received(&self) -> &str {
        &self.received
    }

    /// Reads once; whether the connection is still open.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.received.push_str(&String::from_utf8_lossy(&buffer[..count]));
                true
            }
            Err(e) => matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        }
    }
}

/// The opening of a client's stream.
pub(crate) fn header(domain: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams'>"
    )
}
