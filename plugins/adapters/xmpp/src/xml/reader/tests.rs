//! Bytes to stanzas, however they are cut.

use super::{Item, Reader, ReaderState, Terms};
use crate::xml::{Element, ns};
use expect_test::{Expect, expect};

const HEADER: &str = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

const TERMS: Terms = Terms { stanza_bytes: 200, content: ns::CLIENT, tolerant: false };

fn draw(element: &Element, depth: usize, text: &mut String) {
    let attributes: String = element.attributes.iter().map(|a| format!(" {}={:?}", a.name, a.value)).collect();
    let Element { namespace, name, text: content, .. } = element;
    *text += &format!("{}{{{}}}{name}{attributes} {content:?}\n", "  ".repeat(depth), namespace.as_str());
    element.children.iter().for_each(|child| draw(child, depth + 1, text));
}

fn read(reader: &mut Reader, mut data: &[u8]) -> String {
    let mut text = String::new();
    loop {
        match reader.next(&mut data) {
            Ok(None) => return text,
            Ok(Some(Item::Header(header, namespace))) => {
                text += &format!("header in {:?} ", namespace.as_str());
                draw(&header, 0, &mut text);
            }
            Ok(Some(Item::Stanza(stanza))) => draw(&stanza, 0, &mut text),
            Ok(Some(Item::Oversized(head))) => {
                text += "oversized ";
                draw(&head, 0, &mut text);
            }
            Ok(Some(Item::End)) => return text + "end\n",
            Err(fault) => return text + &format!("{fault:?}\n"),
        }
    }
}

#[track_caller]
fn check(xml: &str, expected: Expect) {
    let whole = [HEADER, xml].concat();
    let read_whole = read(&mut Reader::new(TERMS), whole.as_bytes());
    let mut reader = Reader::new(TERMS);
    let mut bytewise = String::new();
    for byte in whole.bytes() {
        bytewise += &read(&mut reader, &[byte]);
        if bytewise.ends_with("end\n") || !bytewise.is_empty() && !bytewise.ends_with("\"\n") {
            break;
        }
        reader = Reader::restore(TERMS, reader.state()).unwrap();
    }
    assert_eq!(read_whole, bytewise);
    expected.assert_eq(read_whole.split_once('\n').unwrap().1);
}

#[test]
fn trees() {
    check(
        "<a b='1' xml:lang='de'>x<c/>y<d xmlns='u' e='&lt;'>z</d></a> \n <b/>",
        expect![[r#"
        {jabber:client}a b="1" xml:lang="de" "xy"
          {jabber:client}c ""
          {u}d e="<" "z"
        {jabber:client}b ""
    "#]],
    );
    check(
        "<x:a xmlns:x='u' x:b='1' c='2'><x:b xmlns:x='v'/><x:b/></x:a><x:a/>",
        expect![[r#"
        {u}a c="2" ""
          {v}b ""
          {u}b ""
        NotWellFormed
    "#]],
    );
    check(
        "<a xmlns=''><b/></a><a/></stream:stream>",
        expect![[r#"
        {}a ""
          {}b ""
        {jabber:client}a ""
        end
    "#]],
    );
    check(
        "<a>grüße &#x1F642; <![CDATA[<&]]></a>",
        expect![[r#"
        {jabber:client}a "grüße 🙂 <&"
    "#]],
    );
    check(
        "<a x:b='1' xmlns:x='u' xmlns:y='u' y:c='2' b='3'/>",
        expect![[r#"
        {jabber:client}a b="3" ""
    "#]],
    );
}

#[test]
fn limits_and_faults() {
    check(
        &format!("<a>{}</a>", "x".repeat(193)),
        expect![[r#"
        {jabber:client}a "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "#]],
    );
    check(
        &format!("<a>{}</a>", "x".repeat(194)),
        expect![[r#"
        TooBig
    "#]],
    );
    check(
        &format!("{}<a/>", " ".repeat(1000)),
        expect![[r#"
        {jabber:client}a ""
    "#]],
    );
    check(
        "<a/>x<a/>",
        expect![[r#"
        {jabber:client}a ""
        BadFormat
    "#]],
    );
    check(
        "<a/><![CDATA[x]]><a/>",
        expect![[r#"
        {jabber:client}a ""
        BadFormat
    "#]],
    );
    check(
        "<a/></stream>",
        expect![[r#"
        {jabber:client}a ""
        NotWellFormed
    "#]],
    );
}

#[test]
fn saved_bytes_that_are_no_stream_are_refused() {
    let mut reader = Reader::new(TERMS);
    read(&mut reader, b"<a><b/>");
    let header = b"nonsense".to_vec().into();
    assert!(Reader::restore(TERMS, ReaderState { header, ..reader.state() }).is_err());
    let (header, begun) = (b"<a>".to_vec().into(), b"<b/><c".to_vec().into());
    assert!(Reader::restore(TERMS, ReaderState { header, begun, ..reader.state() }).is_err());
}

#[test]
fn a_header_that_ends_itself_is_refused_however_it_is_cut() {
    let stream = b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>text";
    for cut in 0..stream.len() {
        let mut reader = Reader::new(TERMS);
        let first = read(&mut reader, &stream[..cut]);
        let all = if first.is_empty() { read(&mut reader, &stream[cut..]) } else { first };
        assert_eq!(all, "BadFormat\n", "cut at {cut}");
    }
}
