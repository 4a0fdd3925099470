//! A bare socket, for what no client would send.

use super::PATIENCE;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

/// One connection in the clear.
pub(crate) struct Raw(TcpStream, String);

/// The opening of a stream.
pub(crate) fn header(domain: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
    )
}

impl Raw {
    pub(crate) fn connect(port: u16) -> Self {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the listener accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        Self(socket, String::new())
    }

    pub(crate) fn send(&mut self, text: &str) {
        // The host may have closed already, which the answer will show.
        let _ = self.0.write_all(text.as_bytes());
    }

    /// Reads until all that was received has this part, or the host closes; gives all that was received.
    pub(crate) fn until(&mut self, part: &str) -> &str {
        let mut chunk = [0; 4096];
        while part.is_empty() || !self.1.contains(part) {
            match self.0.read(&mut chunk) {
                Ok(0) => break,
                Ok(bytes) => self.1.push_str(&String::from_utf8_lossy(&chunk[..bytes])),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("waiting for {part:?}: {error}; received: {}", self.1),
            }
        }
        &self.1
    }

    /// Reads until the host closes.
    pub(crate) fn until_closed(&mut self) -> &str {
        self.until("")
    }
}
