//! One XMPP client on one connection (RFC 6120, 6121) in the clear, with stream management (XEP-0198, without resumption) where it is asked for.
//!
//! ```text
//!  connect ─► header, SASL ─► header, bind ─► (enable) ─► presence ─► online ──(end, error)──► dropped
//! ```
//! It answers by itself what a server may ask (ping, version, disco, `<r/>`), and hands everything else to its owner. What is said waits until
//! [`Client::flush`] or the next wait for input, so that many stanzas leave in one write.
//!
//! Invariant: [`Client::next`] and [`Client::flush`] may be given up at any await without losing a byte.

use crate::xml::{Element, Fault, Item, Reader, escaped};
use data_encoding::BASE64;
use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
const SM: &str = "urn:xmpp:sm:3";

/// Where to sign in, and as whom.
#[derive(Debug, Clone)]
pub struct Login {
    /// Of the listener.
    pub address: SocketAddr,
    /// The server's domain.
    pub domain: String,
    /// Name and password (SASL PLAIN); absent: a guest (SASL ANONYMOUS).
    pub account: Option<(String, String)>,
    /// Whether to ask for stream management.
    pub acks: bool,
}

/// Why a client can't go on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection.
    #[error("the connection failed: {0}")]
    Socket(#[from] io::Error),
    /// The bytes on it.
    #[error(transparent)]
    Xml(#[from] Fault),
    /// The server has ended the stream.
    #[error("the server has ended the stream{0}")]
    Ended(String),
    /// Not what a server says there.
    #[error("signing in, {expected} was expected and <{found}> came")]
    SignIn {
        /// What was waited for.
        expected: &'static str,
        /// What came.
        found: String,
    },
}

/// A client that is online.
pub struct Client {
    stream: TcpStream,
    reader: Reader,
    unread: Vec<u8>,
    /// Bytes of `unread` that are used.
    used: usize,
    unsent: String,
    /// Bytes of `unsent` that are written.
    written: usize,
    jid: String,
    acks: Option<Acks>,
}

/// Counts since stream management was asked for.
#[derive(Default)]
struct Acks {
    enabled: bool,
    /// Stanzas of the server that were handed out since it was enabled.
    handled: u32,
    /// Stanzas of ours that the server has.
    covered: u32,
    /// Stanzas of ours that it may not have, with the identifier where it is a message.
    uncovered: VecDeque<Option<String>>,
    /// Messages that it has, and that nobody has asked about yet.
    acknowledged: Vec<String>,
}

impl Client {
    /// Connects, signs in, binds a resource and shows itself as available.
    pub async fn online(login: &Login) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(login.address).await?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream,
            reader: Reader::default(),
            unread: Vec::new(),
            used: 0,
            unsent: String::new(),
            written: 0,
            jid: String::new(),
            acks: None,
        };
        client.sign_in(login).await?;
        client.bind().await?;
        if login.acks {
            // What the server sends before `<enabled/>` is for the owner already, and counts for neither.
            client.unsent.push_str("<enable xmlns='urn:xmpp:sm:3'/>");
            client.acks = Some(Acks::default());
        }
        client.send_stanza(None, "<presence/>");
        client.flush().await?;
        Ok(client)
    }

    /// The full JID.
    pub fn jid(&self) -> &str {
        &self.jid
    }

    /// Says something; it leaves with the next flush or wait.
    pub fn say(&mut self, to: &str, id: &str, words: &str) {
        let (to, words) = (escaped(to), escaped(words));
        let message = format!("<message type='chat' to='{to}' id='{id}'><body>{words}</body></message>");
        self.send_stanza(Some(id), &message);
    }

    /// Whitespace, as a client sends to show that it is there; it leaves with the next flush or wait.
    pub fn keep_alive(&mut self) {
        self.unsent.push(' ');
    }

    /// Asks the server what it has; see [`Self::acknowledged`].
    pub fn ask_for_acks(&mut self) {
        self.unsent.push_str("<r xmlns='urn:xmpp:sm:3'/>");
    }

    /// Messages that the server says it has, since the last call.
    pub fn acknowledged(&mut self) -> Vec<String> {
        self.acks.as_mut().map(|acks| std::mem::take(&mut acks.acknowledged)).unwrap_or_default()
    }

    /// Writes what is said.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        while self.written < self.unsent.len() {
            match self.stream.try_write(&self.unsent.as_bytes()[self.written..]) {
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error.into()),
            }
        }
        (self.unsent, self.written) = (String::new(), 0);
        Ok(())
    }

    /// The next stanza that is for the owner: messages, presence, and answers.
    pub async fn next(&mut self) -> Result<Element, ClientError> {
        loop {
            let stanza = self.stanza().await?;
            if let Some(stanza) = self.handle(stanza)? {
                return Ok(stanza);
            }
        }
    }

    /// The next message with words in it that is no error.
    pub async fn next_words(&mut self) -> Result<(String, String), ClientError> {
        loop {
            let mut stanza = self.next().await?;
            if stanza.words().is_some() {
                let from = stanza.attribute("from").to_owned();
                let body = stanza.children.iter_mut().find(|child| child.name == "body");
                return Ok((from, body.map(|body| std::mem::take(&mut body.text)).unwrap_or_default()));
            }
        }
    }

    async fn sign_in(&mut self, login: &Login) -> Result<(), ClientError> {
        self.begin_stream(&login.domain).await?;
        let (mechanism, initial) = match &login.account {
            Some((name, password)) => ("PLAIN", BASE64.encode(format!("\0{name}\0{password}").as_bytes())),
            None => ("ANONYMOUS", String::new()),
        };
        self.unsent.push_str("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='");
        _ = write!(self.unsent, "{mechanism}'>{initial}</auth>");
        self.expect("<success>", |stanza| stanza.name == "success").await?;
        self.begin_stream(&login.domain).await
    }

    async fn begin_stream(&mut self, domain: &str) -> Result<(), ClientError> {
        self.reader = Reader::default();
        _ = write!(
            self.unsent,
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
        );
        self.expect("<stream:features>", |stanza| stanza.name == "features").await.map(drop)
    }

    async fn bind(&mut self) -> Result<(), ClientError> {
        self.unsent.push_str("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        let bound = self.expect("the resource", |stanza| stanza.attribute("type") == "result").await?;
        let jid = bound.child("bind").and_then(|bind| bind.child("jid"));
        self.jid = jid.map(|jid| jid.text.clone()).unwrap_or_default();
        Ok(())
    }

    /// The next stanza, which must be this one.
    async fn expect(
        &mut self,
        expected: &'static str,
        is: impl FnOnce(&Element) -> bool,
    ) -> Result<Element, ClientError> {
        let stanza = self.stanza().await?;
        if is(&stanza) { Ok(stanza) } else { Err(ClientError::SignIn { expected, found: outline(&stanza) }) }
    }

    async fn stanza(&mut self) -> Result<Element, ClientError> {
        loop {
            let mut rest = &self.unread[self.used..];
            let item = self.reader.next(&mut rest)?;
            self.used = self.unread.len() - rest.len();
            match item {
                Some(Item::Header) => {}
                Some(Item::Stanza(stanza)) if stanza.name == "error" => {
                    return Err(ClientError::Ended(format!(": {}", outline(&stanza))));
                }
                Some(Item::Stanza(stanza)) => return Ok(stanza),
                Some(Item::End) => return Err(ClientError::Ended(String::new())),
                None => {
                    self.flush().await?;
                    self.fill().await?;
                }
            }
        }
    }

    /// Waits for bytes.
    async fn fill(&mut self) -> Result<(), ClientError> {
        (self.unread, self.used) = (Vec::new(), 0);
        while self.unread.is_empty() {
            self.stream.readable().await?;
            match self.read() {
                Ok(0) => return Err(ClientError::Ended(" without saying so".to_owned())),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<usize> {
        let mut buffer = [0; READ_BYTES];
        let bytes = self.stream.try_read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..bytes]);
        Ok(bytes)
    }

    /// What is for the owner.
    fn handle(&mut self, stanza: Element) -> Result<Option<Element>, ClientError> {
        if *stanza.namespace == *SM {
            self.managed(&stanza)?;
            return Ok(None);
        }
        if let Some(acks) = self.acks.as_mut().filter(|acks| acks.enabled) {
            acks.handled = acks.handled.wrapping_add(1);
        }
        if stanza.name == "iq" && matches!(stanza.attribute("type"), "get" | "set") {
            self.answer(&stanza);
            return Ok(None);
        }
        Ok(Some(stanza))
    }

    /// A word of stream management.
    fn managed(&mut self, word: &Element) -> Result<(), ClientError> {
        let Some(acks) = &mut self.acks else { return Ok(()) };
        match word.name.as_str() {
            "enabled" => acks.enabled = true,
            "r" => _ = write!(self.unsent, "<a xmlns='{SM}' h='{}'/>", acks.handled),
            "a" => {
                let handled: u32 = word.attribute("h").parse().unwrap_or(acks.covered);
                let newly = handled.wrapping_sub(acks.covered) as usize;
                if newly > acks.uncovered.len() {
                    return Err(ClientError::Ended(format!(
                        ": it acknowledges {handled} stanzas, more than were sent"
                    )));
                }
                acks.covered = handled;
                acks.acknowledged.extend(acks.uncovered.drain(..newly).flatten());
            }
            _ => {}
        }
        Ok(())
    }

    /// Answers a question: who asks for the version waits for it before anything else.
    fn answer(&mut self, iq: &Element) {
        let (to, id) = (escaped(iq.attribute("from")), escaped(iq.attribute("id")));
        let payload = match iq.children.first() {
            Some(asked) if *asked.namespace == *"jabber:iq:version" => {
                "<query xmlns='jabber:iq:version'><name>Cordboard's load</name><version>1</version></query>"
            }
            _ => "",
        };
        let to = if to.is_empty() { String::new() } else { format!(" to='{to}'") };
        self.send_stanza(None, &format!("<iq type='result' id='{id}'{to}>{payload}</iq>"));
    }

    fn send_stanza(&mut self, id: Option<&str>, stanza: &str) {
        self.unsent.push_str(stanza);
        if let Some(acks) = &mut self.acks {
            acks.uncovered.push_back(id.map(str::to_owned));
        }
    }
}

/// A stanza's name and those of its children, for a person to read.
fn outline(stanza: &Element) -> String {
    let children: Vec<&str> = stanza.children.iter().map(|child| child.name.as_str()).collect();
    let text = stanza.child("text").map_or("", |text| text.text.as_str());
    [stanza.name.as_str(), &children.join(" "), text].join(" ").trim_end().to_owned()
}
