//! A bare socket in the clear, for what no client would send, and for what must be counted or timed without a client in between.

use super::PATIENCE;
use super::secured::{Secured, secure};
use data_encoding::BASE64;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// One connection.
pub(crate) struct Raw {
    socket: TcpStream,
    /// Behind a handshake, all that is sent and received.
    tls: Option<Box<Secured>>,
    received: Vec<u8>,
    /// How much of it was taken.
    taken: usize,
}

/// The opening of a stream.
pub(crate) fn header(domain: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
    )
}

/// SASL PLAIN (RFC 4616) in one element.
pub(crate) fn plain(user: &str, password: &str) -> String {
    let words = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{words}</auth>")
}

/// The question for a resource.
pub(crate) fn bind(resource: &str) -> String {
    format!(
        "<iq type='set' id='bind-{resource}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
    )
}

impl Raw {
    pub(crate) fn connect(port: u16) -> Self {
        Self::on(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the listener accepts"))
    }

    /// For which the system keeps few bytes that it has not read.
    pub(crate) fn connect_narrow(port: u16, receive_bytes: u32) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        let socket = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.set_recv_buffer_size(receive_bytes).expect("a size can be set");
            let connected = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.expect("the listener accepts");
            connected.into_std().expect("it can leave the runtime")
        });
        socket.set_nonblocking(false).expect("it can be made to block");
        Self::on(socket)
    }

    fn on(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        socket.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        socket.set_nodelay(true).expect("it can be set");
        Self { socket, tls: None, received: Vec::new(), taken: 0 }
    }

    /// With a resource, not yet present. Needs PLAIN in the clear.
    pub(crate) fn signed_in(port: u16, jid: &str, password: &str) -> Self {
        let mut peer = Self::connect(port);
        peer.sign_in(jid, password);
        peer
    }

    /// The same, and present.
    pub(crate) fn online(port: u16, jid: &str, password: &str) -> Self {
        let mut peer = Self::signed_in(port, jid, password);
        peer.send("<presence/>");
        peer
    }

    pub(crate) fn sign_in(&mut self, jid: &str, password: &str) {
        let (user, rest) = jid.split_once('@').expect("a JID with a user");
        let (domain, resource) = rest.split_once('/').expect("a full JID");
        self.authenticate(user, domain, password);
        self.send(&bind(resource));
        self.take("<jid>");
        self.take("</iq>");
    }

    /// As far as the features that follow a proof.
    pub(crate) fn authenticate(&mut self, user: &str, domain: &str, password: &str) {
        self.send(&header(domain));
        self.take("</stream:features>");
        self.send(&plain(user, password));
        self.take("<success");
        self.send(&header(domain));
        self.take("</stream:features>");
    }

    pub(crate) fn send(&mut self, text: &str) {
        // The host may have closed already, which the answer will show.
        let _ = match &mut self.tls {
            Some(tls) => tls.write_all(text.as_bytes()),
            None => self.socket.write_all(text.as_bytes()),
        };
    }

    /// Agrees on TLS, and forgets what was received before; nothing, where that fails.
    pub(crate) fn secured(self) -> Option<Self> {
        let tls = secure(self.socket.try_clone().expect("a socket can be held twice"))?;
        Some(Self { tls: Some(Box::new(tls)), ..Self::on(self.socket) })
    }

    pub(crate) fn say(&mut self, to: &str, id: &str, body: &str) {
        self.send(&format!("<message to='{to}' id='{id}' type='chat'><body>{body}</body></message>"));
    }

    /// How long to wait for bytes from now on.
    pub(crate) fn wait_for(&mut self, patience: Duration) {
        self.socket.set_read_timeout(Some(patience)).expect("a timeout can be set");
    }

    /// Another hold on the same socket, to write while this one reads.
    pub(crate) fn writer(&self) -> TcpStream {
        self.socket.try_clone().expect("a socket can be held twice")
    }

    /// Reads until all that was received has this part, or the host closes; gives all that was received.
    pub(crate) fn until(&mut self, part: &str) -> String {
        while (part.is_empty() || find(&self.received, part.as_bytes()).is_none()) && self.read_on(part) {}
        self.all()
    }

    /// Reads until the host closes.
    pub(crate) fn until_closed(&mut self) -> String {
        self.until("")
    }

    /// What comes next up to this part and with it; panics if the host closes before.
    pub(crate) fn take(&mut self, part: &str) -> String {
        let mut from = self.taken;
        loop {
            if let Some(at) = find(&self.received[from..], part.as_bytes()) {
                let end = from + at + part.len();
                let text = String::from_utf8_lossy(&self.received[self.taken..end]).into_owned();
                self.taken = end;
                return text;
            }
            from = self.received.len().saturating_sub(part.len()).max(self.taken);
            assert!(self.read_on(part), "closed before {part:?}; received: {}", self.last());
        }
    }

    /// All that was received.
    pub(crate) fn all(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// The end of it, for whoever reads why a scenario has failed.
    fn last(&self) -> String {
        String::from_utf8_lossy(&self.received[self.received.len().saturating_sub(2000)..]).into_owned()
    }

    /// Whether there was more; a time-out is a failure.
    fn read_on(&mut self, part: &str) -> bool {
        let mut chunk = [0; 16 * 1024];
        let read = match &mut self.tls {
            Some(tls) => tls.read(&mut chunk),
            None => self.socket.read(&mut chunk),
        };
        match read {
            Ok(0) => false,
            Ok(bytes) => {
                self.received.extend_from_slice(&chunk[..bytes]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("waiting for {part:?}: {error}; received: {}", self.last()),
        }
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
