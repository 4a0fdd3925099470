//! Bytes in, stanzas out.
//!
//! ```text
//!  [header awaited] ──Header──► [between stanzas] ──< ─► [in a stanza] ──┐
//!                                      ▲  │                              │
//!                                      │  └──</stream:stream>─► End      │
//!                                      └────────────Stanza◄──────────────┘
//! ```
//!
//! The bytes of the header and of a stanza that is not complete are kept, so that a reader can be made anew from them at any moment
//! ([`Reader::state`], [`Reader::restore`]). White space between stanzas is nobody's and dropped at once.
//!
//! Who speaks for one peer is cut off at the first stanza beyond the limits. Who speaks for many ([`Terms::tolerant`]) is not: there
//! such a stanza is read to its end and not kept, and only its head is given.
//!
//! Invariant: what is kept never exceeds the limits by more than one chunk.

use super::scope::{Head, Scopes};
use super::skipper::Skipper;
use super::{Element, Namespace, ns};
use rxml::error::EndOrError;
use rxml::{Error, Options, Parse, RawEvent, RawParser, WithOptions};
use serde::{Deserialize, Serialize};

/// Bytes of one name or attribute value, and of one piece of text.
const TOKEN_BYTES: usize = 4096;
/// Elements within elements of a stanza.
const DEPTH: usize = 32;
/// Attributes and declarations of one element.
const ATTRIBUTES: usize = 64;
/// Elements of a stanza.
const ELEMENTS: usize = 1024;

/// What was read.
#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    /// The stream's header, and the default namespace that it declares.
    Header(Element, Namespace),
    /// A whole stanza, or another child of the stream.
    Stanza(Element),
    /// The head of a stanza that is beyond the limits, where that is tolerated; maybe not all of its attributes.
    Oversized(Element),
    /// The stream's end.
    End,
}

/// Why the bytes can't be read; each is a stream error of RFC 6120, 4.9.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not XML, or its namespaces don't resolve.
    NotWellFormed,
    /// XML that XMPP forbids: declarations of types and entities, comments, processing instructions.
    Restricted,
    /// An encoding other than UTF-8.
    Encoding,
    /// Text between stanzas.
    BadFormat,
    /// More bytes than a stanza may have.
    TooBig,
    /// Deeper, or more elements or attributes, than a stanza may have.
    TooComplex,
}

/// What a reader takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Bytes of a stanza.
    pub(crate) stanza_bytes: usize,
    /// The namespace of stanzas. What is in it is given as of `jabber:client`, so that stanzas are the same on every stream.
    pub(crate) content: &'static str,
    /// A stanza beyond the limits does not end the stream.
    pub(crate) tolerant: bool,
}

/// Kept bytes, as they are saved.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReaderState {
    /// The bytes of the header, empty while it is awaited.
    header: crate::bytes::Bytes,
    /// The bytes since the last stanza, or of the header so far.
    begun: crate::bytes::Bytes,
    /// The stanza that is being left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skipper: Option<Skipper>,
}

/// Reads one stream. A new stream on the same connection is a new reader.
pub(crate) struct Reader {
    parser: RawParser,
    scopes: Scopes,
    head: Option<Head>,
    /// The elements that are open inside the stream, outermost first.
    open: Vec<Element>,
    elements: usize,
    header: Vec<u8>,
    begun: Vec<u8>,
    /// In place of `begun`: the stanza that is being left out.
    skipper: Option<Skipper>,
    terms: Terms,
}

impl Reader {
    /// A reader that waits for a header.
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            parser: parser(),
            scopes: Scopes::default(),
            head: None,
            open: Vec::new(),
            elements: 0,
            header: Vec::new(),
            begun: Vec::new(),
            skipper: None,
            terms,
        }
    }

    /// The bytes that [`Self::restore`] needs.
    pub(crate) fn state(&self) -> ReaderState {
        let (header, begun) = (self.header.clone().into(), self.begun.clone().into());
        ReaderState { header, begun, skipper: self.skipper.clone() }
    }

    /// A reader that goes on where another was.
    pub(crate) fn restore(terms: Terms, state: ReaderState) -> Result<Self, String> {
        let mut reader = Self::new(terms);
        let whole = if state.header.is_empty() {
            true
        } else {
            matches!(reader.next(&mut state.header.as_slice()), Ok(Some(Item::Header(..))))
        };
        if !whole || !matches!(reader.next(&mut state.begun.as_slice()), Ok(None)) {
            return Err("the saved bytes are not the beginning of a stream".into());
        }
        reader.skipper = state.skipper;
        Ok(reader)
    }

    /// The next item of `data`, which is shortened by what was used; `None` when all is used.
    pub(crate) fn next(&mut self, data: &mut &[u8]) -> Result<Option<Item>, Fault> {
        loop {
            if self.skipper.is_some() {
                return self.skip(data);
            }
            if self.begun.is_empty() {
                *data = data.trim_ascii_start();
                match data.first() {
                    Some(b'<') | None => {}
                    Some(_) if self.header.is_empty() => return Err(Fault::NotWellFormed),
                    Some(_) => return Err(Fault::BadFormat),
                }
            }
            let before = *data;
            let event = self.parser.parse(data, false);
            self.begun.extend_from_slice(&before[..before.len() - data.len()]);
            let item = match event {
                _ if self.begun.len() > self.terms.stanza_bytes => Err(Fault::TooBig),
                Ok(Some(event)) => self.event(event),
                Ok(None) | Err(EndOrError::NeedMoreData) => return Ok(None),
                Err(EndOrError::Error(error)) => match self.fault(error) {
                    Fault::TooBig => Err(Fault::TooBig),
                    fault => return Err(fault),
                },
            };
            match item {
                Ok(None) => {}
                Ok(item) => return Ok(item),
                Err(fault) => self.leave_out(fault)?,
            }
        }
    }

    /// From here on the stanza is read only to find its end, where that is tolerated.
    fn leave_out(&mut self, fault: Fault) -> Result<(), Fault> {
        if !self.terms.tolerant || self.header.is_empty() || fault == Fault::BadFormat {
            return Err(fault);
        }
        let skipper = match (self.open.drain(..).next(), self.head.take()) {
            (Some(stanza), _) => {
                let is_content = stanza.namespace == *ns::CLIENT;
                let name = if is_content { stanza.name } else { String::new() };
                Skipper::new(name, stanza.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)))
            }
            (None, Some(head)) => head.into_skipper(),
            (None, None) => Skipper::new(String::new(), std::iter::empty()),
        };
        self.skipper = Some(skipper);
        Ok(())
    }

    fn skip(&mut self, data: &mut &[u8]) -> Result<Option<Item>, Fault> {
        let Some(skipper) = &mut self.skipper else { return Ok(None) };
        // First what was read before it was too much: it may hold the stanza's end, and then nothing behind it.
        let begun = std::mem::take(&mut self.begun);
        if !skipper.skip(&mut begun.as_slice())? && !skipper.skip(data)? {
            return Ok(None);
        }
        let head = self.skipper.take().map(Skipper::head);
        self.begin_again();
        Ok(head.map(Item::Oversized))
    }

    /// Back to where the header was read.
    fn begin_again(&mut self) {
        let header = std::mem::take(&mut self.header);
        let mut fresh = Self::new(self.terms);
        // The same bytes as before: they are a header.
        let _same = fresh.next(&mut header.as_slice());
        *self = fresh;
    }

    fn event(&mut self, event: RawEvent) -> Result<Option<Item>, Fault> {
        match event {
            RawEvent::XmlDeclaration(..) => Ok(None),
            RawEvent::ElementHeadOpen(_, name) => {
                if self.open.len() >= DEPTH || self.elements >= ELEMENTS {
                    return Err(Fault::TooComplex);
                }
                self.elements += 1;
                self.head = Some(Head { name, attributes: Vec::new() });
                Ok(None)
            }
            RawEvent::Attribute(_, name, value) => {
                if let Some(head) = &mut self.head {
                    if head.attributes.len() >= ATTRIBUTES {
                        return Err(Fault::TooComplex);
                    }
                    head.attributes.push((name, value));
                }
                Ok(None)
            }
            RawEvent::ElementHeadClose(_) => self.opened(),
            RawEvent::ElementFoot(_) => Ok(self.closed()),
            RawEvent::Text(_, text) => match self.open.last_mut() {
                Some(element) if element.text.is_empty() => {
                    element.text = text;
                    Ok(None)
                }
                Some(element) => {
                    element.text.push_str(&text);
                    Ok(None)
                }
                None => Err(Fault::BadFormat),
            },
        }
    }

    fn opened(&mut self) -> Result<Option<Item>, Fault> {
        let Some(head) = self.head.take() else { return Ok(None) };
        if self.header.is_empty() {
            let header = self.scopes.open(head, 0)?;
            // A stream that is over as it begins: what the tokeniser still holds of it would come at a time that depends on the cut.
            if matches!(self.begun.as_slice(), [.., b'/'] | [.., b'/', b'>']) {
                return Err(Fault::BadFormat);
            }
            self.header = std::mem::take(&mut self.begun);
            self.elements = 0;
            return Ok(Some(Item::Header(header, self.scopes.default_namespace())));
        }
        let mut element = self.scopes.open(head, self.open.len() + 1)?;
        if element.namespace == *self.terms.content {
            element.namespace = Namespace::Known(ns::CLIENT);
        }
        self.open.push(element);
        Ok(None)
    }

    fn closed(&mut self) -> Option<Item> {
        let Some(element) = self.open.pop() else { return Some(Item::End) };
        self.scopes.close(self.open.len() + 1);
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(element);
            return None;
        }
        self.begun.clear();
        self.begun.shrink_to(TOKEN_BYTES);
        self.elements = 0;
        Some(Item::Stanza(element))
    }

    fn fault(&self, error: Error) -> Fault {
        match error {
            Error::RestrictedXml("only utf-8 encoding is allowed") => Fault::Encoding,
            Error::RestrictedXml("long name or reference") => Fault::TooBig,
            Error::RestrictedXml(_) | Error::UndeclaredEntity => Fault::Restricted,
            // `<!` and what is neither a comment nor a CDATA section: a declaration of a type, element or entity.
            Error::InvalidSyntax(_) if matches!(self.begun.as_slice(), [.., b'<', b'!', _]) => Fault::Restricted,
            _ => Fault::NotWellFormed,
        }
    }
}

fn parser() -> RawParser {
    RawParser::with_options(Options { max_token_length: TOKEN_BYTES, ..Options::default() })
}

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;
