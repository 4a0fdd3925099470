//! The fuzz target of the reader: arbitrary bytes, read at once and read in pieces, with the reader made anew between them.
//!
//! The first byte of the input says on which terms, the second how it is cut; the rest is what the peer sends, behind a good header if
//! the first byte says so.

use super::{ATTRIBUTES, DEPTH, Item, Reader, TOKEN_BYTES, Terms};
use crate::xml::{Element, ns};

const HEADER: &[u8] =
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
/// Bytes of a stanza.
const LIMITS: [usize; 4] = [200, 1_000, 8_192, 65_536];

/// What was read: items in words, up to a fault or the end of the stream.
#[derive(Debug, PartialEq, Eq, Default)]
struct Read {
    items: Vec<String>,
    is_over: bool,
}

/// Reads `data` in both ways.
///
/// # Panics
/// When the two differ, or a reader keeps more than it may.
#[allow(unreachable_pub, reason = "with the feature it is exported")]
pub fn reader(data: &[u8]) {
    let (Some(&terms), Some(&cut)) = (data.first(), data.get(1)) else { return };
    let stream = if terms & 1 == 0 { data[2..].to_vec() } else { [HEADER, &data[2..]].concat() };
    let restores = terms & 2 != 0;
    let terms = Terms {
        stanza_bytes: LIMITS[usize::from(terms >> 4) % LIMITS.len()],
        content: ns::CLIENT,
        tolerant: terms & 4 != 0,
    };
    let mut whole = Read::default();
    read(&mut Reader::new(terms), &stream, &mut whole);
    let mut pieces = Read::default();
    let mut reader = Reader::new(terms);
    let mut at = 0;
    let mut length = usize::from(cut);
    while at < stream.len() && !pieces.is_over {
        length = 1 + (length * 5 + 3) % 32;
        let end = (at + length).min(stream.len());
        read(&mut reader, &stream[at..end], &mut pieces);
        at = end;
        if restores && !pieces.is_over {
            reader = Reader::restore(terms, reader.state()).expect("what was saved can be restored");
        }
    }
    assert_eq!(whole, pieces, "read at once, and in pieces: {:?}", String::from_utf8_lossy(&stream));
}

fn read(reader: &mut Reader, mut data: &[u8], read: &mut Read) {
    let chunk = data.len();
    loop {
        let item = reader.next(&mut data);
        let limit = reader.terms.stanza_bytes + chunk;
        assert!(reader.begun.len() <= limit && reader.header.len() <= limit, "more bytes are kept than may be");
        assert!(reader.open.len() <= DEPTH, "deeper than may be");
        match item {
            Ok(None) => return,
            Ok(Some(item)) => {
                read.is_over = matches!(item, Item::End);
                read.items.push(in_words(&item, reader.terms));
            }
            Err(fault) => {
                read.is_over = true;
                read.items.push(format!("{fault:?}"));
            }
        }
        if read.is_over {
            return;
        }
    }
}

fn in_words(item: &Item, terms: Terms) -> String {
    let checked = match item {
        Item::Stanza(element) => Some(element),
        Item::Header(..) | Item::Oversized(_) | Item::End => None,
    };
    if let Some(element) = checked {
        let bytes = check(element, 1);
        assert!(bytes <= terms.stanza_bytes, "a stanza of {bytes} bytes");
    }
    format!("{item:?}")
}

/// The limits of a stanza; its bytes as far as they are text.
fn check(element: &Element, depth: usize) -> usize {
    assert!(depth <= DEPTH && element.attributes.len() <= ATTRIBUTES, "a stanza beyond the limits");
    let values = element.attributes.iter().map(|attribute| attribute.value.len().min(TOKEN_BYTES));
    let children = element.children.iter().map(|child| check(child, depth + 1));
    // References are longer than what they stand for, so the text is never longer than its bytes.
    element.text.len() + values.sum::<usize>() + children.sum::<usize>()
}

#[cfg(test)]
mod tests;
