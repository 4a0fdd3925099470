//! Finds the end of a stanza that is not wanted, and keeps nothing of it but whom to answer.
//!
//! It counts tags and knows where a tag ends; whether names match is not its business. So its memory is a few bytes, however large and
//! deep the stanza.
//!
//! Invariant: in XML that a server has read and written again, the end that it finds is the stanza's.

use super::{Attribute, Element, Fault, Namespace, ns};
use serde::{Deserialize, Serialize};

/// The attributes that an answer needs.
const KEPT: &[&str] = &["from", "to", "id", "type"];
/// What a section of characters begins with, after `<!`.
const CDATA: &[u8] = b"[CDATA[";

/// Where in the stanza the next byte stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Place {
    /// Between tags.
    Content,
    /// After `<`.
    Opening,
    /// In `</...>`.
    Closing,
    /// In a tag, outside quotes; whether the last byte was `/`.
    Tag(bool),
    /// In a value, up to this quote.
    Value(u8),
    /// After `<!` and so many bytes of [`CDATA`].
    Bang(u8),
    /// In a section of characters, after so many `]`.
    Characters(u8),
}

/// A stanza that is being left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Skipper {
    name: String,
    attributes: Vec<(String, String)>,
    depth: u32,
    place: Place,
}

impl Skipper {
    /// In front of a stanza of that name.
    pub(super) fn new(name: String, attributes: impl Iterator<Item = (String, String)>) -> Self {
        let kept = attributes.filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
        Self { name, attributes: kept, depth: 0, place: Place::Content }
    }

    /// Goes over `data`, which is shortened by what was used; whether the stanza is at its end.
    pub(super) fn skip(&mut self, data: &mut &[u8]) -> Result<bool, Fault> {
        while let Some((byte, rest)) = data.split_first() {
            *data = rest;
            self.place = self.step(*byte)?;
            if self.depth == 0 && *byte == b'>' && matches!(self.place, Place::Content) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn step(&mut self, byte: u8) -> Result<Place, Fault> {
        Ok(match (self.place, byte) {
            (Place::Content, b'<') => Place::Opening,
            (Place::Content, _) | (Place::Tag(true) | Place::Characters(2), b'>') => Place::Content,
            (Place::Opening, b'!') => Place::Bang(0),
            (Place::Opening, b'?') => return Err(Fault::Restricted),
            (Place::Opening | Place::Tag(_), b'<') | (Place::Opening, b'>') => return Err(Fault::NotWellFormed),
            (Place::Closing, b'>') => {
                self.depth = self.depth.checked_sub(1).ok_or(Fault::NotWellFormed)?;
                Place::Content
            }
            (Place::Opening, b'/') | (Place::Closing, _) => Place::Closing,
            (Place::Tag(false), b'>') => {
                self.depth = self.depth.checked_add(1).ok_or(Fault::TooComplex)?;
                Place::Content
            }
            (Place::Tag(_), quote @ (b'"' | b'\'')) => Place::Value(quote),
            (Place::Opening | Place::Tag(_), byte) => Place::Tag(byte == b'/'),
            (Place::Value(quote), byte) if quote == byte => Place::Tag(false),
            (Place::Value(_), b'<') => return Err(Fault::NotWellFormed),
            (Place::Value(quote), _) => Place::Value(quote),
            (Place::Bang(known), byte) => match CDATA.get(usize::from(known)) {
                Some(expected) if *expected == byte && usize::from(known) + 1 == CDATA.len() => Place::Characters(0),
                Some(expected) if *expected == byte => Place::Bang(known + 1),
                _ => return Err(Fault::Restricted),
            },
            (Place::Characters(brackets), b']') => Place::Characters((brackets + 1).min(2)),
            (Place::Characters(_), _) => Place::Characters(0),
        })
    }

    /// The stanza as far as it is known: its head.
    pub(super) fn head(self) -> Element {
        let attributes = self.attributes.into_iter().map(|(name, value)| Attribute { name, value }).collect();
        let namespace = Namespace::Known(ns::CLIENT);
        Element { namespace, name: self.name, attributes, text: String::new(), children: Vec::new() }
    }
}
