//! Headers, malformed input, time, and the end.

use crate::scenario::*;
use cordboard_sdk::adapter::{Command, Input};
use expect_test::{Expect, expect};

/// Why a stranger's stream ends; what is sent, where it doesn't.
#[track_caller]
fn check(input: &str, expected: Expect) {
    expected.assert_eq(&end(Scene::with(setup("none", "PLAIN"), false).host(bytes(input.as_bytes()))));
}

fn end(text: String) -> String {
    match text.split_once("</stream:stream>\n") {
        Some((_, end)) => end.trim_end().to_owned(),
        None => text,
    }
}

fn header(attributes: &str) -> String {
    format!("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' {attributes}>")
}

/// The same of a stranger whose header was in order.
#[track_caller]
fn check_after_header(input: &[u8], expected: Expect) {
    let mut scene = Scene::with(setup("none", "PLAIN"), false);
    scene.peer(HEADER);
    expected.assert_eq(&end(scene.host(bytes(input))));
}

/// The same of joe.
#[track_caller]
fn check_bound(input: &[u8], expected: Expect) {
    expected.assert_eq(&end(Scene::known().host(bytes(input))));
}

#[test]
fn headers() {
    check(
        HEADER,
        expect![[r#"
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>
    "#]],
    );
    check(
        &header("xmlns='jabber:client' version='1.0' to='LOCALHOST.' from='joe@localhost' xml:lang='de'"),
        expect![[r#"
            send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost' to='joe@localhost'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>
        "#]],
    );
    check(
        &header("xmlns='jabber:client' version='1.1' to='localhost'"),
        expect![[r#"
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>
    "#]],
    );
    check(
        &header("xmlns='jabber:client' version='1.0' to='example.org'"),
        expect!["close: host-unknown: That domain is not here."],
    );
    check(
        &header("xmlns='jabber:client' version='1.0'"),
        expect!["close: improper-addressing: The header of a stream names the domain in `to`."],
    );
    check(
        &header("xmlns='jabber:client' to='localhost'"),
        expect!["close: unsupported-version: The version must be 1.0."],
    );
    check(
        &header("xmlns='jabber:server' version='1.0' to='localhost'"),
        expect!["close: invalid-namespace: This is a server for clients: jabber:client in a stream."],
    );
    check(
        "<stream version='1.0' to='localhost' xmlns='jabber:client'>",
        expect!["close: invalid-namespace: This is a server for clients: jabber:client in a stream."],
    );
    check(
        "<s:flow version='1.0' to='localhost' xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>",
        expect!["close: bad-format: A stream begins with <stream>."],
    );
    check("GET / HTTP/1.1\r\n\r\n", expect!["close: not-well-formed: This is not well-formed XML."]);
    check("\u{16}\u{3}\u{1}", expect!["close: not-well-formed: This is not well-formed XML."]);
    check("<?xml version='1.0' encoding='latin-1'?>", expect!["close: unsupported-encoding: XMPP is UTF-8."]);
    check(
        "<?xml version='1.1'?>",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check("<!DOCTYPE stream>", expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."]);
    check("  \r\n", expect![[r#""#]]);
}

#[test]
fn an_error_before_our_header_comes_after_it() {
    let mut scene = Scene::with(setup("none", "PLAIN"), false);
    expect![[r#"
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost'><stream:error><invalid-namespace xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>This is a server for clients: jabber:client in a stream.</text></stream:error></stream:stream>
        close: invalid-namespace: This is a server for clients: jabber:client in a stream.
    "#]].assert_eq(&scene.peer("<?xml version='1.0'?><stream>"));
}

#[test]
fn malformed_input_ends_the_stream() {
    check_after_header(b"<a></b>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(b"<a b='1' b='2'/>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(
        b"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
        expect!["close: not-well-formed: This is not well-formed XML."],
    );
    check_after_header(b"<a xmlns='u' xmlns='v'/>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(b"<x:a/>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(
        b"<a>&nbsp;</a>",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check_after_header(b"<a>&#0;</a>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(b"<a>&#;</a>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(b"<a>&#x110000;</a>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(b"<a>\xff</a>", expect!["close: not-well-formed: This is not well-formed XML."]);
    check_after_header(
        b"<!-- hello -->",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check_after_header(
        b"<?php ?>",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check_after_header(
        b"<?xml version='1.0'?>",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check_after_header(
        b"<!ENTITY x 'y'>",
        expect!["close: restricted-xml: XMPP knows no comments, declarations or instructions."],
    );
    check_after_header(b"hello<presence/>", expect!["close: bad-format: Text belongs into stanzas."]);
    check_after_header(b"<message xmlns=''/>", expect!["close: invalid-namespace: A stanza belongs to jabber:client."]);
    check_after_header(
        b"<message xmlns='jabber:server'/>",
        expect!["close: unsupported-stanza-type: That element is not known here."],
    );
    check_after_header(b"<hello/>", expect!["close: unsupported-stanza-type: That element is not known here."]);
    check_after_header(
        b"<message to='billing@localhost'><body>hi</body></message>",
        expect!["close: not-authorized: Sign in first."],
    );
    check_after_header(
        b"<iq type='set' id='r'><query xmlns='jabber:iq:register'/></iq>",
        expect!["close: not-authorized: Sign in first."],
    );
    check_after_header(
        b"<enable xmlns='urn:xmpp:sm:3'/>",
        expect![[r#"
        send <failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>
    "#]],
    );
    check_after_header(
        &[b"<a x='".as_slice(), &[b'y'; 5000], b"'/>"].concat(),
        expect!["close: policy-violation: A stanza is too big."],
    );
    check_after_header(
        &[b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>".as_slice(), &vec![b'A'; 17_000]].concat(),
        expect!["close: policy-violation: A stanza is too big."],
    );
}

#[test]
fn stanzas_have_limits() {
    let deep = "<a>".repeat(33);
    let wide = format!("<message>{}</message>", "<a/>".repeat(1024));
    let attributes: String = (0..65).map(|number| format!(" a{number}=''")).collect();
    let long = format!("<message><body>{}", "x".repeat(66_000));
    check_bound(
        deep.as_bytes(),
        expect!["close: policy-violation: A stanza has too many elements or attributes, or is too deep."],
    );
    check_bound(
        wide.as_bytes(),
        expect!["close: policy-violation: A stanza has too many elements or attributes, or is too deep."],
    );
    check_bound(
        format!("<message{attributes}/>").as_bytes(),
        expect!["close: policy-violation: A stanza has too many elements or attributes, or is too deep."],
    );
    check_bound(long.as_bytes(), expect!["close: policy-violation: A stanza is too big."]);
    check_bound(
        format!("<message><body>{}</body></message>", "x".repeat(60_000)).as_bytes(),
        expect![[r#"
        send <message type='error' to='joe@localhost/phone'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    "#]],
    );
}

#[test]
fn the_wrong_sender_ends_the_stream() {
    check_bound(
        b"<message from='jim@localhost' to='billing@localhost'><body>hi</body></message>",
        expect!["close: invalid-from: That is not your address."],
    );
}

#[test]
fn nobody_is_a_stranger_for_long() {
    let mut scene = Scene::with(setup("none", "PLAIN"), false);
    expect![[r#"
        send <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='0001020304050607' from='localhost'><stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You have not signed in in time.</text></stream:error></stream:stream>
        close: connection-timeout: You have not signed in in time.
    "#]].assert_eq(&scene.host(Input::Timer(1)));
    expect![[r#""#]].assert_eq(&Scene::bound().host(Input::Timer(1)));
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut scene = Scene::bound();
    let mut text = String::new();
    for minute in 1..=4 {
        scene.now = NOW + minute * 60_000;
        text += &scene.host(Input::Timer(2));
        if minute == 2 {
            text += &scene.peer("<iq type='result' id='ping-1'/>");
        }
    }
    scene.now += 60_000;
    text += &scene.host(Input::Timer(2));
    expect![[r#"
        timer 2 in 120000 ms
        send  
        timer 2 in 180000 ms
        send <iq type='get' id='ping-1' from='localhost' to='joe@localhost/phone'><ping xmlns='urn:xmpp:ping'/></iq>
        timer 2 in 240000 ms
        send  
        timer 2 in 300000 ms
        send <iq type='get' id='ping-2' from='localhost' to='joe@localhost/phone'><ping xmlns='urn:xmpp:ping'/></iq>
        send <stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You have not answered.</text></stream:error></stream:stream>
        close: connection-timeout: You have not answered.
    "#]].assert_eq(&text);
}

#[test]
fn the_end_waits_for_what_was_said() {
    let mut scene = Scene::known();
    scene.peer("<enable xmlns='urn:xmpp:sm:3'/>");
    let mut text =
        scene.peer("<message id='1' to='billing@localhost'><body>hi</body></message></stream:stream><presence/>");
    text += "--- settled\n";
    text += &scene.host(settled(5));
    text += &scene.host(settled(6));
    text += &scene.peer("<presence/>");
    expect![[r#"
        report 5 joe@localhost/phone [1] said to "billing": "hi"
        report 6 joe@localhost/phone left: the stream was ended
        --- settled
        send <a xmlns='urn:xmpp:sm:3' h='1'/></stream:stream>
        close: the peer has ended the stream
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_stranger_may_leave() {
    check_after_header(b"</stream:stream>", expect!["close: the peer has ended the stream"]);
}

#[test]
fn drain_and_disconnect_end_the_stream() {
    expect![[r#"
        send <stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>
        close: system-shutdown
    "#]]
    .assert_eq(&Scene::bound().command(Command::Drain));
    let attributes = vec![attribute("reason", "conflict"), attribute("text", "You are here from another place.")];
    expect![[r#"
        send <stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You are here from another place.</text></stream:error></stream:stream>
        close: conflict: You are here from another place.
    "#]].assert_eq(&Scene::bound().host(direct("disconnect", attributes)));
    let redirection = cordboard_sdk::adapter::Redirection {
        contact: JOE.into(),
        target: "im.example:5222".into(),
        attributes: vec![],
    };
    expect![[r#"
        send <stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>im.example:5222</see-other-host></stream:error></stream:stream>
        close: see-other-host
    "#]].assert_eq(&Scene::bound().command(Command::Redirect(redirection)));
}

/// Whitespace keep-alive (RFC 6120, 4.6.1), then a ping (XEP-0199), then the end; an answer begins it anew.
#[test]
fn a_live_peer_gets_a_space_and_a_silent_one_is_asked_and_then_given_up() {
    let mut scene = Scene::bound();
    let look = |scene: &mut Scene| scene.host(Input::Timer(2));
    expect![[r#"
        timer 2 in 60000 ms
        send  
    "#]]
    .assert_eq(&look(&mut scene));
    expect![[r#"
        timer 2 in 60000 ms
        send <iq type='get' id='ping-1' from='localhost' to='joe@localhost/phone'><ping xmlns='urn:xmpp:ping'/></iq>
    "#]]
    .assert_eq(&look(&mut scene));
    scene.peer(" ");
    expect![[r#"
        timer 2 in 60000 ms
        send  
    "#]]
    .assert_eq(&look(&mut scene));
    expect![[r#"
        timer 2 in 60000 ms
        send <iq type='get' id='ping-2' from='localhost' to='joe@localhost/phone'><ping xmlns='urn:xmpp:ping'/></iq>
    "#]]
    .assert_eq(&look(&mut scene));
    expect![[r#"
        send <stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>You have not answered.</text></stream:error></stream:stream>
        close: connection-timeout: You have not answered.
    "#]].assert_eq(&look(&mut scene));
}
