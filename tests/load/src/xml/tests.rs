//! A stream in pieces of every size, and what is refused.

use super::*;

const HEADER: &str =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

fn read(reader: &mut Reader, bytes: &[u8], piece: usize) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    for mut data in bytes.chunks(piece) {
        while let Some(item) = reader.next(&mut data)? {
            items.push(item);
        }
    }
    Ok(items)
}

#[test]
fn a_stream_is_read_in_pieces_of_every_size() {
    let stream = format!(
        "{HEADER} \n<message id='1' from='a@b'><body>Grüße &amp; mehr</body><x xmlns='y'/></message> <presence/></stream:stream>"
    );
    for piece in 1..=stream.len() {
        let items = read(&mut Reader::default(), stream.as_bytes(), piece).expect("it is well-formed");
        let [Item::Header, Item::Stanza(message), Item::Stanza(presence), Item::End] = items.as_slice() else {
            panic!("{items:?} of pieces of {piece} bytes");
        };
        assert_eq!(message.words(), Some("Grüße & mehr"));
        assert_eq!((message.attribute("id"), message.attribute("to")), ("1", ""));
        assert_eq!(message.child("x").map(|child| child.namespace.as_str()), Some("y"));
        assert_eq!((presence.name.as_str(), presence.words()), ("presence", None));
    }
}

#[test]
fn what_is_no_stream_is_refused() {
    for wrong in ["text", "<message><body></message>", "<!-- comment -->", "&entity;"] {
        let stream = format!("{HEADER}{wrong}<presence/>");
        assert!(read(&mut Reader::default(), stream.as_bytes(), 7).is_err(), "{wrong}");
    }
    let endless = format!("{HEADER}<message><body>{}", "x".repeat(STANZA_BYTES + 1));
    assert!(matches!(read(&mut Reader::default(), endless.as_bytes(), 4096), Err(Fault::TooBig)));
}

#[test]
fn white_space_for_ever_is_no_large_stanza() {
    let mut reader = Reader::default();
    read(&mut reader, HEADER.as_bytes(), 4096).expect("a header");
    for _ in 0..=STANZA_BYTES / 1024 {
        assert!(read(&mut reader, &[b' '; 1024], 1024).is_ok_and(|items| items.is_empty()));
    }
}

#[test]
fn text_survives_the_way() {
    let text = "<a b='c' & \"d\">";
    let stream = format!("{HEADER}<message><body>{}</body></message>", escaped(text));
    let items = read(&mut Reader::default(), stream.as_bytes(), 4096).expect("it is well-formed");
    assert!(matches!(items.last(), Some(Item::Stanza(message)) if message.words() == Some(text)));
}
