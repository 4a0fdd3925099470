//! Bytes in, stanzas out: a stream is read as it comes, a stanza is given out when it is whole.
//!
//! Invariant: what is kept of a stanza that is not whole never exceeds [`STANZA_BYTES`] by more than one read.

use rxml::error::EndOrError;
use rxml::{AttrMap, Event, Namespace, Options, Parse, Parser, WithOptions};

/// Bytes of one stanza; no server sends us more.
pub const STANZA_BYTES: usize = 1024 * 1024;
/// Bytes of one name, value or piece of text.
const TOKEN_BYTES: usize = 16 * 1024;

/// An element with all there is in it. Of mixed content the text is kept in one piece.
#[derive(Debug)]
pub struct Element {
    /// Its namespace.
    pub namespace: Namespace<'static>,
    /// Its name.
    pub name: String,
    /// The text in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
    attributes: AttrMap,
}

impl Element {
    /// The value of an attribute without a namespace; empty where there is none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(Namespace::none(), name).map_or("", String::as_str)
    }

    /// The first child of that name, in whatever namespace.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Whether it is a message with words in it that nobody refuses; those words.
    pub fn words(&self) -> Option<&str> {
        let said = self.name == "message" && self.attribute("type") != "error";
        said.then(|| self.child("body")).flatten().map(|body| body.text.as_str())
    }
}

/// What was read.
#[derive(Debug)]
pub enum Item {
    /// The stream's header.
    Header,
    /// A whole child of the stream.
    Stanza(Element),
    /// The stream's end.
    End,
}

/// Why the bytes can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No XML, or XML that XMPP forbids.
    #[error("the server sends no XML: {0}")]
    Malformed(rxml::Error),
    /// Text between stanzas.
    #[error("the server sends text between stanzas")]
    Text,
    /// Too large.
    #[error("the server sends a stanza of more than {STANZA_BYTES} bytes")]
    TooBig,
}

/// Reads one stream. A new stream on the same connection is a new reader.
pub struct Reader {
    parser: Parser,
    /// Elements that are open inside the stream, outermost first.
    open: Vec<Element>,
    begun: bool,
    bytes: usize,
}

impl Default for Reader {
    fn default() -> Self {
        let options = Options { max_token_length: TOKEN_BYTES, ..Options::default() };
        Self { parser: Parser::with_options(options), open: Vec::new(), begun: false, bytes: 0 }
    }
}

impl Reader {
    /// The next item of `data`, which is shortened by what was used; `None` when all is used.
    pub fn next(&mut self, data: &mut &[u8]) -> Result<Option<Item>, Fault> {
        loop {
            let before = data.len();
            let parsed = self.parser.parse(data, false);
            self.bytes += before - data.len();
            if self.bytes > STANZA_BYTES {
                return Err(Fault::TooBig);
            }
            match parsed {
                Ok(Some(event)) => {
                    if let Some(item) = self.event(event)? {
                        self.bytes = 0;
                        return Ok(Some(item));
                    }
                }
                Ok(None) | Err(EndOrError::NeedMoreData) => return Ok(None),
                Err(EndOrError::Error(error)) => return Err(Fault::Malformed(error)),
            }
        }
    }

    fn event(&mut self, event: Event) -> Result<Option<Item>, Fault> {
        match event {
            Event::XmlDeclaration(..) => Ok(None),
            Event::StartElement(_, (namespace, name), attributes) => {
                if !self.begun {
                    self.begun = true;
                    return Ok(Some(Item::Header));
                }
                let (name, text, children) = (name.into(), String::new(), Vec::new());
                self.open.push(Element { namespace, name, text, children, attributes });
                Ok(None)
            }
            Event::EndElement(_) => Ok(self.closed()),
            Event::Text(_, text) => self.text(text),
        }
    }

    fn text(&mut self, text: String) -> Result<Option<Item>, Fault> {
        match self.open.last_mut() {
            Some(element) if element.text.is_empty() => element.text = text,
            Some(element) => element.text.push_str(&text),
            // White space keeps a connection alive.
            None if text.trim().is_empty() => self.bytes = 0,
            None => return Err(Fault::Text),
        }
        Ok(None)
    }

    fn closed(&mut self) -> Option<Item> {
        let Some(element) = self.open.pop() else { return Some(Item::End) };
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                None
            }
            None => Some(Item::Stanza(element)),
        }
    }
}

/// Text as it stands in an element or between single quotes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&apos;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
