//! What is written can be read, whatever stands in it.

use super::Writer;
use expect_test::{Expect, expect};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let mut xml = Writer::default();
    xml.raw("<a").attribute("b", text).raw(">").text(text).raw("</a>");
    expected.assert_eq(&String::from_utf8(xml.take()).unwrap());
}

#[test]
fn text_and_values_are_escaped() {
    check(
        "tea & <cake> 'or' \"pie\"",
        expect![[r#"<a b='tea &amp; &lt;cake&gt; &apos;or&apos; "pie"'>tea &amp; &lt;cake&gt; 'or' "pie"</a>"#]],
    );
    check(
        "one\ntwo\tthree\r\n",
        expect![[r#"
        <a b='one&#10;two&#9;three&#13;&#10;'>one
        two	three&#13;
        </a>"#]],
    );
    check("grüße, 你好, 🙂", expect!["<a b='grüße, 你好, 🙂'>grüße, 你好, 🙂</a>"]);
}

#[test]
fn what_xml_cant_carry_is_replaced() {
    check("\0\u{8}\u{1F}\u{FFFE}\u{FFFF}\u{FFFD}\u{FF00}\u{7F}", expect!["<a b='������＀'>������＀</a>"]);
}

#[test]
fn addresses_leave_out_what_is_empty() {
    let mut xml = Writer::default();
    xml.address("a", "joe", "localhost", "x'y").address("b", "", "localhost", "").number(0).number(4_294_967_295);
    expect![" a='joe@localhost/x&apos;y' b='localhost'04294967295"].assert_eq(&String::from_utf8(xml.take()).unwrap());
}
